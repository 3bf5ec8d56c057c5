"""The objects that are open: their sessions, and the models that answer for their labels."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from iog.annotator.photos import Photos
from iog.annotator.store import ObjectRow
from iog.clicks import Clicks
from iog.engines import Engine
from iog.segmenter import Segmenter, Session

_SESSIONS = 4  # open objects whose features are kept: 4 MB each with lite, 30 MB with the published models
_SESSION_PHOTOS = 2  # whose objects these are, at most: a session also holds its photo's pixels


@dataclass(frozen=True, slots=True)
class _Opened:
    """An object that is open, or being opened."""

    photo: int
    session: Future[Session]


class Sessions:
    """Sessions of the last objects; safe to share between threads.

    Parameters
    ----------
    photos
        Whose pixels are read.
    model
        As `Segmenter`. Loaded in the background.
    workers
        Threads that open objects.
    """

    def __init__(self, photos: Photos, model: str | Path | Engine, workers: ThreadPoolExecutor) -> None:
        self._photos = photos
        self._workers = workers
        self._segmenter: Future[Segmenter] = workers.submit(_loaded, model)
        self._learned: Mapping[str, Segmenter] = {}
        self._open: OrderedDict[int, _Opened] = OrderedDict()
        self._lock = threading.Lock()

    def segmenter(self, label: str | None = None) -> Segmenter:
        """The model for objects with a label, waited for; `ModelError` if it cannot be loaded."""
        learned = None if label is None else self._learned.get(label)
        return self._segmenter.result() if learned is None else learned

    def use(self, learned: Mapping[str, Segmenter]) -> None:
        """From now on open objects with these labels with these models; those that are open keep theirs."""
        self._learned = dict(learned)

    def of(self, found: ObjectRow, clicks: Clicks) -> Future[Session]:
        """The session of an object: open, or being opened in the background."""
        number, photo = found.id, found.photo
        with self._lock:
            opened = self._open.get(number)
            if opened is None or (opened.session.done() and opened.session.exception() is not None):
                opened = _Opened(photo, self._workers.submit(self._opened, photo, found.label, clicks))
                self._open[number] = opened
            self._open.move_to_end(number)
            while (
                len(self._open) > _SESSIONS
                or len({other.photo for other in self._open.values()}) > _SESSION_PHOTOS
            ):
                self._open.popitem(last=False)
        return opened.session

    def _opened(self, photo: int, label: str, clicks: Clicks) -> Session:
        session = self.segmenter(label).session(self._photos.pixels(photo), clicks.corners)
        if session.clicks != clicks:
            session.change(clicks)
        self._photos.rest()
        return session


def _loaded(model: str | Path | Engine) -> Segmenter:
    """The model, which must take a box and an inside click."""
    segmenter = Segmenter(model)
    segmenter.require(Clicks)
    return segmenter
