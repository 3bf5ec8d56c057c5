"""The shards of a plan on many machines: Ray (the `scale` extra).

Each worker is an actor that holds the model, takes one shard at a time, and writes it where the driver looks
for it: a folder that all machines have mounted, or a URL. A shard is made by the very code that makes it on
one machine, so the bytes are the same wherever it was made, and however often.

Whoever dies, a process or a whole machine, its shard goes back to the heap and another worker takes it; a
replacement is asked for and starts when the cluster has room.
"""

from __future__ import annotations

import logging
import socket
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iog import __version__
from iog.auto.plan import Share, networks
from iog.auto.runner import Progress, Worker
from iog.auto.store import MaskStore, Shards
from iog.box_methods import BoxSegmenter, Method
from iog.errors import DataError, IogError
from iog.extras import require_ray
from iog.places import Folder, Place
from iog.segmenter import Segmenter
from iog.zoo import EngineName

DEATHS = 3
"""So many deaths a worker, without one finished shard in between, are no accident."""

_PATIENCE = 30.0
"""Seconds without an answer of any worker after which we look whether one can still come."""

_THREADS = 2
"""Threads of a worker whose photos come through a network, so that one waits while the other computes."""


@dataclass(frozen=True)
class Models:
    """What a worker loads once."""

    model: str
    method: Method
    first: str | None = None
    """Model of the first stage."""
    torch: bool = False
    """Whether to run it with PyTorch, on a GPU if the worker was given one."""

    def open(self) -> BoxSegmenter:
        """Load the networks, one thread for one inference."""
        engine: EngineName | None = "torch" if self.torch else None
        first = None if self.first is None else Segmenter(self.first, engine=engine, threads=1)
        return BoxSegmenter(Segmenter(self.model, engine=engine, threads=1), self.method, first)


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster.

    Parameters
    ----------
    address
        Of the cluster, as `ray.init` takes it: HOST:PORT, "auto" for the one this machine belongs to,
        "local" for one that is made here and ends with the run.
    workers
        How many; None takes one a core of the cluster (one a GPU share, if workers want GPUs).
    gpus
        GPUs that each worker wants, for example 0.25.
    """

    address: str
    workers: int | None = None
    gpus: float = 0.0

    def work(
        self, models: Models | Callable[[], BoxSegmenter], photos: Place
    ) -> Callable[[list[int], MaskStore, Progress], None]:
        """What `iog.auto.runner.run` calls with the missing shards.

        Raises (when called) `DataError` if the cluster does not answer or its workers keep dying.
        """
        require_ray()
        opening = models.open if isinstance(models, Models) else models

        def make(missing: list[int], store: MaskStore, progress: Progress) -> None:
            import ray

            _knock(self.address)
            connected_before = ray.is_initialized()
            try:
                if not connected_before:
                    ray.init(address=self.address, log_to_driver=False, logging_level=logging.ERROR)
            except (ConnectionError, ValueError, RuntimeError) as error:
                reason = str(error).splitlines()[0]
                raise DataError(f"no Ray cluster answers at {self.address}: {reason}") from None
            try:
                # A folder means the same everywhere only by its whole path.
                shards = Shards(_everywhere(store.place), store.config)
                opening_here = _Checked(opening, _version(store.plan.making))
                _Driver(self, opening_here, _everywhere(photos), shards, progress).do(missing, store)
            finally:
                if not connected_before:
                    ray.shutdown()

        return make

    def size(self, missing: int) -> int:
        """How many workers to start for so many shards."""
        import ray

        resources = ray.cluster_resources()
        room = resources.get("GPU", 0) / self.gpus if self.gpus else resources.get("CPU", 1)
        if room < 1:
            raise DataError(f"the Ray cluster has no {'GPU' if self.gpus else 'core'} for a worker")
        return min(self.workers or int(room), missing)


@dataclass(frozen=True)
class _Checked:
    """Opens the models on a worker's machine, and sees that they are the driver's."""

    opening: Callable[[], BoxSegmenter]
    expected: Mapping[str, Any]
    """`_version` on the driver's machine."""

    def __call__(self) -> BoxSegmenter:
        boxes = self.opening()
        found = _version(networks(boxes))
        for key, value in self.expected.items():
            if found.get(key) != value:
                raise DataError(
                    f"the worker on {socket.gethostname()} has {key} {found.get(key)}, this machine {value}; "
                    "all machines need the same iog and the same models"
                )
        return boxes


def _version(making: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same on all machines; the class of the engine follows from the same command."""
    return {"iog": __version__} | {key: value for key, value in making.items() if key != "engine"}


class _Actor:
    """Lives in a process of its own."""

    def __init__(self, opening: Callable[[], BoxSegmenter], photos: Place, shards: Shards) -> None:
        threads = 1 if isinstance(photos, Folder) else _THREADS
        self._worker = Worker(opening(), photos, shards, threads)

    def ready(self) -> None:
        """Answers when the model is loaded."""

    def make(self, share: Share) -> None:
        self._worker.do([share])


class _Driver:
    """Hands shards to workers and looks after the dead."""

    def __init__(
        self,
        cluster: Cluster,
        opening: Callable[[], BoxSegmenter],
        photos: Place,
        shards: Shards,
        progress: Progress,
    ) -> None:
        import ray

        self._ray: Any = ray
        self._cluster = cluster
        self._progress = progress
        actor: Any = ray.remote(_Actor).options(num_cpus=1, num_gpus=cluster.gpus or None)
        self._start: Callable[[], Any] = lambda: actor.remote(opening, photos, shards)

    def do(self, missing: list[int], store: MaskStore) -> None:
        heap = deque(missing)
        size = self._cluster.size(len(missing))
        deaths = 0
        # What was asked for: (worker, shard), or (worker, None) for "are you ready?".
        asked: dict[Any, tuple[Any, int | None]] = {}

        def hire() -> None:
            worker = self._start()
            asked[worker.ready.remote()] = worker, None

        for _ in range(size):
            hire()
        left = len(missing)
        try:
            while left:
                answer = self._next(list(asked))
                worker, shard = asked.pop(answer)
                if not self._answered(answer):
                    deaths += 1
                    if deaths > DEATHS * size:
                        raise DataError("the workers keep failing; see the logs of the Ray cluster")
                    # Ray also gives up workers that it only lost sight of, on a machine with too much to do:
                    # such a one would keep its core, and write on when the run has ended.
                    self._ray.kill(worker)
                    if shard is not None:
                        heap.appendleft(shard)
                    hire()
                    continue
                if shard is not None:
                    deaths = 0
                    left -= 1
                    self._progress(len(store.plan.boxes(shard)))
                if heap:
                    following = heap.popleft()
                    asked[worker.make.remote(store.plan.share(following))] = worker, following
                else:  # gives its room to whoever must be hired for one that dies yet
                    self._ray.kill(worker)
        finally:
            for worker, _ in asked.values():
                self._ray.kill(worker)

    def _next(self, asked: list[Any]) -> Any:
        """The next answer; DataError if none can come any more."""
        while True:
            answers, _ = self._ray.wait(asked, num_returns=1, timeout=_PATIENCE)
            if answers:
                return answers[0]
            # Ray takes a machine that is too busy to answer for dead, also this one. It then starts no more
            # workers for us, and would let us wait for them for ever.
            here = self._ray.get_runtime_context().get_node_id()
            if not any(node["Alive"] and node["NodeID"] == here for node in self._ray.nodes()):
                raise DataError(
                    "the Ray cluster considers this machine dead (too busy to answer?); "
                    "finished shards are kept: repeat the command"
                )

    def _answered(self, answer: Any) -> bool:
        """Whether a worker did what it was asked; False if it died. Raises what went wrong in it."""
        errors = self._ray.exceptions
        try:
            self._ray.get(answer)
        except errors.RayTaskError as error:
            raise _reason(error) from None
        except (errors.RayActorError, errors.RaySystemError) as error:
            if getattr(error, "actor_init_failed", False):  # no accident: the next would fail as well
                raise _reason(error) from None
            return False
        return True


def _knock(address: str) -> None:
    """Raise `DataError` if HOST:PORT does not answer: Ray itself would wait for minutes."""
    host, colon, port = address.rpartition(":")
    if not (colon and port.isdecimal()):
        return
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise DataError(f"no Ray cluster answers at {address}: {error.strerror or error}") from None


def _reason(error: Exception) -> Exception:
    """What went wrong in a worker: our own sentence if it is one."""
    cause = getattr(error, "cause", None)
    for found in (cause, error):
        if isinstance(found, IogError | OSError):
            return found
    return DataError(f"a worker failed: {(str(error).strip() or type(error).__name__).splitlines()[-1]}")


def _everywhere(place: Place) -> Place:
    return Folder(Path(place.path).absolute()) if isinstance(place, Folder) else place
