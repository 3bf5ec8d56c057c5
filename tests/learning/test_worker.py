"""The process that learns: what it finds and writes, and that it never outlives the server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from iog import zoo
from iog.annotator.workbench import Workbench
from iog.errors import DataError
from iog.learning import compare, worker
from iog.learning.examples import MOST, SIDE, collect, cut_examples
from iog.learning.job import Job, clear
from iog.networks import export as exporting
from iog.segmenter import Segmenter
from tests.learning.conftest import QUICK, accept, leaf
from tests.learning.test_shelf import made


def description(bench: Workbench, **changes: Any) -> dict[str, Any]:
    own, others = collect(bench.store, "leaf")
    return {
        "photos": str(bench.photos.folder),
        "start": "lite",
        "present": "lite",
        "seen": [],
        "own": [example.to_json() for example in own],
        "others": [example.to_json() for example in others],
        "name": "leaf 1",
        "settings": QUICK,
        **changes,
    }


def wait(until: Callable[[], bool], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


@pytest.fixture
def one_thread() -> Any:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_examples_are_the_accepted_objects(bench: Workbench) -> None:
    accept(bench.store, "0.png", leaf(0), label="stone")
    own, others = collect(bench.store, "leaf")
    assert [example.photo for example in own] == [f"{n}.png" for n in range(5)]
    assert [example.label for example in others] == ["stone"]
    cuts = cut_examples(bench.photos.folder, own, "learned")
    assert [int(cut.mask.sum()) for cut in cuts] == [int(leaf(n).sum()) for n in range(5)]
    assert all(cut.image.shape[:2] == cut.mask.shape and max(cut.mask.shape) <= SIDE for cut in cuts)
    assert len(cuts) <= MOST
    (bench.photos.folder / "2.png").unlink()
    names = [cut.name for cut in cut_examples(bench.photos.folder, own, "learned")]
    assert names == [f"{n}.png#{n + 1}" for n in (0, 1, 3, 4)]


@pytest.mark.usefixtures("one_thread")
def test_a_better_copy_is_written_and_opens(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two training steps make nothing better: here the robot user says so.
    monkeypatch.setattr(
        compare, "cost_of", lambda s, _, seed: compare.Cost(5 if s.model == "lite" else 3, 0.9)
    )
    asked: list[tuple[str, int]] = []

    def export(network: Any, stem: Path, info: Any, questions: Any) -> tuple[Path, Path]:
        # The real one takes half a minute, and has tests of its own.
        asked.append((info.name, len(questions)))
        encoder, decoder = (path.name.replace("lite", stem.name) for path in zoo.MODELS["lite"].files)
        made(stem.parent / "files")
        for name in (encoder, decoder):
            (stem.parent / "files" / name).rename(stem.parent / name)
        return stem.parent / encoder, stem.parent / decoder

    monkeypatch.setattr(exporting, "export", export)
    (tmp_path / "job.json").write_text(json.dumps(description(bench)))
    result = worker._learn(tmp_path)
    assert result["ids"] == [1, 2, 3, 4, 5] and result["objects"] == 5
    assert result["verdict"]["better"] and result["verdict"]["held"] == 5
    learned = Segmenter(tmp_path / "model" / "model.encoder.onnx")
    assert asked == [("leaf 1", 5)]
    assert learned.calibration is not None
    assert learned.calibration.measured["of"] == "lite"
    assert json.loads((tmp_path / "progress.json").read_text())["share"] == 1


@pytest.mark.usefixtures("one_thread")
def test_what_the_present_model_has_seen_is_not_measured(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps(description(bench, seen=[1, 2, 3, 4])))
    with pytest.raises(DataError, match="has not learned from"):
        worker._learn(tmp_path)


def test_the_process_stands_still_ends_and_says_what_failed(bench: Workbench, tmp_path: Path) -> None:
    job = Job(tmp_path / "job", description(bench))
    process = psutil.Process(job._process.pid)
    wait(lambda: process.nice() == 19 or sys.platform == "win32")
    job.pause()
    wait(lambda: process.status() == psutil.STATUS_STOPPED)
    job.resume()
    wait(lambda: process.status() != psutil.STATUS_STOPPED)
    job.stop()
    assert not process.is_running() and not (tmp_path / "job").exists()

    broken = Job(tmp_path / "job", description(bench, photos=str(tmp_path / "nowhere")))
    wait(lambda: broken.ended)
    with pytest.raises(DataError, match="has not learned from"):
        broken.result()


def test_a_killed_process_is_told_and_leaves_nothing(bench: Workbench, tmp_path: Path) -> None:
    job = Job(tmp_path / "job", description(bench))
    os.kill(job._process.pid, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    wait(lambda: job.ended)
    with pytest.raises(DataError, match="ended early"):
        job.result()
    clear(job.folder)
    assert not job.folder.exists()


_SERVER = """
import json, sys, time
from pathlib import Path
from iog.learning.job import Job
job = Job(Path(sys.argv[1]) / "job", json.loads((Path(sys.argv[1]) / "described.json").read_text()))
if sys.argv[2] == "paused":
    job.pause()
print(job._process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("how", ["running", "paused"])
def test_the_process_ends_when_the_server_is_killed(bench: Workbench, tmp_path: Path, how: str) -> None:
    (tmp_path / "described.json").write_text(json.dumps(description(bench)))
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(tmp_path), how],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert server.stdout is not None
    process = psutil.Process(int(server.stdout.readline()))
    server.send_signal(signal.SIGKILL)
    server.wait()
    server.stdout.close()
    wait(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
