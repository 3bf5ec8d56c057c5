"""What the published IOG sees and what is made of its answer: pre- and post-processing, without PyTorch.

    crop = crop_around(clicks.box)
    features = encode(network_input(image, clicks, crop))
    probability = decode(features, click_maps(clicks, crop))          click maps: the refinement only
    full = paste(probability, crop, image_width, image_height)

Convention
----------
Images are RGB. The network sees a window of 30 image pixels around the box, black outside the image,
resized to 512 x 512 with linear interpolation (without averaging, also where it shrinks); values stay in
0..255, without mean or deviation. Points in the crop are whole pixels, counted from the centre of the first:

    x_crop = (x_image - window.x0 + 0.5) * 512 / window.width - 0.5, rounded.

The published code takes boxes as inclusive; ours are half-open, so its box is (x0, y0, x1 - 1, y1 - 1). Both
give the same window, as wide as the box and 60 pixels more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from iog.clicks import Box, Clicks
from iog.crop import Crop, FloatArray
from iog.guidance import gaussians
from iog.masks import mask_box
from iog.robot import BoolArray, depth

PointArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSettings:
    """Constants of the published code, and its quirks, which are off."""

    size: int = 512
    """Side of the crop in network pixels."""
    margin: int = 30
    """Image pixels around the box on each side."""
    context: float = 0.0
    """Above 0: see instead what `lite` sees, so much of the box's sides around it, averaged where the crop
    shrinks the photo, and grey beyond the photo."""
    corner_offset: int = 10
    """Network pixels from the box to the outside clicks."""
    fwhm: float = 10.0
    """Full width at half maximum of a click's Gaussian, in network pixels."""
    corner_rule: Literal["edges", "centres"] = "edges"
    """Where the box ends in the crop: at the outermost crop pixels whose centres it covers (exactly where the
    published code finds the object's resized mask to end), or at the rounded centres of its corner pixels."""
    cut_to_box: bool = False
    """Set the prediction to zero outside the box (DEXTR); IOG keeps it in the margin too."""
    stretch_to_full_range: bool = False
    """Quirk: stretch every mask from its least to its greatest value to 0..1 in 255 steps, as the published
    test did by accident when it saved masks as pictures; its thresholds then apply to other values."""
    whole_number_maps: bool = False
    """Quirk: cut the fractions off the click maps once there are corrections."""


IOG_SETTINGS = PublishedSettings()
"""As IOG was published."""

DEXTR_SETTINGS = PublishedSettings(margin=50, cut_to_box=True)
"""As DEXTR was published."""


def crop_around(box: Box, settings: PublishedSettings = IOG_SETTINGS) -> Crop:
    """The window that the network sees for a box. Use its window and mapping; resize with this module."""
    if settings.context:
        return Crop.around(box, settings.context, settings.size)
    m = settings.margin
    window = Box(box.x0 - m, box.y0 - m, box.x1 + m, box.y1 + m)
    return Crop(window, settings.size, settings.size)


def extract(image: npt.NDArray[Any], crop: Crop) -> FloatArray:
    """The crop of an image or mask, (H, W[, C]) -> (size, size[, C]) float32; 0 outside the image."""
    height, width = image.shape[:2]
    window = crop.window
    seen = window.intersection(Box(0, 0, width, height))
    if seen.width <= 0 or seen.height <= 0:
        return np.zeros((crop.height, crop.width, *image.shape[2:]), np.float32)
    whole = cv2.copyMakeBorder(
        image[seen.y0 : seen.y1, seen.x0 : seen.x1].astype(np.float32),
        seen.y0 - window.y0,
        window.y1 - seen.y1,
        seen.x0 - window.x0,
        window.x1 - seen.x1,
        cv2.BORDER_CONSTANT,
        value=(0,) * 4,
    )
    resized: Any = cv2.resize(whole, (crop.width, crop.height), interpolation=cv2.INTER_LINEAR)
    result: FloatArray = resized
    return result


def cut(image: npt.NDArray[Any], crop: Crop, settings: PublishedSettings = IOG_SETTINGS) -> FloatArray:
    """The photo (H, W, 3) RGB as the network sees it, (size, size, 3) float32 in 0..255."""
    return crop.extract(image).astype(np.float32) if settings.context else extract(image, crop)


def to_crop_pixels(pixels: npt.ArrayLike, crop: Crop) -> PointArray:
    """Image pixels (N, 2) -> the crop pixels in which their centres lie, (N, 2); may leave the crop."""
    centres = np.asarray(pixels, np.float64).reshape(-1, 2) + 0.5
    return np.floor(crop.to_crop(centres)).astype(np.int64)


def outside_points(box: Box, crop: Crop, settings: PublishedSettings = IOG_SETTINGS) -> PointArray:
    """The four outside clicks in crop pixels: top left, bottom left, top right, bottom right; (4, 2).

    The box in the crop, grown by `corner_offset`; the low side stops at 0, the high side at the size of the
    crop (one past its last pixel, as published).
    """
    if settings.corner_rule == "centres":
        low, high = to_crop_pixels([(box.x0, box.y0), (box.x1 - 1, box.y1 - 1)], crop)
    else:
        # A pixel of the crop is in the box if its centre is: the half-open rule, in the crop.
        start, end = crop.to_crop([box[:2], box[2:]])
        low = np.floor(start - 0.5).astype(np.int64) + 1
        high = np.ceil(end - 0.5).astype(np.int64) - 1
    return _grown(low, high, crop, settings)


def points_of_mask(
    mask: BoolArray, crop: Crop, settings: PublishedSettings = IOG_SETTINGS
) -> tuple[PointArray, PointArray]:
    """The clicks that the published test takes from a true mask: inside (1, 2) and outside (4, 2).

    The inside click is the pixel of the resized mask that lies deepest; the outside clicks surround its
    box. Both are in crop pixels and without chance. Empty arrays, (0, 2), when the crop shows no object.

    Parameters
    ----------
    mask
        The object, (H, W) bool, at image resolution.
    crop
        From `crop_around`, with the box of the object.
    settings
        See `PublishedSettings`.
    """
    resized = extract(mask, crop) > 0.5
    box = mask_box(resized)
    if box is None:
        nothing = np.empty((0, 2), np.int64)
        return nothing, nothing
    depths = depth(resized)
    row, column = np.unravel_index(int(depths.argmax()), depths.shape)  # first in raster order
    corners = _grown(np.array(box[:2]), np.array(box[2:]) - 1, crop, settings)
    return np.array([(column, row)], np.int64), corners


def heatmap(points: npt.ArrayLike, crop: Crop, settings: PublishedSettings = IOG_SETTINGS) -> FloatArray:
    """Maximum of Gaussians on crop pixels (N, 2): (size, size) float32 in 0..255; zeros without points."""
    # `gaussians` draws at continuous points, where the centre of a pixel is half a pixel in.
    centres = np.asarray(points, np.float64).reshape(-1, 2) + 0.5
    return np.float32(255) * gaussians(centres, crop.width, crop.height, settings.fwhm)


def initial_maps(clicks: Clicks, crop: Crop, settings: PublishedSettings = IOG_SETTINGS) -> FloatArray:
    """Inside and outside maps of the first three clicks: (2, size, size) float32 in 0..255.

    Without an inside click its map is zero.
    """
    inside = to_crop_pixels([] if clicks.inside is None else [clicks.inside], crop)
    outside = outside_points(clicks.box, crop, settings)
    return np.stack([heatmap(inside, crop, settings), heatmap(outside, crop, settings)])


def click_maps(clicks: Clicks, crop: Crop, settings: PublishedSettings = IOG_SETTINGS) -> FloatArray:
    """Maps of all clicks so far, for the refinement's click branch: (2, size, size) float32 in 0..255.

    Corrections join by maximum: foreground the inside map, background the outside map.
    """
    maps = initial_maps(clicks, crop, settings)
    for x, y, foreground in clicks.corrections:
        ((crop_x, crop_y),) = to_crop_pixels([(x, y)], crop).tolist()
        maps = with_click(maps, crop_x, crop_y, foreground, crop, settings)
    return maps


def with_click(
    maps: FloatArray, x: int, y: int, foreground: bool, crop: Crop, settings: PublishedSettings = IOG_SETTINGS
) -> FloatArray:
    """A copy of click maps (2, size, size) with one more click on crop pixel (x, y)."""
    maps = maps.copy()
    channel = maps[0 if foreground else 1]
    np.maximum(channel, heatmap([(x, y)], crop, settings), out=channel)
    return np.trunc(maps) if settings.whole_number_maps else maps


def network_input(
    image: npt.NDArray[np.uint8], clicks: Clicks, crop: Crop, settings: PublishedSettings = IOG_SETTINGS
) -> FloatArray:
    """What IOG's encoder takes: (1, 5, size, size) float32 in 0..255, channels R, G, B, inside, outside.

    Parameters
    ----------
    image
        (H, W, 3) RGB.
    clicks
        Corrections are left out: the backbone runs once, on the first three clicks.
    crop
        From `crop_around(clicks.box)`.
    settings
        See `PublishedSettings`.
    """
    return stacked(cut(image, crop, settings), initial_maps(clicks, crop, settings))


def extreme_points_input(
    image: npt.NDArray[np.uint8],
    points: Sequence[tuple[int, int]],
    crop: Crop,
    settings: PublishedSettings = DEXTR_SETTINGS,
) -> FloatArray:
    """What DEXTR takes, and IOG in the extreme-point ablation: (1, 4, size, size), channels R, G, B, points.

    Parameters
    ----------
    image
        (H, W, 3) RGB.
    points
        Leftmost, topmost, rightmost and bottommost pixel of the object, image (x, y), in any order.
    crop
        From `crop_around`, with the box that the points span and the same settings.
    settings
        `DEXTR_SETTINGS`, or `IOG_SETTINGS` for the ablation.
    """
    return stacked(cut(image, crop, settings), heatmap(to_crop_pixels(points, crop), crop, settings)[None])


def paste(
    probability: FloatArray,
    crop: Crop,
    image_width: int,
    image_height: int,
    settings: PublishedSettings = IOG_SETTINGS,
) -> FloatArray:
    """The network's probabilities (size, size) at image resolution, (H, W) float32 in 0..1; 0 elsewhere.

    Cubic interpolation over the whole window, of which the part in the image is kept.
    """
    full = np.zeros((image_height, image_width), np.float32)
    window = crop.window
    # Where answers are kept: the window, or the box in its middle.
    m = settings.margin if settings.cut_to_box else 0
    kept = Box(window.x0 + m, window.y0 + m, window.x1 - m, window.y1 - m)
    seen = kept.intersection(Box(0, 0, image_width, image_height))
    if seen.width > 0 and seen.height > 0:
        size = (window.width, window.height)
        whole: Any = cv2.resize(np.asarray(probability, np.float32), size, interpolation=cv2.INTER_CUBIC)
        x, y = seen.x0 - window.x0, seen.y0 - window.y0
        full[seen.y0 : seen.y1, seen.x0 : seen.x1] = whole[y : y + seen.height, x : x + seen.width]
    if settings.stretch_to_full_range:
        return _stretched(full)
    # Cubic interpolation shoots over the edge a little; no threshold within 0..1 sees the difference.
    np.clip(full, 0, 1, out=full)
    return full


def published_correction(
    prediction: BoolArray, mask: BoolArray, *, transposed_polarity: bool = False
) -> tuple[int, int, bool] | None:
    """The next click of the published refinement test, (x, y, foreground); None when nothing is wrong.

    It lies deepest in the error, missing and surplus area taken as one, and the border of the crop does not
    count as an edge (`iog.robot.RobotUser.correction` treats both otherwise).

    Parameters
    ----------
    prediction, mask
        What the network said and what is true, in crop pixels, (size, size) bool.
    transposed_polarity
        Quirk: ask whether pixel (y, x) instead of (x, y) is object, as the published code does in training
        and test; many of its clicks then carry the wrong label.
    """
    wrong = prediction ^ mask
    if not wrong.any():
        return None
    distances: Any = cv2.distanceTransform(wrong.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    row, column = (int(i) for i in np.unravel_index(int(distances.argmax()), wrong.shape))
    asked = (column, row) if transposed_polarity else (row, column)
    return column, row, bool(mask[asked])


def _grown(
    low: npt.NDArray[Any], high: npt.NDArray[Any], crop: Crop, settings: PublishedSettings
) -> PointArray:
    """Corners of the inclusive box from `low` to `high`, (x, y) each, grown and clamped; (4, 2)."""
    x0, y0 = np.maximum(low - settings.corner_offset, 0)
    x1, y1 = np.minimum(high + settings.corner_offset, (crop.width, crop.height))
    return np.array([(x0, y0), (x0, y1), (x1, y0), (x1, y1)], np.int64)


def stacked(rgb: FloatArray, maps: FloatArray) -> FloatArray:
    """(size, size, 3) and (N, size, size) -> (1, 3 + N, size, size)."""
    return np.concatenate([rgb.transpose(2, 0, 1), maps])[None]


def _stretched(values: FloatArray) -> FloatArray:
    low, high = float(values.min()), float(values.max())
    if high == low:
        return np.zeros_like(values)
    steps = np.floor((values - low) * (255 / (high - low)) + 0.5)
    return np.asarray(steps / 255, np.float32)
