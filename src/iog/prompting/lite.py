"""Models whose encoder sees the photo alone; clicks enter the decoder."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from iog.clicks import AnyClicks, Box, Clicks, ExtremeClicks, Pixel, PointClicks, Stroke
from iog.crop import Crop, FloatArray
from iog.guidance import (
    CHANNELS,
    EXTREME_CHANNELS,
    GUIDANCE,
    click_maps,
    dotted,
    gaussian_line,
    gaussians,
    point_maps,
)
from iog.prompting.base import THRESHOLD, agrees, centre, contradicted, crop_with_corrections


@dataclass(frozen=True, slots=True)
class LitePrompting:
    """`lite` and its kin.

    Parameters
    ----------
    size, margin
        See `iog.description.ModelInfo`.
    lines
        Whether it was trained with strokes, which it then sees as lines; else as clicks spaced along them.
    """

    size: int
    margin: float
    lines: bool = False

    takes: ClassVar[type[AnyClicks]] = Clicks
    threshold: ClassVar[float] = THRESHOLD

    @property
    def takes_corrections(self) -> bool:
        return True

    @property
    def view(self) -> str:
        return f"{self.size} x {self.size} pixels, box and {self.margin:.0%} around it"

    def crop(self, clicks: Clicks) -> Crop:
        return crop_with_corrections(clicks, lambda box: Crop.around(box, self.margin, self.size))

    def features_key(self, clicks: Clicks, crop: Crop) -> Hashable:
        return crop

    def cut(self, image: npt.NDArray[np.uint8], crop: Crop) -> npt.NDArray[Any]:
        """(S, S, 3) uint8."""
        return crop.extract(image)

    def encoder_input(
        self, pixels: npt.NDArray[Any], clicks: Clicks, crop: Crop, guided: bool = True
    ) -> npt.NDArray[Any]:
        """The pixels as they are."""
        return pixels

    def stages(self, clicks: Clicks) -> list[Clicks]:
        """One for the first three clicks, then one a correction."""
        made = clicks.corrections
        return [replace(clicks, corrections=made[:count]) for count in range(len(made) + 1)]

    def decoder_input(
        self,
        clicks: Sequence[Clicks],
        crops: Sequence[Crop],
        previous: Sequence[FloatArray | None],
        guided: bool = True,
    ) -> FloatArray:
        """(B, 5, S, S) float32 in 0..1, channels as `iog.guidance.CHANNELS`."""
        shape = len(crops), len(CHANNELS), self.size, self.size
        if not guided:
            return np.zeros(shape, np.float32)
        maps = np.empty(shape, np.float32)
        for c, crop, before, own in zip(clicks, crops, previous, maps, strict=True):
            click_maps(c if self.lines else dotted(c, crop), crop, before, out=own)
        return maps

    def settle(
        self, probability: FloatArray, clicks: Clicks, crop: Crop, previous: FloatArray | None
    ) -> None:
        """Hold the answer to what was clicked.

        A correction that says what the mask already says changes nothing: it tells nothing new, and the
        network would look for an error where none is. Where the answer contradicts a click at its very
        pixel, or a stroke at some of its pixels, a small dot is put there; the latest click has the last
        word.
        """
        if previous is not None and agrees(previous, clicks.labelled[-1], crop):
            probability[:] = previous
        for click in clicks.labelled:
            if not agrees(probability, click, crop):
                # Wide enough to win the pixel where the crop is finer than the photo.
                fwhm = max(6, 2 * max(crop.scale))
                if isinstance(click, Stroke):
                    dot = gaussian_line(contradicted(probability, click, crop), fwhm)
                else:
                    dot = gaussians(centre(click, crop), crop.width, crop.height, fwhm)
                held = np.maximum(probability, dot) if click.foreground else np.minimum(probability, 1 - dot)
                np.copyto(probability, held)

    def visible(self, probability: FloatArray, crop: Crop, width: int, height: int) -> tuple[Box, FloatArray]:
        """Area average where it shrinks, linear where it grows."""
        return crop.visible(probability, width, height)

    def reaching(
        self, probability: FloatArray, crop: Crop, width: int, height: int
    ) -> tuple[Box, npt.NDArray[np.bool_]]:
        return crop.reaching(probability, self.threshold, width, height)


@dataclass(frozen=True, slots=True)
class LiteExtremePrompting(LitePrompting):
    """`lite` and its kin, trained on four extreme points."""

    takes: ClassVar[type[AnyClicks]] = ExtremeClicks

    @property
    def takes_corrections(self) -> bool:
        """See `Prompting.takes_corrections`: the robot user makes some while it is trained, nothing else."""
        return False

    def stages(self, clicks: Any) -> list[Any]:
        return [clicks]

    def decoder_input(
        self,
        clicks: Sequence[Any],
        crops: Sequence[Crop],
        previous: Sequence[FloatArray | None],
        guided: bool = True,
    ) -> FloatArray:
        """(B, 4, S, S) float32 in 0..1, channels as `iog.guidance.EXTREME_CHANNELS`."""
        if not guided:
            return np.zeros((len(crops), len(EXTREME_CHANNELS), self.size, self.size), np.float32)
        return np.stack(
            [
                click_maps(_corners(c.box), crop, extreme_points=c.points)
                for c, crop in zip(clicks, crops, strict=True)
            ]
        )

    def settle(self, probability: FloatArray, clicks: Any, crop: Crop, previous: FloatArray | None) -> None:
        """Nothing: points on the edge say of no pixel what it belongs to."""


@dataclass(frozen=True, slots=True)
class BoxPrompting(LitePrompting):
    """A network of this kind whose whole prompt is a box; an inside click changes nothing."""

    @property
    def takes_corrections(self) -> bool:
        return False

    def settle(
        self, probability: FloatArray, clicks: Clicks, crop: Crop, previous: FloatArray | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class PointPrompting(LitePrompting):
    """A network of this kind that takes clicks alone; without a box it sees the whole photo.

    Parameters
    ----------
    guidance
        Its click maps, one of `iog.guidance.BOXLESS`.
    """

    guidance: str = "points"

    takes: ClassVar[type[AnyClicks]] = PointClicks

    @property
    def view(self) -> str:
        return f"{self.size} x {self.size} pixels, the whole photo"

    def crop(self, clicks: Any) -> Crop:
        return Crop(clicks.box, self.size, self.size)

    def stages(self, clicks: Any) -> list[Any]:
        """One a click; one without any where there is none."""
        made = clicks.corrections
        return [replace(clicks, corrections=made[:count]) for count in range(1, len(made) + 1)] or [clicks]

    def decoder_input(
        self,
        clicks: Sequence[Any],
        crops: Sequence[Crop],
        previous: Sequence[FloatArray | None],
        guided: bool = True,
    ) -> FloatArray:
        """(B, C, S, S) float32 in 0..1, channels as `iog.guidance.GUIDANCE` has them."""
        shape = len(crops), len(GUIDANCE[self.guidance]), self.size, self.size
        if not guided:
            return np.zeros(shape, np.float32)
        maps = np.empty(shape, np.float32)
        for c, crop, before, own in zip(clicks, crops, previous, maps, strict=True):
            point_maps(self.guidance, c if self.lines else dotted(c, crop), crop, before, own)
        return maps

    def settle(self, probability: FloatArray, clicks: Any, crop: Crop, previous: FloatArray | None) -> None:
        """Nothing: how well a method obeys its clicks is its own."""


def _corners(box: Box) -> Clicks:
    return Clicks((Pixel(box.x0, box.y0), Pixel(box.x1 - 1, box.y1 - 1)))
