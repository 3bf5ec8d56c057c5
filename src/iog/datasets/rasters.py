"""Outlines and run lengths -> masks.

Convention
----------
Outlines run in continuous coordinates (`iog.masks`): the square (0,0) (1,0) (1,1) (0,1) is pixel (0, 0).
Filling is COCO's, which is the exact inverse of `iog.masks.polygons` without tolerance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco

from iog.masks import RLE, decode_rle

BoolArray = npt.NDArray[np.bool_]

# Far beyond any picture; the filler spends memory in proportion to the length of an outline.
_FURTHEST = 100_000


def fill(outlines: Iterable[Sequence[float]], width: int, height: int) -> BoolArray:
    """What the outlines cover together, (H, W).

    Parameters
    ----------
    outlines
        Each flat, [x0, y0, x1, y1, ...]; outlines with fewer than three corners cover nothing.
    width, height
        Size of the picture; what lies outside is cut off.

    Raises
    ------
    ValueError
        For an odd count of numbers, or coordinates that are not finite or absurdly far away.
    """
    rings: list[list[float]] = []
    for outline in outlines:
        points = np.asarray(outline, np.float64).ravel()
        if points.size % 2:
            raise ValueError(f"an outline has {points.size} numbers, so a corner lacks its y")
        if not (np.abs(points) <= _FURTHEST).all():  # also catches NaN
            raise ValueError("an outline has coordinates that are not numbers within reach of the picture")
        if points.size >= 6:
            rings.append(points.tolist())
    if not rings:
        return np.zeros((height, width), bool)
    filled: npt.NDArray[np.uint8] = coco.decode(coco.merge(coco.frPyObjects(rings, height, width)))
    return filled.astype(bool)


def unpack_runs(counts: Sequence[int], width: int, height: int) -> BoolArray:
    """The mask of COCO's uncompressed run lengths: column by column, background first.

    Raises ValueError if they are not whole numbers that cover exactly `width` x `height` pixels.
    """
    runs = np.asarray(counts)
    if runs.ndim != 1 or runs.dtype.kind not in "iu" or (runs < 0).any():
        raise ValueError("run lengths must be whole numbers from 0")
    if int(runs.sum(dtype=object)) != width * height:
        raise ValueError(f"the run lengths do not cover {width} x {height} pixels")
    values = np.repeat(np.arange(runs.size) % 2 == 1, runs)
    return np.ascontiguousarray(values.reshape(width, height).T)


def decode_segmentation(segmentation: Any, width: int, height: int) -> BoolArray:
    """The mask of COCO's `segmentation`: polygons, uncompressed or compressed run lengths.

    Raises ValueError (or TypeError) for anything else, and for run lengths of another size.
    """
    if isinstance(segmentation, list):
        return fill(segmentation, width, height)
    if not isinstance(segmentation, dict):
        raise ValueError("a segmentation is a list of polygons or run lengths")
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != [height, width]:
        raise ValueError(f"the run lengths are for {size}, the picture has [{height}, {width}]")
    if isinstance(counts, str):
        return decode_rle(RLE(size=[height, width], counts=counts))
    if isinstance(counts, list):
        return unpack_runs(counts, width, height)
    raise ValueError("run lengths are a list or a string")
