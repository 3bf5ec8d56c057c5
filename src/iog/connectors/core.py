"""Masks for whoever asks: one model, what it has computed, and turns for all who wait.

A request brings its photo and all its clicks. Pixels, features and answers of recent ones are kept, up to a
number of bytes, so that another click on the same box costs the decoder alone. A mask is a function of image,
clicks and model: what is kept changes how long it takes and nothing else.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from iog.clicks import AnyClicks, Clicks
from iog.crop import Crop, FloatArray
from iog.engines import Features
from iog.errors import ImageError
from iog.images import MAXIMUM_PIXELS, decode_image, picture_sizes
from iog.patch import Patch
from iog.prediction import Prediction
from iog.segmenter import Segmenter
from iog.serving.cache import Cache

CACHE_BYTES = 512 << 20
"""What is kept unless told: pixels (36 MB for 12 megapixels), features (4 MB a box with lite), answers."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A photo that was read."""

    key: Hashable
    """Equal for equal photos."""
    pixels: npt.NDArray[np.uint8] = field(repr=False)
    """(H, W, 3) RGB, upright."""

    @property
    def size(self) -> tuple[int, int]:
        return self.pixels.shape[1], self.pixels.shape[0]


class Core:
    """Answers clicks on photos; safe to share between threads.

    Parameters
    ----------
    segmenter
        The model; it must take corners and an inside click.
    cache_bytes
        How much is kept; 0 keeps nothing.
    maximum_pixels
        Larger photos are refused before they are decoded.

    Raises
    ------
    ModelError
        If the model takes extreme points.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        *,
        cache_bytes: int = CACHE_BYTES,
        maximum_pixels: int = MAXIMUM_PIXELS,
    ) -> None:
        segmenter.require(Clicks)
        self.segmenter = segmenter
        self._maximum_pixels = maximum_pixels
        self._cache: Cache[Any] = Cache(cache_bytes, _bytes, least=0)
        self._turns, self._reading = Turns(), Turns()

    @property
    def version(self) -> str:
        """Name of the model and of its weights, which tools keep with a mask."""
        weights = self.segmenter.engine.info.weights_sha256[:8]
        return f"{self.segmenter.model}-{weights}" if weights else self.segmenter.model

    @property
    def kept_bytes(self) -> int:
        """How much is kept now."""
        return self._cache.used

    def photo(self, content: bytes, name: str = "the image") -> Photo:
        """A photo from the bytes of its file, which errors call `name`.

        Raises
        ------
        ImageError
            If it is no picture, broken or too large.
        """
        return self.photo_of(hashlib.sha256(content).digest(), lambda: content, name)

    def photo_of(self, key: Hashable, content: Callable[[], bytes], name: str = "the image") -> Photo:
        """A photo by its key; `content` gives the bytes of its file where it is not kept."""

        def read() -> Photo:
            file = io.BytesIO(content())
            with self._reading:  # one at a time: a dozen large ones at once would need much memory
                self._check_size(file, name)
                return Photo(key, decode_image(file, name))

        return self._kept(("photo", key), read)

    def _check_size(self, file: io.BytesIO, name: str) -> None:
        (width, height), _ = picture_sizes(file, name)
        file.seek(0)
        if width * height > self._maximum_pixels:
            raise ImageError(
                f"{name} is {width} x {height} pixels; at most {self._maximum_pixels:,} are accepted. "
                "Scale it down first"
            )

    def predict(self, photo: Photo, clicks: AnyClicks) -> Prediction:
        """The mask of one object: that of `iog.segment`.

        Raises
        ------
        ClickError, ModelError
            If the clicks do not fit the photo or the model.
        """
        segmenter = self.segmenter
        segmenter.check(photo.pixels, clicks)
        crop = segmenter.crop(clicks)
        features: Features | None = None
        probability: FloatArray | None = None
        for stage in segmenter.prompting.stages(clicks):
            before = probability

            def decode(stage: AnyClicks = stage, before: FloatArray | None = before) -> FloatArray:
                nonlocal features
                if features is None:
                    features = self._features(photo, clicks, crop)
                with self._turns:
                    answers = segmenter.decode(features, [stage], [crop], [before])
                return np.asarray(answers[0])

            probability = self._kept(("answer", photo.key, crop, stage), decode)
        assert probability is not None, "there is a stage at least"
        return segmenter.prediction(clicks, crop, probability, photo.size)

    def _features(self, photo: Photo, clicks: AnyClicks, crop: Crop) -> Features:
        def encode() -> Features:
            segmenter = self.segmenter
            array = segmenter.encoder_input(photo.pixels, clicks, crop)
            with self._turns:
                return segmenter.encode([array])

        key = self.segmenter.prompting.features_key(clicks, crop)
        return self._kept(("features", photo.key, key), encode)

    def _kept(self, key: Hashable, make: Callable[[], T]) -> T:
        value: T = self._cache.get(key, make)
        return value


def patch_of(prediction: Prediction) -> Patch:
    """The mask where its object is: of a large photo the whole takes longer than the decoder."""
    box, probability = prediction.visible
    return Patch.of(probability >= prediction.prompting.threshold, box.x0, box.y0)


class Turns:
    """A lock for which threads queue: first come, first served.

    Whoever wants many masks queues for each anew, behind everybody who came meanwhile.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._busy = False

    def __enter__(self) -> None:
        with self._lock:
            if not self._busy:
                self._busy = True
                return
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        ticket.acquire()  # until the one before hands over

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._busy = False


def _bytes(value: Any) -> int:
    if isinstance(value, Photo):
        return value.pixels.nbytes
    if isinstance(value, tuple):
        return sum(_bytes(one) for one in value)
    return int(value.nbytes)
