"""What readers yield and writers take: classes, and photos with their annotations.

Convention: coordinates are continuous, x to the right, y down; pixel (0, 0) is the square [0, 1) x [0, 1).
Boxes are half-open. Coordinates may be `relative`: divided by the photo's width and height.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from iog.clicks import AnyClicks, Box
from iog.images import MAXIMUM_PIXELS
from iog.masks import BoolArray, Ring, decode_rle, fill, polygons, rasterize
from iog.patch import Patch

Size = tuple[int, int]
"""(width, height) in pixels."""

NEAR = 1e-3
"""Coordinates so close to half a pixel are taken to be on it: written decimals were rounded."""


class Shape(Protocol):
    """The pixels of an object, in whatever form a file states them."""

    def patch(self, size: Size) -> Patch:
        """The mask in a photo of that size; `ValueError` says why there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Polygons:
    """Closed rings; a pixel is inside where its centre lies within an odd number of them."""

    rings: Sequence[Ring]
    relative: bool = False
    union: bool = False
    """Filled as COCO's own tools fill, and together: a pixel is inside if it lies within any of them."""

    def patch(self, size: Size) -> Patch:
        rings = [_placed(ring, size, self.relative) for ring in self.rings]
        if not any(len(ring) >= 3 for ring in rings):
            raise ValueError("its outline has fewer than three points")
        if size[0] * size[1] > MAXIMUM_PIXELS:
            raise ValueError(f"the photo of {size[0]} x {size[1]} pixels is too large")
        return Patch.of((fill if self.union else rasterize)(rings, *size))


@dataclass(frozen=True, slots=True)
class Runs:
    """COCO's run lengths, compressed or not."""

    counts: str | Sequence[int]
    size: Size

    def patch(self, size: Size) -> Patch:
        width, height = self.size
        if not (width > 0 and height > 0 and width * height <= MAXIMUM_PIXELS):
            raise ValueError(f"run lengths of {width} x {height} pixels cannot be used")
        if self.size != size:
            raise ValueError(
                f"its run lengths are of {width} x {height} pixels, not of {size[0]} x {size[1]}"
            )
        if isinstance(self.counts, str):
            if not self.counts.isascii():
                raise ValueError("its run lengths have characters that COCO's do not have")
            return Patch.of(decode_rle({"size": [height, width], "counts": self.counts}))
        # As Python's numbers: a sum of 64 bits may overflow.
        if min(self.counts, default=-1) < 0 or sum(self.counts) != width * height:
            raise ValueError(f"its run lengths do not cover {width} x {height} pixels")
        runs = np.asarray(self.counts, np.int64)
        mask: BoolArray = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(width, height).T
        return Patch.of(mask)


@dataclass(frozen=True, slots=True)
class Pixels:
    """A mask as it is; `size`, if known, is that of the picture it was cut from."""

    mask: Patch
    size: Size | None = None

    def patch(self, size: Size) -> Patch:
        if self.size not in (None, size):
            raise ValueError(f"its mask is of {self.size} pixels, not of {size}")
        box = self.mask.box.intersection(Box(0, 0, *size))
        if box.width <= 0 or box.height <= 0:
            return Patch.empty()
        return Patch.of(self.mask.within(box), box.x0, box.y0)


@dataclass(frozen=True, slots=True)
class Edges:
    """A box: left, top, right and bottom edge."""

    x0: float
    y0: float
    x1: float
    y1: float
    relative: bool = False

    def box(self, size: Size) -> Box:
        """The pixels of the photo that it touches; `ValueError` if it is no box or touches none."""
        x0, y0, x1, y1 = (_on_grid(edge, 1) for edge in self._pixels(size))
        if x1 <= x0 or y1 <= y0:
            raise ValueError("its box has no width or no height")
        whole = Box(math.floor(x0), math.floor(y0), math.ceil(x1), math.ceil(y1))
        box = whole.intersection(Box(0, 0, *size))
        if box.width <= 0 or box.height <= 0:
            edges = f"({x0:g}, {y0:g}) to ({x1:g}, {y1:g})"
            raise ValueError(f"its box {edges} lies outside of the {size[0]} x {size[1]} photo")
        return box

    def reach(self, size: Size) -> float:
        """How far, in pixels, it reaches out of its photo; 0 if it does not. Raises as `box`."""
        x0, y0, x1, y1 = self._pixels(size)
        return max(0.0, -x0, -y0, x1 - size[0], y1 - size[1])

    def _pixels(self, size: Size) -> tuple[float, float, float, float]:
        width, height = size if self.relative else (1, 1)
        edges = (self.x0 * width, self.y0 * height, self.x1 * width, self.y1 * height)
        if not all(math.isfinite(edge) for edge in edges):
            raise ValueError("its box has a coordinate that is not a number")
        return edges


FLAGS = ("difficult", "truncated", "occluded", "crowd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """An object as a file states it: a shape, a box, or both."""

    label: str
    number: int | None = None
    """By which the file calls it: COCO's id."""
    shape: Shape | None = None
    box: Edges | None = None
    clicks: AnyClicks | None = None
    score: float | None = None
    """Confidence 0..1."""
    crowd: bool = False
    difficult: bool = False
    truncated: bool = False
    occluded: bool = False
    group: str | None = None
    """Objects of one photo with the same value belong together."""
    description: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What else a tool keeps of the object, by its name; plain JSON values."""
    seconds: float | None = None
    """What it cost a person."""
    click_count: int | None = None

    def edges(self) -> Edges:
        """The box: as stated, else that around the shape; `ValueError` if the shape has no pixel."""
        if self.box is not None:
            return self.box
        if isinstance(self.shape, Polygons):
            points = np.concatenate([np.array(ring, np.float64).reshape(-1, 2) for ring in self.shape.rings])
            (x0, y0), (x1, y1) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
            return Edges(x0, y0, x1, y1, self.shape.relative)
        mask = self.shape.mask if isinstance(self.shape, Pixels) else None
        if isinstance(self.shape, Runs):
            mask = self.shape.patch(self.shape.size)
        if mask is None or not mask.area:
            raise ValueError("it has neither a box nor a pixel")
        return Edges(*mask.box)

    @property
    def flags(self) -> dict[str, bool]:
        """The flags that are set, by name: formats without a place for them keep them as attributes."""
        return {name: True for name in FLAGS if getattr(self, name)}

    @property
    def facts(self) -> dict[str, Any]:
        """What is not geometry and not the default, as plain JSON values; `Annotation(**facts)` reads it."""
        named = ("crowd", "difficult", "truncated", "occluded", "group", "description", "attributes")
        return {name: value for name in named if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A photo as a file states it."""

    name: str
    """Relative path with forward slashes, a file name, or a URL, as stated."""
    size: Size | None
    """None if it is not stated."""
    annotations: Sequence[Annotation]
    stem: bool = False
    """The name has no ending."""
    file: str = ""
    """Its own file of labels, below the folder that was read; where a file holds many photos, none."""
    negative: bool = False
    """Whether its own file of labels says that it has no objects."""
    lost: int = 0
    """How much its reader left out: without any object, it is then not a photo that has none."""
    split: str = ""
    """Part of the dataset that it belongs to: `train`, `val` or `test`; empty if that is not stated."""
    sections: Sequence[str] = ()
    """Folders in which the photo of that name may lie, most likely first: YOLO's `images/train`."""


@dataclass(frozen=True, slots=True)
class Class:
    """A name for objects."""

    name: str
    number: int | None = None
    """By which a format calls it: COCO's category id, YOLO's class number."""
    supercategory: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """What a reader found: classes, also unused ones, in order; and photos, one after the other."""

    classes: Sequence[Class]
    pictures: Iterable[Picture]
    names: Sequence[str] = ()
    """Of the photos, where they are known before: writers then need not hold all photos at once."""
    questions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What objects are asked, by its name: the choices; none for a yes or no."""


def with_flags(annotation: Annotation) -> Annotation:
    """The annotation with flags that stand among its attributes in their own places."""
    attributes = dict(annotation.attributes)
    stated = {name for name in FLAGS if attributes.get(name) in (True, "true") and attributes.pop(name)}
    return replace(
        annotation,
        attributes=attributes,
        difficult=annotation.difficult or "difficult" in stated,
        truncated=annotation.truncated or "truncated" in stated,
        occluded=annotation.occluded or "occluded" in stated,
        crowd=annotation.crowd or "crowd" in stated,
    )


def numbered(classes: Sequence[Class], first: int, *, gapless: bool = False) -> dict[str, int]:
    """A number for each class: its own where those are usable, the next free ones from `first` for others.

    Own numbers are usable if they are distinct and, with `gapless`, together 0 to N - 1.
    """
    own = {c.name: c.number for c in classes if c.number is not None}
    limit = len(classes) if gapless else math.inf
    usable = len(set(own.values())) == len(own) and all(0 <= n < limit for n in own.values())
    numbers = own if usable else {}
    free = (n for n in range(first, first + len(classes) + len(numbers)) if n not in set(numbers.values()))
    return {c.name: numbers[c.name] if c.name in numbers else next(free) for c in classes}


class Painting:
    """A picture with one value a pixel: a later object has what it shares with others.

    Parameters
    ----------
    size, dtype
        Of the picture.
    """

    def __init__(self, size: Size, dtype: type[np.unsignedinteger[Any]]) -> None:
        self.values = np.zeros(size[::-1], dtype)
        self.overlaps = 0
        """Objects that lost a pixel to this or that one."""

    def paint(self, patch: Patch, value: int) -> None:
        """Give the object's pixels a value."""
        box = patch.box
        window = self.values[box.y0 : box.y1, box.x0 : box.x1]
        self.overlaps += bool(window[patch.mask].any())
        window[patch.mask] = value


def outlines(patch: Patch, tolerance: float) -> list[tuple[Ring, list[Ring]]]:
    """The outline of each part and those of its holes, in image coordinates."""
    x, y = patch.box.x0, patch.box.y0

    def move(ring: Ring) -> Ring:
        return [[px + x, py + y] for px, py in ring]

    return [
        (move(part["outer"]), [move(hole) for hole in part["holes"]])
        for part in polygons(patch.mask, tolerance)
    ]


def full_rle(patch: Patch, size: Size) -> dict[str, Any]:
    """COCO's compressed run lengths in the whole photo."""
    return dict(patch.rle(*size))


def _placed(ring: Ring, size: Size, relative: bool) -> Ring:
    points = np.array(ring, np.float64).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise ValueError("its outline has a coordinate that is not a number")
    if not relative:
        return points.tolist()
    points = points * size
    halves = np.rint(points * 2) / 2
    placed: Ring = np.where(np.abs(points - halves) < NEAR, halves, points).tolist()
    return placed


def _on_grid(value: float, step: float) -> float:
    near = round(value / step) * step
    return near if abs(value - near) < NEAR else value
