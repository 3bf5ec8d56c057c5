"""A picture of a mask on its photo, with the clicks that made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from iog.clicks import Box, Correction, ExtremeClicks, PointClicks, Stroke
from iog.prediction import Prediction

Colour: TypeAlias = tuple[int, int, int]
MASK_COLOUR = (0, 114, 255)
_EDGE = (255, 255, 255)
_ADD = (0, 158, 60)
_REMOVE = (213, 40, 40)


def draw_overlay(image: npt.NDArray[np.uint8], prediction: Prediction) -> npt.NDArray[np.uint8]:
    """(H, W, 3) RGB: the mask tinted and outlined, a box dashed, clicks as + and -, strokes as lines."""
    canvas, unit = draw_mask(image, prediction.mask)
    clicks = prediction.clicks
    if isinstance(clicks, ExtremeClicks):
        marked = [Correction(x, y, True) for x, y in clicks.points]
    elif isinstance(clicks, PointClicks):
        marked = list(clicks.corrections)
    else:
        box = clicks.box
        _dashed(canvas, (box.x0, box.y0), (box.x1 - 1, box.y1 - 1), unit)
        marked = [*(Correction(x, y, False) for x, y in clicks.corners), *clicks.labelled]
    for stroke in marked:
        if isinstance(stroke, Stroke):
            colour = _ADD if stroke.foreground else _REMOVE
            cv2.polylines(canvas, [np.array(stroke.path, np.int32)], False, colour, 2 * unit, cv2.LINE_AA)
    for x, y, foreground in marked:
        mark_click(canvas, x, y, unit, foreground=foreground)
    return canvas


def draw_mask(image: npt.NDArray[np.uint8], mask: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.uint8], int]:
    """A copy of the photo with the mask tinted and outlined, and the width of lines at this size."""
    canvas = image.copy()
    canvas[mask] = (0.55 * image[mask] + 0.45 * np.array(MASK_COLOUR)).astype(np.uint8)
    unit = max(1, round(max(mask.shape) / 400))
    outline(canvas, mask.astype(np.uint8), width=unit)
    return canvas, unit


@dataclass(frozen=True, slots=True)
class CloseUp:
    """A part of a photo, scaled so that its longer side has `side` pixels."""

    seen: Box
    """The part, within the photo."""
    side: int

    @property
    def scale(self) -> float:
        """Pixels of the close-up per pixel of the photo."""
        return self.side / max(self.seen.width, self.seen.height)

    def photo(self, image: npt.NDArray[np.uint8], enlarging: int) -> npt.NDArray[np.uint8]:
        """The part of the photo (H, W, 3); `enlarging` is OpenCV's interpolation where it grows."""
        return self._resized(image, cv2.INTER_AREA if self.scale < 1 else enlarging)

    def area(self, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
        """The part of a mask (H, W): 1 inside, 0 outside."""
        return self._resized(mask.astype(np.uint8), cv2.INTER_NEAREST)

    def point(self, x: int, y: int) -> tuple[int, int]:
        """Where the centre of pixel (x, y) of the photo lies."""
        return int(self.scale * (x + 0.5 - self.seen.x0)), int(self.scale * (y + 0.5 - self.seen.y0))

    def _resized(self, array: npt.NDArray[np.uint8], interpolation: int) -> npt.NDArray[np.uint8]:
        part = array[self.seen.y0 : self.seen.y1, self.seen.x0 : self.seen.x1]
        size = max(1, round(self.scale * self.seen.width)), max(1, round(self.scale * self.seen.height))
        return np.asarray(cv2.resize(part, size, interpolation=interpolation), np.uint8)


def tint(canvas: npt.NDArray[np.uint8], area: npt.NDArray[np.uint8], colour: Colour = MASK_COLOUR) -> None:
    """Colour an area (1 inside) in place; the photo stays visible."""
    inside = area > 0
    canvas[inside] = (0.6 * canvas[inside] + 0.4 * np.array(colour)).astype(np.uint8)


def outline(
    canvas: npt.NDArray[np.uint8], area: npt.NDArray[np.uint8], colour: Colour = _EDGE, width: int = 1
) -> None:
    """Draw the edges of an area (1 inside) in place."""
    contours, _ = cv2.findContours(area, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(canvas, contours, -1, colour, width, cv2.LINE_AA)


def mark_click(canvas: npt.NDArray[np.uint8], x: int, y: int, unit: int, *, foreground: bool) -> None:
    """A disc with a + or - glyph, so that colour is not the only sign; drawn in place around pixel (x, y)."""
    radius = 4 * unit
    cv2.circle(canvas, (x, y), radius + unit, (255, 255, 255), -1, cv2.LINE_AA)
    cv2.circle(canvas, (x, y), radius, _ADD if foreground else _REMOVE, -1, cv2.LINE_AA)
    arm = 2 * unit
    cv2.line(canvas, (x - arm, y), (x + arm, y), (255, 255, 255), unit, cv2.LINE_AA)
    if foreground:
        cv2.line(canvas, (x, y - arm), (x, y + arm), (255, 255, 255), unit, cv2.LINE_AA)


def _dashed(canvas: npt.NDArray[np.uint8], low: tuple[int, int], high: tuple[int, int], unit: int) -> None:
    (x0, y0), (x1, y1) = low, high
    dash = 8 * unit
    for x in range(x0, x1, 2 * dash):
        for y in (y0, y1):
            cv2.line(canvas, (x, y), (min(x + dash, x1), y), (255, 255, 255), unit)
    for y in range(y0, y1, 2 * dash):
        for x in (x0, x1):
            cv2.line(canvas, (x, y), (x, min(y + dash, y1)), (255, 255, 255), unit)
