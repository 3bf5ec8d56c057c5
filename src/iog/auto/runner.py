"""Works through the shards of a plan that are missing, on this machine.

Each of the workers is one thread that uses one core: it decodes a photo and cuts its boxes, or runs a batch
through the network and turns the answers into records. So decoding, the network and run lengths overlap
without waiting for each other, and results do not depend on how many workers there are. The main thread
forms batches across photos, in the plan's order and within a shard, and writes.
"""

from __future__ import annotations

import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import NamedTuple, TypeVar

import numpy as np

from iog.auto.lock import locked
from iog.auto.photos import read_photo
from iog.auto.plan import Group, Plan, Share
from iog.auto.store import FailureRow, MaskStore, Record, Shards, line_of
from iog.box_methods import Answer, BoxSegmenter, Target
from iog.clicks import Clicks
from iog.clock import Clock
from iog.errors import ImageError
from iog.places import Place

AHEAD = 16
"""Photos, or parts of one, that are read ahead of the network."""

T = TypeVar("T")
U = TypeVar("U")


Progress = Callable[[int], None]
"""Takes numbers of boxes that are done."""


class Ready(NamedTuple):
    """A box that was cut from its photo."""

    place: int
    """Where it stands in its share."""
    target: Target


@dataclass
class Summary:
    """What came of a run, earlier interrupted ones included."""

    boxes: int = 0
    masks: int = 0
    resumed: int = 0
    """Boxes that were done before this run started."""
    failures: list[FailureRow] = field(default_factory=list)
    """Boxes in the plan without a mask, and what could not be listed."""

    @property
    def kinds(self) -> Counter[str]:
        """How many failures of each kind."""
        return Counter(failure["kind"] for failure in self.failures)


def run(
    boxes: BoxSegmenter,
    plan: Plan,
    photos: Place,
    out: Place,
    *,
    work: Callable[[list[int], MaskStore, Progress], None] | None = None,
    workers: int = 1,
    unlisted: Iterable[str] = (),
    finish: Callable[[MaskStore], None] = lambda store: None,
    progress: Progress = lambda boxes: None,
    clock: Clock | None = None,
) -> Summary:
    """Make all masks of a plan, going on where an earlier run ended.

    Parameters
    ----------
    boxes
        The model and method of the plan; one thread for one inference (`threads=1`), as workers already take
        all cores.
    plan
        What to do.
    photos
        Where the plan's photos lie.
    out
        Output folder; made if missing.
    work
        Makes the missing shards elsewhere (`iog.auto.cluster`); None makes them here.
    workers
        Threads here, usually one a core.
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
    store = MaskStore(out, plan)
    store.check()  # before a lock is put into a folder that is not ours
    with locked(out):
        store.claim()
        store.tidy()
        missing = [shard for shard in range(plan.shards) if store.done(shard) is None]
        resumed = len(plan.items) - sum(len(plan.boxes(shard)) for shard in missing)
        progress(resumed)
        if work is None:
            worker = Worker(boxes, photos, store, workers, progress, clock or Clock())
            worker.do(map(plan.share, missing))
        elif missing:
            work(missing, store, progress)
            store.tidy()  # after workers that died
        summary = _summary(store, unlisted, resumed)
        with out.writing("failures.jsonl", "w") as file:
            file.writelines(json.dumps(failure, ensure_ascii=False) + "\n" for failure in summary.failures)
        with out.writing("summary.json", "w") as file:
            counts = {"boxes": summary.boxes, "masks": summary.masks, "failures": dict(summary.kinds)}
            file.write(json.dumps(counts) + "\n")
        finish(store)
    return summary


def _summary(store: MaskStore, unlisted: Iterable[str], resumed: int) -> Summary:
    summary = Summary(len(store.plan.items), resumed=resumed)
    for shard in range(store.plan.shards):
        done = store.done(shard)
        if done is None:
            raise OSError(f"shard {shard} below {store.place} was changed by another program; start again")
        summary.masks += done.rows
        summary.failures += done.failures
    summary.failures += [
        {"id": None, "image": "", "category": "", "edges": [], "kind": "listing", "error": error}
        for error in unlisted
    ]
    return summary


@dataclass(frozen=True)
class Worker:
    """Makes shards on this machine; see `run` for its parts."""

    boxes: BoxSegmenter
    photos: Place
    shards: Shards
    workers: int = 1
    progress: Progress = lambda boxes: None
    clock: Clock = field(default_factory=Clock)

    def do(self, shares: Iterable[Share]) -> None:
        """Write these shards, one after the other."""
        pool = ThreadPoolExecutor(self.workers, "iog-auto")
        try:
            # Photos are read ahead, also into the next shard; the network starts on a shard only when the
            # one before is on disk, so that a crash costs one shard and no more.
            groups = (group for share in shares for group in share.groups())
            cut = _ahead(pool, self._cut, groups, AHEAD)
            for _, results in groupby(cut, lambda result: result[0].share.shard):
                first = next(results)
                share = first[0].share
                self._write(pool, share, (result for _, result in chain([first], results)))
        finally:
            pool.shutdown(cancel_futures=True)

    def _write(self, pool: ThreadPoolExecutor, share: Share, cut: Iterator[list[Ready | FailureRow]]) -> None:
        running: deque[Future[list[bytes]]] = deque()
        batch: list[Ready] = []
        with self.shards.writing(share.shard) as writer:

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
                    if len(batch) == share.batch:
                        running.append(pool.submit(self._solve, share, batch))
                        batch = []
                        collect(4 * self.workers)
            if batch:
                running.append(pool.submit(self._solve, share, batch))
            collect(0)

    def _cut(self, group: Group) -> list[Ready | FailureRow]:
        share = group.share
        try:
            with self.clock.stage("read photo"):
                image = read_photo(self.photos, group.image)
        except ImageError as error:
            return [_failure(share, place, "photo", error) for place in group.places]
        results: list[Ready | FailureRow] = []
        with self.clock.stage("cut"):
            for place in group.places:
                try:
                    box = share.items[place].box(image.shape[1], image.shape[0])
                    results.append(Ready(place, self.boxes.target(image, box)))
                except ValueError as error:
                    results.append(_failure(share, place, "box", error))
        return results

    def _solve(self, share: Share, batch: list[Ready]) -> list[bytes]:
        answers = self.boxes.solve([ready.target for ready in batch], self.clock)
        with self.clock.stage("record"):
            return [line_of(_record(share, *one)) for one in zip(batch, answers, strict=True)]


def _failure(share: Share, place: int, kind: str, error: Exception) -> FailureRow:
    item = share.items[place]
    return {
        "id": share.first + place,
        "image": item.image,
        "category": item.category,
        "edges": [edge if np.isfinite(edge) else None for edge in item.edges],
        "kind": kind,
        "error": str(error),
    }


def _record(share: Share, ready: Ready, answer: Answer) -> Record:
    item, prediction = share.items[ready.place], answer.prediction
    assert isinstance(prediction.clicks, Clicks)
    click = prediction.clicks.inside
    width, height = prediction.image_size
    return {
        "id": share.first + ready.place,
        "image": item.image,
        "instance": share.instances[ready.place],
        "width": width,
        "height": height,
        "category": item.category,
        "box": list(ready.target.visible),
        "click": None if click is None else list(click),
        "confidence": round(prediction.confidence, 4),
        "area": prediction.patch.area,
        "note": answer.note,
        "rle": prediction.patch.rle(width, height),
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
