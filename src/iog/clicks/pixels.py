"""Pixels and boxes, and the checks of what people give for them. See `iog.clicks` for the convention."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from iog.errors import ClickError

MINIMUM_SIDE = 4
"""Boxes with a side shorter than this many pixels are refused: nothing can be told about their content."""

# Far beyond any picture; keeps arithmetic on coordinates away from integer overflow in array code.
_FURTHEST = 1_000_000


class Pixel(NamedTuple):
    """One pixel of an image, by its column `x` and row `y`."""

    x: int
    y: int


class Box(NamedTuple):
    """A half-open rectangle of pixels: columns x0 up to but not including x1, rows y0 to y1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        return self.y1 - self.y0

    @property
    def centre(self) -> Pixel:
        """The pixel in the middle; the left or upper one of two."""
        return Pixel((self.x0 + self.x1 - 1) // 2, (self.y0 + self.y1 - 1) // 2)

    def contains(self, x: int, y: int) -> bool:
        """Whether pixel (x, y) is in the box."""
        return self.x0 <= x < self.x1 and self.y0 <= y < self.y1

    def union(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1)
        )

    def intersection(self, other: Box) -> Box:
        """What both cover; a side is zero or negative where they do not meet."""
        return Box(
            max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1)
        )


def widened(box: Box) -> Box:
    """The box, with sides of at least `MINIMUM_SIDE`: a person, too, clicks beside a thin object."""
    dx, dy = (max(0, MINIMUM_SIDE - side) for side in (box.width, box.height))
    return Box(box.x0 - dx // 2, box.y0 - dy // 2, box.x1 + (dx + 1) // 2, box.y1 + (dy + 1) // 2)


def check_within(image: Box, pixel: Pixel, name: str) -> None:
    """Raise `ClickError`, which tells `name`, for a pixel beyond the image."""
    if not image.contains(*pixel):
        raise ClickError(
            f"{name} ({pixel.x}, {pixel.y}) lies outside the image of {image.width} x {image.height} pixels"
        )


def items(value: object, name: str) -> Sequence[Any]:
    """The parts of what must be a list; `ClickError` if it is none."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise ClickError(f"{name}: expected a list of points, got {value!r}")
    return tuple(value)


def coordinate(value: object, name: str) -> int:
    """The pixel in which a number lies; `ClickError` if it is no number, or beyond any picture."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ClickError(f"{name}: {value!r} is not a number") from None
    if isinstance(value, bool | str | bytes):
        raise ClickError(f"{name}: {value!r} is not a number")
    if not math.isfinite(number):
        raise ClickError(f"{name}: coordinate {number} is not finite")
    if abs(number) > _FURTHEST:
        raise ClickError(f"{name}: coordinate {number:g} is outside any image")
    return math.floor(number)


def pixel(value: object, name: str) -> Pixel:
    """The pixel of what must be (x, y); `ClickError` if it is not."""
    given = items(value, name)
    if len(given) != 2:
        raise ClickError(f"{name}: expected (x, y), got {value!r}")
    return Pixel(coordinate(given[0], name), coordinate(given[1], name))
