"""A mask of one object, kept only where the object is.

Convention
----------
`box` is half-open in image pixels and lies within the image; `mask` is (box.height, box.width) bool.
Outside the box the mask is False. A photo of any size costs what its object costs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from iog.clicks import Box
from iog.errors import DataError
from iog.masks import (
    RLE,
    BoolArray,
    decode_rle,
    encode_rle,
    encode_rle_within,
    fill_holes,
    keep_largest,
    mask_box,
    winding,
)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The object's pixels within `box`."""

    box: Box
    mask: BoolArray

    @classmethod
    def of(cls, mask: BoolArray, x: int = 0, y: int = 0) -> Patch:
        """The patch of a mask whose first pixel is (x, y), cut to the tight box."""
        box = mask_box(mask)
        if box is None:
            return cls.empty()
        cut = mask[box.y0 : box.y1, box.x0 : box.x1].copy()  # a view would keep the whole window
        return cls(Box(box.x0 + x, box.y0 + y, box.x1 + x, box.y1 + y), cut)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Patch) and self.box == other.box and np.array_equal(self.mask, other.mask)

    def __hash__(self) -> int:
        return hash(self.box)

    @classmethod
    def empty(cls) -> Patch:
        """No pixel at all."""
        return cls(Box(0, 0, 0, 0), np.zeros((0, 0), bool))

    @property
    def area(self) -> int:
        """Pixels of the object."""
        return int(np.count_nonzero(self.mask))

    def tidied(self, *, largest: bool, fill: bool) -> Patch:
        """With only the largest part, without holes, or both."""
        mask = keep_largest(self.mask) if largest else self.mask
        return Patch.of(fill_holes(mask) if fill else mask, self.box.x0, self.box.y0)

    def painted(
        self, points: Iterable[tuple[float, float]], radius: float, add: bool, width: int, height: int
    ) -> Patch:
        """After a brush of `radius` image pixels went along `points` in an image of width x height."""
        path = np.array(list(points), np.float64)
        low, high = path.min(axis=0) - radius - 1, path.max(axis=0) + radius + 1
        touched = Box(*np.floor(low).astype(int).tolist(), *np.ceil(high).astype(int).tolist())
        touched = touched.intersection(Box(0, 0, width, height))
        if touched.width <= 0 or touched.height <= 0:
            return self
        box = self.box.union(touched) if self.area else touched
        canvas = self.within(box).astype(np.uint8)
        # OpenCV's fixed point: centres of pixels are at whole numbers there, at halves here.
        shift = 4
        fixed = np.rint((path - box[:2] - 0.5) * (1 << shift)).astype(np.int32)
        for start, end in itertools.pairwise(fixed):
            cv2.line(
                canvas, start.tolist(), end.tolist(), int(add), max(1, round(2 * radius)), cv2.LINE_8, shift
            )
        for point in (fixed[0], fixed[-1]):
            cv2.circle(canvas, point.tolist(), round(radius * (1 << shift)), int(add), -1, cv2.LINE_8, shift)
        return Patch.of(canvas.astype(bool), box.x0, box.y0)

    def filled(self, outline: Sequence[Point], add: bool, width: int, height: int) -> Patch:
        """With the inside of a polygon (continuous image coordinates) added or taken away."""
        points = np.array(outline, np.float64)
        low, high = np.floor(points.min(axis=0)).astype(int), np.ceil(points.max(axis=0)).astype(int)
        touched = Box(*low.tolist(), *high.tolist()).intersection(Box(0, 0, width, height))
        if touched.width <= 0 or touched.height <= 0:
            return self
        box = self.box.union(touched) if self.area else touched
        canvas = self.within(box)
        x, y = touched.x0 - box.x0, touched.y0 - box.y0
        inside = winding([(points - touched[:2]).tolist()], touched.width, touched.height) != 0
        canvas[y : y + touched.height, x : x + touched.width][inside] = add
        return Patch.of(canvas, box.x0, box.y0)

    def reshaped(
        self, before: Sequence[Point], after: Sequence[Point], tolerance: float, width: int, height: int
    ) -> Patch:
        """After a stretch of the outline was moved from the path `before` to the path `after`.

        Parameters
        ----------
        before, after
            Two paths with the same ends, in continuous image coordinates, in the direction in which
            `iog.masks.polygons` walks around the object.
        tolerance
            How far the mask's own edge may stray from `before`, in pixels. What strays goes along with the
            move; everywhere else the mask stays as it is, however coarse the paths are.
        width, height
            Of the image.
        """
        points = np.array([*before, *after], np.float64)
        low, high = points.min(axis=0) - tolerance - 2, points.max(axis=0) + tolerance + 2
        touched = Box(*np.floor(low).astype(int).tolist(), *np.ceil(high).astype(int).tolist())
        touched = touched.intersection(Box(0, 0, width, height))
        if touched.width <= 0 or touched.height <= 0:
            return self
        box = self.box.union(touched) if self.area else touched
        canvas = self.within(box)
        x, y = touched.x0 - box.x0, touched.y0 - box.y0
        window = canvas[y : y + touched.height, x : x + touched.width]
        old, new = (np.array(path, np.float64) - touched[:2] for path in (before, after))
        # The outline is a sum of windings, so a moved stretch adds those of the loop between both paths.
        change = winding([[*new.tolist(), *old[-2:0:-1].tolist()]], touched.width, touched.height)
        moved = change != 0
        if not moved.any():
            return self
        away = _distance(old, touched)
        strays = ~moved & (away < tolerance) & (away < _distance(new, touched))
        _, nearest = cv2.distanceTransformWithLabels(
            (~moved).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
        )
        signs = np.zeros(int(nearest.max()) + 1, np.int32)
        signs[nearest[moved]] = change[moved]
        take = moved | strays
        window[take] = signs[nearest[take]] > 0
        return Patch.of(canvas, box.x0, box.y0)

    def without(self, other: Patch) -> Patch:
        """Without the pixels of another patch."""
        shared = self.box.intersection(other.box)
        if shared.width <= 0 or shared.height <= 0:
            return self
        mask = self.mask & ~other.within(self.box)
        return Patch.of(mask, self.box.x0, self.box.y0)

    def within(self, box: Box) -> BoolArray:
        """(box.height, box.width) bool: the mask in another window."""
        window = np.zeros((box.height, box.width), bool)
        shared = self.box.intersection(box)
        if shared.width > 0 and shared.height > 0:
            window[shared.y0 - box.y0 : shared.y1 - box.y0, shared.x0 - box.x0 : shared.x1 - box.x0] = (
                self.mask[
                    shared.y0 - self.box.y0 : shared.y1 - self.box.y0,
                    shared.x0 - self.box.x0 : shared.x1 - self.box.x0,
                ]
            )
        return window

    def full(self, width: int, height: int) -> BoolArray:
        """(height, width) bool: the mask of the whole image."""
        return self.within(Box(0, 0, width, height))

    def rle(self, width: int, height: int) -> RLE:
        """Run lengths of the mask of the whole image, which is not made."""
        return encode_rle_within(self.mask, self.box.x0, self.box.y0, width, height)

    def to_json(self) -> dict[str, Any]:
        """A dict for `json.dump`; `from_json` reads it back."""
        return {"box": list(self.box), "rle": encode_rle(self.mask) if self.area else None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Patch:
        """The patch that `to_json` described; `DataError` if it is something else."""
        try:
            box = Box(*map(int, data["box"]))
            mask = decode_rle(data["rle"]) if data["rle"] else np.zeros((0, 0), bool)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"the project file holds a mask that cannot be read: {error}") from None
        if mask.shape != (box.height, box.width):
            raise DataError("the project file holds a mask whose size does not match its box")
        return cls(box, mask)


def _distance(path: npt.NDArray[np.float64], window: Box) -> npt.NDArray[np.float32]:
    """(height, width) float32: how far each pixel's centre is from the path, to some quarter of a pixel."""
    scale = 4
    fine = np.ones((window.height * scale, window.width * scale), np.uint8)
    points = np.rint(path * scale - 0.5).astype(np.int32)
    cv2.polylines(fine, [points.reshape(-1, 1, 2)], isClosed=False, color=0)
    distance = cv2.distanceTransform(fine, cv2.DIST_L2, 5) / scale
    return np.asarray(distance[scale // 2 :: scale, scale // 2 :: scale], np.float32)


def mask_runs(mask: BoolArray, longest: int) -> tuple[tuple[int, int], list[int]]:
    """A mask for the screen: (width, height), the longer at most `longest`, and its runs row by row.

    Runs alternate, background first, and cover every pixel; one may go on in the next row.
    """
    height, width = mask.shape
    scale = longest / max(height, width)
    if scale < 1:
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
        # The pixels in the middle: what most of them are would take ten times as long, of a click's 60 ms.
        shrunk = cv2.resize(mask.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        mask = np.asarray(shrunk, np.uint8).view(bool)
    flat = mask.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    runs: list[int] = np.diff(edges, prepend=0, append=flat.size).tolist()
    return (width, height), [0, *runs] if flat[0] else runs
