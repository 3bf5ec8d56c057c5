"""Sets that have boxes and no masks: what turning boxes into masks asks of a dataset.

Convention
----------
Boxes are our half-open ones (`iog.clicks.Box`), cut to the photo, at least one pixel a side. Each reader
says which convention its files have and converts here, at the border.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from iog.clicks import Box
from iog.datasets.reading import photo_size


@dataclass(frozen=True, slots=True)
class BoxSample:
    """One box in one photo."""

    image: Path
    """The photo, not decoded."""
    category: str
    """Class of the object, as the dataset words it."""
    box: Box
    """Half-open, within the photo."""


class BoxDataset(Protocol):
    """Boxes by number."""

    def __len__(self) -> int:
        """How many boxes."""
        ...

    def __getitem__(self, index: int) -> BoxSample:
        """The box; at most the head of its photo is read."""
        ...


class BoxEntry(NamedTuple):
    """A box as listed: in pixels, or as shares of width and height that wait for the size of the photo."""

    image: Path
    category: str
    box: Box | tuple[float, float, float, float]


class BoxList:
    """Boxes by number, neighbours on one photo together."""

    def __init__(self, entries: Sequence[BoxEntry]) -> None:
        self.entries = list(entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> BoxSample:
        image, category, box = self.entries[index]
        if not isinstance(box, Box):
            width, height = photo_size(image)
            x0, y0, x1, y1 = box
            box = pixels_of(x0 * width, y0 * height, x1 * width, y1 * height, (width, height))
        return BoxSample(image, category, box)


def pixels_of(x0: float, y0: float, x1: float, y1: float, size: tuple[int, int]) -> Box:
    """The smallest half-open box of whole pixels around a rectangle in continuous coordinates.

    Parameters
    ----------
    x0, y0, x1, y1
        Edges of the rectangle; a rectangle without area takes the pixel it lies in.
    size
        (width, height) of the photo, to which the box is cut.

    Raises
    ------
    ValueError
        If an edge is no finite number, the rectangle is inside out or lies outside of the photo.
    """
    width, height = size
    if not all(map(math.isfinite, (x0, y0, x1, y1))):
        raise ValueError("an edge of the box is not a number")
    if x1 < x0 or y1 < y0:
        raise ValueError(f"the box ({x0:g}, {y0:g}) to ({x1:g}, {y1:g}) is inside out")
    (left, right), (top, bottom) = _span(x0, x1, width), _span(y0, y1, height)
    box = Box(left, top, right, bottom)
    if box.width < 1 or box.height < 1:
        raise ValueError(
            f"the box ({x0:g}, {y0:g}) to ({x1:g}, {y1:g}) lies outside of the {width} x {height} photo"
        )
    return box


def _span(low: float, high: float, length: int) -> tuple[int, int]:
    """First pixel and end of what lies between two edges, cut to the photo; empty where it lies outside."""
    # Sums such as x + width carry rounding errors; a thousandth of a pixel is none.
    first = math.floor(low + 1e-3)
    end = max(math.ceil(high - 1e-3), first + 1)
    if high <= length:  # a sliver at the far edge lies in the last pixel
        first = min(first, length - 1)
    return max(first, 0), min(end, length)
