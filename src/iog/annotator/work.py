"""What a person did to one object, as one immutable value: the mask is a function of it and the photo.

Order: clicks -> the model's mask (or an imported one) -> largest part, filled holes -> brush strokes and
moved outline points -> minus objects that were accepted before. Undo is therefore nothing but going back
to an earlier value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from iog.clicks import Clicks
from iog.patch import Patch, Point
from iog.prediction import Prediction


@dataclass(frozen=True, slots=True)
class BrushStroke:
    """One movement of the brush (`add`) or the eraser, in continuous image coordinates."""

    points: tuple[Point, ...]
    radius: float
    add: bool

    def applied(self, patch: Patch, width: int, height: int) -> Patch:
        """The mask after it, in an image of width x height."""
        return patch.painted(self.points, self.radius, self.add, width, height)

    def to_json(self) -> dict[str, Any]:
        return {"points": [list(p) for p in self.points], "radius": self.radius, "add": self.add}


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon drawn by hand: its inside is added or taken away."""

    outline: tuple[Point, ...]
    add: bool

    def applied(self, patch: Patch, width: int, height: int) -> Patch:
        """The mask after it, in an image of width x height."""
        return patch.filled(self.outline, self.add, width, height)

    def to_json(self) -> dict[str, Any]:
        return {"outline": [list(p) for p in self.outline], "add": self.add}


@dataclass(frozen=True, slots=True)
class Reshape:
    """A stretch of the outline was moved: points dragged, inserted or taken away. See `Patch.reshaped`."""

    before: tuple[Point, ...]
    after: tuple[Point, ...]
    tolerance: float

    def applied(self, patch: Patch, width: int, height: int) -> Patch:
        """The mask after it, in an image of width x height."""
        return patch.reshaped(self.before, self.after, self.tolerance, width, height)

    def to_json(self) -> dict[str, Any]:
        return {
            "before": [list(p) for p in self.before],
            "after": [list(p) for p in self.after],
            "tolerance": self.tolerance,
        }


@dataclass(frozen=True, slots=True)
class Work:
    """Clicks, switches and strokes of one object."""

    clicks: Clicks | None = None
    """None for an imported mask that nobody has clicked on, and for an object that was drawn by hand."""
    strokes: tuple[BrushStroke | Area | Reshape, ...] = ()
    """What was painted, drawn and reshaped by hand, in order."""
    largest: bool = False
    """Keep only the largest part of the model's mask."""
    fill: bool = False
    """Fill the holes of the model's mask."""
    spare: bool = True
    """Leave pixels of accepted objects to them."""
    imported: Patch | None = None
    """The mask to start from when there are no clicks."""

    def compose(
        self, prediction: Prediction | None, accepted: Iterable[Patch], width: int, height: int
    ) -> Patch:
        """The mask in an image of width x height, from the model's answer to `clicks`."""
        patch = (self.imported or Patch.empty()) if prediction is None else prediction.patch
        if (self.largest or self.fill) and patch.area:
            patch = patch.tidied(largest=self.largest, fill=self.fill)
        for stroke in self.strokes:
            patch = stroke.applied(patch, width, height)
        if self.spare:
            for other in accepted:
                patch = patch.without(other)
        return patch

    def to_json(self) -> dict[str, Any]:
        """A dict for `json.dump`; `from_json` reads it back."""
        return {**self.done(), "imported": self.imported and self.imported.to_json()}

    def done(self) -> dict[str, Any]:
        """The same without the mask that it starts from, whose run lengths take a while."""
        return {
            "clicks": self.clicks and self.clicks.to_json(),
            "strokes": [stroke.to_json() for stroke in self.strokes],
            "largest": self.largest,
            "fill": self.fill,
            "spare": self.spare,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Work:
        """The value that `to_json` described."""
        return cls(
            clicks=Clicks.from_json(data["clicks"]) if data["clicks"] else None,
            strokes=tuple(_stroke(stroke) for stroke in data["strokes"]),
            largest=data["largest"],
            fill=data["fill"],
            spare=data["spare"],
            imported=Patch.from_json(data["imported"]) if data["imported"] else None,
        )


def _stroke(data: Mapping[str, Any]) -> BrushStroke | Area | Reshape:
    if "outline" in data:
        return Area(_path(data["outline"]), bool(data["add"]))
    if "before" in data:
        return Reshape(_path(data["before"]), _path(data["after"]), float(data["tolerance"]))
    return BrushStroke(_path(data["points"]), float(data["radius"]), bool(data["add"]))


def _path(points: Iterable[tuple[float, float]]) -> tuple[Point, ...]:
    return tuple((float(x), float(y)) for x, y in points)
