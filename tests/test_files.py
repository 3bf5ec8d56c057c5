from pathlib import Path

import pytest

from iog.files import replacing


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "result.txt"
    with replacing(path, "w") as file:
        file.write("old")
    with pytest.raises(RuntimeError), replacing(path, "w") as file:
        file.write("half of the n")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_new_file_has_ordinary_permissions(tmp_path: Path) -> None:
    ordinary, replaced = tmp_path / "a", tmp_path / "b"
    ordinary.write_bytes(b"")
    with replacing(replaced) as file:
        file.write(b"x")
    assert ordinary.stat().st_mode == replaced.stat().st_mode
