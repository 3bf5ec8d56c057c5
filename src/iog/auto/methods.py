"""How a box alone becomes a mask (IOG's extension to box annotations; letters as in its comparison).

* `box` (D): the corners alone.
* `centre` (B): the box's centre stands in for the inside click.
* `two-stage` (E): stage 1 segments from the corners alone; the deepest pixel of its mask becomes the inside
  click of stage 2. Both stages decode the same features, so E costs one encode and two decodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from iog.auto.clock import Clock
from iog.clicks import Box, Clicks, Pixel
from iog.crop import Crop, FloatArray, resize
from iog.prompting import THRESHOLD
from iog.robot import depth
from iog.segmenter import Prediction, Segmenter

Method = Literal["two-stage", "box", "centre"]
METHODS: tuple[Method, ...] = get_args(Method)

FALLBACK = "stage 1 found nothing in the box: the mask of the box alone"
"""Note on a mask of `two-stage` that has no second stage."""


@dataclass(frozen=True, slots=True)
class Target:
    """A box that waits for the network; holds its crop, not its photo."""

    clicks: Clicks
    """What is known before the network runs."""
    visible: Box
    """The box, cut to the photo."""
    crop: Crop
    pixels: npt.NDArray[np.uint8]
    """(S, S, 3) RGB, what the network sees."""
    image_size: tuple[int, int]
    """(width, height) of the photo."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A mask from a box."""

    prediction: Prediction
    """Its `clicks.inside` is the click that was inferred, None for a box alone."""
    note: str | None = None
    """What was done other than the method says."""


def target(segmenter: Segmenter, image: npt.NDArray[np.uint8], box: Box, method: Method) -> Target:
    """Cut a box from its photo.

    Parameters
    ----------
    segmenter
        Says what the network sees around the box.
    image
        (H, W, 3) RGB.
    box
        Half-open, in pixels.
    method
        `centre` adds its click here.

    Raises
    ------
    ClickError
        If the box is too thin or has too little of itself in the photo.
    """
    size = image.shape[1], image.shape[0]
    clicks = Clicks((Pixel(box.x0, box.y0), Pixel(box.x1 - 1, box.y1 - 1)))
    clicks.check_inside_image(*size)
    visible = box.intersection(Box(0, 0, *size))
    if method == "centre":
        clicks = clicks.with_inside((visible.x0 + visible.x1 - 1) // 2, (visible.y0 + visible.y1 - 1) // 2)
    crop = segmenter.crop(clicks)
    return Target(clicks, visible, crop, crop.extract(image), size)


def solve(
    segmenter: Segmenter, targets: Sequence[Target], method: Method, clock: Clock | None = None
) -> list[Answer]:
    """The masks of a batch, in order; all in one run of the network, so the caller chooses how many."""
    clock = clock or Clock()
    clicks = [t.clicks for t in targets]
    crops = [t.crop for t in targets]
    with clock.stage("encode"):
        features = segmenter.encode([t.pixels for t in targets])
    with clock.stage("decode"):
        probability = segmenter.decode(features, clicks, crops, [None] * len(targets))
    notes: list[str | None] = [None] * len(targets)
    if method == "two-stage":
        with clock.stage("infer click"):
            inferred = [
                inferred_click(p, t.crop, t.visible) for p, t in zip(probability, targets, strict=True)
            ]
        for i, pixel in enumerate(inferred):
            if pixel is None:
                notes[i] = FALLBACK
            else:
                clicks[i] = replace(clicks[i], inside=pixel)
        found = [i for i, pixel in enumerate(inferred) if pixel is not None]
        if found:
            if len(found) < len(targets):  # features are large: copied only when some are left out
                features = tuple(level[found] for level in features)
            with clock.stage("decode"):
                second = segmenter.decode(
                    features, [clicks[i] for i in found], [crops[i] for i in found], [None] * len(found)
                )
            probability = probability.copy()
            probability[found] = second
    return [
        Answer(Prediction(c, t.crop, p, t.image_size, segmenter.model, segmenter.prompting), note)
        for t, c, p, note in zip(targets, clicks, probability, notes, strict=True)
    ]


def segment_boxes(
    segmenter: Segmenter,
    image: npt.NDArray[np.uint8],
    boxes: Sequence[Box],
    method: Method = "two-stage",
    *,
    batch: int = 2,
) -> list[Answer]:
    """The masks of boxes in one photo (H, W, 3) RGB; `batch` of them in one run of the network.

    Raises
    ------
    ClickError
        If a box is impossible; nothing is returned then.
    """
    targets = [target(segmenter, image, box, method) for box in boxes]
    answers: list[Answer] = []
    for start in range(0, len(targets), batch):
        answers += solve(segmenter, targets[start : start + batch], method)
    return answers


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
