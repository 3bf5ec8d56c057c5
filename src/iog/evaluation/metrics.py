"""Figures of one mask against the ground truth, and of many objects together."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]

BOUNDARY_RATIO = 0.02
"""Width of the boundary region of `boundary_iou`, as a share of the image's diagonal (Cheng et al. 2021)."""


def iou(prediction: BoolArray, mask: BoolArray, void: BoolArray | None = None) -> float:
    """Intersection over union without void pixels, all (H, W) bool; 1 when both are empty (DEXTR, IOG)."""
    if void is not None:
        prediction, mask = prediction & ~void, mask & ~void
    union = np.count_nonzero(prediction | mask)
    return float(np.count_nonzero(prediction & mask) / union) if union else 1.0


def boundary_iou(
    prediction: BoolArray, mask: BoolArray, void: BoolArray | None = None, *, ratio: float = BOUNDARY_RATIO
) -> float:
    """IoU of the two masks' boundary regions (Cheng et al., CVPR 2021), 0..1; 1 when both are empty.

    A mask's boundary region are its pixels at most d pixels (counted along rows, columns and diagonals) from
    the outside; the image border counts as outside, as in the authors' code. d is `ratio` times the diagonal
    of the image, rounded, at least 1.

    Parameters
    ----------
    prediction, mask
        What was predicted and what is true, (H, W) bool.
    void
        (H, W) bool: unknown. The paper has none; here the truth agrees with the prediction in void, so that
        a void band draws no edge of its own, and void pixels are not counted.
    ratio
        See above.
    """
    if void is not None:
        mask = np.where(void, prediction, mask)
    width = max(1, round(ratio * math.hypot(*mask.shape)))
    return iou(boundary_region(prediction, width), boundary_region(mask, width), void)


def boundary_region(mask: BoolArray, width: int) -> BoolArray:
    """Pixels of `mask`, (H, W) bool, that an erosion by `width` pixels in all eight directions removes."""
    padded = np.pad(mask.astype(np.uint8), 1)
    eroded = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=width)[1:-1, 1:-1]
    region: BoolArray = mask & (np.asarray(eroded) == 0)
    return region


def clicks_to_reach(ious: Sequence[float], target: float, first: int) -> int | None:
    """Number of Clicks: with which click the IoU first reaches `target`; None if it never does.

    `ious[i]` is the IoU after `first` + i clicks.
    """
    return next((first + i for i, value in enumerate(ious) if value >= target), None)


def mean_interval(
    values: Sequence[float],
    photos: Sequence[Hashable] | None = None,
    *,
    samples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % bootstrap confidence interval of the mean.

    Parameters
    ----------
    values
        One an object.
    photos
        Of which photo each object is. Objects of one photo are alike, so whole photos are drawn; None draws
        each value on its own.
    samples, seed
        How often is drawn, and from where on.
    """
    array = np.asarray(values, np.float64)
    order: dict[Hashable, int] = {}
    codes = [
        order.setdefault(photo, len(order)) for photo in (range(len(array)) if photos is None else photos)
    ]
    sums, counts = np.bincount(codes, array), np.bincount(codes)
    random = np.random.default_rng(seed)
    draws = (random.integers(0, len(sums), len(sums)) for _ in range(samples))
    means = [sums[drawn].sum() / counts[drawn].sum() for drawn in draws]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
