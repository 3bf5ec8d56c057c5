"""Works through the shards of a plan that are missing.

Each of the workers is one thread that uses one core: it decodes a photo and cuts its boxes, or runs a batch
through the network and turns the answers into records. So decoding, the network and run lengths overlap
without waiting for each other, and results do not depend on how many workers there are. The main thread
forms batches across photos, in the plan's order and within a shard, and writes.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from iog.auto.clock import Clock
from iog.auto.lock import locked
from iog.auto.methods import Answer, Target, solve, target
from iog.auto.plan import BATCH, Group, Plan
from iog.auto.store import Failure, Record, Store, line_of
from iog.errors import IogError
from iog.formats import write_json, write_json_lines
from iog.images import read_image
from iog.masks import encode_rle
from iog.segmenter import Segmenter

AHEAD = 16
"""Photos, or parts of one, that are read ahead of the network."""

T = TypeVar("T")
U = TypeVar("U")


class Ready(NamedTuple):
    """A box that was cut from its photo."""

    id: int
    target: Target


@dataclass
class Summary:
    """What came of a run, earlier interrupted ones included."""

    boxes: int = 0
    masks: int = 0
    resumed: int = 0
    """Boxes that were done before this run started."""
    failures: list[Failure] = field(default_factory=list)
    """Boxes in the plan without a mask, and what could not be listed."""

    @property
    def kinds(self) -> Counter[str]:
        """How many failures of each kind."""
        return Counter(failure["kind"] for failure in self.failures)


def run(
    segmenter: Segmenter,
    plan: Plan,
    photos: Path,
    out: Path,
    *,
    workers: int,
    unlisted: Iterable[str] = (),
    finish: Callable[[Store], None] = lambda store: None,
    progress: Callable[[int], None] = lambda boxes: None,
    clock: Clock | None = None,
) -> Summary:
    """Make all masks of a plan, going on where an earlier run ended.

    Parameters
    ----------
    segmenter
        The model of the plan; one thread for one inference (`threads=1`), as workers already take all cores.
    plan
        What to do.
    photos
        Folder to which the plan's photos are relative.
    out
        Output folder; made if missing.
    workers
        Threads, usually one a core.
    unlisted
        What was wrong with boxes that could not even be listed, for the record.
    finish
        Called with the complete store, still under the lock: makes the outputs.
    progress
        Called in the main thread: first with the number of boxes that an earlier run did (perhaps 0), then
        with numbers of boxes that are newly done.
    clock
        Takes processor seconds by stage.

    Raises
    ------
    DataError
        If another run uses `out`, or it belongs to another plan.
    """
    out.mkdir(parents=True, exist_ok=True)
    store = Store(out, plan)
    with locked(out):
        store.claim()
        store.tidy()
        missing = [shard for shard in range(plan.shards) if store.done(shard) is None]
        resumed = len(plan.items) - sum(len(plan.boxes(shard)) for shard in missing)
        progress(resumed)
        _Work(segmenter, plan, photos, store, workers, progress, clock or Clock()).do(missing)
        summary = _summary(store, unlisted, resumed)
        write_json_lines(out / "failures.jsonl", summary.failures)
        write_json(
            out / "summary.json",
            {"boxes": summary.boxes, "masks": summary.masks, "failures": dict(summary.kinds)},
        )
        finish(store)
    return summary


def _summary(store: Store, unlisted: Iterable[str], resumed: int) -> Summary:
    summary = Summary(len(store.plan.items), resumed=resumed)
    for shard in range(store.plan.shards):
        done = store.done(shard)
        if done is None:
            raise OSError(f"shard {shard} below {store.folder} changed under our hands; start again")
        summary.masks += done.rows
        summary.failures += done.failures
    summary.failures += [
        {"id": None, "image": "", "category": "", "edges": [], "kind": "listing", "error": error}
        for error in unlisted
    ]
    return summary


@dataclass(frozen=True)
class _Work:
    segmenter: Segmenter
    plan: Plan
    photos: Path
    store: Store
    workers: int
    progress: Callable[[int], None]
    clock: Clock

    def do(self, shards: list[int]) -> None:
        """Write these shards, one after the other."""
        pool = ThreadPoolExecutor(self.workers, "iog-auto")
        try:
            # Photos are read ahead, also into the next shard; the network starts on a shard only when the
            # one before is on disk, so that a crash costs one shard and no more.
            cut = _ahead(pool, self._cut, self.plan.groups(shards), AHEAD)
            for shard, results in groupby(cut, lambda result: result[0].shard):
                self._write(pool, shard, (result for _, result in results))
        finally:
            pool.shutdown(cancel_futures=True)

    def _write(self, pool: ThreadPoolExecutor, shard: int, cut: Iterator[list[Ready | Failure]]) -> None:
        running: deque[Future[list[bytes]]] = deque()
        batch: list[Ready] = []
        with self.store.writing(shard) as writer:

            def collect(most: int) -> None:
                while len(running) > most:
                    lines = running.popleft().result()
                    writer.add(lines)
                    self.progress(len(lines))

            for results in cut:
                for result in results:
                    if isinstance(result, Ready):
                        batch.append(result)
                    else:
                        writer.fail(result)
                        self.progress(1)
                    if len(batch) == BATCH:
                        running.append(pool.submit(self._solve, batch))
                        batch = []
                        collect(4 * self.workers)
            if batch:
                running.append(pool.submit(self._solve, batch))
            collect(0)

    def _cut(self, group: Group) -> list[Ready | Failure]:
        try:
            with self.clock.stage("read photo"):
                image = read_image(self.photos / group.image)
        except (IogError, OSError, ValueError) as error:
            return [self._failure(number, "photo", error) for number in group.boxes]
        results: list[Ready | Failure] = []
        with self.clock.stage("cut"):
            for number in group.boxes:
                try:
                    box = self.plan.items[number].box(image.shape[1], image.shape[0])
                    results.append(Ready(number, target(self.segmenter, image, box, self.plan.method)))
                except ValueError as error:
                    results.append(self._failure(number, "box", error))
        return results

    def _failure(self, number: int, kind: str, error: Exception) -> Failure:
        item = self.plan.items[number]
        return {
            "id": number,
            "image": item.image,
            "category": item.category,
            "edges": [edge if np.isfinite(edge) else None for edge in item.edges],
            "kind": kind,
            "error": str(error),
        }

    def _solve(self, batch: list[Ready]) -> list[bytes]:
        answers = solve(self.segmenter, [ready.target for ready in batch], self.plan.method, self.clock)
        with self.clock.stage("record"):
            return [line_of(self._record(*one)) for one in zip(batch, answers, strict=True)]

    def _record(self, ready: Ready, answer: Answer) -> Record:
        item, prediction = self.plan.items[ready.id], answer.prediction
        click = prediction.clicks.inside
        width, height = prediction.image_size
        return {
            "id": ready.id,
            "image": item.image,
            "instance": self.plan.instances[ready.id],
            "width": width,
            "height": height,
            "category": item.category,
            "box": list(ready.target.visible),
            "click": None if click is None else list(click),
            "confidence": round(prediction.confidence, 4),
            "area": int(np.count_nonzero(prediction.mask)),
            "note": answer.note,
            "rle": encode_rle(prediction.mask),
        }


def _ahead(
    pool: ThreadPoolExecutor, work: Callable[[T], U], items: Iterable[T], count: int
) -> Iterator[tuple[T, U]]:
    """(item, its result), in order, with up to `count` of them in the making."""
    waiting: deque[tuple[T, Future[U]]] = deque()
    for item in items:
        waiting.append((item, pool.submit(work, item)))
        if len(waiting) >= count:
            first, future = waiting.popleft()
            yield first, future.result()
    while waiting:
        first, future = waiting.popleft()
        yield first, future.result()


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
