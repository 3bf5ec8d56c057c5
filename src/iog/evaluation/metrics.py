"""Figures of one mask against the truth, and of many objects together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]


def iou(prediction: BoolArray, mask: BoolArray, void: BoolArray | None = None) -> float:
    """Intersection over union without void pixels, all (H, W) bool; 1 when both are empty (DEXTR, IOG)."""
    if void is not None:
        prediction, mask = prediction & ~void, mask & ~void
    union = np.count_nonzero(prediction | mask)
    return np.count_nonzero(prediction & mask) / union if union else 1.0


def clicks_to_reach(ious: Sequence[float], target: float, first: int) -> int | None:
    """Number of Clicks: with which click the IoU first reaches `target`; None if it never does.

    `ious[i]` is the IoU after `first` + i clicks.
    """
    return next((first + i for i, value in enumerate(ious) if value >= target), None)


def mean_interval(values: Sequence[float], *, samples: int = 1000, seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap confidence interval of the mean."""
    array = np.asarray(values, np.float64)
    picks = np.random.default_rng(seed).integers(0, len(array), (samples, len(array)))
    low, high = np.percentile(array[picks].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
