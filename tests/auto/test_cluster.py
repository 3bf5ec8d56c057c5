"""A real Ray cluster of several nodes on this machine, from which processes and nodes are taken."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from iog.auto.cluster import Cluster
from iog.auto.outputs import write_output
from iog.auto.plan import Plan
from iog.auto.runner import Summary, run
from iog.auto.store import MaskStore
from iog.box_methods import BoxSegmenter
from iog.cli import main
from iog.errors import DataError
from iog.places import Folder, Place, Remote
from iog.samples import samples
from iog.segmenter import Segmenter
from tests.auto.cluster_stub import Opening, failing, other_weights
from tests.auto.stub import FORMATS, SHARD, StubEngine, content, items, work

pytest.importorskip("ray")

COUNT = 120
MEMORY = {"object_store_memory": 80_000_000}


@pytest.fixture(scope="module")
def nodes(monkeypatch_module: pytest.MonkeyPatch) -> Iterator[Any]:
    """A head without room for work, and two nodes with one core each."""
    from ray.cluster_utils import Cluster as Nodes

    # Workers import the tests as this process does.
    paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch_module.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch_module.setenv("RAY_USAGE_STATS_ENABLED", "0")
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **MEMORY})
    try:
        nodes.workers = [joined(nodes) for _ in range(2)]
        yield nodes
    finally:
        nodes.shutdown()


def joined(nodes: Any) -> Any:
    """A new node with one core. Ray gives it 30 seconds to start, too few where other work has the cores."""
    for _ in range(3):
        with suppress(Exception):  # Ray's own has no better class
            return nodes.add_node(num_cpus=1, **MEMORY)
    return nodes.add_node(num_cpus=1, **MEMORY)


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def share_out(
    address: str,
    photos: Place,
    out: Place,
    opening: Callable[[], BoxSegmenter],
    disturb: Callable[[int], None] = lambda boxes: None,
) -> Summary:
    """The run of `stub.work`, on the cluster."""
    boxes = BoxSegmenter(Segmenter(StubEngine()))

    def finish(store: MaskStore) -> None:
        for format_ in FORMATS:
            write_output(format_, store)

    plan = Plan.of(items(COUNT), boxes, SHARD)
    shared = Cluster(address).work(opening, photos)
    return run(boxes, plan, photos, out, work=shared, finish=finish, progress=disturb)


@pytest.fixture(scope="module")
def alone(small_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the run gives on one machine."""
    out = tmp_path_factory.mktemp("alone")
    work(small_photos, out, COUNT)
    return content(out)


def notes(folder: Path) -> list[dict[str, Any]]:
    return sorted((json.loads(path.read_text()) for path in folder.iterdir()), key=lambda note: note["at"])


def test_a_process_and_a_node_die_in_the_middle(
    nodes: Any, small_photos: Path, alone: dict[str, bytes], tmp_path: Path
) -> None:
    seen = tmp_path / "notes"
    seen.mkdir()
    started = []
    shards = 0

    def disturb(boxes: int) -> None:
        nonlocal shards
        shards += boxes > 0
        if shards == 3 and not started:
            (first, *_) = notes(seen)
            started.append(first)
            os.kill(first["process"], signal.SIGKILL)
        if shards == 7 and len(started) == 1:
            gone = nodes.workers.pop()
            started.append({"node": gone.node_id})
            # Like a machine that loses its power: nothing is told to anybody.
            nodes.remove_node(gone, allow_graceful=False)
            nodes.workers.append(joined(nodes))

    out = tmp_path / "out"
    opening = Opening(seen, 0.1)  # slow enough that who replaces the dead has work left
    summary = share_out(nodes.address, Folder(small_photos), Folder(out), opening, disturb)
    assert (summary.boxes, summary.masks) == (COUNT, COUNT)
    assert content(out) == alone, "as one machine would have made it"
    records = [json.loads(line) for path in (out / "shards").glob("*.jsonl") for line in path.open()]
    assert sorted(record["id"] for record in records) == list(range(COUNT))
    assert len(started) == 2
    worked = {(note["node"], note["process"]) for note in notes(seen)}
    assert len({node for node, _ in worked}) >= 2
    assert len(worked) >= 3, "whoever died was replaced"

    # Nothing is left to do; what was damaged since is made again, and only that.
    (out / "shards" / "00002.json").unlink()
    again = share_out(nodes.address, Folder(small_photos), Folder(out), opening)
    assert again.resumed == COUNT - SHARD
    assert content(out) == alone


def test_a_worker_that_ray_lost_sight_of_is_ended_before_another_is_hired(
    nodes: Any, small_photos: Path, alone: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine with too much to do Ray gives up actors that live, and would write on."""
    import ray

    seen = tmp_path / "notes"
    seen.mkdir()
    events: list[str] = []
    get, kill = ray.get, ray.kill

    def lose_one(answer: Any) -> Any:
        if "lost" not in events and any(seen.iterdir()):
            events.append("lost")
            raise ray.exceptions.ActorUnavailableError("no answer", None)
        return get(answer)

    def end(worker: Any) -> None:
        events.append("ended")
        kill(worker)

    monkeypatch.setattr(ray, "get", lose_one)
    monkeypatch.setattr(ray, "kill", end)
    out = tmp_path / "out"
    opening = Opening(seen, 0.02)
    share_out(nodes.address, Folder(small_photos), Folder(out), opening, lambda boxes: events.append("done"))
    lost = events.index("lost")
    assert events[lost + 1] == "ended"
    assert "done" in events[lost:]
    assert content(out) == alone


def test_a_driver_that_ray_takes_for_dead_does_not_wait_for_ever(
    nodes: Any, small_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its workers are gone then, and no new ones come."""
    import ray

    seen = tmp_path / "notes"
    seen.mkdir()
    everyone = ray.nodes
    monkeypatch.setattr(ray, "wait", lambda asked, **more: ([], asked))
    monkeypatch.setattr(ray, "nodes", lambda: [node | {"Alive": False} for node in everyone()])
    with pytest.raises(DataError, match="considers this machine dead"):
        share_out(nodes.address, Folder(small_photos), Folder(tmp_path / "out"), Opening(seen, 0.0))


def test_photos_and_results_behind_s3(
    nodes: Any,
    small_photos: Path,
    alone: dict[str, bytes],
    tmp_path: Path,
    s3: Callable[[Path], str],
) -> None:
    """Another node joins, whose environment names the server, as every machine's would."""
    url = s3(small_photos)
    out = Remote(url.replace("photos", "out"))
    seen = tmp_path / "notes"
    seen.mkdir()
    while nodes.workers:
        nodes.remove_node(nodes.workers.pop())
    nodes.workers = [joined(nodes)]
    summary = share_out(nodes.address, Remote(url), out, Opening(seen, 0.0))
    assert summary.masks == COUNT
    found = {}
    for name in out.names():
        with out.reading(name) as file:
            found[name] = file.read()
    assert found == alone
    assert len(notes(seen)) == 1


def test_a_model_that_cannot_be_opened_is_one_sentence(
    nodes: Any, small_photos: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="the file is damaged; reinstall iog"):
        share_out(nodes.address, Folder(small_photos), Folder(tmp_path / "out"), failing)


def test_a_worker_with_other_weights_is_refused(nodes: Any, small_photos: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the worker on .* has weights_sha256 1+, this machine 0+; "):
        share_out(nodes.address, Folder(small_photos), Folder(tmp_path / "out"), other_weights)


def test_no_cluster_is_one_sentence(small_photos: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no Ray cluster answers at 127\.0\.0\.1:1: "):
        share_out("127.0.0.1:1", Folder(small_photos), Folder(tmp_path / "out"), failing)


def test_the_command_with_the_bundled_model(nodes: Any, tmp_path: Path) -> None:
    """Workers load `lite` by its name; the bytes are those of one machine."""
    photos = samples()[0].photo.parent
    boxes = tmp_path / "boxes.csv"
    lines = [",".join([s.photo.name, *map(str, s.clicks.box), s.object]) for s in samples()]
    boxes.write_text("\n".join(["image,x0,y0,x1,y1,category", *lines]) + "\n")
    for name, more in (("alone", ["--threads", "1"]), ("shared", ["--ray", nodes.address, "--workers", "1"])):
        call = [
            "auto",
            str(boxes),
            "--images",
            str(photos),
            "--out",
            str(tmp_path / name),
            "--shard-size",
            "3",
        ]
        result = CliRunner().invoke(main, [*call, *more])
        assert result.exit_code == 0, result.output
        assert "4 masks of 4 boxes" in result.output
    assert content(tmp_path / "shared") == content(tmp_path / "alone")
