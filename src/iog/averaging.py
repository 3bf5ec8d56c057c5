"""Area averages of large windows, in a fraction of `cv2.resize`'s time and with its values, bit for bit.

A table of the sums above and left of each pixel gives the sum over any rectangle from its four corners, and
over one with fractional edges from what lies between neighbours. So a window costs an addition a pixel and
its border nothing. The sums are exact, those of OpenCV are 32-bit floats: where the two might
round to different grey levels, a few values in a thousand, OpenCV's sum is made in its order.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from iog.clicks import Box

ByteArray = npt.NDArray[np.uint8]
Doubles = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

SMALLEST = 1_500_000
"""Pixels of a window from which this is the faster way."""

_LARGEST_SIDE = 900
"""OpenCV leaves out shares under a thousandth of a pixel: none, up to so many output pixels a side."""

_MOST_DOUBTFUL = 5000
"""Values that are summed one by one at most; made-up patterns have more."""

_TABLE = 400_000
"""Pixels of a table that is in the processor's cache."""


def suits(image: npt.NDArray[Any], window: Box, width: int, height: int) -> bool:
    """Whether `average` can cut this window to width x height, and pays."""
    return (
        image.dtype == np.uint8
        and image.ndim == 3
        and window.width * window.height >= SMALLEST
        and width <= min(window.width, _LARGEST_SIDE)
        and height <= min(window.height, _LARGEST_SIDE)
    )


def average(image: ByteArray, window: Box, width: int, height: int, fill: int) -> ByteArray | None:
    """The window at width x height pixels, each the mean of what it covers.

    Parameters
    ----------
    image
        (H, W, C) uint8.
    window
        May leave the image, but not miss it; `suits` says which.
    width, height
        Size of the answer.
    fill
        Value of what lies beyond the image.

    Returns
    -------
    (height, width, C) uint8, or None for a picture of which too many values lie between two grey levels.
    """
    x = _Axis.of(window.x0, window.width, width, image.shape[1])
    y = _Axis.of(window.y0, window.height, height, image.shape[0])
    seen = image[:, x.first : x.last]
    cell = (x.side / width) * (y.side / height)
    answer = np.empty((height, width, image.shape[2]), np.uint8)
    rows_at_once = int(min(max(_TABLE / (y.step * seen.shape[1]), 1), 32))
    # Of 32-bit sums: half a unit in the last place of 255 for each product and each addition.
    doubt = 2.0**-16 * (x.step + y.step + 6)

    def band(top: int) -> tuple[Places, ...]:
        borders = y.borders[top : top + rows_at_once + 1]
        outside = cell - np.diff(borders)[:, None, None] * np.diff(x.borders)[:, None]
        means = (_sums(seen, x.borders - x.first, borders) + fill * outside) / cell
        grey = np.rint(means)
        answer[top : top + len(grey)] = grey
        rows, columns, channels = np.nonzero(np.abs(means - grey) > 0.5 - doubt)
        return rows + top, columns, channels

    bands = list(_pool().map(band, range(0, height, rows_at_once)))
    rows, columns, channels = (np.concatenate(part) for part in zip(*bands, strict=True))
    if len(rows) > _MOST_DOUBTFUL:
        return None
    if len(rows):
        answer[rows, columns, channels] = _summed(image, x, y, rows, columns, channels, fill)
    return answer


@dataclass(frozen=True, slots=True)
class _Axis:
    """How one axis of a window is cut into output pixels."""

    start: int
    """Where the window begins in the image."""
    side: int
    """Pixels of the window."""
    count: int
    """Output pixels."""
    first: int
    """The first pixel of the image in the window."""
    last: int
    """The one after the last."""
    borders: Doubles
    """Where output pixels begin and end in the image, (count + 1,); within it."""

    @classmethod
    def of(cls, start: int, side: int, count: int, length: int) -> _Axis:
        borders = np.clip(start + np.arange(count + 1) * side / count, 0, length)
        return cls(start, side, count, max(start, 0), min(start + side, length), borders)

    @property
    def step(self) -> float:
        """Pixels under an output pixel, as OpenCV computes it."""
        return 1 / (self.count / self.side)

    @property
    def whole(self) -> bool:
        """Whether OpenCV takes that for a whole number."""
        return bool(abs(self.step - round(self.step)) < np.finfo(np.float64).eps)

    def taps(self, numbers: Places) -> tuple[Places, npt.NDArray[np.float32]]:
        """The window's pixels under some output pixels and OpenCV's weights, both (N, most pixels)."""
        left = (numbers * self.step)[:, None]
        right = left + self.step
        cell = np.minimum(self.step, self.side - left)
        end = np.minimum(np.floor(right), self.side - 1)
        begin = np.minimum(np.ceil(left), end)
        places = np.floor(left).astype(np.intp) + np.arange(int(self.step) + 3)
        before, after = begin - left, right - end
        weights = np.where((places >= begin) & (places < end), 1 / cell, 0)
        weights = np.where((places == begin - 1) & (before > 1e-3), before / cell, weights)
        rest = np.minimum(np.minimum(after, 1), cell) / cell
        weights = np.where((places == end) & (after > 1e-3), rest, weights)
        return places, weights.astype(np.float32)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="iog-crop")


if hasattr(os, "register_at_fork"):  # a forked process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _sums(pixels: ByteArray, x: Doubles, y: Doubles) -> Doubles:
    """Sums over the rectangles between borders, (len(y) - 1, len(x) - 1, C)."""
    if y[0] == y[-1]:  # beyond the image
        return np.zeros((len(y) - 1, len(x) - 1, pixels.shape[2]))
    top, bottom = int(y[0]), min(int(y[-1]) + 1, pixels.shape[0])
    width, channels = pixels.shape[1] + 1, pixels.shape[2]
    column, row = np.minimum(x.astype(np.intp), width - 2), np.minimum(y.astype(np.intp), bottom - 1)
    across, down = (x - column)[:, None], (y - row)[:, None, None]
    corner = np.asarray(cv2.integral(pixels[top:bottom])).reshape(-1, channels)
    place = (row - top)[:, None] * width + column
    first, second, third, fourth = (corner.take(place + by, axis=0) for by in (0, 1, width, width + 1))
    left, right = first + (third - first) * down, second + (fourth - second) * down
    whole = left + (right - left) * across
    strips = whole[1:] - whole[:-1]
    return np.asarray(strips[:, 1:] - strips[:, :-1], np.float64)


def _summed(
    image: ByteArray, x: _Axis, y: _Axis, rows: Places, columns: Places, channels: Places, fill: int
) -> ByteArray:
    """Single values (N,) as OpenCV sums them."""
    (across, wide), (down, high) = x.taps(columns), y.taps(rows)
    pixels = _gathered(image, down + y.start, across + x.start, channels, fill)
    if x.whole and y.whole:  # of integers
        steps = round(x.step), round(y.step)
        total = pixels[:, : steps[1], : steps[0]].sum(axis=(1, 2))
        if steps == (2, 2):
            return np.asarray(np.floor((total + 2) / 4), np.uint8)
        return np.asarray(np.rint(total * np.float32(1 / (steps[0] * steps[1]))), np.uint8)
    lines = np.zeros(down.shape, np.float32)
    for place in range(across.shape[1]):
        lines += pixels[:, :, place] * wide[:, place, None]
    total = np.zeros(len(rows), np.float32)
    for place in range(down.shape[1]):
        total += lines[:, place] * high[:, place]
    return np.asarray(np.rint(total), np.uint8)


def _gathered(
    image: ByteArray, rows: Places, columns: Places, channels: Places, fill: int
) -> npt.NDArray[np.float32]:
    """Pixels (N, R, C) of the image's rows (N, R) and columns (N, C), in one channel each (N,)."""
    height, width = image.shape[:2]
    row, column = np.clip(rows, 0, height - 1)[:, :, None], np.clip(columns, 0, width - 1)[:, None]
    inside = (rows == row[:, :, 0])[:, :, None] & (columns == column[:, 0])[:, None]
    pixels = image[row, column, channels[:, None, None]]
    return np.where(inside, pixels, fill).astype(np.float32)
