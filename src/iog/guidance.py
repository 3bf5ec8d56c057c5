"""Heatmaps drawn from clicks in crop coordinates.

Convention
----------
Maps are float32 in 0..1 at crop resolution, row-major (height, width). A click is drawn at the centre of
its pixel. Width of a Gaussian is its FWHM, as in the published code (where it is called sigma).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from iog.clicks import Clicks, Correction, Pixel, PointClicks, Stroke
from iog.crop import Crop, FloatArray

Made = TypeVar("Made", Clicks, PointClicks)

STROKE_SPACING = 0.36
"""How far apart a network that was trained with clicks alone sees clicks along a stroke, as a share of the
crop's side: chosen on validation photos, where closer ones, or a line, help less (docs/evaluation.md)."""

CHANNELS = ("inside", "outside", "add", "remove", "previous")
"""What the click branch of `lite` receives, in this order."""

EXTREME_CHANNELS = ("extreme points", "add", "remove", "previous")
"""The same for a `lite` whose prompt is four extreme points (DEXTR's one heatmap)."""

POINT_CHANNELS = ("add", "remove", "previous")
"""The same for a network that takes clicks alone, without a box."""

DISTANCE_CHANNELS = ("add distance", "remove distance")
"""The same with iFCN's truncated distance maps, without the mask before."""

FIRST_CHANNELS = ("first", "add", "remove", "previous")
"""The same for a network that treats the first click apart (FCA-Net); `add` has it too."""

GUIDANCE = {
    "inside-outside": CHANNELS,
    "extreme-points": EXTREME_CHANNELS,
    "box": CHANNELS,
    "points": POINT_CHANNELS,
    "distances": DISTANCE_CHANNELS,
    "first-point": FIRST_CHANNELS,
}
"""The maps of each kind of first prompt that a network may be built for."""

BOXLESS = ("points", "distances", "first-point")
"""Those without a box."""

_FWHM = 0.03
"""Width of a click's Gaussian as a share of the crop's side (8 px at 256)."""


def gaussians(
    points: npt.ArrayLike, width: int, height: int, fwhm: float, out: FloatArray | None = None
) -> FloatArray:
    """Maximum of Gaussians around continuous crop points (N, 2), as a (height, width) map in 0..1.

    exp(-4 ln 2 d^2 / fwhm^2): 0.5 at a distance of fwhm / 2 (IOG, section 3.1; DEXTR). Drawn into `out`,
    whatever it held, if that is given.
    """
    result = np.empty((height, width), np.float32) if out is None else out
    k = -4 * np.log(2) / fwhm**2
    drawn = False
    for x, y in np.asarray(points, np.float64).reshape(-1, 2):
        across = np.exp(k * (np.arange(width) + 0.5 - x) ** 2).astype(np.float32)
        down = np.exp(k * (np.arange(height) + 0.5 - y) ** 2).astype(np.float32)
        if drawn:
            np.maximum(result, np.outer(down, across), out=result)
        else:
            np.outer(down, across, out=result)
        drawn = True
    if not drawn:
        result.fill(0)
    return result


def outside_of_box(
    corner_points: npt.ArrayLike, width: int, height: int, out: FloatArray | None = None
) -> FloatArray:
    """1 outside the box of two continuous crop points, 0 inside, the share of each border pixel between.

    The two clicked corners imply the other two and with them the whole frame (IOG, section 3.1); the lite
    network gets that frame as an area, which says the same as four Gaussians but can be read anywhere.
    Drawn into `out` if that is given.
    """
    result = np.empty((height, width), np.float32) if out is None else out
    (x0, y0), (x1, y1) = np.asarray(corner_points, np.float64)
    across = np.clip(np.minimum(np.arange(1, width + 1), x1) - np.maximum(np.arange(width), x0), 0, 1)
    down = np.clip(np.minimum(np.arange(1, height + 1), y1) - np.maximum(np.arange(height), y0), 0, 1)
    np.outer(down.astype(np.float32), across.astype(np.float32), out=result)
    return np.subtract(1, result, out=result)


def click_width(side: int) -> float:
    """FWHM in pixels of a click's Gaussian in a crop whose longer side is `side` pixels."""
    return _FWHM * side


def click_maps(
    clicks: Clicks,
    crop: Crop,
    previous: FloatArray | None = None,
    extreme_points: Sequence[Pixel] | None = None,
    out: FloatArray | None = None,
) -> FloatArray:
    """The input of the lite click branch: (5, height, width) float32 in 0..1, channels as `CHANNELS`.

    Parameters
    ----------
    clicks
        Clicks in image pixels.
    crop
        The window that the network sees.
    previous
        Probability map (height, width) of the mask before the newest correction; None before the first.
    extreme_points
        The prompt of a network with that guidance, in image pixels; the answer then has the four channels
        of `EXTREME_CHANNELS`, and of the clicks the corrections alone are drawn.
    out
        Where to draw, a part of a batch for example; a new array if None.
    """
    width, height = crop.width, crop.height
    fwhm = click_width(max(width, height))
    channels = CHANNELS if extreme_points is None else EXTREME_CHANNELS
    maps = np.empty((len(channels), height, width), np.float32) if out is None else out

    def draw(pixels: Iterable[tuple[int, int]], into: FloatArray) -> None:
        centres = [(x + 0.5, y + 0.5) for x, y in pixels]
        gaussians(crop.to_crop(centres), width, height, fwhm, into)

    *prompt, add, remove, before = maps
    if extreme_points is None:
        inside, outside = prompt
        draw([] if clicks.inside is None else [clicks.inside], inside)
        outside_of_box(crop.to_crop([clicks.box[:2], clicks.box[2:]]), width, height, outside)
    else:
        (extreme,) = prompt
        draw(extreme_points, extreme)
    for kind, into in ((True, add), (False, remove)):
        made = [c for c in clicks.corrections if c.foreground == kind]
        draw(((c.x, c.y) for c in made if not isinstance(c, Stroke)), into)
        _draw_strokes(made, crop, fwhm, into)
    before[:] = 0 if previous is None else previous
    return maps


def point_maps(
    guidance: str,
    clicks: Clicks | PointClicks,
    crop: Crop,
    previous: FloatArray | None = None,
    out: FloatArray | None = None,
) -> FloatArray:
    """The maps of a network that takes clicks alone: (C, height, width) float32 in 0..1.

    Each click is drawn at the centre of the crop pixel in which it lies, so that a map is exactly 1 at
    clicked pixels and nowhere else.

    Parameters
    ----------
    guidance
        A key of `GUIDANCE` that is one of `BOXLESS`; says which channels there are.
    clicks
        In image pixels; of clicks with a box the labelled ones alone are drawn.
    crop
        The window that the network sees.
    previous
        Probability map (height, width) of the mask before the newest click; None before the first.
    out
        Where to draw; a new array if None.
    """
    width, height = crop.width, crop.height
    channels = GUIDANCE[guidance]
    maps = np.empty((len(channels), height, width), np.float32) if out is None else out
    added, removed = ([c for c in clicks.labelled if c.foreground == kind] for kind in (True, False))
    made = {
        "first": added[:1],
        **{"add": added, "add distance": added, "remove": removed, "remove distance": removed},
    }
    fwhm = click_width(max(width, height))
    for channel, own in zip(channels, maps, strict=True):
        if channel == "previous":
            own[:] = 0 if previous is None else previous
            continue
        points = [_pixel_centre(crop, c.x, c.y) for c in made[channel] if not isinstance(c, Stroke)]
        if channel.endswith("distance"):
            nearness(points, width, height, own)
        else:
            gaussians(points, width, height, fwhm, own)
        _draw_strokes(made[channel], crop, None if channel.endswith("distance") else fwhm, own)
    return maps


def _draw_strokes(clicks: Iterable[Correction], crop: Crop, fwhm: float | None, out: FloatArray) -> None:
    """Draw the strokes among clicks: as Gaussians of their distance, or without a width as `nearness`."""
    for stroke in clicks:
        if not isinstance(stroke, Stroke):
            continue
        along = stroke_pixels(stroke, crop)
        if fwhm is None:
            drawn = (1 - np.minimum(_distance(along) / (max(out.shape) / 2), 1)).astype(np.float32)
        else:
            drawn = gaussian_line(along, fwhm)
        np.maximum(out, drawn, out=out)


def dotted(clicks: Made, crop: Crop) -> Made:
    """The clicks with each stroke as clicks spaced along it, for a network that was trained with clicks.

    They are `STROKE_SPACING` of the crop's longer side apart at least, and at least one.
    """
    made: list[Correction] = []
    for click in clicks.corrections:
        if not isinstance(click, Stroke):
            made.append(click)
            continue
        centres = np.array(click.path) + 0.5
        walked = np.hypot(*np.diff(crop.to_crop(centres), axis=0).T).cumsum()
        along = np.concatenate([[0], walked])
        count = int(along[-1] / (STROKE_SPACING * max(crop.width, crop.height))) + 1
        at = along[-1] * (np.arange(count) + 0.5) / count
        columns, rows = (np.interp(at, along, values) for values in centres.T)
        made += [Correction(int(x), int(y), click.foreground) for x, y in zip(columns, rows, strict=True)]
    return replace(clicks, corrections=tuple(made))


def stroke_pixels(stroke: Correction, crop: Crop) -> npt.NDArray[np.bool_]:
    """Which pixels of the crop a stroke runs through, (height, width) bool: straight lines.

    Whole numbers alone decide, so that a browser finds the same ones.
    """
    centres = crop.to_crop(np.array(stroke.path) + 0.5)
    corners = np.clip(centres, 0, (crop.width - 1, crop.height - 1)).astype(np.int64)
    moves = np.diff(corners, axis=0)
    steps = np.abs(moves).max(axis=1)
    leg = np.repeat(np.arange(len(steps)), steps)
    step = np.arange(len(leg)) - np.repeat(np.cumsum(steps) - steps, steps) + 1
    whole = steps[leg][:, None]
    along = corners[leg] + (2 * moves[leg] * step[:, None] + whole) // (2 * whole)
    columns, rows = np.vstack([corners[:1], along]).T
    drawn = np.zeros((crop.height, crop.width), bool)
    drawn[rows, columns] = True
    return drawn


def gaussian_line(along: npt.NDArray[np.bool_], fwhm: float) -> FloatArray:
    """Gaussian of the distance to the nearest of these pixels, at least one, (H, W) float32 in 0..1."""
    k = -4 * np.log(2) / fwhm**2
    return np.asarray(np.exp(k * np.square(_distance(along))), np.float32)


def _distance(along: npt.NDArray[np.bool_]) -> FloatArray:
    beside = (~along).astype(np.uint8)
    distance = np.asarray(cv2.distanceTransform(beside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
    # OpenCV's last bit differs from call to call; the squares are whole numbers.
    return np.sqrt(np.rint(np.square(distance)))


def nearness(points: Sequence[tuple[float, float]], width: int, height: int, out: FloatArray) -> FloatArray:
    """iFCN's truncated Euclidean distance map, turned round: 1 at a click, 0 from half the crop's side on."""
    reach = max(width, height) / 2
    nearest = np.full((height, width), reach, np.float32)
    for x, y in points:
        across, down = np.square(np.arange(width) + 0.5 - x), np.square(np.arange(height) + 0.5 - y)
        np.minimum(nearest, np.sqrt(np.add.outer(down, across)), out=nearest)
    out[:] = 1 - nearest / reach
    return out


def _pixel_centre(crop: Crop, x: int, y: int) -> tuple[float, float]:
    """The centre of the crop pixel in which the centre of an image pixel lies."""
    ((cx, cy),) = crop.to_crop([(x + 0.5, y + 0.5)])
    column, row = (int(np.clip(value, 0, side - 1)) for value, side in ((cx, crop.width), (cy, crop.height)))
    return column + 0.5, row + 0.5
