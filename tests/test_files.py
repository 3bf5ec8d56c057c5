from pathlib import Path

import pytest

from iog.errors import DataError
from iog.files import replacing, write_text


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


def test_text_never_takes_the_place_of_a_picture(tmp_path: Path) -> None:
    photo = tmp_path / "a.JPG"
    photo.write_bytes(b"a photo")
    with pytest.raises(DataError, match="has the name of a picture"):
        write_text(photo, "{}")
    assert photo.read_bytes() == b"a photo" and list(tmp_path.iterdir()) == [photo]
