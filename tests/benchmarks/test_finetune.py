"""The fine-tuning table, at its smallest."""

import sys
from pathlib import Path

import pytest

from benchmarks import finetune


@pytest.fixture
def folder(photo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lines = (photo_folder / "val.jsonl").read_text()
    (photo_folder / "test.jsonl").write_text(lines)
    monkeypatch.setattr(finetune, "COUNTS", (1, None))
    return photo_folder


def test_no_photo_is_in_both_halves(folder: Path) -> None:
    halves = finetune.Halves.of(str(folder), "test", "coco", 10)
    photos = [{halves.objects.entries[i].image for i in half} for half in (halves.first, halves.second)]
    assert halves.photos == (2, 2)
    assert not photos[0] & photos[1]
    again = finetune.Halves.of(str(folder), "test", "coco", 10)
    assert (again.first, again.second) == (halves.first, halves.second)


def test_the_table(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = tmp_path / "doc.md"
    document.write_text("<!-- figures: finetune -->\n<!-- end of figures: finetune -->\n")
    small = ["--lengths", "8", "--measured", "2", "--elsewhere", "1", "--sets", "coco"]
    monkeypatch.setattr(sys, "argv", ["finetune.py", "--data", str(folder), *small, "--table", str(document)])
    finetune.main()
    text = document.read_text()
    assert "| coco (2 / 2 photos) | 1 |" in text
    assert "| coco (2 / 2 photos) | 2 |" in text
    assert "8 objects shown" in text
