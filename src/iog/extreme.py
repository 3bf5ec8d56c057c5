"""Networks whose prompt is four extreme points: DEXTR, IOG in the paper's ablation, and `lite` trained so.

The prompt costs four clicks. DEXTR's masks begin at a probability of 0.8, as published; the others' at 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from iog import zoo
from iog.clicks import Clicks, ExtremeClicks, Pixel
from iog.crop import Crop, FloatArray
from iog.engines import Engine, ModelInfo
from iog.errors import ModelError
from iog.guidance import click_maps
from iog.images import ImageLike, read_image
from iog.masks import BoolArray, expected_iou
from iog.prompting import THRESHOLD, takes_extreme_points
from iog.published import crop_around, extreme_points_input, paste


@dataclass(frozen=True)
class ExtremePrediction:
    """A mask from four extreme points."""

    clicks: ExtremeClicks
    """The clicks that it answers."""
    probability: FloatArray
    """(H, W) float32 in 0..1: how likely each pixel is the object's; 0 outside the crop."""
    threshold: float
    """Probability from which a pixel belongs to the mask."""

    @property
    def image_size(self) -> tuple[int, int]:
        """(width, height) of the image."""
        height, width = self.probability.shape
        return width, height

    @cached_property
    def mask(self) -> BoolArray:
        """(H, W) bool: the object."""
        return np.asarray(self.probability >= self.threshold)

    @property
    def confidence(self) -> float:
        """`expected_iou`; not calibrated."""
        return expected_iou(self.probability, self.mask)


class ExtremePoints:
    """A network that outlines an object from four points on its edge (DEXTR, CVPR 2018).

    Parameters
    ----------
    model
        Path of a DEXTR, or of an IOG or a `lite` with `guidance="extreme-points"` (`.pth`, `.pt`,
        `NAME.encoder.onnx`); or an engine that runs one.
    engine, threads
        As for `iog.Segmenter`.

    Raises
    ------
    ModelError
        If the model cannot be loaded, or takes other clicks.
    """

    def __init__(
        self,
        model: str | Path | Engine,
        *,
        engine: zoo.EngineName | None = None,
        threads: int | None = None,
    ) -> None:
        if isinstance(model, str | Path):
            self._engine: Engine = zoo.open_model(model, engine=engine, threads=threads)
        else:
            self._engine = model
        name = self._engine.info.name
        if not takes_extreme_points(self._engine.info):
            raise ModelError(f"{name} does not take extreme points; DEXTR, dextr-lite and IOG's ablation do")

    def segment(self, image: ImageLike, clicks: ExtremeClicks) -> ExtremePrediction:
        """The object at these points of an image.

        Raises
        ------
        ClickError, ImageError
            If a point lies outside the image, or the image cannot be read.
        """
        pixels = read_image(image)
        height, width = pixels.shape[:2]
        clicks.check_inside_image(width, height)
        info = self._engine.info
        if isinstance(info, ModelInfo):
            probability = self._lite(pixels, clicks, Crop.around(clicks.box, info.margin, info.size))
            return ExtremePrediction(clicks, probability, THRESHOLD)
        crop = crop_around(clicks.box, info.settings)
        array = extreme_points_input(pixels, clicks.points, crop, info.settings)
        (answer,) = self._engine.decode(self._engine.encode(array), None)
        probability = paste(answer, crop, width, height, info.settings)
        return ExtremePrediction(clicks, probability, 0.8 if info.network == "dextr" else THRESHOLD)

    def _lite(self, image: npt.NDArray[np.uint8], clicks: ExtremeClicks, crop: Crop) -> FloatArray:
        box = clicks.box
        corners = Clicks((Pixel(box.x0, box.y0), Pixel(box.x1 - 1, box.y1 - 1)))
        maps = click_maps(corners, crop, extreme_points=clicks.points)[None]
        (answer,) = self._engine.decode(self._engine.encode(crop.extract(image)[None]), maps)
        return crop.paste(answer, image.shape[1], image.shape[0])
