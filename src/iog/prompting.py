"""What differs between models on the way from clicks to a mask: how clicks become arrays, and answers masks.

An engine runs arrays, a `Prompting` makes them and reads the answer; `Segmenter` needs nothing else.

* `LitePrompting`: the encoder sees the photo alone, clicks enter the decoder, and each correction also sees
  the mask before it.
* `PublishedPrompting`: heatmaps of the first three clicks enter the encoder beside the photo, so another
  inside click needs other features. The refinement's decoder sees all clicks so far, but no mask; without
  the refinement branch there are no corrections.
* `LiteExtremePrompting`, `PublishedExtremePrompting`: the same two, whose whole prompt is four extreme points
  (DEXTR, `dextr-lite`, IOG's ablation). They cost four clicks, and no corrections follow.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from iog import published
from iog.clicks import AnyClicks, Box, Clicks, Correction, ExtremeClicks, Pixel
from iog.crop import Crop, FloatArray
from iog.description import Info, ModelInfo
from iog.guidance import CHANNELS, EXTREME_CHANNELS, click_maps, gaussians
from iog.published import PublishedSettings

THRESHOLD = 0.5
"""Probability from which a pixel belongs to the mask."""


class Prompting(Protocol):
    """How one model is asked, and its answer read. Immutable, without state of a session.

    All clicks are of the kind that it `takes`.
    """

    @property
    def takes(self) -> type[AnyClicks]:
        """The kind of clicks that it understands: `Clicks` or `ExtremeClicks`."""
        ...

    @property
    def threshold(self) -> float:
        """Probability from which a pixel belongs to the mask."""
        ...

    @property
    def takes_corrections(self) -> bool:
        """Whether clicks after the third can be answered."""
        ...

    @property
    def view(self) -> str:
        """What the model sees, for people."""
        ...

    def crop(self, clicks: Any) -> Crop:
        """The window that the network sees: box and margin, grown to hold corrections beyond it."""
        ...

    def features_key(self, clicks: Any, crop: Crop) -> Hashable:
        """On what features depend: clicks of one image with equal keys share them."""
        ...

    def cut(self, image: npt.NDArray[np.uint8], crop: Crop) -> npt.NDArray[Any]:
        """What of an image (H, W, 3) RGB is kept for `encoder_input`: the pixels of the crop."""
        ...

    def encoder_input(
        self, pixels: npt.NDArray[Any], clicks: Any, crop: Crop, guided: bool = True
    ) -> npt.NDArray[Any]:
        """One object's part of `Engine.encode`'s batch, from what `cut` kept.

        Not `guided`: as if nobody had clicked; the crop alone says what is meant.
        """
        ...

    def stages(self, clicks: Any) -> list[Any]:
        """The clicks to decode one after the other, each with the probability before it; the last are all."""
        ...

    def decoder_input(
        self,
        clicks: Sequence[Any],
        crops: Sequence[Crop],
        previous: Sequence[FloatArray | None],
        guided: bool = True,
    ) -> FloatArray | None:
        """`Engine.decode`'s click maps of a batch; None for a decoder without any.

        `previous` holds the probability (S, S) of the stage before, None at the first. Not `guided`: zeros.
        """
        ...

    def settle(self, probability: FloatArray, clicks: Any, crop: Crop, previous: FloatArray | None) -> None:
        """What is done, in place, to the network's answer (S, S) before anyone sees it.

        `previous` is the answer of the stage before, None at the first.
        """
        ...

    def visible(self, probability: FloatArray, crop: Crop, width: int, height: int) -> tuple[Box, FloatArray]:
        """An answer (S, S) at image resolution where the crop lies in the image: the box, (h, w) in 0..1."""
        ...


@dataclass(frozen=True, slots=True)
class LitePrompting:
    """`lite` and its kin.

    Parameters
    ----------
    size, margin
        See `iog.description.ModelInfo`.
    """

    size: int
    margin: float

    takes: ClassVar[type[AnyClicks]] = Clicks
    threshold: ClassVar[float] = THRESHOLD

    @property
    def takes_corrections(self) -> bool:
        """Yes."""
        return True

    @property
    def view(self) -> str:
        """See `Prompting.view`."""
        return f"{self.size} x {self.size} pixels, box and {self.margin:.0%} around it"

    def crop(self, clicks: Clicks) -> Crop:
        """See `Prompting.crop`."""
        return _crop_with_corrections(clicks, lambda box: Crop.around(box, self.margin, self.size))

    def features_key(self, clicks: Clicks, crop: Crop) -> Hashable:
        """The crop alone."""
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
            click_maps(c, crop, before, out=own)
        return maps

    def settle(
        self, probability: FloatArray, clicks: Clicks, crop: Crop, previous: FloatArray | None
    ) -> None:
        """Hold the answer to what was clicked.

        A correction that says what the mask already says changes nothing: it tells nothing new, and the
        network would look for an error where none is. Where the answer contradicts a click at its very
        pixel, a small dot is put; the latest click has the last word.
        """
        if previous is not None and _agrees(previous, clicks.labelled[-1], crop):
            probability[:] = previous
        for click in clicks.labelled:
            if not _agrees(probability, click, crop):
                # Wide enough to win the pixel where the crop is finer than the photo.
                fwhm = max(6, 2 * max(crop.scale))
                dot = gaussians(_centre(click, crop), crop.width, crop.height, fwhm)
                held = np.maximum(probability, dot) if click.foreground else np.minimum(probability, 1 - dot)
                np.copyto(probability, held)

    def visible(self, probability: FloatArray, crop: Crop, width: int, height: int) -> tuple[Box, FloatArray]:
        """Area average where it shrinks, linear where it grows."""
        return crop.visible(probability, width, height)


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
        """See `Prompting.view`."""
        size, margin = self.settings.size, self.settings.margin
        return f"{size} x {size} pixels, box and {margin} pixels around it"

    def crop(self, clicks: Clicks) -> Crop:
        """See `Prompting.crop`."""
        return _crop_with_corrections(clicks, lambda box: published.crop_around(box, self.settings))

    def features_key(self, clicks: Clicks, crop: Crop) -> Hashable:
        """Crop, box and inside click: the encoder sees heatmaps of both."""
        return crop, clicks.box, clicks.inside

    def cut(self, image: npt.NDArray[np.uint8], crop: Crop) -> npt.NDArray[Any]:
        """(S, S, 3) float32 in 0..255."""
        return published.extract(image, crop)

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
        """Cubic."""
        full = published.paste(probability, crop, width, height, self.settings)
        box = crop.window.intersection(Box(0, 0, width, height))
        return box, full[box.y0 : box.y1, box.x0 : box.x1]


@dataclass(frozen=True, slots=True)
class LiteExtremePrompting(LitePrompting):
    """`lite` and its kin, trained on four extreme points."""

    takes: ClassVar[type[AnyClicks]] = ExtremeClicks

    @property
    def takes_corrections(self) -> bool:
        """See `Prompting.takes_corrections`: the robot user makes some while it is trained, nothing else."""
        return False

    def stages(self, clicks: Any) -> list[Any]:
        """One."""
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


def prompting_of(info: Info) -> Prompting:
    """How the model that `info` describes is asked."""
    extreme = info.guidance == "extreme-points"
    if isinstance(info, ModelInfo):
        return (LiteExtremePrompting if extreme else LitePrompting)(info.size, info.margin)
    if extreme:
        threshold = DEXTR_THRESHOLD if info.kind == "dextr" else THRESHOLD
        return PublishedExtremePrompting(info.settings, threshold=threshold)
    return PublishedPrompting(info.settings, refinement=bool(info.config.get("refinement")))


def _corners(box: Box) -> Clicks:
    return Clicks((Pixel(box.x0, box.y0), Pixel(box.x1 - 1, box.y1 - 1)))


def _centre(click: Correction, crop: Crop) -> npt.NDArray[np.float64]:
    """The centre of the clicked pixel in the crop, (1, 2)."""
    return crop.to_crop([(click.x + 0.5, click.y + 0.5)])


def _agrees(probability: FloatArray, click: Correction, crop: Crop) -> bool:
    """Whether a mask in the crop has the clicked label at the clicked pixel."""
    ((x, y),) = _centre(click, crop)
    column, row = (int(np.clip(v, 0, side - 1)) for v, side in ((x, crop.width), (y, crop.height)))
    return bool((probability[row, column] >= THRESHOLD) == click.foreground)


def _crop_with_corrections(clicks: AnyClicks, around: Callable[[Box], Crop]) -> Crop:
    """The crop around the box, or around box and corrections where some lie beyond its window."""
    crop, box = around(clicks.box), clicks.box
    for c in clicks.corrections:
        if not crop.window.contains(c.x, c.y):
            box = box.union(Box(c.x, c.y, c.x + 1, c.y + 1))
    return around(box)
