"""IOG and DEXTR as published: heatmaps enter the encoder beside the photo."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from iog import published
from iog.clicks import AnyClicks, Box, Clicks, ExtremeClicks
from iog.crop import Crop, FloatArray
from iog.prompting.base import THRESHOLD, crop_with_corrections
from iog.published import PublishedSettings


@dataclass(frozen=True, slots=True)
class PublishedPrompting:
    """IOG as published, with or without the refinement branch.

    Parameters
    ----------
    settings
        Its constants.
    refinement
        Whether it has the click branch, and so takes corrections.
    """

    settings: PublishedSettings = published.IOG_SETTINGS
    refinement: bool = False
    threshold: float = THRESHOLD
    """See `Prompting.threshold`."""

    takes: ClassVar[type[AnyClicks]] = Clicks

    @property
    def takes_corrections(self) -> bool:
        """The refinement alone."""
        return self.refinement

    @property
    def view(self) -> str:
        size, margin, context = self.settings.size, self.settings.margin, self.settings.context
        around = f"{context:.0%}" if context else f"{margin} pixels"
        return f"{size} x {size} pixels, box and {around} around it"

    def crop(self, clicks: Clicks) -> Crop:
        return crop_with_corrections(clicks, lambda box: published.crop_around(box, self.settings))

    def features_key(self, clicks: Clicks, crop: Crop) -> Hashable:
        """Crop, box and inside click: the encoder sees heatmaps of both."""
        return crop, clicks.box, clicks.inside

    def cut(self, image: npt.NDArray[np.uint8], crop: Crop) -> npt.NDArray[Any]:
        """(S, S, 3) float32 in 0..255."""
        return published.cut(image, crop, self.settings)

    def encoder_input(
        self, pixels: npt.NDArray[Any], clicks: Clicks, crop: Crop, guided: bool = True
    ) -> npt.NDArray[Any]:
        """Photo and heatmaps, (5, S, S) float32 in 0..255; the inside map is empty without inside click."""
        maps = published.initial_maps(clicks, crop, self.settings)
        return np.asarray(published.stacked(pixels, maps if guided else np.zeros_like(maps))[0])

    def stages(self, clicks: Clicks) -> list[Clicks]:
        """One, with all clicks: no answer depends on the one before."""
        return [clicks]

    def decoder_input(
        self,
        clicks: Sequence[Clicks],
        crops: Sequence[Crop],
        previous: Sequence[FloatArray | None],
        guided: bool = True,
    ) -> FloatArray | None:
        """The refinement: inside and outside maps with all corrections, (B, 2, S, S) float32 in 0..255."""
        if not self.refinement:
            return None
        if not guided:
            return np.zeros((len(crops), 2, self.settings.size, self.settings.size), np.float32)
        maps = [published.click_maps(*one, self.settings) for one in zip(clicks, crops, strict=True)]
        return np.stack(maps)

    def settle(
        self, probability: FloatArray, clicks: Clicks, crop: Crop, previous: FloatArray | None
    ) -> None:
        """Nothing: the answer stays as published."""

    def visible(self, probability: FloatArray, crop: Crop, width: int, height: int) -> tuple[Box, FloatArray]:
        full = published.paste(probability, crop, width, height, self.settings)
        box = crop.window.intersection(Box(0, 0, width, height))
        return box, full[box.y0 : box.y1, box.x0 : box.x1]

    def reaching(
        self, probability: FloatArray, crop: Crop, width: int, height: int
    ) -> tuple[Box, npt.NDArray[np.bool_]]:
        box, visible = self.visible(probability, crop, width, height)
        return box, visible >= self.threshold


@dataclass(frozen=True, slots=True)
class PublishedExtremePrompting(PublishedPrompting):
    """DEXTR as published, and IOG in the extreme-point ablation."""

    takes: ClassVar[type[AnyClicks]] = ExtremeClicks

    def features_key(self, clicks: Any, crop: Crop) -> Hashable:
        """Crop and points: the encoder sees their heatmap."""
        return crop, clicks.points

    def encoder_input(
        self, pixels: npt.NDArray[Any], clicks: Any, crop: Crop, guided: bool = True
    ) -> npt.NDArray[Any]:
        """Photo and heatmap, (4, S, S) float32 in 0..255."""
        points = published.to_crop_pixels(clicks.points if guided else [], crop)
        return np.asarray(published.stacked(pixels, published.heatmap(points, crop, self.settings)[None])[0])


DEXTR_THRESHOLD = 0.8
"""Probability from which DEXTR's authors take a pixel for the object."""
