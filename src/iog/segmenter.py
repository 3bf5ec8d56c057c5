"""From clicks to a mask: `Segmenter`, and one `Session` per object that a person works on.

The path is always the same: clicks -> crop -> features (kept) -> click maps -> probability -> mask. An engine
runs the arrays, the model's `iog.prompting.Prompting` makes them. A mask is a function of image, clicks and
model alone: a session that made its clicks one by one, with undo and redo in between, ends with the same
mask as one call with all of them.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from iog import zoo
from iog.calibration import Calibration
from iog.clicks import AnyClicks, Clicks, ExtremeClicks, PointClicks
from iog.crop import Crop, FloatArray
from iog.engines import Engine, Features
from iog.errors import ModelError
from iog.images import ImageLike, read_image
from iog.prediction import Prediction
from iog.prompting import prompting_of

BATCH = 1
"""Crops in one run of the network, unless told: more cost time and memory on a processor
(`benchmarks/batch.py`), a GPU wants more. It may change a mask's last bits."""

_OTHER_CLICKS = {
    Clicks: "{} needs four extreme points of the object, which corners and an inside click do not tell; "
    "choose lite or an IOG model (iog predict --extreme gives them, iog bench accuracy and iog reproduce "
    "measure it)",
    PointClicks: "{} needs a box around the object, or its extreme points, which points alone do not tell",
    ExtremeClicks: "{} does not take extreme points; DEXTR, dextr-lite and IOG's ablation do",
}
"""What to say of a model by the clicks that it is given and does not take."""


class Segmenter:
    """Turns clicks into masks with one model. Safe to share between threads.

    Parameters
    ----------
    model
        Name of a bundled model (`iog models`), path of an exported `NAME.encoder.onnx` or of a checkpoint
        (published `.pth`, our `.pt`), one's own `package.module:factory` (docs/own-network.md), or an engine.
    engine
        "onnx" or "torch" (needs the `train` extra); None takes torch for checkpoints, else onnx.
    threads
        Threads for one inference with ONNX Runtime; None takes one per physical core.
    calibration
        The calibration of the model's estimates; None takes the file next to the model, if it fits its
        weights.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """

    def __init__(
        self,
        model: str | Path | Engine = "lite",
        *,
        engine: zoo.EngineName | None = None,
        threads: int | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        if isinstance(model, str | Path):
            self.engine: Engine = zoo.open_model(model, engine=engine, threads=threads)
            calibration = calibration or zoo.open_calibration(model, self.engine.info.weights_sha256)
        else:
            self.engine = model
        self.calibration = calibration
        self.prompting = prompting_of(self.engine.info)

    @property
    def model(self) -> str:
        return self.engine.info.name

    @property
    def engine_name(self) -> str:
        """The class of its engine, on which the last bits of masks depend."""
        return type(self.engine).__name__

    @property
    def takes_corrections(self) -> bool:
        """Whether it answers clicks after the third; the published IOG without refinement does not."""
        return self.prompting.takes_corrections

    def require(self, kind: type[AnyClicks]) -> None:
        """Raise `ModelError` unless the model understands clicks of this kind."""
        takes = self.prompting.takes
        if takes is PointClicks is not kind:
            told = "takes only clicks, without a box: points on the object and next to it"
            raise ModelError(f"{self.model} {told}")
        if takes is not kind:
            raise ModelError(_OTHER_CLICKS[kind].format(self.model))

    def session(self, image: ImageLike, corners: Sequence[Sequence[float]] | None = None) -> Session:
        """Open an object: encodes its crop at once, so that the first preview is ready with the hand.

        Without corners it is one without a box, for a model that takes clicks alone; its first mask, to no
        click, means nothing.

        Raises
        ------
        ClickError, ImageError
            If the corners or the image are unusable.
        ModelError
            If the model takes other clicks.
        """
        array = read_image(image)
        size = array.shape[1], array.shape[0]
        return Session(self, array, PointClicks(size) if corners is None else Clicks.of(corners))

    def segment(self, image: ImageLike, clicks: AnyClicks) -> Prediction:
        """The mask of one object, at whose clicks the model must be able to look (`require`).

        Raises
        ------
        ClickError, ImageError
            If the clicks do not fit the image, or the image cannot be read.
        ModelError
            If the model takes other clicks, or no corrections and there are some.
        """
        return self.segment_batch([image], [clicks])[0]

    def segment_batch(self, images: Sequence[ImageLike], clicks: Sequence[AnyClicks]) -> list[Prediction]:
        """The masks of several objects, `images[i]` with `clicks[i]`; an image may occur more than once.

        Raises
        ------
        ClickError, ImageError, ModelError
            As `segment`; nothing is returned then.
        """
        if len(images) != len(clicks):
            raise ValueError(f"{len(images)} images for {len(clicks)} sets of clicks")
        opened: dict[int, npt.NDArray[np.uint8]] = {}
        arrays = []
        for image in images:
            if id(image) not in opened:
                opened[id(image)] = read_image(image)
            arrays.append(opened[id(image)])
        predictions: list[Prediction] = []
        for start in range(0, len(arrays), BATCH):
            predictions += self._segment_few(arrays[start : start + BATCH], clicks[start : start + BATCH])
        return predictions

    def _segment_few(
        self, images: Sequence[npt.NDArray[np.uint8]], clicks: Sequence[AnyClicks]
    ) -> list[Prediction]:
        for image, c in zip(images, clicks, strict=True):
            self.check(image, c)
        crops = [self.crop(c) for c in clicks]
        objects = zip(images, clicks, crops, strict=True)
        features = self.encode([self.encoder_input(*one) for one in objects])
        # First stages in one run; later ones are sequential, so they go object by object.
        stages = [self.prompting.stages(c) for c in clicks]
        first = self.decode(features, [each[0] for each in stages], crops, [None] * len(crops))
        results = []
        for i, (image, c, crop) in enumerate(zip(images, clicks, crops, strict=True)):
            own = tuple(level[i : i + 1] for level in features)
            probability = first[i]
            for stage in stages[i][1:]:
                probability = self.decode(own, [stage], [crop], [probability])[0]
            results.append(self.prediction(c, crop, probability, (image.shape[1], image.shape[0])))
        return results

    def crop(self, clicks: AnyClicks) -> Crop:
        """The window that the network sees: box and margin, grown to hold corrections beyond it."""
        return self.prompting.crop(clicks)

    def encoder_input(self, image: npt.NDArray[np.uint8], clicks: AnyClicks, crop: Crop) -> npt.NDArray[Any]:
        """One object's part of what `encode` takes; the image is (H, W, 3) RGB."""
        return self.prompting.encoder_input(self.prompting.cut(image, crop), clicks, crop)

    def encode(self, inputs: Sequence[npt.NDArray[Any]]) -> Features:
        """Features of what `prompting.encoder_input` made of objects; of crops (S, S, 3) for `lite`."""
        return self.engine.encode(np.stack(inputs))

    def decode(
        self,
        features: Features,
        clicks: Sequence[AnyClicks],
        crops: Sequence[Crop],
        previous: Sequence[FloatArray | None],
        guided: bool = True,
    ) -> FloatArray:
        """Probabilities (B, S, S) of clicks on encoded crops, each with the one of the stage before.

        Not `guided`: the decoder learns of no click (see `Prompting.encoder_input`).
        """
        maps = self.prompting.decoder_input(clicks, crops, previous, guided)
        probability = self.engine.decode(features, maps)
        for answer, c, crop, before in zip(probability, clicks, crops, previous, strict=True):
            self.prompting.settle(answer, c, crop, before)
        return probability

    def check(self, image: npt.NDArray[Any], clicks: AnyClicks) -> None:
        """Raise what `segment` would for clicks that do not fit the model or the image (H, W, 3)."""
        self.require(type(clicks))
        clicks.check_inside_image(image.shape[1], image.shape[0])
        if clicks.corrections and not self.takes_corrections:
            raise ModelError(
                f"{self.model} takes no corrections, as it has no refinement branch; "
                "leave them out, or choose a refinement model or lite"
            )

    def prediction(
        self,
        clicks: AnyClicks,
        crop: Crop,
        probability: FloatArray,
        image_size: tuple[int, int],
        method: str | None = None,
    ) -> Prediction:
        """What `decode` answered (S, S) as a prediction on an image of this width and height."""
        return Prediction(
            clicks, crop, probability, image_size, self.model, self.prompting, self.calibration, method
        )


@dataclass(frozen=True)
class _Step:
    """One state of a session's history."""

    clicks: Clicks | PointClicks
    crop: Crop
    probability: FloatArray


class Session:
    """One object that a person works on: features are kept, so that a click costs a decode.

    `lite` computes features once per box. The encoder of the published models sees the inside click too: with
    them each preview, and moving the inside click, encodes again.

    Every method that returns a `Prediction` answers for the clicks as they are after it. A session may be
    used from several threads; its calls take turns.
    """

    def __init__(
        self, segmenter: Segmenter, image: npt.NDArray[np.uint8], clicks: Clicks | PointClicks
    ) -> None:
        self._segmenter = segmenter
        self._image = image
        self._lock = threading.RLock()
        self._encoded: tuple[Hashable, Features] | None = None
        self._past: list[_Step] = []
        self._future: list[_Step] = []
        self._now = self._run(clicks, now=None)

    @property
    def clicks(self) -> Clicks | PointClicks:
        return self._now.clicks

    def _boxed(self) -> Clicks:
        if isinstance(self._now.clicks, PointClicks):
            raise ModelError(f"{self._segmenter.model} takes clicks alone: there is no inside click")
        return self._now.clicks

    @property
    def prediction(self) -> Prediction:
        """The mask for the clicks so far."""
        return self._predicted(self._now)

    @property
    def can_undo(self) -> bool:
        """Whether `undo` would change anything."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether `redo` would change anything."""
        return bool(self._future)

    def preview(self, inside: Sequence[float]) -> Prediction:
        """The mask that an inside click at (x, y) would give; the session stays as it is."""
        with self._lock:
            return self._predicted(self._run(self._boxed().with_inside(*inside), self._now))

    def click(self, x: float, y: float) -> Prediction:
        """Set (or move) the inside click."""
        return self.change(self._boxed().with_inside(x, y))

    def correct(self, x: float, y: float, foreground: bool) -> Prediction:
        """Add a correction: pixel (x, y) belongs to the object, or does not."""
        return self.change(self.clicks.with_correction(x, y, foreground))

    def stroke(self, path: Iterable[Sequence[float]], foreground: bool) -> Prediction:
        """Add a correction drawn through pixels (x, y), which belong to the object or do not: one click."""
        return self.change(self.clicks.with_stroke(path, foreground))

    def change(self, clicks: Clicks | PointClicks) -> Prediction:
        """Replace the clicks altogether, as when one is moved or deleted; `undo` takes it back.

        Raises
        ------
        ClickError
            If a click lies outside the image; the session stays as it was.
        ModelError
            If there are corrections and the model takes none; likewise.
        """
        with self._lock:
            step = self._run(clicks, self._now)
            self._past.append(self._now)
            self._future.clear()
            self._now = step
            return self.prediction

    def undo(self) -> Prediction:
        """Take the last change back; does nothing when there is none."""
        with self._lock:
            if self._past:
                self._future.append(self._now)
                self._now = self._past.pop()
            return self.prediction

    def redo(self) -> Prediction:
        """Make the change again that was taken back last; does nothing when there is none."""
        with self._lock:
            if self._future:
                self._past.append(self._now)
                self._now = self._future.pop()
            return self.prediction

    def _predicted(self, step: _Step) -> Prediction:
        height, width = self._image.shape[:2]
        return self._segmenter.prediction(step.clicks, step.crop, step.probability, (width, height))

    def _run(self, clicks: Clicks | PointClicks, now: _Step | None) -> _Step:
        """The state for `clicks`; continues from `now` if it is the stage before the last."""
        segmenter = self._segmenter
        segmenter.check(self._image, clicks)
        crop = segmenter.crop(clicks)
        features = self._features(clicks, crop)
        stages = segmenter.prompting.stages(clicks)
        probability: FloatArray | None = None
        if now is not None and now.crop == crop and [now.clicks] == stages[-2:-1]:
            probability, stages = now.probability, stages[-1:]
        for stage in stages:
            probability = segmenter.decode(features, [stage], [crop], [probability])[0]
        assert probability is not None
        return _Step(clicks, crop, probability)

    def _features(self, clicks: Clicks | PointClicks, crop: Crop) -> Features:
        prompting = self._segmenter.prompting
        key = prompting.features_key(clicks, crop)
        if self._encoded is None or self._encoded[0] != key:
            inputs = [self._segmenter.encoder_input(self._image, clicks, crop)]
            self._encoded = key, self._segmenter.encode(inputs)
        return self._encoded[1]


def segment(
    image: ImageLike,
    corners: Sequence[Sequence[float]],
    inside: Sequence[float] | None = None,
    corrections: Iterable[Sequence[Any]] = (),
    model: str | Path = "lite",
) -> Prediction:
    """The mask of one object in one call.

    Parameters
    ----------
    image
        Path, Pillow image or array; see `iog.images.read_image`.
    corners
        Outside clicks ((x0, y0), (x1, y1)): two opposite corner pixels of a box around the object.
    inside
        Inside click (x, y) near the object's centre, or None when only the box is known.
    corrections
        Further clicks (x, y, foreground) and strokes; see `Clicks`.
    model
        Name of a bundled model, or path of an exported one or a checkpoint; see `Segmenter`.

    Returns
    -------
    Prediction
        With `.mask` (H, W) bool, `.probability` (H, W) float32 and `.confidence`.

    Raises
    ------
    ClickError, ImageError, ModelError
        Each says what was wrong and what to do.
    """
    clicks = Clicks.of(corners, inside, corrections)
    return _shared_segmenter(str(model)).segment(image, clicks)


@lru_cache(maxsize=4)
def _shared_segmenter(model: str) -> Segmenter:
    return Segmenter(model)
