"""Networks whose prompt is four extreme points: DEXTR, IOG in the paper's ablation, and `lite` trained so.

The prompt costs four clicks. DEXTR's masks begin at a probability of 0.8, as published; the others' at 0.5.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iog.clicks import Box, Clicks, Pixel
from iog.crop import Crop
from iog.engines import Engine, ModelInfo
from iog.errors import ModelError
from iog.guidance import click_maps
from iog.masks import BoolArray
from iog.prompting import THRESHOLD, takes_extreme_points
from iog.published import crop_around, extreme_points_input, paste
from iog.robot import ExtremePixels, widened


class ExtremePoints:
    """A network that outlines an object from four points on its edge.

    Parameters
    ----------
    engine
        Runs a DEXTR, or an IOG or a `lite` with `guidance="extreme-points"`.

    Raises
    ------
    ModelError
        If it runs another network.
    """

    def __init__(self, engine: Engine) -> None:
        if not takes_extreme_points(engine.info):
            raise ModelError(
                f"{engine.info.name} does not take extreme points; DEXTR, dextr-lite and IOG's ablation do"
            )
        self._engine = engine

    def mask(self, image: npt.NDArray[np.uint8], points: ExtremePixels) -> BoolArray:
        """The object at these points of `image`, (H, W, 3) RGB -> (H, W) bool."""
        info, height, width = self._engine.info, *image.shape[:2]
        if isinstance(info, ModelInfo):
            box = widened(box_of(points))
            crop = Crop.around(box, info.margin, info.size)
            clicks = Clicks((Pixel(box.x0, box.y0), Pixel(box.x1 - 1, box.y1 - 1)))
            maps = click_maps(clicks, crop, extreme_points=points)[None]
            (probability,) = self._engine.decode(self._engine.encode(crop.extract(image)[None]), maps)
            return np.asarray(crop.paste(probability, width, height) >= THRESHOLD)
        crop = crop_around(box_of(points), info.settings)
        array = extreme_points_input(image, points, crop, info.settings)
        (probability,) = self._engine.decode(self._engine.encode(array), None)
        full = paste(probability, crop, width, height, info.settings)
        return np.asarray(full >= (0.8 if info.network == "dextr" else THRESHOLD))


def box_of(points: ExtremePixels) -> Box:
    """The half-open box that the points span."""
    columns, rows = [x for x, _ in points], [y for _, y in points]
    return Box(min(columns), min(rows), max(columns) + 1, max(rows) + 1)
