"""Strokes of the hand: a click that is drawn out into a line. It counts as one click.

To whoever knows clicks alone a stroke is one, on its middle pixel; heatmaps (`iog.guidance`) show the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from iog.clicks import Clicks, Correction, Pixel, PointClicks
from iog.errors import ClickError

Made = TypeVar("Made", bound=Clicks | PointClicks)


class Stroke(Correction):
    """A line of pixels that belong to the object, or do not. Build with `Stroke.of`."""

    path: tuple[Pixel, ...]

    @classmethod
    def of(cls, path: Iterable[Sequence[float]], foreground: bool) -> Stroke:
        """The stroke along these pixels (x, y), in order.

        Raises
        ------
        ClickError
            If there is no pixel, or one is not (x, y).
        """
        try:
            pixels = tuple(Pixel(int(x), int(y)) for x, y in path)
        except (TypeError, ValueError, OverflowError):
            raise ClickError("stroke: expected pixels (x, y), one after the other") from None
        if not pixels:
            raise ClickError("stroke: expected at least one pixel")
        x, y = pixels[len(pixels) // 2]
        stroke = cls(x, y, bool(foreground))
        stroke.path = pixels
        return stroke

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stroke) and self.path == other.path and self.foreground == other.foreground

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self.path, self.foreground))


def path_of(click: Correction) -> tuple[Pixel, ...]:
    """The pixels that a click or a stroke runs through."""
    return click.path if isinstance(click, Stroke) else (Pixel(click.x, click.y),)


def with_click(clicks: Made, click: Correction) -> Made:
    """The clicks with one more, or with a stroke."""
    return replace(clicks, corrections=(*clicks.corrections, click))
