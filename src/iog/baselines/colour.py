"""What several methods make of colours: how alike neighbours are, and whose colours a pixel has."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iog.baselines.task import BACKGROUND, OBJECT, Task, require_both
from iog.crop import ByteArray, FloatArray

_BINS = 16  # a side of the colour histogram
_BLUR = 1.0  # in bins: so that few seeds speak for similar colours too
_PRIOR = 1e-4  # of any colour


def object_likelihood(task: Task) -> FloatArray:
    """p(colour | object) / (p(colour | object) + p(colour | background)) of each pixel, (h, w) in 0..1.

    Blurred RGB histograms of the seeds (Boykov & Jolly, ICCV 2001, section 3, who took grey values).

    Raises
    ------
    UnanswerableError
        If there are not seeds of both kinds.
    """
    from scipy.ndimage import gaussian_filter

    require_both(task)
    bins = (task.image // (256 // _BINS)).astype(np.intp)
    index = (bins[..., 0] * _BINS + bins[..., 1]) * _BINS + bins[..., 2]

    def density(label: int) -> npt.NDArray[np.float64]:
        counts = np.bincount(index[task.seeds == label], minlength=_BINS**3).astype(np.float64)
        smooth = gaussian_filter(counts.reshape(_BINS, _BINS, _BINS), _BLUR, mode="nearest").ravel()
        found: npt.NDArray[np.float64] = smooth / smooth.sum() + _PRIOR / _BINS**3
        return found

    of_object, of_background = density(OBJECT)[index], density(BACKGROUND)[index]
    return np.asarray(of_object / (of_object + of_background), np.float32)


def neighbour_weights(image: ByteArray, steps: tuple[tuple[int, int], ...]) -> list[FloatArray]:
    """exp(-b |difference|^2) / distance between each pixel and its neighbour, one array a step (dx, dy).

    b is one over twice the mean square difference (GrabCut, equation 5). Arrays are (h, w); where the
    neighbour lies outside, the weight is 0. Steps go right or down; dx may be negative.
    """
    values = image.astype(np.float32)
    height, width = image.shape[:2]
    squares = []
    for dx, dy in steps:
        here = values[: height - dy, max(0, -dx) : width - max(0, dx)]
        there = values[dy:, max(0, dx) : width - max(0, -dx)]
        squares.append(np.square(here - there).sum(-1))
    mean = float(np.mean(np.concatenate([s.ravel() for s in squares]))) if image.size else 0.0
    found = []
    for (dx, dy), square in zip(steps, squares, strict=True):
        weights = np.zeros((height, width), np.float32)
        weights[: height - dy, max(0, -dx) : width - max(0, dx)] = np.exp(
            -square / max(2 * mean, 1e-6)
        ) / np.hypot(dx, dy)
        found.append(weights)
    return found
