"""Networks whose prompt is four extreme points: DEXTR, and IOG in the paper's ablation. Needs PyTorch.

The prompt costs four clicks. DEXTR's masks begin at a probability of 0.8, as published; IOG's at 0.5.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from iog.clicks import Box, Pixel
from iog.errors import ModelError
from iog.extras import require_torch
from iog.masks import BoolArray
from iog.published import DEXTR_SETTINGS, IOG_SETTINGS, crop_around, extreme_points_input, paste


def extreme_points(mask: BoolArray) -> tuple[Pixel, Pixel, Pixel, Pixel]:
    """The leftmost, topmost, rightmost and bottommost pixel of `mask`, (H, W) bool, not empty.

    Where a side touches the box with several pixels, the one in their middle.
    """
    rows, columns = np.nonzero(mask)

    def middle(chosen: npt.NDArray[np.bool_]) -> Pixel:
        points = sorted(zip(columns[chosen].tolist(), rows[chosen].tolist(), strict=True))
        return Pixel(*points[len(points) // 2])

    return (
        middle(columns == columns.min()),
        middle(rows == rows.min()),
        middle(columns == columns.max()),
        middle(rows == rows.max()),
    )


class ExtremePoints:
    """Masks from four extreme points.

    Parameters
    ----------
    path
        Checkpoint of a DEXTR, or of an IOG with `guidance="extreme-points"`.

    Raises
    ------
    ModelError
        If PyTorch is not installed, or the file is unreadable or of another network.
    """

    def __init__(self, path: Path) -> None:
        require_torch("a network with extreme points")
        from iog import networks
        from iog.networks.dextr import DEXTR
        from iog.networks.iog import IOG

        network = networks.load(path)
        if isinstance(network, DEXTR):
            self._settings, self._threshold = DEXTR_SETTINGS, 0.8
        elif isinstance(network, IOG) and network.config.guidance == "extreme-points":
            self._settings, self._threshold = IOG_SETTINGS, 0.5
        else:
            raise ModelError(f"{path} does not take extreme points; DEXTR and IOG's ablation do")
        self._network = network

    def mask(self, image: npt.NDArray[np.uint8], points: tuple[Pixel, Pixel, Pixel, Pixel]) -> BoolArray:
        """The object at these points of `image`, (H, W, 3) RGB -> (H, W) bool."""
        import torch

        (left, _), (_, top), (right, _), (_, bottom) = points
        crop = crop_around(Box(left, top, right + 1, bottom + 1), self._settings)
        array = extreme_points_input(image, points, crop, self._settings)
        with torch.inference_mode():
            features = self._network.encode(torch.from_numpy(array))
            probability = self._network.probability(features)[0].numpy()
        full = paste(probability, crop, image.shape[1], image.shape[0], self._settings)
        found: BoolArray = full >= self._threshold
        return found
