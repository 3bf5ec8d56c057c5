"""X-AnyLabeling: LabelMe's files with polygons in place of masks; `labelme.read` reads both.

An object in one part is a polygon. Parts are polygons of one group, holes are joined to their part by bridges
of no width. https://github.com/CVHub520/X-AnyLabeling
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from iog.formats.account import Account
from iog.formats.labelme import stated, write_files
from iog.formats.records import Annotation, Dataset, Picture, outlines
from iog.formats.yolo import bridged
from iog.masks import Ring

_HEAD = {"version": "3.2.0"}


def write(dataset: Dataset, folder: Path, account: Account, *, tolerance: float = 0) -> None:
    """Write `PHOTO.json` for each photo, at the photo's place in its folder."""

    def shapes(picture: Picture) -> list[dict[str, Any]]:
        return list(_shapes(picture, tolerance))

    write_files(dataset, folder, account, shapes, _HEAD)


def _shapes(picture: Picture, tolerance: float) -> Iterator[dict[str, Any]]:
    taken = {a.group for a in picture.annotations}
    groups = (number for number in count(1) if str(number) not in taken)
    for a in picture.annotations:
        facts = {**stated(a), "difficult": a.difficult, "kie_linking": []}
        if a.shape is None:
            yield {**facts, "shape_type": "rectangle", "points": _corners(a, picture)}
            continue
        assert picture.size is not None, "writers take photos whose size is known"
        parts = [
            bridged([outer, *holes]) for outer, holes in outlines(a.shape.patch(picture.size), tolerance)
        ]
        if len(parts) > 1 and a.group is None:
            facts["group_id"] = next(groups)
        elif len(parts) > 1:
            parts = [bridged(parts)]  # its group says already what it belongs to
        for part in parts:
            yield {**facts, "shape_type": "polygon", "points": part}


def _corners(a: Annotation, picture: Picture) -> Ring:
    assert a.box is not None and picture.size is not None, "an annotation has a shape or a box"
    box = a.box.box(picture.size)
    return [[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]]
