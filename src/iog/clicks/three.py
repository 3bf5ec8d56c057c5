"""Clicks with a box: two corners, an inside click, corrections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from iog.clicks.corrections import Correction, Stroke, checked_correction
from iog.clicks.pixels import MINIMUM_SIDE, Box, Pixel, check_within, items, pixel
from iog.errors import ClickError


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
        Further clicks `(x, y, foreground)`, and strokes `(x, y, foreground, path)` whose middle pixel comes
        first, in the order in which they were made.

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
        corners = tuple(items(self.corners, "corners"))
        if len(corners) != 2:
            raise ClickError(f"corners: expected two opposite corners of a box, got {len(corners)}")
        first, second = (pixel(corner, f"corner {i}") for i, corner in enumerate(corners, 1))
        inside = None if self.inside is None else pixel(self.inside, "inside click")
        corrections = tuple(
            checked_correction(c, f"correction {i}")
            for i, c in enumerate(items(self.corrections, "corrections"), 1)
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

    def with_stroke(self, path: Iterable[Sequence[float]], foreground: bool) -> Clicks:
        """The same clicks with one more correction, along pixels (x, y); see `Stroke.of`."""
        return self.followed_by(Stroke.of(path, foreground))

    def followed_by(self, correction: Correction) -> Clicks:
        """The same clicks with one more correction, a click or a stroke."""
        return replace(self, corrections=(*self.corrections, correction))

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
            check_within(image, self.inside, "inside click")
        for i, c in enumerate(self.corrections, 1):
            for drawn in c.path:
                check_within(image, drawn, f"correction {i}")

    def to_json(self) -> dict[str, Any]:
        """A dict of plain lists for `json.dump`; `from_json` reads it back."""
        return {
            "corners": [list(corner) for corner in self.corners],
            "inside": None if self.inside is None else list(self.inside),
            "corrections": [correction.to_json() for correction in self.corrections],
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
