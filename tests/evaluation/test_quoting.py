from pathlib import Path

import pytest

from iog.errors import DataError
from iog.evaluation.quoting import check_quotable, quote

BEGIN, END = "<!-- figures: a -->", "<!-- end of figures: a -->"


def document(folder: Path, text: str) -> Path:
    path = folder / "doc.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_only_what_is_between_the_markers_changes(tmp_path: Path) -> None:
    other = "<!-- figures: ab -->\nx\n<!-- end of figures: ab -->"
    path = document(tmp_path, f"# Ä\n{BEGIN}\nold\n{END}\nafter {other}\n")
    for figures in ("| new |", "| newer |\n"):
        quote(path, "a", figures)
        expected = f"# Ä\n{BEGIN}\n{figures.strip()}\n{END}\nafter {other}\n"
        assert path.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(
    "text", ["", BEGIN, END, f"{END} {BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"]
)
def test_a_document_without_its_markers_stays(tmp_path: Path, text: str) -> None:
    path = document(tmp_path, text)
    with pytest.raises(DataError, match="once, in this order"):
        quote(path, "a", "figures")
    assert path.read_text() == text


def test_a_document_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is missing"):
        check_quotable(tmp_path / "doc.md", "a")
