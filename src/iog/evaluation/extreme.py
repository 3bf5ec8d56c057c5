"""Networks whose prompt is four extreme points: DEXTR, and IOG in the paper's ablation.

The prompt costs four clicks. DEXTR's masks begin at a probability of 0.8, as published; IOG's at 0.5.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iog.clicks import Box, Pixel
from iog.engines import Engine, ModelInfo
from iog.errors import ModelError
from iog.masks import BoolArray
from iog.prompting import takes_extreme_points
from iog.published import crop_around, extreme_points_input, paste


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
    engine
        Runs a DEXTR, or an IOG with `guidance="extreme-points"`.

    Raises
    ------
    ModelError
        If it runs another network.
    """

    def __init__(self, engine: Engine) -> None:
        info = engine.info
        if isinstance(info, ModelInfo) or not takes_extreme_points(info):
            raise ModelError(f"{info.name} does not take extreme points; DEXTR and IOG's ablation do")
        self._engine, self._settings = engine, info.settings
        self._threshold = 0.8 if info.network == "dextr" else 0.5

    def mask(self, image: npt.NDArray[np.uint8], points: tuple[Pixel, Pixel, Pixel, Pixel]) -> BoolArray:
        """The object at these points of `image`, (H, W, 3) RGB -> (H, W) bool."""
        (left, _), (_, top), (right, _), (_, bottom) = points
        crop = crop_around(Box(left, top, right + 1, bottom + 1), self._settings)
        array = extreme_points_input(image, points, crop, self._settings)
        probability = self._engine.decode(self._engine.encode(array), None)[0]
        full = paste(probability, crop, image.shape[1], image.shape[0], self._settings)
        found: BoolArray = full >= self._threshold
        return found
