"""The table of learning while one labels, without learning."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="the annotator needs the `annotate` extra")

from benchmarks import learning


def write(folder: Path, arm: str, clicks: list[int]) -> None:
    (folder / "plants" / arm).mkdir(parents=True)
    lines = [
        json.dumps({"object": 9 - n, "number": n, "clicks": c, "iou3": 0.8}) for n, c in enumerate(clicks)
    ]
    (folder / "plants" / arm / "objects.jsonl").write_text("\n".join([*lines, '{"object": 1, "nu']))


class _Listed:
    """Three objects on each of two photos, six on a third."""

    entries = tuple(SimpleNamespace(image=name) for name in "aaabbbcccccc")


def test_objects_come_photo_by_photo() -> None:
    order = learning.order(_Listed())  # type: ignore[arg-type]
    assert sorted(order) == list(range(12))
    photos = "".join(_Listed.entries[index].image for index in order)
    assert sorted(re.findall(r"a+|b+|c+", photos[:10])) == ["aaa", "bbb", "cccc"]
    assert photos[10:] == "cc"


def test_quarters_of_what_both_sessions_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "off", [6, 8, 5, 5, 5, 5, 9, 9, 20])
    write(tmp_path, "on", [6, 8, 5, 5, 5, 5, 6, 3])
    arguments = ["learning.py", "--data", "data", "--out", str(tmp_path), "--print"]
    monkeypatch.setattr(sys, "argv", arguments)
    learning.main()
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| plants")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1] == "8"
    assert [cell.split()[0] for cell in cells[2:7]] == ["7.0", "7.0", "9.0", "4.5", "-4.5"]
    assert cells[7:9] == ["-50 %", "80.0 to 80.0"]


def test_a_session_goes_on_where_it_stopped(
    photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "KINDS", {"coco": "val"})
    monkeypatch.setattr(learning, "PATIENCE", 4)
    arguments = ["learning.py", "--data", str(photo_folder), "--out", str(tmp_path), "--kinds", "coco"]
    for count in ("1", "2"):
        monkeypatch.setattr(sys, "argv", [*arguments, "--objects", count, "--every", "99"])
        learning.main()
    for arm in learning.ARMS:
        lines = learning.read(tmp_path / "coco" / arm / "objects.jsonl")
        assert [line["number"] for line in lines] == [0, 1]
        assert all(3 <= line["clicks"] <= 4 for line in lines)
