"""Clicks without a box: four extreme points, or points on the object and next to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

from iog.clicks.corrections import Correction, Stroke, checked_correction
from iog.clicks.pixels import Box, Pixel, check_within, items, pixel, widened
from iog.errors import ClickError


@dataclass(frozen=True, slots=True)
class ExtremeClicks:
    """The guidance of DEXTR: four clicks on the outermost pixels of an object.

    Parameters
    ----------
    points
        Leftmost, topmost, rightmost and bottommost pixel of the object, in any order.

    Raises
    ------
    ClickError
        If they are not four pixels.
    """

    points: tuple[Pixel, Pixel, Pixel, Pixel]

    def __post_init__(self) -> None:
        given = tuple(items(self.points, "extreme points"))
        if len(given) != 4:
            raise ClickError(
                f"extreme points: expected four (left, top, right and bottom of the object), got {len(given)}"
            )
        points = tuple(pixel(point, f"extreme point {i}") for i, point in enumerate(given, 1))
        object.__setattr__(self, "points", points)

    @property
    def box(self) -> Box:
        """The half-open box that the points span, `widened`."""
        columns, rows = [x for x, _ in self.points], [y for _, y in self.points]
        return widened(Box(min(columns), min(rows), max(columns) + 1, max(rows) + 1))

    labelled: ClassVar[tuple[Correction, ...]] = ()
    """None says of a pixel what it belongs to: the points lie on the edge."""
    corrections: ClassVar[tuple[Correction, ...]] = ()
    """There are none."""

    def __len__(self) -> int:
        """How many clicks a person made."""
        return 4

    @classmethod
    def of(cls, points: Sequence[Sequence[float]]) -> ExtremeClicks:
        """Clicks from plain tuples or lists, checked as the constructor does."""
        return cls(cast(Any, points))

    def check_inside_image(self, width: int, height: int) -> None:
        """Raise `ClickError` for points that a picture of `width` x `height` pixels does not have."""
        for i, point in enumerate(self.points, 1):
            check_within(Box(0, 0, width, height), point, f"extreme point {i}")

    def to_json(self) -> dict[str, Any]:
        """A dict of plain lists for `json.dump`; `from_json` reads it back."""
        return {"extreme_points": [list(point) for point in self.points]}

    @classmethod
    def from_json(cls, data: object) -> ExtremeClicks:
        """Clicks from the dict that `to_json` makes; keys it does not know are ignored.

        Raises
        ------
        ClickError
            If the data is not such a dict or breaks a rule of `ExtremeClicks`.
        """
        if not isinstance(data, Mapping) or "extreme_points" not in data:
            raise ClickError("clicks: 'extreme_points' is missing; give four of them, [[x, y], ...]")
        return cls.of(data["extreme_points"])


@dataclass(frozen=True, slots=True)
class PointClicks:
    """Clicks without a box, each on the object or next to it (as iFCN and RITM take them).

    Parameters
    ----------
    size
        (width, height) of the photo, all of which may be meant.
    corrections
        Clicks `(x, y, foreground)`, or strokes with their path as a fourth, in the order in which they were
        made, the first too.

    Raises
    ------
    ClickError
        If a click is no pixel, or has no label.
    """

    size: tuple[int, int]
    corrections: tuple[Correction, ...] = ()

    def __post_init__(self) -> None:
        given = enumerate(items(self.corrections, "points"), 1)
        object.__setattr__(self, "corrections", tuple(checked_correction(c, f"point {i}") for i, c in given))
        object.__setattr__(self, "size", tuple(pixel(self.size, "size")))

    @property
    def box(self) -> Box:
        return Box(0, 0, *self.size)

    @property
    def labelled(self) -> tuple[Correction, ...]:
        return self.corrections

    def __len__(self) -> int:
        """How many clicks a person made."""
        return len(self.corrections)

    def with_correction(self, x: float, y: float, foreground: bool) -> PointClicks:
        """The same clicks with one more."""
        return PointClicks(self.size, cast(Any, (*self.corrections, (x, y, foreground))))

    def with_stroke(self, path: Iterable[Sequence[float]], foreground: bool) -> PointClicks:
        """The same clicks with one more, along pixels (x, y); see `Stroke.of`."""
        return self.followed_by(Stroke.of(path, foreground))

    def followed_by(self, correction: Correction) -> PointClicks:
        """The same clicks with one more, or with a stroke."""
        return replace(self, corrections=(*self.corrections, correction))

    def check_inside_image(self, width: int, height: int) -> None:
        """Raise `ClickError` unless they are clicks on a picture of `width` x `height` pixels."""
        if (width, height) != self.size:
            told = f"{self.size[0]} x {self.size[1]} pixels, not of {width} x {height}"
            raise ClickError(f"these points are for a picture of {told}")
        for i, c in enumerate(self.corrections, 1):
            for drawn in c.path:
                check_within(self.box, drawn, f"point {i}")

    def to_json(self) -> dict[str, Any]:
        """A dict of plain lists for `json.dump`; `clicks_from_json` reads it back."""
        return {"size": list(self.size), "points": [c.to_json() for c in self.corrections]}
