"""When the server learns, what it does with the result, and what the page is told."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fastapi.testclient import TestClient

from iog.annotator.server import make_app
from iog.annotator.workbench import Workbench
from iog.errors import DataError
from iog.learning import learner as module
from iog.learning.compare import Cost, Verdict
from iog.learning.learner import Learner
from iog.learning.routes import add_learning
from tests.annotator.conftest import DiscEngine
from tests.learning.conftest import accept, leaf
from tests.learning.test_shelf import made


class FakeJob:
    """A process that is done when told; its copy is better if `better` says so."""

    better = True
    failing: str | None = None
    started: ClassVar[list[Mapping[str, Any]]] = []
    now: FakeJob | None = None

    def __init__(self, folder: Path, description: Mapping[str, Any]) -> None:
        self.folder, self.description = folder, description
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.paused = self.ended = self.stopped = False
        self.share = 0.25
        FakeJob.started.append(description)
        FakeJob.now = self

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def stop(self) -> None:
        self.stopped = True

    def finish(self) -> None:
        made(self.folder / "model")
        self.ended = True

    def result(self) -> dict[str, Any]:
        if FakeJob.failing:
            raise DataError(FakeJob.failing)
        after = Cost(2, 0.9) if FakeJob.better else Cost(4, 0.8)
        ids = [example["id"] for example in self.description["own"]]
        return {
            "verdict": Verdict.of([Cost(4, 0.8)] * 6, [after] * 6).to_json(),
            "objects": len(ids),
            "ids": ids,
        }


def wait(until: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not until():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture
def learner(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Learner]:
    monkeypatch.setattr(module, "Job", FakeJob)
    monkeypatch.setattr(module, "QUIET", 0.1)
    monkeypatch.setattr(module, "_TICK", 0.02)
    monkeypatch.setattr(FakeJob, "better", True)
    monkeypatch.setattr(FakeJob, "failing", None)
    monkeypatch.setattr(FakeJob, "started", [])
    monkeypatch.setattr(FakeJob, "now", None)
    found = Learner(bench)
    yield found
    found.close()


@pytest.fixture
def client(bench: Workbench, learner: Learner) -> Iterator[TestClient]:
    app = make_app(bench, more=[lambda app: add_learning(app, learner)])
    with TestClient(app, base_url="http://127.0.0.1:8720") as client:
        yield client


def finish(learner: Learner) -> None:
    wait(lambda: learner.label)
    assert FakeJob.now is not None
    FakeJob.now.finish()
    wait(lambda: learner.label is None)


def state(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/learning").json()
    return found


def test_nothing_is_learned_until_it_is_switched_on(client: TestClient, learner: Learner) -> None:
    learner.person_works()
    time.sleep(0.2)
    found = state(client)
    assert FakeJob.started == []
    assert (found["on"], found["missing"], found["label"], found["models"]) == (False, None, None, [])
    # Three clicks and two corrections each.
    assert found["costs"] == [{"label": "leaf", "clicks": 5}] * 5


def test_a_better_copy_is_used_for_the_next_objects(
    client: TestClient, learner: Learner, bench: Workbench
) -> None:
    before = bench.segmenter("leaf")
    assert client.put("/api/learning", json={"on": True}).json()["on"]
    wait(lambda: learner.label == "leaf")
    assert 0 < state(client)["share"] < 1
    finish(learner)
    found = state(client)
    assert found["models"] == [
        {
            "number": 1,
            "name": "leaf 1",
            "label": "leaf",
            "objects": 5,
            "before": 4,
            "after": 2,
            "used": True,
            "back": 0,
        }
    ]
    assert found["attempts"][0]["better"]
    assert bench.segmenter("leaf") is not before
    assert bench.segmenter("stone") is bench.segmenter() is before
    # The server starts again: the model is in use, and its objects are not learned once more.
    again = Learner(bench)
    assert bench.segmenter("leaf").model == "lite" and bench.segmenter("leaf") is not before
    again.person_works()
    time.sleep(0.2)
    assert again.label is None
    again.close()


def test_a_copy_that_is_not_better_changes_nothing_and_patience_grows(
    client: TestClient, learner: Learner, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeJob, "better", False)
    before = bench.segmenter("leaf")
    learner.switch(True)
    finish(learner)
    found = state(client)
    assert found["models"] == [] and not found["attempts"][0]["better"]
    assert bench.segmenter("leaf") is before
    for attempts in (2, 2, 3):  # after the second vain attempt in a row twice as many are awaited
        for number in range(5):
            accept(bench.store, f"{number}.png", leaf(number))
        learner.person_works()
        if len(FakeJob.started) < attempts:
            finish(learner)
        wait(lambda: learner.idle)
        assert len(FakeJob.started) == attempts


def test_it_stands_still_while_the_person_works(client: TestClient, learner: Learner) -> None:
    learner.switch(True)
    wait(lambda: FakeJob.now)
    job = FakeJob.now
    assert job is not None
    wait(lambda: not job.paused)
    client.get("/api/learning")
    assert not job.paused  # who only looks on does not disturb
    client.get("/api/project")
    assert job.paused and state(client)["paused"]
    wait(lambda: not job.paused)


def test_going_back_naming_and_deleting(client: TestClient, learner: Learner, bench: Workbench) -> None:
    assert client.post("/api/learning/now", json={"label": "leaf"}).json()["label"] == "leaf"
    finish(learner)
    learned = bench.segmenter("leaf")
    assert not client.post("/api/learning/back", json={"label": "leaf"}).json()["models"][0]["used"]
    assert bench.segmenter("leaf") is bench.segmenter()
    assert client.put("/api/learning/used", json={"label": "leaf", "number": 1}).json()["models"][0]["used"]
    assert bench.segmenter("leaf") is not bench.segmenter()
    assert learned is not bench.segmenter()
    named = client.put("/api/learning/models/1", json={"name": "birch"}).json()
    assert named["models"][0]["name"] == "birch"
    content = client.get("/api/learning/models/1/files").content
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == [
        "model.encoder.onnx",
        "model.decoder.onnx",
        "model.calibration.json",
    ]
    assert client.delete("/api/learning/models/1").json()["models"] == []
    assert bench.segmenter("leaf") is bench.segmenter()
    assert client.delete("/api/learning/models/1").status_code == 422


def test_the_shelf_that_another_process_changed_is_followed(learner: Learner, bench: Workbench) -> None:
    learner.learn_now("leaf")
    finish(learner)
    type(learner.shelf)(bench.store.path).go_back("leaf")
    wait(lambda: bench.segmenter("leaf") is bench.segmenter())


def test_stopping_changes_nothing(client: TestClient, learner: Learner) -> None:
    learner.switch(True)
    wait(lambda: learner.label)
    job = FakeJob.now
    assert client.post("/api/learning/stop").json()["label"] is None
    assert job is not None and job.stopped
    learner.person_works()
    time.sleep(0.2)
    assert len(FakeJob.started) == 1


def test_leftovers_of_a_killed_server_go_and_those_of_a_running_one_stay(
    learner: Learner, bench: Workbench
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    runs = os.getppid()
    for number in (gone.pid, runs):
        (learner.shelf.folder / f"learning-{number}" / "model").mkdir(parents=True)
    Learner(bench).close()
    assert [p.name for p in learner.shelf.folder.glob("learning-*")] == [f"learning-{runs}"]


def test_a_full_disk_is_told_and_the_watcher_lives_on(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(FakeJob, "__init__", full)
    learner.learn_now("leaf")
    wait(lambda: learner.problem == "learning failed: no space left")
    monkeypatch.undo()
    assert learner._watcher.is_alive()


def test_what_failed_is_told_and_the_page_goes_on(
    client: TestClient, learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeJob, "failing", "the disk is full")
    learner.learn_now("leaf")
    finish(learner)
    assert state(client)["attempts"][0]["problem"] == "the disk is full"


def test_a_damaged_model_is_told_and_the_first_one_used(
    client: TestClient, learner: Learner, bench: Workbench
) -> None:
    learner.learn_now("leaf")
    finish(learner)
    learner.shelf.file(1).write_bytes(b"half")
    again = Learner(bench)
    assert again.problem is not None and "model.encoder.onnx" in again.problem
    assert bench.segmenter("leaf") is bench.segmenter()
    again.close()


def test_too_few_objects_and_other_models_are_one_sentence(
    learner: Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="'stone' has 0 accepted objects; accept 5 at least"):
        learner.learn_now("stone")
    (tmp_path / "other").mkdir()
    bench = Workbench(tmp_path / "other", tmp_path / "other.iog", DiscEngine())
    other = Learner(bench)
    bench.segmenter().engine.info.network["factory"] = "my.module:network"  # type: ignore[index]
    assert other.missing() == "model"
    with pytest.raises(DataError, match="only lite models can learn"):
        other.switch(True)
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(DataError, match=r"pip install 'iog\[train\]'"):
        learner.switch(True)
    bench.close()
