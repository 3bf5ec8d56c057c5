"""From an object in a photo to a training crop: geometry first (one warp), then colour."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from iog.crop import FILL
from iog.datasets import ObjectSample

ByteArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentSettings:
    """How strongly training crops vary."""

    flip: float = 0.5
    """Probability of a mirrored crop."""
    rotate: float = 0.5
    """Probability of a rotation."""
    angle: float = 20.0
    """Greatest rotation in degrees (IOG: 20)."""
    margin: tuple[float, float] = (0.07, 0.25)
    """Range of the margin on each side, as a share of the box side; the segmenter uses 0.15."""
    colour: float = 0.7
    """Probability of a change of brightness, contrast and saturation."""
    grey: float = 0.05
    """Probability of a grey crop."""
    blur: float = 0.1
    """Probability of a Gaussian blur."""
    jpeg: float = 0.15
    """Probability of JPEG artefacts."""
    noise: float = 0.08
    """Probability of sensor noise."""


class TrainingCrop(NamedTuple):
    """What the network sees and what it should answer, S pixels a side."""

    image: ByteArray  # (S, S, 3) RGB
    mask: BoolArray  # (S, S)
    void: BoolArray  # (S, S), also where the crop leaves the photo
    frame: BoolArray | None = None  # (S, S), what a box is drawn around if that is not the mask alone

    @property
    def framed(self) -> BoolArray:
        """(S, S): what a box is drawn around."""
        return self.mask if self.frame is None else self.frame


def training_crop(
    sample: ObjectSample,
    size: int,
    settings: AugmentSettings,
    random: np.random.Generator,
    frame: BoolArray | None = None,
) -> TrainingCrop:
    """A random view of the object as a crop of `size` pixels a side.

    The crop is cut around `frame`, (H, W) of the photo, if a person draws the box around that.
    """
    turn = random_turn(settings, random)
    outline = _outline(sample.mask if frame is None else frame) @ turn.T
    low, high = outline.min(axis=0), outline.max(axis=0)
    side = high - low
    low = low - random.uniform(*settings.margin, 2) * side
    high = high + random.uniform(*settings.margin, 2) * side
    scale = size / (high - low)
    # Photo to crop, in continuous coordinates: x' = scale * (turn x - low).
    matrix = np.column_stack([scale[:, None] * turn, -scale * low])

    # Warping samples single points; where the crop shrinks the photo, warp large and average down.
    factor = int(np.clip(math.ceil(1 / float(scale.min())), 1, 4))
    image = _warp(sample.image, matrix, size, factor, cv2.INTER_LINEAR, FILL)

    def warped(mask: BoolArray) -> BoolArray:
        return _warp(mask.astype(np.uint8) * 255, matrix, size, factor, cv2.INTER_LINEAR, 0) >= 128

    mask = warped(sample.mask)
    void = _warp(sample.void.astype(np.uint8), matrix, size, 1, cv2.INTER_NEAREST, 1) > 0
    around = None if frame is None else warped(frame)
    return TrainingCrop(_recolour(image, settings, random), mask, void & ~mask, around)


def random_turn(settings: AugmentSettings, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """A rotation, perhaps mirrored: (2, 2)."""
    rotated = random.random() < settings.rotate
    angle = math.radians(random.uniform(-settings.angle, settings.angle)) if rotated else 0.0
    mirror = -1.0 if random.random() < settings.flip else 1.0
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos * mirror, -sin], [sin * mirror, cos]])


def _outline(mask: BoolArray) -> npt.NDArray[np.float64]:
    """Outer corners of the first and last object pixel of each row: (N, 2) continuous points.

    Enough to bound the object under any rotation.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    first = mask[rows].argmax(axis=1)
    last = mask.shape[1] - mask[rows, ::-1].argmax(axis=1)
    x = np.concatenate([first, first, last, last])
    y = np.concatenate([rows, rows + 1, rows, rows + 1])
    return np.column_stack([x, y]).astype(np.float64)


def _warp(
    array: ByteArray,
    matrix: npt.NDArray[np.float64],
    size: int,
    factor: int,
    interpolation: int,
    fill: int,
) -> ByteArray:
    large = matrix * factor
    # cv2 counts from pixel centres: shift by half a pixel before and after.
    large[:, 2] += large[:, :2].sum(axis=1) / 2 - 0.5
    border = (fill,) * 4
    warped: Any = cv2.warpAffine(array, large, (size * factor,) * 2, flags=interpolation, borderValue=border)
    if factor > 1:
        warped = cv2.resize(warped, (size, size), interpolation=cv2.INTER_AREA)
    result: ByteArray = warped
    return result


def _recolour(image: ByteArray, settings: AugmentSettings, random: np.random.Generator) -> ByteArray:
    if random.random() < settings.colour:
        image = _change_colour(image, random)
    if random.random() < settings.grey:
        image = np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2).astype(np.uint8)
    if random.random() < settings.blur:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), float(random.uniform(0.5, 2.0))), np.uint8)
    if random.random() < settings.noise:
        noise = random.normal(0, random.uniform(3, 15), image.shape)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if random.random() < settings.jpeg:
        quality = int(random.integers(25, 85))
        coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return image


def _change_colour(image: ByteArray, random: np.random.Generator) -> ByteArray:
    """Saturation, then contrast, gamma, brightness and a tint in one look-up table a channel."""
    saturation = random.uniform(0.5, 1.4)
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    image = np.asarray(cv2.addWeighted(image, saturation, grey, 1 - saturation, 0), np.uint8)
    level = np.arange(256) / 255
    level = level ** random.uniform(0.7, 1.5)
    level = (level - 0.5) * random.uniform(0.7, 1.3) + 0.5 + random.uniform(-0.15, 0.15)
    tables = np.clip(level[:, None] * random.uniform(0.92, 1.08, 3) * 255, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, tables[:, None]), np.uint8)
