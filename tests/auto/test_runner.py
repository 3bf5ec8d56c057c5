"""A run is exact: stopped anywhere, with any number of workers, the same bytes."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from iog import DataError
from iog.auto.lock import locked
from iog.auto.plan import Item, Plan
from iog.auto.runner import run
from iog.auto.store import MaskStore
from iog.box_methods import BoxSegmenter
from iog.calibration import Calibration, ConfidenceCurve
from iog.clock import Clock
from iog.masks import decode_rle
from iog.places import Folder
from iog.samples import samples
from iog.segmenter import Segmenter
from tests.auto.stub import SHARD, StubEngine, content, items, work

COUNT = 150
KILLS = 20


def test_twenty_kills(small_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A server that has imported everything forks each process, so that kills hit the run and not imports.
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    )
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.auto.stub"])

    def start(out: Path, log: Path) -> multiprocessing.process.BaseProcess:
        process = processes.Process(target=work, args=(small_photos, out, COUNT, log, 0.001))
        process.start()
        return process

    start(tmp_path / "warm", tmp_path / "warm.log").join()
    shutil.rmtree(tmp_path / "warm")
    started = time.perf_counter()
    start(tmp_path / "whole", tmp_path / "whole.log").join()
    duration = time.perf_counter() - started
    whole = content(tmp_path / "whole")
    assert (tmp_path / "whole.log").stat().st_size == COUNT
    assert len(json.loads(whole["coco.json"])["annotations"]) == COUNT

    moments = random.Random(7)
    kills = here = 0
    folders = [tmp_path / "0"]
    while kills < KILLS or here:
        out, log = folders[-1], folders[-1].with_suffix(".log")
        before = finished_shards(out)
        process = start(out, log)
        process.join(moments.uniform(0, duration) if kills < KILLS else None)
        process.kill()
        process.join()
        after = finished_shards(out)
        assert before.items() <= after.items(), "a finished shard is never written again"
        if process.exitcode == -signal.SIGKILL:
            kills, here = kills + 1, here + 1
            continue
        assert process.exitcode == 0
        assert content(out) == whole
        assert log.stat().st_size <= COUNT + here * SHARD, "only the shard in flight is done again"
        folders.append(tmp_path / str(len(folders)))
        here = 0


def finished_shards(out: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of each shard that has its manifest."""
    found = {}
    for manifest in (out / "shards").glob("[0-9]*.json"):
        status = manifest.with_suffix(".jsonl").stat()
        found[manifest.stem] = (status.st_ino, status.st_mtime_ns)
    return found


def test_the_real_model_gives_the_same_bytes_however_it_is_run(tmp_path: Path) -> None:
    photos = samples()[0].photo.parent
    listed = [
        Item(sample.photo.name, sample.object, (float(x0 + d), float(y0 + d), float(x1), float(y1)))
        for sample in samples()
        for d in (0, 9)
        for x0, y0, x1, y1 in [sample.clicks.box]
    ]
    boxes = BoxSegmenter(Segmenter(threads=1))
    plan = Plan.of(listed, boxes, 5)
    for workers in (1, 3):
        run(boxes, plan, Folder(photos), Folder(tmp_path / str(workers)), workers=workers)
    assert content(tmp_path / "1") == content(tmp_path / "3")
    # One shard lost and one damaged are made again.
    again = tmp_path / "3" / "shards"
    (again / "00000.json").unlink()
    (again / "00001.jsonl").write_bytes((again / "00001.jsonl").read_bytes()[:-9])
    summary = run(boxes, plan, Folder(photos), Folder(tmp_path / "3"), workers=2)
    assert summary.resumed == 0
    assert content(tmp_path / "1") == content(tmp_path / "3")
    for record in MaskStore(Folder(tmp_path / "1"), plan).all_records():
        mask = decode_rle(record["rle"])
        x0, y0, x1, y1 = record["box"]
        assert mask.shape == (record["height"], record["width"])
        assert mask.sum() == record["area"] > 0.3 * (x1 - x0) * (y1 - y0)
        assert record["confidence"] > 0.6
        assert record["click"] is not None
        assert mask[record["click"][1], record["click"][0]]


def test_a_second_start_does_nothing(small_photos: Path, tmp_path: Path) -> None:
    first = work(small_photos, tmp_path / "out", 30, tmp_path / "log")
    assert (first.boxes, first.masks, first.resumed, first.failures) == (30, 30, 0, [])
    assert work(small_photos, tmp_path / "out", 30, tmp_path / "log").resumed == 30
    assert (tmp_path / "log").stat().st_size == 30


def test_two_runs_refuse_each_other(small_photos: Path, tmp_path: Path) -> None:
    with (
        locked(Folder(tmp_path)),
        pytest.raises(DataError, match=rf"another run \(process {os.getpid()}\) is writing"),
    ):
        work(small_photos, tmp_path, 5)
    work(small_photos, tmp_path, 5)


def test_a_lock_file_of_a_dead_run_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text("1\n")  # a process that lives, but never held this lock
    with locked(Folder(tmp_path)):
        assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"


def test_another_plan_is_refused(small_photos: Path, tmp_path: Path) -> None:
    segmenter = Segmenter(StubEngine())
    curve = Calibration("0" * 64, {"box": ConfidenceCurve((0.5,), (0.4,))}, {})
    box, centre = BoxSegmenter(segmenter, "box"), BoxSegmenter(segmenter, "centre")
    calibrated = BoxSegmenter(Segmenter(StubEngine(), calibration=curve), "box")
    photos, out = Folder(small_photos), Folder(tmp_path)
    run(box, Plan.of(items(9), box, 4), photos, out)
    before = content(tmp_path)
    for boxes, plan, what in (
        (centre, Plan.of(items(9), centre, 4), "method box -> centre"),
        (calibrated, Plan.of(items(9), calibrated, 4), "calibration None -> "),
        (box, Plan.of(items(9), box, 5), "shard_size 4 -> 5"),
        (box, Plan.of(items(10), box, 4), "boxes 9 -> 10, input_sha256"),
    ):
        with pytest.raises(DataError, match=what):
            run(boxes, plan, photos, out)
    assert content(tmp_path) == before


def test_a_folder_with_other_things_is_refused(small_photos: Path, tmp_path: Path) -> None:
    (tmp_path / ".mine.tmp").write_text("dear")
    (tmp_path / "thesis.txt").write_text("dear")
    with pytest.raises(DataError, match="holds other files"):
        work(small_photos, tmp_path, 5)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mine.tmp", "thesis.txt"]
    (tmp_path / "plan.json").write_text("[]")
    with pytest.raises(DataError, match="not the plan of a run"):
        work(small_photos, tmp_path, 5)


def test_failures_are_recorded_and_the_rest_goes_on(small_photos: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    shutil.copytree(small_photos, photos)
    (photos / "broken.jpg").write_bytes((photos / "rocket.jpg").read_bytes()[:700])
    (photos / "text.png").write_text("not a picture")
    good = (10.0, 10.0, 40.0, 40.0)
    nan = float("nan")
    listed = [
        Item("rocket.jpg", "x", good),
        Item("broken.jpg", "x", good),
        Item("text.png", "x", good),
        Item("gone.jpg", "x", good),
        Item("rocket.jpg", "x", (100.0, 10.0, 140.0, 40.0)),
        Item("rocket.jpg", "x", (40.0, 10.0, 10.0, 40.0)),
        Item("rocket.jpg", "x", (nan, 10.0, 40.0, 40.0)),
        Item("rocket.jpg", "x", (10.0, 10.0, 12.0, 40.0)),
        Item("rocket.jpg", "x", (0.1, 0.1, 0.5, 0.5), relative=True),
        Item("nul\0.jpg", "x", good),
    ]
    boxes = BoxSegmenter(Segmenter(StubEngine()))
    plan = Plan.of(listed, boxes, 3)
    out, counts = tmp_path / "out", []
    summary = run(
        boxes,
        plan,
        Folder(photos),
        Folder(out),
        workers=2,
        unlisted=["line 7 is odd"],
        progress=counts.append,
    )
    assert (summary.boxes, summary.masks) == (10, 2)
    assert summary.kinds == {"photo": 4, "box": 4, "listing": 1}
    assert counts[0] == 0
    assert sum(counts) == 10
    lines = [json.loads(line) for line in (out / "failures.jsonl").read_text().splitlines()]
    assert lines == summary.failures
    assert {line["image"]: line["kind"] for line in lines if line["kind"] != "box"} == {
        "broken.jpg": "photo",
        "text.png": "photo",
        "gone.jpg": "photo",
        "nul\0.jpg": "photo",
        "": "listing",
    }
    errors = " ".join(line["error"] for line in lines)
    for reason in ("lies outside", "inside out", "not a number", "does not exist", "line 7 is odd"):
        assert reason in errors
    records = list(MaskStore(Folder(out), plan).all_records())
    assert [(record["instance"], record["box"]) for record in records] == [
        (1, [10, 10, 40, 40]),
        (6, [9, 6, 48, 32]),
    ]


def test_one_photo_is_read_once_and_many_boxes_are_cut_in_groups(small_photos: Path) -> None:
    boxes = BoxSegmenter(Segmenter(StubEngine()), "box")
    listed = [Item("rocket.jpg", "", (1.0, 1.0, 20.0, 20.0 + i / 10)) for i in range(70)]
    plan = Plan.of([*listed, Item("a/chelsea.jpg", "", (1.0, 1.0, 9.0, 9.0))], boxes, 50)
    shares = [plan.share(shard) for shard in range(plan.shards)]
    assert [(share.first, len(share.items)) for share in shares] == [(0, 50), (50, 21)]
    assert shares[1].instances[:2] == [51, 52]
    groups = [(share.shard, g.image, g.places) for share in shares for g in share.groups()]
    assert groups == [
        (0, "rocket.jpg", range(32)),
        (0, "rocket.jpg", range(32, 50)),
        (1, "rocket.jpg", range(20)),
        (1, "a/chelsea.jpg", range(20, 21)),
    ]


def test_the_clock_counts_each_stage(small_photos: Path, tmp_path: Path) -> None:
    boxes, clock = BoxSegmenter(Segmenter(StubEngine())), Clock()
    plan = Plan.of(items(20), boxes)
    run(boxes, plan, Folder(small_photos), Folder(tmp_path), workers=2, clock=clock)
    assert set(clock.seconds) == {"read photo", "cut", "encode", "decode", "infer click", "record"}
    assert min(clock.seconds.values()) > 0
