"""Networks whose prompt is four extreme points: DEXTR, IOG in the paper's ablation, and `lite` trained so.

Needs PyTorch.

The prompt costs four clicks. DEXTR's masks begin at a probability of 0.8, as published; the others' at 0.5.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from iog.clicks import Box, Clicks, Pixel
from iog.crop import Crop
from iog.engines import ModelInfo
from iog.errors import ModelError
from iog.extras import require_torch
from iog.guidance import click_maps
from iog.masks import BoolArray
from iog.prompting import THRESHOLD
from iog.published import (
    DEXTR_SETTINGS,
    IOG_SETTINGS,
    PublishedSettings,
    crop_around,
    extreme_points_input,
    paste,
)
from iog.robot import ExtremePixels, widened

if TYPE_CHECKING:
    from iog.engines.torch import TorchEngine
    from iog.networks.dextr import DEXTR
    from iog.networks.iog import IOG


class ExtremePoints:
    """Masks from four extreme points.

    Parameters
    ----------
    path
        Checkpoint of a DEXTR, or of an IOG or a `lite` with `guidance="extreme-points"`.

    Raises
    ------
    ModelError
        If PyTorch is not installed, or the file is unreadable or of another network.
    """

    def __init__(self, path: Path) -> None:
        require_torch("a network with extreme points")
        from iog.engines.torch import TorchEngine
        from iog.networks.checkpoints import load_with_record
        from iog.networks.describe import info_of
        from iog.networks.dextr import DEXTR
        from iog.networks.iog import IOG
        from iog.networks.lite import Lite

        network, record = load_with_record(path)
        self._masks: Callable[[npt.NDArray[np.uint8], ExtremePixels], BoolArray]
        if isinstance(network, Lite) and network.config.guidance == "extreme-points":
            info = info_of(network, record, path)
            assert isinstance(info, ModelInfo)
            self._masks = partial(_lite_mask, TorchEngine(network, info))
        elif isinstance(network, DEXTR):
            self._masks = partial(_published_mask, network, DEXTR_SETTINGS, 0.8)
        elif isinstance(network, IOG) and network.config.guidance == "extreme-points":
            self._masks = partial(_published_mask, network, IOG_SETTINGS, THRESHOLD)
        else:
            raise ModelError(f"{path} does not take extreme points; DEXTR and IOG's ablation do")

    def mask(self, image: npt.NDArray[np.uint8], points: ExtremePixels) -> BoolArray:
        """The object at these points of `image`, (H, W, 3) RGB -> (H, W) bool."""
        return self._masks(image, points)


def box_of(points: ExtremePixels) -> Box:
    """The half-open box that the points span."""
    columns, rows = [x for x, _ in points], [y for _, y in points]
    return Box(min(columns), min(rows), max(columns) + 1, max(rows) + 1)


def _published_mask(
    network: DEXTR | IOG,
    settings: PublishedSettings,
    threshold: float,
    image: npt.NDArray[np.uint8],
    points: ExtremePixels,
) -> BoolArray:
    import torch

    crop = crop_around(box_of(points), settings)
    array = extreme_points_input(image, points, crop, settings)
    with torch.inference_mode():
        features = network.encode(torch.from_numpy(array))
        probability = network.probability(features)[0].numpy()
    found: BoolArray = paste(probability, crop, image.shape[1], image.shape[0], settings) >= threshold
    return found


def _lite_mask(engine: TorchEngine, image: npt.NDArray[np.uint8], points: ExtremePixels) -> BoolArray:
    box = widened(box_of(points))
    crop = Crop.around(box, engine.info.margin, engine.info.size)
    clicks = Clicks((Pixel(box.x0, box.y0), Pixel(box.x1 - 1, box.y1 - 1)))
    features = engine.encode(crop.extract(image)[None])
    (probability,) = engine.decode(features, click_maps(clicks, crop, extreme_points=points)[None])
    found: BoolArray = crop.paste(probability, image.shape[1], image.shape[0]) >= THRESHOLD
    return found
