"""Photos and objects that a client of the HTTP API names by id."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from iog.clicks import Clicks
from iog.connectors.core import Core, Photo
from iog.errors import DataError
from iog.prediction import Prediction

UPLOAD_BYTES = 256 << 20
"""Files of photos that are kept."""
OBJECTS = 10_000
"""Objects whose clicks are kept."""


class UnknownError(DataError):
    """An id that nothing is known of (any more)."""


@dataclass
class _Object:
    photo: str
    history: list[Clicks]
    at: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Objects:
    """Clicks with undo, in memory; the oldest are forgotten when there are too many."""

    def __init__(self, core: Core, *, upload_bytes: int = UPLOAD_BYTES, most: int = OBJECTS) -> None:
        self._core, self._upload_bytes, self._most = core, upload_bytes, most
        self._photos: OrderedDict[str, bytes] = OrderedDict()
        self._objects: OrderedDict[str, _Object] = OrderedDict()
        self._lock = threading.Lock()

    def add_photo(self, content: bytes) -> tuple[str, Photo]:
        """Keep a photo's file: its id, which is the same for the same file, and the picture."""
        name = hashlib.sha256(content).hexdigest()[:32]
        photo = self._core.photo_of(("upload", name), lambda: content)
        with self._lock:
            self._photos[name] = content
            self._photos.move_to_end(name)
            while len(self._photos) > 1 and sum(map(len, self._photos.values())) > self._upload_bytes:
                self._photos.popitem(last=False)
        return name, photo

    def photo(self, name: str) -> Photo:
        """The photo of an id."""
        with self._lock:
            content = self._photos.get(name)
            if content is None:
                raise UnknownError(f"there is no photo {name!r} (any more); upload it again")
            self._photos.move_to_end(name)
        return self._core.photo_of(("upload", name), lambda: content)

    def forget_photo(self, name: str) -> None:
        """Its file, too, is gone; its objects cannot be answered any more."""
        with self._lock:
            if self._photos.pop(name, None) is None:
                raise UnknownError(f"there is no photo {name!r}")

    def start(self, photo: str, clicks: Clicks) -> tuple[str, Prediction]:
        """A new object: its id and its mask."""
        prediction = self._core.predict(self.photo(photo), clicks)
        name = secrets.token_urlsafe(9)
        with self._lock:
            self._objects[name] = _Object(photo, [clicks])
            while len(self._objects) > self._most:
                self._objects.popitem(last=False)
        return name, prediction

    def look(self, name: str) -> tuple[str, Prediction]:
        """An object's photo, and its mask."""
        thing = self._find(name)
        return thing.photo, self._core.predict(self.photo(thing.photo), thing.history[thing.at])

    def change(self, name: str, how: Callable[[Clicks], Clicks]) -> tuple[str, Prediction]:
        """Change its clicks; where that fails it stays as it was."""
        thing = self._find(name)
        with thing.lock:
            clicks = how(thing.history[thing.at])
            prediction = self._core.predict(self.photo(thing.photo), clicks)
            thing.history[thing.at + 1 :] = [clicks]
            thing.at += 1
        return thing.photo, prediction

    def walk(self, name: str, step: int) -> tuple[str, Prediction]:
        """Undo (-1) or redo (1); does nothing where there is nothing."""
        thing = self._find(name)
        with thing.lock:
            thing.at = min(max(thing.at + step, 0), len(thing.history) - 1)
        return self.look(name)

    def can_walk(self, name: str) -> tuple[bool, bool]:
        """Whether undo and redo would change anything."""
        thing = self._find(name)
        return thing.at > 0, thing.at < len(thing.history) - 1

    def forget(self, name: str) -> None:
        with self._lock:
            if self._objects.pop(name, None) is None:
                raise UnknownError(f"there is no object {name!r}")

    def _find(self, name: str) -> _Object:
        with self._lock:
            thing = self._objects.get(name)
            if thing is None:
                raise UnknownError(f"there is no object {name!r} (any more); start it again")
            self._objects.move_to_end(name)
            return thing
