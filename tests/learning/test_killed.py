"""kill -9 in the middle of learning, of the server and then of the learner: the next start goes on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from iog.annotator.store import Store
from iog.annotator.workbench import Workbench
from iog.learning.learner import Learner
from tests.learning.conftest import leaf

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

LONG = {"samples": 4000, "batch": 2, "sizes": [64], "warmup": 1}
"""Far longer than the test waits."""

SERVER = """
import json, sys, time
from pathlib import Path
from iog.annotator.workbench import Workbench
from iog.learning.learner import Learner
bench = Workbench(Path(sys.argv[1]), Path(sys.argv[2]))
learner = Learner(bench, settings=json.loads(sys.argv[3]))
learner.switch(True)
while learner.share == 0:
    time.sleep(0.05)
from tests.learning.conftest import accept, leaf
print(accept(bench.store, "0.png", leaf(7)), flush=True)
time.sleep(600)
"""


def wait(until: Callable[[], object]) -> None:
    end = time.monotonic() + 300
    while not until():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def worker_of(folder: Path) -> psutil.Process:
    (told,) = folder.glob("learning-*/process.json")
    return psutil.Process(int(json.loads(told.read_text())["pid"]))


def accepted(project: Path) -> dict[int, int]:
    """Pixels of the accepted objects by their number."""
    store = Store(project)
    try:
        photos = [store.photo_at(f"{number}.png") for number in range(5)]
        rows = [row for photo in photos if photo is not None for row in store.objects(photo.id)]
        return {row.id: row.mask.area for row in rows if row.state == "accepted" and row.mask is not None}
    finally:
        store.close()


def test_the_next_start_goes_on_after_either_was_killed(project: Path) -> None:
    photos, models = project.parent / "photos", project.with_suffix(".models")
    expected = {number + 1: int(leaf(number).sum()) for number in range(5)}
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(photos), str(project), json.dumps(LONG)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert server.stdout is not None
    last = server.stdout.readline()  # accepted while it learns
    assert last, "the server ended"
    process = worker_of(models)
    server.send_signal(signal.SIGKILL)
    server.wait()
    server.stdout.close()
    wait(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
    expected[int(last)] = int(leaf(7).sum())
    assert accepted(project) == expected
    (left,) = models.glob("learning-*")

    bench = Workbench(photos, project)
    learner = Learner(bench, settings=LONG)
    try:
        assert not left.exists() and learner.shelf.models() == [] and learner.shelf.labels() == {}
        assert learner.shelf.on
        wait(lambda: list(models.glob("learning-*/process.json")))  # nobody told it to
        worker_of(models).send_signal(signal.SIGKILL)
        wait(lambda: learner.attempts())
        (attempt,) = learner.attempts()
        assert attempt.number is None and attempt.problem is not None and "ended early" in attempt.problem
        wait(lambda: learner.label is None)
        assert not list(models.glob("learning-*")) and learner.shelf.models() == []
        assert bench.segmenter("leaf").model == bench.segmenter().model
        learner.learn_now("leaf")
        wait(lambda: learner.label == "leaf")
    finally:
        bench.close()  # ends the learner, too
    assert accepted(project) == expected
    assert {path.name for path in models.iterdir()} == {"shelf.json", "log.txt"}
