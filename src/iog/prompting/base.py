"""What the segmenter asks of a prompting, and what several have in common."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from iog.clicks import AnyClicks, Box, Correction, Stroke
from iog.crop import Crop, FloatArray
from iog.guidance import stroke_pixels

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

    def reaching(
        self, probability: FloatArray, crop: Crop, width: int, height: int
    ) -> tuple[Box, npt.NDArray[np.bool_]]:
        """Where `visible` reaches the threshold: the box, (h, w) bool, the caller's to change."""
        ...


def centre(click: Correction, crop: Crop) -> npt.NDArray[np.float64]:
    """The centre of the clicked pixel in the crop, (1, 2)."""
    return crop.to_crop([(click.x + 0.5, click.y + 0.5)])


def agrees(probability: FloatArray, click: Correction, crop: Crop) -> bool:
    """Whether a mask in the crop has the clicked label at the clicked pixel, or all along a stroke."""
    if isinstance(click, Stroke):
        return not contradicted(probability, click, crop).any()
    ((x, y),) = centre(click, crop)
    column, row = (int(np.clip(v, 0, side - 1)) for v, side in ((x, crop.width), (y, crop.height)))
    return bool((probability[row, column] >= THRESHOLD) == click.foreground)


def contradicted(probability: FloatArray, stroke: Stroke, crop: Crop) -> npt.NDArray[np.bool_]:
    """Where along a stroke a mask in the crop has not its label, (S, S) bool."""
    wrong: npt.NDArray[np.bool_] = (probability >= THRESHOLD) != stroke.foreground
    return stroke_pixels(stroke, crop) & wrong


def crop_with_corrections(clicks: AnyClicks, around: Callable[[Box], Crop]) -> Crop:
    """The crop around the box, or around box and corrections where some lie beyond its window."""
    crop, box = around(clicks.box), clicks.box
    for c in clicks.corrections:
        for x, y in c.path:
            if not crop.window.contains(x, y):
                box = box.union(Box(x, y, x + 1, y + 1))
    return around(box)
