"""When to learn, and what becomes of it: the server's part, which starts and pauses the learning process."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import psutil

from iog.annotator.workbench import Workbench
from iog.errors import DataError, IogError
from iog.learning.compare import Verdict
from iog.learning.examples import collect
from iog.learning.job import Job, clear
from iog.learning.shelf import START, LearnedModel, Shelf
from iog.learning.using import in_use
from iog.segmenter import Segmenter

EVERY = 5
"""New accepted objects of a label after which it learns, unless told; again when they are twice as many."""
LEAST = 5
"""Accepted objects from which something can be learned."""
QUIET = 1.0
"""Seconds without a request of the page after which the process goes on."""
SHOWN = 200
"""Objects whose cost is shown."""
_TICK = 0.2
_PATIENCE = 4  # so often at most is the wait doubled
_NEEDED = ("torch", "torchvision", "timm", "onnx", "onnxscript", "tensorboard")

Missing = Literal["extra", "model"]
"""Why nothing can be learned: packages are missing, or the model is no `lite` network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningAttempt:
    """The last time that a label was learned."""

    label: str
    objects: int
    """Accepted objects that it learned from."""
    verdict: Verdict | None
    """None if it failed."""
    number: int | None
    """The model that came of it; None if the copy was not better."""
    problem: str | None
    """Why it failed."""


class Learner:
    """Learns from the accepted objects of a workbench's project, one label after the other.

    Parameters
    ----------
    bench
        The project and its models. Its learned models are in use from now on.
    model
        The model that the workbench was started with, as the command line names it.
    every
        New accepted objects of a label after which it learns. It learns again when there are twice as many as
        it learned from; after vain attempts likewise.
    settings
        Of the recipe, beside `iog.learning.worker.STEPS`.
    """

    def __init__(
        self,
        bench: Workbench,
        model: str = "lite",
        *,
        every: int = EVERY,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.shelf = Shelf(bench.store.path)
        self._bench = bench
        self._start = str(Path(model).resolve()) if Path(model).is_file() else model
        self._every = every
        self._settings = dict(settings or {})
        self._lock = threading.RLock()
        self._job: Job | None = None
        self._label = ""
        self._asked: str | None = None
        self._attempts: dict[str, LearningAttempt] = {}
        self._tried: Counter[str] = Counter()  # accepted objects at the last attempt
        self._misses: Counter[str] = Counter()
        self._touched = -QUIET
        self._news = True
        self._problem: str | None = None
        self._stamp: int | None = None
        self._loaded: dict[int, Segmenter] = {}
        self._closing = threading.Event()
        self._clear_leftovers()
        self._follow_shelf()
        bench.on_close = self.close
        self._watcher = threading.Thread(target=self._watch, name="iog-learning", daemon=True)
        self._watcher.start()

    @property
    def _folder(self) -> Path:
        return self.shelf.folder / f"learning-{os.getpid()}"

    def _clear_leftovers(self) -> None:
        """Of servers that were killed; one that still runs is left alone."""
        self.shelf.tidy()
        for folder in self.shelf.folder.glob("learning-*"):
            server = folder.name.partition("-")[2]
            if not server.isdecimal() or int(server) == os.getpid() or not psutil.pid_exists(int(server)):
                clear(folder)

    # ---- what a person can do

    def person_works(self) -> None:
        """A request of the page came in: stand still until it has been quiet for a while."""
        self._touched = time.monotonic()
        self._news = True
        job = self._job
        if job is not None:
            job.pause()

    def missing(self) -> Missing | None:
        """Why nothing can be learned here; None if it can."""
        if any(find_spec(name) is None for name in _NEEDED):
            return "extra"
        info = self._bench.segmenter().engine.info
        return None if (info.kind, info.guidance) == ("lite", "inside-outside") else "model"

    def switch(self, on: bool) -> None:
        """Learn while the person labels, or not. `DataError` if that is not possible here."""
        if on:
            self._check_possible()
        self.shelf.on = on
        self._news = True
        if not on:
            self.stop()

    def learn_now(self, label: str) -> None:
        """Learn a label without waiting for more objects.

        Raises
        ------
        DataError
            If it has too few objects, or something is being learned.
        """
        self._check_possible()
        with self._lock:
            if self._job is not None:
                raise DataError(f"{self._label!r} is being learned; wait for it, or stop it")
            count = self._counts()[label]
            if count < LEAST:
                raise DataError(
                    f"{label!r} has {count} accepted objects; accept {LEAST} at least to learn from them"
                )
            self._asked = label

    def stop(self) -> None:
        """End what is being learned; nothing changes by it. It is not begun again with the same objects."""
        with self._lock:
            self._asked = None
            if self._job is not None:
                self._job.stop()
                self._job = None

    def use(self, label: str, number: int) -> None:
        """Use a model for the next objects with a label; see `Shelf.use`."""
        with self._lock:
            self.shelf.use(label, number)
            self._follow_shelf()

    def go_back(self, label: str) -> None:
        """Use the model that a label used before; see `Shelf.go_back`."""
        with self._lock:
            self.shelf.go_back(label)
            self._follow_shelf()

    def delete(self, number: int) -> None:
        """Throw a model away; see `Shelf.delete`."""
        with self._lock:
            self.shelf.delete(number)
            self._loaded.pop(number, None)
            self._follow_shelf()

    def close(self) -> None:
        """End the process that learns."""
        self._closing.set()
        self._watcher.join(10)
        self.stop()

    # ---- what can be seen

    @property
    def label(self) -> str | None:
        """What is being learned."""
        return self._label if self._job is not None else None

    @property
    def asked(self) -> str | None:
        """What will be learned next, because somebody asked for it."""
        return self._asked

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do until the person does something."""
        with self._lock:
            return not self._news and self._asked is None and self._job is None

    @property
    def paused(self) -> bool:
        """Whether learning stands still, because the person works."""
        job = self._job
        return job is not None and job.paused

    @property
    def share(self) -> float:
        """How much of the running attempt is done, 0 to 1."""
        job = self._job
        return 0.0 if job is None else job.share

    @property
    def problem(self) -> str | None:
        """Why models of the shelf cannot be used, if so."""
        return self._problem

    def attempts(self) -> list[LearningAttempt]:
        """The last attempt of each label since the server started."""
        return list(self._attempts.values())

    def costs(self) -> list[tuple[str, int]]:
        """(label, clicks) of the newest accepted objects, in the order of acceptance."""
        clicks = {effort.object: effort.clicks for effort in self._bench.store.efforts()}
        rows = [row for row in self._bench.store.accepted() if clicks.get(row.id)]
        return [(row.label, clicks[row.id]) for row in rows[-SHOWN:]]

    # ---- the watcher

    def _watch(self) -> None:
        while not self._closing.wait(_TICK):
            try:
                with self._lock:
                    self._tick()
            except IogError as error:
                self._problem = str(error)
            except OSError as error:  # a full disk, say; the page goes on without
                self._problem = f"learning failed: {error}"

    def _tick(self) -> None:
        self._follow_shelf()
        job = self._job
        if job is None:
            if time.monotonic() - self._touched < QUIET:  # counting would be in the person's way
                return
            label = self._asked or (self._due() if self._news else None)
            self._news = False
            self._asked = None
            if label is not None:
                self._begin(label)
        elif job.ended:
            try:
                self._take(job)
            finally:
                self._job = None
                clear(job.folder)
        elif time.monotonic() - self._touched >= QUIET:
            job.resume()

    def _due(self) -> str | None:
        """The label with the most news, if there is enough."""
        if not self.shelf.on or self.missing() is not None:
            return None
        known = {model.number: model.objects for model in self.shelf.models()}
        learned = {label: known[number] for label, number in self.shelf.labels().items()}
        news = {
            label: count - max(self._tried[label], learned.get(label, 0))
            for label, count in self._counts().items()
            if count >= LEAST
        }
        enough = {
            label: new
            for label, new in news.items()
            if new >= self._every * 2 ** min(max(self._misses[label] - 1, 0), _PATIENCE)
            and new >= learned.get(label, 0)
        }
        return max(enough, key=enough.__getitem__) if enough else None

    def _counts(self) -> Counter[str]:
        return Counter(row.label for row in self._bench.store.accepted())

    def _begin(self, label: str) -> None:
        own, others = collect(self._bench.store, label)
        number = self.shelf.labels().get(label, START)
        present = self.shelf.model(number) if number != START else None
        self._label = label
        self._tried[label] = self._counts()[label]
        count = sum(model.label == label for model in self.shelf.models())
        self._job = Job(
            self._folder,
            {
                "photos": str(self._bench.photos.folder),
                "start": self._start,
                "present": self._start if present is None else str(self.shelf.file(number)),
                "seen": [] if present is None else list(present.ids),
                "own": [example.to_json() for example in own],
                "others": [example.to_json() for example in others],
                "name": f"{label} {count + 1}",
                "settings": self._settings,
            },
        )
        if time.monotonic() - self._touched < QUIET:
            self._job.pause()

    def _take(self, job: Job) -> None:
        """Use what was learned, if it is better."""
        label = self._label
        try:
            result = job.result()
        except DataError as error:
            self._misses[label] += 1
            self._attempts[label] = LearningAttempt(
                label=label, objects=0, verdict=None, number=None, problem=str(error)
            )
            self._keep_log(job)
            return
        verdict = Verdict(**result["verdict"])
        number = None
        if verdict.better:
            record = LearnedModel(
                number=0,
                name=f"{label} {sum(m.label == label for m in self.shelf.models()) + 1}",
                label=label,
                objects=result["objects"],
                ids=tuple(result["ids"]),
                held=verdict.held,
                before=verdict.before,
                after=verdict.after,
                low=verdict.low,
                high=verdict.high,
                made=time.time(),
            )
            number = self.shelf.add(job.folder / "model", record).number
            self.shelf.use(label, number)
            self._follow_shelf()
        self._misses[label] = 0 if verdict.better else self._misses[label] + 1
        self._attempts[label] = LearningAttempt(
            label=label, objects=result["objects"], verdict=verdict, number=number, problem=None
        )

    def _keep_log(self, job: Job) -> None:
        log = job.folder / "log.txt"
        if log.is_file():
            log.replace(self.shelf.folder / "log.txt")

    def _follow_shelf(self) -> None:
        """Have the models loaded that the shelf names; another process may have changed that."""
        path = self.shelf.folder / "shelf.json"
        stamp = path.stat().st_mtime_ns if path.is_file() else None
        if stamp == self._stamp:
            return
        self._stamp = stamp
        models = in_use(self.shelf, self._loaded)
        self._loaded = models.by_number
        self._problem = models.problem
        self._bench.use(models.by_label)

    def _check_possible(self) -> None:
        missing = self.missing()
        if missing == "extra":
            raise DataError("learning needs PyTorch: pip install 'iog[train]', then start iog annotate again")
        if missing == "model":
            raise DataError(
                "only lite models can learn while you label; start iog annotate with --model lite"
            )
