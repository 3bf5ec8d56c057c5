"""A mask of one object, kept only where the object is.

Convention
----------
`box` is half-open in image pixels and lies within the image; `mask` is (box.height, box.width) bool.
Outside the box the mask is False. A photo of any size costs what its object costs.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image

from iog.clicks import Box
from iog.errors import DataError
from iog.masks import BoolArray, decode_rle, encode_rle, fill_holes, keep_largest, mask_box


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
        cut = mask[box.y0 : box.y1, box.x0 : box.x1]
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


def mask_png(mask: BoolArray, longest: int) -> bytes:
    """A 1-bit PNG, background transparent, its longer side at most `longest` pixels."""
    height, width = mask.shape
    scale = longest / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        mask = cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) >= 128
    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG", transparency=0, compress_level=1)
    return buffer.getvalue()
