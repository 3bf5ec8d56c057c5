"""Box -> crop -> image, both ways: the one place that knows pixel conventions.

Convention
----------
Pixel (x, y) covers [x, x+1) x [y, y+1); its centre is (x+0.5, y+0.5). A crop is an integer window of the
image (it may leave the image) resized to the network's input. A continuous point maps linearly,

    x_crop = (x_image - window.x0) * crop_width / window.width,

so edges map to edges and nothing moves by half a pixel. This is the rule of `cv2.resize` and of
`torch.nn.functional.interpolate(align_corners=False)`; the published IOG differs (`iog.published`).
The window is rounded outward to whole pixels, which keeps the round trip exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from iog.averaging import average, suits
from iog.clicks import Box

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]

FILL = 127
"""Grey level of crop pixels outside the image: the zero of the network's normalised input."""

_BANDED = 1_000_000  # pixels of a window
_BAND = 32  # rows


@dataclass(frozen=True, slots=True)
class Crop:
    """A window of the image and the size at which the network sees it.

    Parameters
    ----------
    window
        Half-open box in image pixels; may leave the image.
    width, height
        Size of the crop in network pixels. The aspect of the window is not kept (as in IOG).
    """

    window: Box
    width: int
    height: int

    @classmethod
    def around(cls, box: Box, margin: float, size: int) -> Crop:
        """The square crop of `size` pixels that shows `box` and `margin` of its sides on each side.

        The margin is relative (0.15 adds 15 % of the width left and right), so that an object looks
        the same to the network in a small and in a large photo.
        """
        dx, dy = margin * box.width, margin * box.height
        window = Box(
            math.floor(box.x0 - dx), math.floor(box.y0 - dy), math.ceil(box.x1 + dx), math.ceil(box.y1 + dy)
        )
        return cls(window, size, size)

    @property
    def scale(self) -> tuple[float, float]:
        """Network pixels per image pixel, (x, y)."""
        return self.width / self.window.width, self.height / self.window.height

    def to_crop(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Continuous image coordinates (N, 2) -> continuous crop coordinates (N, 2)."""
        xy = np.asarray(points, np.float64).reshape(-1, 2)
        return (xy - self.window[:2]) * self.scale

    def extract(self, image: npt.NDArray[Any], fill: int = FILL) -> npt.NDArray[Any]:
        """The crop of an image, (H, W[, C]) -> (height, width[, C]), same dtype; `fill` outside the image."""
        height, width = image.shape[:2]
        seen = self.window.intersection(Box(0, 0, width, height))
        if seen.width <= 0 or seen.height <= 0:
            return np.full((self.height, self.width, *image.shape[2:]), fill, image.dtype)
        if suits(image, self.window, self.width, self.height):
            averaged = average(image, self.window, self.width, self.height, fill)
            if averaged is not None:
                return averaged
        part = image[seen.y0 : seen.y1, seen.x0 : seen.x1]
        if seen != self.window:
            part = cv2.copyMakeBorder(
                part,
                seen.y0 - self.window.y0,
                self.window.y1 - seen.y1,
                seen.x0 - self.window.x0,
                self.window.x1 - seen.x1,
                cv2.BORDER_CONSTANT,
                value=(fill,) * 4,
            )
        return resize(part, self.width, self.height)

    def paste(self, values: FloatArray, image_width: int, image_height: int) -> FloatArray:
        """Crop values (height', width') back at full image resolution, (H, W); 0 outside the window.

        `values` may be at any resolution (a network answers at its own); it covers the whole window.
        """
        full = np.zeros((image_height, image_width), np.float32)
        seen, part = self.visible(values, image_width, image_height)
        full[seen.y0 : seen.y1, seen.x0 : seen.x1] = part
        return full

    def visible(self, values: FloatArray, image_width: int, image_height: int) -> tuple[Box, FloatArray]:
        """The part of the window inside the image, and crop values there at image resolution.

        As `paste`, without the rest of the picture: what a large photo costs then depends on the object.
        The box is (0, 0, 0, 0) where the window misses the image.
        """
        seen = self.window.intersection(Box(0, 0, image_width, image_height))
        if seen.width <= 0 or seen.height <= 0:
            return Box(0, 0, 0, 0), np.zeros((0, 0), np.float32)
        x, y = seen.x0 - self.window.x0, seen.y0 - self.window.y0
        whole = resize(values, self.window.width, self.window.height)
        return seen, whole[y : y + seen.height, x : x + seen.width]

    def reaching(
        self, values: FloatArray, threshold: float, image_width: int, image_height: int
    ) -> tuple[Box, npt.NDArray[np.bool_]]:
        """Where `visible` reaches the threshold: the box, and (h, w) bool.

        Of a large window band by band: its values as a whole would take four bytes a pixel, and as much time
        to write them as to make them. Then a pixel whose value is within 1e-6 of the threshold may differ.
        """
        window = self.window
        if window.width * window.height < _BANDED or window.height < len(values):
            seen, part = self.visible(values, image_width, image_height)
            return seen, part >= threshold
        seen = window.intersection(Box(0, 0, image_width, image_height))
        if seen.width <= 0 or seen.height <= 0:
            return Box(0, 0, 0, 0), np.zeros((0, 0), np.bool_)
        x, y = seen.x0 - window.x0, seen.y0 - window.y0
        tall = resize(values, values.shape[1], window.height)[y : y + seen.height]
        mask = np.zeros((seen.height, seen.width), np.bool_)
        rows = np.flatnonzero((tall >= threshold).any(axis=1))
        for top in range(rows[0], rows[-1] + 1, _BAND) if rows.size else ():
            band = tall[top : min(top + _BAND, rows[-1] + 1)]
            wide = resize(band, window.width, len(band))[:, x : x + seen.width]
            np.greater_equal(wide, threshold, out=mask[top : top + len(band)])
        return seen, mask


def resize(array: npt.NDArray[Any], width: int, height: int) -> npt.NDArray[Any]:
    """Resize (H, W[, C]) without moving edges: area average where it shrinks, linear where it grows.

    Each axis is treated on its own, so that a long thin window is averaged along one axis only.
    """
    old_height, old_width = array.shape[:2]
    shrunk = (min(width, old_width), min(height, old_height))
    if shrunk != (old_width, old_height):
        array = cv2.resize(array, shrunk, interpolation=cv2.INTER_AREA)
    if shrunk != (width, height):
        array = cv2.resize(array, (width, height), interpolation=cv2.INTER_LINEAR)
    return array
