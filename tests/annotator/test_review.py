"""Doubtful masks of `iog auto` wait in a project of the annotator."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from iog.annotator.review import write_queue
from iog.annotator.store import Store
from iog.annotator.workbench import Workbench
from iog.cli import main
from iog.masks import decode_rle
from iog.samples import samples

PHOTOS = samples()[0].photo.parent


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Masks of the sample photos, each also from a box that holds nothing in particular."""
    boxes, out = tmp_path / "boxes.csv", tmp_path / "out"
    lines = [",".join([s.photo.name, *map(str, s.clicks.box), s.object]) for s in samples()]
    first = samples()[0]
    lines.append(f"{first.photo.name},3,3,60,40,")
    boxes.write_text("\n".join(["image,x0,y0,x1,y1,category", *lines]) + "\n")
    call = ["auto", str(boxes), "--images", str(PHOTOS), "--out", str(out), "--review-below", "0.75"]
    result = CliRunner().invoke(main, call)
    assert result.exit_code == 0, result.output
    assert "to review: iog annotate" in result.output
    return out


def records(out: Path) -> list[dict]:
    return [json.loads(line) for path in sorted((out / "shards").glob("*.jsonl")) for line in path.open()]


def test_the_queue(run: Path) -> None:
    made = records(run)
    doubtful = [r for r in made if r["confidence"] < 0.75]
    assert 0 < len(doubtful) < len(made), "the test needs some of each"
    store = Store(run / "review.iog")
    rows = [row for photo in store.photos_with_objects() for row in store.objects(photo.id)]
    assert len(rows) == len(made)
    assert sum(row.state == "draft" for row in rows) == len(doubtful)
    first = store.first_unfinished()
    assert first is not None
    assert first.path in {r["image"] for r in doubtful}
    open_ = {p.path for p in store.photos(0, 100)[1] if not p.done and p.objects}
    assert open_ == {r["image"] for r in doubtful}
    for record in made:
        photo = store.photo_at(record["image"])
        assert photo is not None
        (row,) = [r for r in store.objects(photo.id) if r.confidence == record["confidence"]]
        assert row.mask is not None
        np.testing.assert_array_equal(
            row.mask.full(record["width"], record["height"]), decode_rle(record["rle"])
        )
        assert row.label == (record["category"] or "object")
    store.close()


def test_what_a_person_did_stays(run: Path) -> None:
    """The same command again leaves the project alone; clicks go on from where the machine was."""
    path = run / "review.iog"
    bench = Workbench(PHOTOS, path, "lite")
    photo = bench.store.first_unfinished()
    assert photo is not None
    waiting = [row for row in bench.store.objects(photo.id) if row.state == "draft"]
    before = waiting[0]
    assert before.work.clicks is not None
    bench.change(
        before.id, before.version, before.work, label="checked", state="accepted", seconds=1, kind="accept"
    )
    bench.store.close()
    count = write_queue(path, PHOTOS, records(run), 0.75)
    store = Store(path)
    assert store.one(before.id).label == "checked"
    assert count == sum(r["confidence"] < 0.75 for r in records(run)) - 1
    store.close()


def test_nothing_half_done_stays(tmp_path: Path) -> None:
    class BrokenError(Exception):
        pass

    def stream():
        raise BrokenError
        yield

    with pytest.raises(BrokenError):
        write_queue(tmp_path / "review.iog", PHOTOS, stream(), 0.5)
    assert not (tmp_path / "review.iog").exists()
