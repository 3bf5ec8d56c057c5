"""What a person clicked for one object: an immutable value that checks itself.

Convention
----------
x to the right, y down, always in the order (x, y). A click names a pixel: (3, 5) is the square
[3, 4) x [5, 6) whose centre is (3.5, 5.5). Fractional coordinates are floored to the pixel they lie in.
Boxes are half-open: the box of the corner clicks (2, 2) and (5, 5) is (2, 2, 6, 6), four pixels a side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeAlias, cast

from iog.errors import ClickError

MINIMUM_SIDE = 4
"""Boxes with a side shorter than this many pixels are refused: nothing can be told about their content."""

# Far beyond any picture; keeps arithmetic on coordinates away from integer overflow in array code.
_FURTHEST = 1_000_000


class Pixel(NamedTuple):
    """One pixel of an image, by its column `x` and row `y`."""

    x: int
    y: int


class Correction(NamedTuple):
    """A click after the third: `foreground` says whether the pixel belongs to the object."""

    x: int
    y: int
    foreground: bool


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


@dataclass(frozen=True, slots=True)
class Clicks:
    """The guidance a person gives for one object (IOG, section 3.1, and "Beyond Three Clicks").

    Parameters
    ----------
    corners
        Outside clicks: two opposite corner pixels of a box around the object, either diagonal, any order.
        They may lie outside the image as long as the box reaches at least 4 pixels into it.
    inside
        Inside click near the object's centre, or None when only the box is known.
    corrections
        Further clicks `(x, y, foreground)`, in the order in which they were made.

    Raises
    ------
    ClickError
        Names the click and the rule it breaks: coordinates that are not finite numbers, a box under
        4 pixels a side, an inside click outside the box, a correction without a true-or-false label.
    """

    corners: tuple[Pixel, Pixel]
    inside: Pixel | None = None
    corrections: tuple[Correction, ...] = ()

    def __post_init__(self) -> None:
        corners = tuple(_items(self.corners, "corners"))
        if len(corners) != 2:
            raise ClickError(f"corners: expected two opposite corners of a box, got {len(corners)}")
        first, second = (_pixel(corner, f"corner {i}") for i, corner in enumerate(corners, 1))
        inside = None if self.inside is None else _pixel(self.inside, "inside click")
        corrections = tuple(
            _correction(c, f"correction {i}")
            for i, c in enumerate(_items(self.corrections, "corrections"), 1)
        )
        # Frozen: the checked values replace whatever sequence types the caller used.
        object.__setattr__(self, "corners", (first, second))
        object.__setattr__(self, "inside", inside)
        object.__setattr__(self, "corrections", corrections)

        box = self.box
        if box.width < MINIMUM_SIDE or box.height < MINIMUM_SIDE:
            raise ClickError(
                f"corners: the box is {box.width} x {box.height} pixels; "
                f"each side needs at least {MINIMUM_SIDE}. Click two corners that lie further apart"
            )
        if inside is not None and not box.contains(*inside):
            raise ClickError(
                f"inside click ({inside.x}, {inside.y}) lies outside the box {tuple(box)}; "
                "click on the object, between the two corners"
            )

    @property
    def box(self) -> Box:
        """The half-open box that the two corner pixels span, both included."""
        (ax, ay), (bx, by) = self.corners
        return Box(min(ax, bx), min(ay, by), max(ax, bx) + 1, max(ay, by) + 1)

    @property
    def labelled(self) -> tuple[Correction, ...]:
        """The clicks that say of a pixel what it belongs to: the inside click as foreground, corrections."""
        first = () if self.inside is None else (Correction(*self.inside, True),)
        return first + self.corrections

    def __len__(self) -> int:
        """How many clicks a person made; a box counts as two."""
        return 2 + (self.inside is not None) + len(self.corrections)

    @classmethod
    def of(
        cls,
        corners: Sequence[Sequence[float]],
        inside: Sequence[float] | None = None,
        corrections: Iterable[Sequence[Any]] = (),
    ) -> Clicks:
        """Clicks from plain tuples or lists, checked as the constructor does."""
        return cls(cast(Any, corners), cast(Any, inside), cast(Any, corrections))

    def with_inside(self, x: float, y: float) -> Clicks:
        """The same clicks with the inside click at (x, y)."""
        return Clicks.of(self.corners, (x, y), self.corrections)

    def with_correction(self, x: float, y: float, foreground: bool) -> Clicks:
        """The same clicks with one more correction."""
        return Clicks.of(self.corners, self.inside, (*self.corrections, (x, y, foreground)))

    def check_inside_image(self, width: int, height: int) -> None:
        """Raise `ClickError` for clicks that a picture of `width` x `height` pixels cannot have."""
        image = Box(0, 0, width, height)
        visible = self.box.intersection(image)
        if visible.width < MINIMUM_SIDE or visible.height < MINIMUM_SIDE:
            raise ClickError(
                f"corners: the box {tuple(self.box)} lies outside the image of {width} x {height} pixels "
                f"(at least {MINIMUM_SIDE} pixels a side must be within it)"
            )
        if self.inside is not None:
            _check_within(image, self.inside, "inside click")
        for i, c in enumerate(self.corrections, 1):
            _check_within(image, Pixel(c.x, c.y), f"correction {i}")

    def to_json(self) -> dict[str, Any]:
        """A dict of plain lists for `json.dump`; `from_json` reads it back."""
        return {
            "corners": [list(corner) for corner in self.corners],
            "inside": None if self.inside is None else list(self.inside),
            "corrections": [list(correction) for correction in self.corrections],
        }

    @classmethod
    def from_json(cls, data: object) -> Clicks:
        """Clicks from the dict that `to_json` makes; keys it does not know are ignored.

        Raises
        ------
        ClickError
            If the data is not such a dict or breaks a rule of `Clicks`.
        """
        if not isinstance(data, Mapping):
            raise ClickError(f"clicks: expected an object with 'corners', got {type(data).__name__}")
        if "corners" not in data:
            raise ClickError("clicks: 'corners' is missing; give two opposite corners, [[x, y], [x, y]]")
        return cls.of(data["corners"], data.get("inside"), data.get("corrections") or ())


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
        given = tuple(_items(self.points, "extreme points"))
        if len(given) != 4:
            raise ClickError(
                f"extreme points: expected four (left, top, right and bottom of the object), got {len(given)}"
            )
        points = tuple(_pixel(point, f"extreme point {i}") for i, point in enumerate(given, 1))
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
            _check_within(Box(0, 0, width, height), point, f"extreme point {i}")

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
        Clicks `(x, y, foreground)` in the order in which they were made, the first too.

    Raises
    ------
    ClickError
        If a click is no pixel, or has no label.
    """

    size: tuple[int, int]
    corrections: tuple[Correction, ...] = ()

    def __post_init__(self) -> None:
        given = enumerate(_items(self.corrections, "points"), 1)
        object.__setattr__(self, "corrections", tuple(_correction(c, f"point {i}") for i, c in given))
        object.__setattr__(self, "size", tuple(_pixel(self.size, "size")))

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

    def check_inside_image(self, width: int, height: int) -> None:
        """Raise `ClickError` unless they are clicks on a picture of `width` x `height` pixels."""
        if (width, height) != self.size:
            told = f"{self.size[0]} x {self.size[1]} pixels, not of {width} x {height}"
            raise ClickError(f"these points are for a picture of {told}")
        for i, c in enumerate(self.corrections, 1):
            _check_within(self.box, Pixel(c.x, c.y), f"point {i}")

    def to_json(self) -> dict[str, Any]:
        """A dict of plain lists for `json.dump`; `clicks_from_json` reads it back."""
        return {"size": list(self.size), "points": [list(c) for c in self.corrections]}


AnyClicks: TypeAlias = Clicks | ExtremeClicks | PointClicks
"""What a person clicked for one object, in whatever way."""


def clicks_from_json(data: object) -> AnyClicks:
    """Clicks of any kind from the dict that their `to_json` makes.

    Raises
    ------
    ClickError
        If the data is not such a dict or breaks a rule of its kind.
    """
    if isinstance(data, Mapping) and "points" in data:
        if "size" not in data:
            raise ClickError("clicks: 'size' is missing for 'points'; give [width, height] of the photo")
        return PointClicks(data["size"], data["points"])
    extreme = isinstance(data, Mapping) and "extreme_points" in data
    return ExtremeClicks.from_json(data) if extreme else Clicks.from_json(data)


def _check_within(image: Box, pixel: Pixel, name: str) -> None:
    if not image.contains(*pixel):
        raise ClickError(
            f"{name} ({pixel.x}, {pixel.y}) lies outside the image of {image.width} x {image.height} pixels"
        )


def _items(value: object, name: str) -> Sequence[Any]:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise ClickError(f"{name}: expected a list of points, got {value!r}")
    return tuple(value)


def _coordinate(value: object, name: str) -> int:
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


def _pixel(value: object, name: str) -> Pixel:
    items = _items(value, name)
    if len(items) != 2:
        raise ClickError(f"{name}: expected (x, y), got {value!r}")
    return Pixel(_coordinate(items[0], name), _coordinate(items[1], name))


def _correction(value: object, name: str) -> Correction:
    if isinstance(value, Correction) and type(value) is not Correction:  # a stroke, checked already
        return value
    items = _items(value, name)
    if len(items) != 3:
        raise ClickError(f"{name}: expected (x, y, foreground), got {value!r}")
    label = items[2]
    if label not in (True, False):  # admits numpy booleans and the integers 0 and 1
        raise ClickError(f"{name}: label {label!r} must be true (object) or false (background)")
    return Correction(_coordinate(items[0], name), _coordinate(items[1], name), bool(label))
