"""How a box alone becomes a mask: the five methods of IOG's extension to box annotations (slides, table 8).

    A  crop        nothing but the crop: no click at all is shown to the network
    B  centre      the box's centre stands in for the inside click
    C  sim         what B does, with a network that learned from simulated clicks: see below
    D  box         the outside clicks alone
    E  two-stage   D's mask tells an inside click, its deepest pixel; with it as with three clicks

The published code has none of this, so the definitions are ours (docs/decisions/0007). B and C ask a network
the same; they differ in what it learned: B from box centres, C from the usual simulated clicks. So with one
set of weights they give the same mask.

E may take another network for its first stage, as the paper does. Where both stages can share features (lite:
always; published networks: never, their encoder sees the inside click) it costs one encode and two decodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from iog.clicks import Box, Clicks, Pixel
from iog.clock import Clock
from iog.crop import Crop, FloatArray, resize
from iog.engines import Features
from iog.prediction import Prediction
from iog.prompting import THRESHOLD
from iog.robot import depth
from iog.segmenter import BATCH, Segmenter

Method = Literal["crop", "centre", "sim", "box", "two-stage"]
METHODS: tuple[Method, ...] = get_args(Method)
"""In the order of the letters A to E."""

FALLBACK = "stage 1 found nothing in the box: the mask of the box alone"
"""Note on a mask of `two-stage` that has no second stage."""


@dataclass(frozen=True, slots=True)
class View:
    """What a network sees of a box; holds its crop, not its photo."""

    crop: Crop
    pixels: npt.NDArray[Any]
    """From `Prompting.cut`."""


@dataclass(frozen=True, slots=True)
class Target:
    """A box that waits for the network."""

    clicks: Clicks
    """What is known before the network runs."""
    visible: Box
    """The box, cut to the photo."""
    view: View
    """What the network sees."""
    first: View
    """What the network of the first stage sees; the same unless that is another one."""
    image_size: tuple[int, int]
    """(width, height) of the photo."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A mask from a box."""

    prediction: Prediction
    """Its `clicks.inside` is the click that was inferred, None for a box alone."""
    note: str | None = None
    """What was done other than the method says."""


@dataclass(frozen=True)
class BoxSegmenter:
    """Turns boxes into masks. Safe to share between threads.

    Parameters
    ----------
    segmenter
        The model.
    method
        A key of `METHODS`.
    first
        The model of the first stage of `two-stage`; None takes the same.

    Raises
    ------
    ModelError
        If a model takes extreme points.
    """

    segmenter: Segmenter
    method: Method = "two-stage"
    first: Segmenter | None = None

    def __post_init__(self) -> None:
        for segmenter in (self.segmenter, self.first):
            if segmenter is not None:
                segmenter.require(Clicks)

    def target(self, image: npt.NDArray[np.uint8], box: Box) -> Target:
        """Cut a box (half-open, in pixels) from its photo, (H, W, 3) RGB.

        Raises
        ------
        ClickError
            If the box is too thin or has too little of itself in the photo.
        """
        size = image.shape[1], image.shape[0]
        clicks = Clicks((Pixel(box.x0, box.y0), Pixel(box.x1 - 1, box.y1 - 1)))
        clicks.check_inside_image(*size)
        visible = box.intersection(Box(0, 0, *size))
        if self.method in ("centre", "sim"):
            clicks = clicks.with_inside(*visible.centre)
        view = _view(self.segmenter, image, clicks)
        two = self.method == "two-stage" and self.first is not None
        first = _view(self.first, image, clicks) if two and self.first is not None else view
        return Target(clicks, visible, view, first, size)

    def solve(self, targets: Sequence[Target], clock: Clock | None = None) -> list[Answer]:
        """The masks of a batch, in order; all in one run of the network, so the caller chooses how many."""
        clock = clock or Clock()
        if self.method != "two-stage":
            clicks = [t.clicks for t in targets]
            features = self._encoded(self.segmenter, [t.view for t in targets], clicks, clock)
            probability = self._decoded(self.segmenter, features, [t.view for t in targets], clicks, clock)
            return [self._answer(*one) for one in zip(targets, clicks, probability, strict=True)]
        return self._two_stages(targets, clock)

    def _two_stages(self, targets: Sequence[Target], clock: Clock) -> list[Answer]:
        first = self.first or self.segmenter
        views, known = [t.first for t in targets], [t.clicks for t in targets]
        features = self._encoded(first, views, known, clock)
        masks = self._decoded(first, features, views, known, clock)
        with clock.stage("infer click"):
            inferred = [
                inferred_click(p, t.first.crop, t.visible) for p, t in zip(masks, targets, strict=True)
            ]
        answers = [
            Answer(self._prediction(first, t, t.first.crop, t.clicks, p, "box"), FALLBACK)
            for t, p in zip(targets, masks, strict=True)
        ]
        found = [(i, pixel) for i, pixel in enumerate(inferred) if pixel is not None]
        if not found:
            return answers
        chosen = [targets[i] for i, _ in found]
        views = [t.view for t in chosen]
        clicks = [replace(t.clicks, inside=pixel) for t, (_, pixel) in zip(chosen, found, strict=True)]
        if first is self.segmenter and all(_share(first, t, c) for t, c in zip(chosen, clicks, strict=True)):
            if len(found) < len(targets):  # features are large: copied only when some are left out
                features = tuple(level[[i for i, _ in found]] for level in features)
        else:
            features = self._encoded(self.segmenter, views, clicks, clock)
        second = self._decoded(self.segmenter, features, views, clicks, clock)
        for (i, _), *one in zip(found, chosen, clicks, second, strict=True):
            answers[i] = self._answer(*one)
        return answers

    def _encoded(
        self, segmenter: Segmenter, views: Sequence[View], clicks: Sequence[Clicks], clock: Clock
    ) -> Features:
        with clock.stage("encode"):
            make, guided = segmenter.prompting.encoder_input, self.method != "crop"
            return segmenter.encode(
                [make(v.pixels, c, v.crop, guided) for v, c in zip(views, clicks, strict=True)]
            )

    def _decoded(
        self,
        segmenter: Segmenter,
        features: Features,
        views: Sequence[View],
        clicks: Sequence[Clicks],
        clock: Clock,
    ) -> FloatArray:
        with clock.stage("decode"):
            crops = [v.crop for v in views]
            return segmenter.decode(features, clicks, crops, [None] * len(views), self.method != "crop")

    def _answer(self, target: Target, clicks: Clicks, probability: FloatArray) -> Answer:
        made = self._prediction(self.segmenter, target, target.view.crop, clicks, probability, self.method)
        return Answer(made)

    @staticmethod
    def _prediction(
        segmenter: Segmenter,
        target: Target,
        crop: Crop,
        clicks: Clicks,
        probability: FloatArray,
        method: Method,
    ) -> Prediction:
        return segmenter.prediction(clicks, crop, probability, target.image_size, method)

    def segment(
        self, image: npt.NDArray[np.uint8], boxes: Sequence[Box], *, batch: int = BATCH
    ) -> list[Answer]:
        """The masks of boxes in one photo (H, W, 3) RGB; `batch` of them in one run of the network.

        Raises
        ------
        ClickError
            If a box is impossible; nothing is returned then.
        """
        targets = [self.target(image, box) for box in boxes]
        answers: list[Answer] = []
        for start in range(0, len(targets), batch):
            answers += self.solve(targets[start : start + batch])
        return answers


def _view(segmenter: Segmenter, image: npt.NDArray[np.uint8], clicks: Clicks) -> View:
    crop = segmenter.crop(clicks)
    return View(crop, segmenter.prompting.cut(image, crop))


def _share(segmenter: Segmenter, target: Target, clicks: Clicks) -> bool:
    """Whether the features of the box alone are those of `clicks`, too."""
    key, crop = segmenter.prompting.features_key, target.view.crop
    return key(target.clicks, crop) == key(clicks, crop)


def inferred_click(probability: FloatArray, crop: Crop, visible: Box) -> Pixel | None:
    """The deepest pixel of the mask within the box; None where the mask has no pixel there.

    Depth is the Euclidean distance to the mask's or the box's edge, as for the robot user, measured with
    square pixels: the image's own, or larger ones where the window has more of them than the crop.

    Parameters
    ----------
    probability
        (S, S) float32 in 0..1 on the crop.
    crop
        The window of the image that it covers.
    visible
        The box, within the image.
    """
    window = crop.window
    scale = min(1.0, max(crop.width, crop.height) / max(window.width, window.height))
    width, height = max(1, round(window.width * scale)), max(1, round(window.height * scale))
    x = window.x0 + ((np.arange(width) + 0.5) * window.width / width).astype(int)
    y = window.y0 + ((np.arange(height) + 0.5) * window.height / height).astype(int)
    across = (x >= visible.x0) & (x < visible.x1)
    down = (y >= visible.y0) & (y < visible.y1)
    mask: Any = (resize(probability, width, height) >= THRESHOLD) & across & down[:, None]
    if not mask.any():
        return None
    row, column = np.unravel_index(int(depth(mask).argmax()), mask.shape)  # first in raster order
    return Pixel(int(x[column]), int(y[row]))
