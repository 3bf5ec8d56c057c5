"""Masks for the screen alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from iog.clicks import Box
from iog.crop import resize
from iog.masks import BoolArray
from iog.prediction import Prediction
from iog.prompting import THRESHOLD

PREVIEW_SIDE = 480
"""A preview has at most so many pixels a side: it is gone with the next movement of the hand."""

SCREEN_SIDE = 768
"""Pixels a side of a mask that answers a click, so that large objects are answered as fast as small ones. The
page asks for all pixels when a person zooms in."""

OnMask = Callable[[Box, BoolArray], None]
"""Takes a mask for the screen, and the part of the image that it covers."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A mask for the screen alone, over `window` (image pixels; may leave the image)."""

    window: Box
    mask: BoolArray
    confidence: float

    @classmethod
    def of(cls, prediction: Prediction, side: int) -> Preview:
        """What the model answered, at most `side` pixels a side."""
        window = prediction.crop.window
        scale = min(1, side / max(window.width, window.height))
        size = max(1, round(window.width * scale)), max(1, round(window.height * scale))
        mask = resize(prediction.crop_probability, *size) >= THRESHOLD
        return cls(window, mask, prediction.confidence)
