"""Click maps of clicks that are in the pixels of a crop already, as in training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from iog.clicks import Box, Clicks, Pixel
from iog.crop import Crop
from iog.guidance import click_maps


def crop_maps(
    clicks: Clicks,
    size: int,
    previous: npt.NDArray[np.float32] | None = None,
    points: Sequence[Pixel] | None = None,
) -> npt.NDArray[np.float32]:
    """Click maps of clicks that are already in the pixels of a crop of `size` a side."""
    return click_maps(clicks, Crop(Box(0, 0, size, size), size, size), previous, points)
