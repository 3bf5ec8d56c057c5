"""Click maps of clicks that are in the pixels of a crop already, as in training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from iog.clicks import Box, Clicks, Pixel, PointClicks
from iog.crop import Crop
from iog.guidance import click_maps, point_maps


def crop_maps(
    clicks: Clicks | PointClicks,
    size: int,
    previous: npt.NDArray[np.float32] | None = None,
    points: Sequence[Pixel] | None = None,
    guidance: str = "points",
) -> npt.NDArray[np.float32]:
    """Click maps of clicks that are already in the pixels of a crop of `size` a side.

    Those without a box are drawn as `guidance` says.
    """
    crop = Crop(Box(0, 0, size, size), size, size)
    if isinstance(clicks, PointClicks):
        return point_maps(guidance, clicks, crop, previous)
    return click_maps(clicks, crop, previous, points)
