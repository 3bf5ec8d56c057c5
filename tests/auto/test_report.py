"""The contact sheet says what the shards say, and needs no other file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from iog.auto.report import ClassSample, count, page
from iog.auto.store import Record
from iog.cli import main
from iog.masks import encode_rle
from iog.places import Folder
from tests.auto.stub import work


def record(number: int, confidence: float, category: str = "cat", area: int = 4) -> Record:
    mask = np.zeros((4, 6), bool)
    mask.flat[:area] = True
    return {
        "id": number,
        "image": f"{number // 2}.jpg",
        "instance": 1,
        "width": 6,
        "height": 4,
        "category": category,
        "box": [0, 0, 4, 4],
        "click": None,
        "confidence": confidence,
        "area": area,
        "note": None if area else "nothing",
        "rle": encode_rle(mask),
    }


def test_what_is_counted_and_kept() -> None:
    records = [record(i, i / 100, "cat" if i % 4 else "dog") for i in range(100)]
    records.append(record(100, 0.0, "dog", area=0))
    counts = count(records, each=3)
    cat, dog = counts.classes["cat"], counts.classes["dog"]
    assert (cat.count, dog.count, dog.empty, counts.photos, counts.notes) == (75, 26, 1, 51, 1)
    assert [r["id"] for r in cat.least] == [1, 2, 3]
    assert [r["id"] for r in dog.most] == [96, 92, 88]
    assert len(cat.random) == 3
    assert sum(counts.confidences) == sum(counts.sizes) == 101
    assert counts.confidences[0] == 6
    assert counts.sizes[0] == 101


def test_each_mask_has_the_same_chance() -> None:
    drawn = np.zeros(20)
    for seed in range(400):
        sample, random = ClassSample(), np.random.default_rng(seed)
        for number in range(20):
            sample.add(record(number, 0.5), 5, random)
        drawn[[r["id"] for r in sample.random]] += 1
    assert abs(drawn - 100).max() < 40


def test_the_page(small_photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    work(small_photos, out, 30)
    call = ["auto", "report", str(out), "--images", str(small_photos), "--each", "2"]
    result = CliRunner().invoke(main, call)
    assert result.exit_code == 0, result.output
    assert f"30 masks -> {out}/report.html" in result.output
    shown = (out / "report.html").read_text()
    assert shown.count("<section>") == 3
    assert shown.count('src="data:image/jpeg;base64,') == 3 * 3 * 2
    assert not re.search(r'(src|href)="(?!data:)', shown), "nothing is loaded from elsewhere"
    assert "(no class)" in shown
    again = CliRunner().invoke(main, [*call, "--to", str(tmp_path / "again.html")])
    assert again.exit_code == 0
    assert (tmp_path / "again.html").read_text() == shown


def test_classes_of_few_masks_are_shown_once_and_by_their_names(small_photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    work(small_photos, out, 30)
    labels = {"0": ["cat", "tabby, tabby <cat>", 4], "1": ["dog", "dog", 4]}
    (out / "label.json").write_text(json.dumps(labels))
    call = ["auto", "report", str(out), "--images", str(small_photos), "--each", "50"]
    assert CliRunner().invoke(main, call).exit_code == 0
    shown = (out / "report.html").read_text()
    assert shown.count('src="data:image/jpeg;base64,') == 29, "one is empty"
    assert shown.count("all, the least confident first") == 3
    assert "<h2>tabby, tabby &lt;cat&gt; (cat) <small>10 masks" in shown
    assert "<h2>dog <small>" in shown


def test_why_boxes_have_no_mask(small_photos: Path) -> None:
    counts = count([record(0, 0.5)], 1)
    shown = page(counts, {}, {"photo": 1, "box": 1200}, Folder(small_photos), 0, {})
    assert "<dd>1,201: 1,200 for an impossible box, 1 for an unreadable photo</dd>" in shown
    assert (
        '<div class=bar title="0.5 to 0.55: 1"><i style="height:100.0%"></i><span>0.5</span></div>' in shown
    )
    assert '<div class=bar title="512 and more: 0"><i style="height:0.0%"></i><span>512</span></div>' in shown


def test_photos_that_are_gone_are_named(small_photos: Path, tmp_path: Path) -> None:
    work(small_photos, tmp_path / "out", 12)
    (tmp_path / "empty").mkdir()
    call = ["auto", "report", str(tmp_path / "out"), "--images", str(tmp_path / "empty"), "--each", "1"]
    assert CliRunner().invoke(main, call).exit_code == 0
    assert "does not exist" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize(
    ("lose", "message"), [("plan.json", "not an output of iog auto"), ("shards/00001.json", "not finished")]
)
def test_unfinished_runs_are_refused(small_photos: Path, tmp_path: Path, lose: str, message: str) -> None:
    out = tmp_path / "out"
    work(small_photos, out, 20)
    (out / lose).unlink()
    result = CliRunner().invoke(main, ["auto", "report", str(out), "--images", str(small_photos)])
    assert result.exit_code == 2
    assert message in result.output
