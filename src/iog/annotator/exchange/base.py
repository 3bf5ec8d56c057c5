"""What every format writes and reads: pictures with labelled masks.

A writer makes files in a folder, a reader makes `Found` objects from files. The mask is what counts;
where a format cannot carry it, `losses` in the package says so before a person exports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from iog.annotator.patch import Patch
from iog.clicks import Box, Clicks
from iog.images import MAXIMUM_PIXELS
from iog.masks import BoolArray, Ring, decode_rle, polygons


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An object of a picture, to be written."""

    label: str
    mask: Patch
    clicks: Clicks | None = None
    confidence: float | None = None
    seconds: float = 0
    """What it cost a person."""
    click_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A photo with its objects, to be written."""

    path: str
    """Relative to the photo folder, with forward slashes."""
    width: int
    height: int
    items: Sequence[Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An object that was read: a mask, or a box alone."""

    label: str
    mask: Patch | None = None
    box: Box | None = None
    clicks: Clicks | None = None
    confidence: float | None = None


@dataclass(slots=True)
class Report:
    """What an import did."""

    objects: int = 0
    notes: list[str] = field(default_factory=list)
    """What was left out, and why."""


def from_rle(counts: str, width: int, height: int) -> BoolArray:
    """The mask (height, width) of COCO's compressed run lengths; ValueError if they do not fit the size."""
    if not 0 < width * height <= MAXIMUM_PIXELS or width < 0:
        raise ValueError(f"a mask of {width} x {height} pixels is not usable")
    return decode_rle({"size": [height, width], "counts": counts})


def stems(pictures: Sequence[Picture]) -> list[str]:
    """A path without ending for each picture; the ending stays where two would be the same."""
    short = [str(PurePosixPath(p.path).with_suffix("")) for p in pictures]
    return [
        stem if short.count(stem) == 1 else p.path.replace(".", "_")
        for stem, p in zip(short, pictures, strict=True)
    ]


def moved_polygons(patch: Patch, tolerance: float) -> list[tuple[Ring, list[Ring]]]:
    """Outline and holes of each part, in image coordinates."""
    x, y = patch.box.x0, patch.box.y0

    def move(ring: Ring) -> Ring:
        return [[px + x, py + y] for px, py in ring]

    return [
        (move(part["outer"]), [move(hole) for hole in part["holes"]])
        for part in polygons(patch.mask, tolerance)
    ]
