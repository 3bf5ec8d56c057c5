"""Corrections: clicks after the third, and strokes, which are clicks drawn out into lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import hypot
from typing import Any, NamedTuple

from iog.clicks.pixels import Pixel, coordinate, items, pixel
from iog.errors import ClickError


class Correction(NamedTuple):
    """A click after the third: `foreground` says whether the pixel belongs to the object."""

    x: int
    y: int
    foreground: bool

    @property
    def path(self) -> tuple[Pixel, ...]:
        """The pixels that it runs through: one, or those of a `Stroke`."""
        return (Pixel(self.x, self.y),)

    @property
    def length(self) -> float:
        """Of the path in pixels: 0 for a click."""
        return sum(hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(self.path))

    def to_json(self) -> list[Any]:
        """[x, y, foreground], of a stroke with its path, [[x, y], ...], as a fourth item."""
        return list(self)


class Stroke(Correction):
    """A line of pixels that belong to the object, or do not. Build with `Stroke.of`.

    To whoever knows clicks alone it is one, on its middle pixel. It counts as one click.
    """

    _path: tuple[Pixel, ...]

    @staticmethod
    def of(path: Iterable[Sequence[float]], foreground: bool) -> Correction:
        """The stroke through these pixels (x, y), in order, joined by straight lines.

        A pixel that follows on itself counts once. Of a single pixel it is a plain click.

        Raises
        ------
        ClickError
            If there is no pixel, or one is not (x, y).
        """
        return _along(path, bool(foreground), "stroke")

    @property
    def path(self) -> tuple[Pixel, ...]:
        return self._path

    def to_json(self) -> list[Any]:
        return [*self, [list(one) for one in self._path]]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stroke) and self._path == other._path and self.foreground == other.foreground

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self._path, self.foreground))

    def __repr__(self) -> str:
        return f"Stroke.of({[tuple(one) for one in self._path]}, {self.foreground})"


def checked_correction(value: object, name: str) -> Correction:
    """A correction from what `Correction.to_json` makes; `name` is told in errors (`ClickError`)."""
    if isinstance(value, Stroke):
        return value
    given = items(value, name)
    if len(given) not in (3, 4):
        raise ClickError(f"{name}: expected (x, y, foreground) or (x, y, foreground, path), got {value!r}")
    label = given[2]
    if label not in (True, False):  # admits numpy booleans and the integers 0 and 1
        raise ClickError(f"{name}: label {label!r} must be true (object) or false (background)")
    click = Correction(coordinate(given[0], name), coordinate(given[1], name), bool(label))
    if len(given) == 3:
        return click
    stroke = _along(items(given[3], f"{name}: path"), click.foreground, name)
    if stroke[:2] != click[:2]:
        raise ClickError(
            f"{name}: its pixel ({click.x}, {click.y}) must be the middle of its path, "
            f"({stroke.x}, {stroke.y})"
        )
    return stroke


def _along(path: Iterable[Sequence[float]], foreground: bool, name: str) -> Correction:
    given = [pixel(one, name) for one in items(path, name)]
    if not given:
        raise ClickError(f"{name}: expected at least one pixel")
    pixels = (given[0], *(b for a, b in pairwise(given) if a != b))
    x, y = pixels[len(pixels) // 2]
    if len(pixels) == 1:
        return Correction(x, y, foreground)
    stroke = Stroke(x, y, foreground)
    stroke._path = pixels
    return stroke
