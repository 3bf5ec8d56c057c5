"""From clicks and strokes to what a classical method works on: a small crop and the labels of its seeds.

Two prompts, so that none is a straw man:

    seeds   as in the papers: discs at the clicks, object inside, background at the four corners of the box
    full    what IOG is told: corners and everything outside the box are background, a disc inside is object

The crop is the box and a margin, made smaller where its longer side exceeds `SIDE` pixels (never larger): a
method's time per click is then bounded. The margin is a quarter of the box; for seeds alone, which know of no
box, as much as the box itself on each side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from iog.clicks import Box, Clicks, Pixel, PointClicks
from iog.crop import ByteArray, Crop, FloatArray

PromptName = Literal["seeds", "full"]

SIDE = 320
"""Longest side of the crop in pixels: what the bundled network sees."""

MARGINS: dict[PromptName, float] = {"seeds": 1.0, "full": 0.25}
"""Context on each side, as a share of the box."""

UNKNOWN, OBJECT, BACKGROUND = 0, 1, 2
"""Values of `Task.seeds`."""

_RADIUS = 5  # iFCN's discs, in crop pixels; smaller on small boxes
_RADIUS_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Scribble:
    """A scribble: the pixels that were painted, and whether they belong to the object."""

    points: tuple[Pixel, ...]
    foreground: bool


@dataclass(frozen=True, slots=True)
class Task:
    """What a method is given. Coordinates are those of the crop; see `iog.crop` for the convention."""

    image: ByteArray
    """(h, w, 3) RGB."""
    seeds: ByteArray
    """(h, w): UNKNOWN, OBJECT or BACKGROUND."""
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1, half-open."""
    boxed: bool = False
    """Whether the object is known to lie within the box, as the full prompt says."""
    anchors: tuple[tuple[int, int], ...] = ()
    """Clicks (x, y) on the outline, in order around it, for methods that trace it."""


Answer: TypeAlias = FloatArray
"""(h, w) float32 in 0..1: how likely each pixel is the object's."""


class UnanswerableError(Exception):
    """A method cannot work on a task, such as one without seeds of both kinds; the message says why."""


def task_of(
    image: npt.NDArray[np.uint8],
    clicks: Clicks | PointClicks,
    prompt: PromptName,
    strokes: Sequence[Scribble] = (),
    anchors: Sequence[Pixel] = (),
) -> tuple[Task, Crop]:
    """The task, and where its crop lies in the image.

    Parameters
    ----------
    image
        (H, W, 3) RGB.
    clicks
        Clicks in image pixels; a click beyond the crop enlarges it. Without a box they are all the seeds, and
        the crop is the photo.
    prompt
        See the module's text.
    strokes
        Scribbles beside the clicks; later ones paint over earlier ones, corrections over all.
    anchors
        Clicks on the outline, for methods that trace it.
    """
    height, width = image.shape[:2]
    crop = _crop(clicks, MARGINS[prompt], strokes, width, height)
    part = crop.extract(image)
    seeds = np.zeros(part.shape[:2], np.uint8)
    box = clicks.box
    x0, y0, x1, y1 = crop.to_crop([box[:2], box[2:]]).ravel().tolist()
    boxless = isinstance(clicks, PointClicks)
    radius = _RADIUS if boxless else max(1, min(_RADIUS, round(_RADIUS_SHARE * min(x1 - x0, y1 - y0))))

    def disc(x: int, y: int, label: int) -> None:
        cv2.circle(seeds, _pixel(crop, x, y), radius, label, -1)

    seen = box.intersection(Box(0, 0, width, height))
    corners = [] if boxless else [(x, y) for x in (seen.x0, seen.x1 - 1) for y in (seen.y0, seen.y1 - 1)]
    # A crop pixel that the box only grazes stays unknown.
    columns, rows = slice(max(0, int(x0)), int(np.ceil(x1))), slice(max(0, int(y0)), int(np.ceil(y1)))
    if prompt == "full":
        seeds[:] = BACKGROUND
    else:
        for x, y in corners:
            disc(x, y, BACKGROUND)
    # A corner says that the outside begins there, nothing about the rest of the box.
    seeds[rows, columns] = UNKNOWN
    for x, y in corners:
        column, row = _pixel(crop, x, y)
        seeds[row, column] = BACKGROUND
    for stroke in strokes:
        for x, y in stroke.points:
            disc(x, y, OBJECT if stroke.foreground else BACKGROUND)
    for x, y, foreground in clicks.labelled:
        disc(x, y, OBJECT if foreground else BACKGROUND)
    return Task(
        part, seeds, (x0, y0, x1, y1), prompt == "full", tuple(_pixel(crop, x, y) for x, y in anchors)
    ), crop


def require_both(task: Task) -> None:
    """Raise `UnanswerableError` if object or background has no seed."""
    for label, name in ((OBJECT, "the object"), (BACKGROUND, "the background")):
        if not (task.seeds == label).any():
            raise UnanswerableError(f"there is no seed of {name}")


def _crop(
    clicks: Clicks | PointClicks, margin: float, strokes: Sequence[Scribble], width: int, height: int
) -> Crop:
    window = Crop.around(clicks.box, margin, SIDE).window
    points = [Pixel(c.x, c.y) for c in clicks.corrections] + [p for stroke in strokes for p in stroke.points]
    for x, y in points:
        window = window.union(Box(x, y, x + 1, y + 1))
    window = window.intersection(Box(0, 0, width, height))
    scale = min(1.0, SIDE / max(window.width, window.height))
    return Crop(window, max(1, round(scale * window.width)), max(1, round(scale * window.height)))


def _pixel(crop: Crop, x: int, y: int) -> tuple[int, int]:
    """The crop pixel in which the centre of an image pixel lies."""
    ((cx, cy),) = crop.to_crop([(x + 0.5, y + 0.5)])
    return int(np.clip(cx, 0, crop.width - 1)), int(np.clip(cy, 0, crop.height - 1))
