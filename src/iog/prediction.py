"""A mask and how it was made."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from iog.calibration import Calibration
from iog.clicks import AnyClicks, Box, ExtremeClicks, PointClicks
from iog.crop import Crop, FloatArray
from iog.masks import expected_iou
from iog.patch import Patch
from iog.prompting import Prompting


@dataclass(frozen=True)
class Prediction:
    """A mask and how it was made.

    Arrays at image resolution are made when first asked for and then kept.
    """

    clicks: AnyClicks
    """The clicks that it answers."""
    crop: Crop
    """The window of the image that the network saw."""
    crop_probability: FloatArray
    """The network's answer, (S, S) float32 in 0..1, at crop resolution."""
    image_size: tuple[int, int]
    """(width, height) of the image."""
    model: str
    """Name of the model."""
    prompting: Prompting = field(repr=False)
    """How the model's answer becomes a mask."""
    calibration: Calibration | None = field(default=None, repr=False)
    """What the model's estimates are worth."""
    method: str | None = None
    """The method of `iog.auto` that made the clicks; None if a person did."""

    @cached_property
    def probability(self) -> FloatArray:
        """(H, W) float32 in 0..1: how likely each pixel is the object's; 0 outside the crop.

        A clicked pixel always gets the side of the threshold that its click says.
        """
        box, visible = self.visible
        probability = np.zeros(self.image_size[::-1], np.float32)
        probability[box.y0 : box.y1, box.x0 : box.x1] = visible
        return probability

    @cached_property
    def visible(self) -> tuple[Box, FloatArray]:
        """The part of `probability` inside the crop: its box in the image, and (h, w) float32 of that box."""
        box, found = self.prompting.visible(self.crop_probability, self.crop, *self.image_size)
        # Only where nothing was resized is it still the network's own answer, which must stay as it is.
        probability = found.copy() if np.may_share_memory(found, self.crop_probability) else found
        threshold = self.prompting.threshold
        below = np.nextafter(np.float32(threshold), np.float32(0))
        for x, y, foreground in self.clicks.labelled:
            value = probability[y - box.y0, x - box.x0]
            probability[y - box.y0, x - box.x0] = max(value, threshold) if foreground else min(value, below)
        return box, probability

    @cached_property
    def mask(self) -> npt.NDArray[np.bool_]:
        """(H, W) bool: the object."""
        # Not from `probability`: of a large photo that would fill and compare many times the object's pixels.
        return self.patch.full(*self.image_size)

    @cached_property
    def patch(self) -> Patch:
        """The object where it is: its tight box, and (h, w) bool of that box."""
        box, mask = self.prompting.reaching(self.crop_probability, self.crop, *self.image_size)
        for x, y, foreground in self.clicks.labelled:
            mask[y - box.y0, x - box.x0] = foreground
        return Patch.of(mask, box.x0, box.y0)

    @property
    def prompt(self) -> str:
        """The kind of prompt: `method`, else "extreme points", "points", "box", "inside" or "corrections"."""
        if self.method is not None:
            return self.method
        if isinstance(self.clicks, ExtremeClicks):
            return "extreme points"
        if isinstance(self.clicks, PointClicks):
            return "points"
        if self.clicks.corrections:
            return "corrections"
        return "box" if self.clicks.inside is None else "inside"

    @property
    def confidence(self) -> float:
        """Expected IoU of the mask, 0..1; 0 for an empty mask.

        Where the model is calibrated, the IoU that masks with this `estimate` had on validation photos
        (`iog.calibration`), else the estimate.
        """
        if self.calibration is None or self.estimate == 0:
            return self.estimate
        return self.calibration.confidence(self.prompt, self.estimate)

    @cached_property
    def estimate(self) -> float:
        """`expected_iou` at crop resolution."""
        return expected_iou(self.crop_probability, self.crop_probability >= self.prompting.threshold)
