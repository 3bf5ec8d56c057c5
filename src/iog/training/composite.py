"""Training crops put together from two: things beside, before or behind the object, or another photo.

They teach what single photos seldom show: that the inside click chooses between two things in one box, that
a thing in front is not part of the object behind it, and that edges matter more than the usual background.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from iog.masks import mask_box
from iog.training.augment import BoolArray, ByteArray, TrainingCrop

FloatArray = npt.NDArray[np.float64]

LEAST_LEFT = 0.6
"""A distractor may hide at most the rest of the object."""
LEAST_COVERED = 0.5
"""The same of a thing that is put in front of it."""
LEAST_OF_RIVALS = 0.35
"""What must show of each of two things that share a box."""


def with_distractor(view: TrainingCrop, other: TrainingCrop, random: np.random.Generator) -> TrainingCrop:
    """`view` with the object of `other` pasted in smaller, as something that is not meant.

    Both (S, S). Where it would hide too much of the object it is put behind it instead.
    """
    size = view.mask.shape[0]
    scale = random.uniform(0.3, 0.7)
    shift = random.uniform(-0.05, 1.05 - scale, 2) * size
    image, alpha = _moved(other, scale, shift)
    hidden = alpha >= 128
    if np.count_nonzero(view.mask & ~hidden) < LEAST_LEFT * np.count_nonzero(view.mask):
        alpha = np.where(view.mask, np.uint8(0), alpha)
        hidden &= ~view.mask
    return TrainingCrop(_blend(view.image, image, alpha), view.mask & ~hidden, view.void & ~hidden)


def with_occluder(view: TrainingCrop, other: TrainingCrop, random: np.random.Generator) -> TrainingCrop:
    """`view` with the object of `other` before a part of its object, whose truth is what shows of it.

    Both (S, S). As it is where it would hide more than half.
    """
    rows, columns = np.nonzero(view.mask)
    pick = int(random.integers(rows.size))
    scale = random.uniform(0.2, 0.6)
    shift = np.array([columns[pick], rows[pick]]) - scale * _centre(other.mask)
    image, alpha = _moved(other, scale, shift)
    hidden = alpha >= 128
    left = view.mask & ~hidden
    if np.count_nonzero(left) < LEAST_COVERED * np.count_nonzero(view.mask):
        return view
    return TrainingCrop(_blend(view.image, image, alpha), left, view.void & ~hidden)


def with_rival(view: TrainingCrop, other: TrainingCrop, random: np.random.Generator) -> TrainingCrop | None:
    """Two things in one box, (S, S): the object of `other` over or under that of `view`, about as large.

    One of the two is meant, by even chance. The box is its own, that of the other or one around both, so
    that it does not tell which. None where too little of either would show.
    """
    size = view.mask.shape[0]
    sides, others = _sides(view.mask), _sides(other.mask)
    scale = float(np.sqrt((sides / others).prod())) * random.uniform(0.7, 1.1)
    middle = _centre(view.mask) + random.uniform(-0.35, 0.35, 2) * sides
    image, alpha = _moved(other, scale, middle - scale * _centre(other.mask))
    pasted = alpha >= 128
    if random.random() < 0.5:
        alpha = np.where(view.mask, np.uint8(0), alpha)
    shown = alpha >= 128
    masks = [view.mask & ~shown, shown]
    wholes = [view.mask, pasted]
    for part, whole in zip(masks, wholes, strict=True):
        least = max(LEAST_OF_RIVALS * np.count_nonzero(whole), 0.01 * size * size)
        if np.count_nonzero(part) < least:
            return None
    meant = int(random.integers(2))
    mask, rest = masks[meant], masks[1 - meant]
    void = view.void & ~shown
    return TrainingCrop(_blend(view.image, image, alpha), mask, void, any_frame(mask, rest, random))


def any_frame(mask: BoolArray, rest: BoolArray, random: np.random.Generator) -> BoolArray:
    """What a box is drawn around that does not tell which of two things is meant, (H, W).

    The thing `mask` itself, the other one, `rest`, or both; never one in whose box little of `mask` lies.
    """
    frame = [mask, rest, mask | rest][int(random.integers(3))]
    box = mask_box(frame)
    assert box is not None
    within = mask[box.y0 : box.y1, box.x0 : box.x1]
    return frame if np.count_nonzero(within) >= 0.25 * np.count_nonzero(mask) else mask | rest


def _moved(other: TrainingCrop, scale: float, shift: FloatArray) -> tuple[ByteArray, ByteArray]:
    """Image and alpha of a crop, scaled and then shifted by crop pixels (x, y)."""
    size = other.mask.shape[0]
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])

    def moved(array: ByteArray) -> ByteArray:
        # Blurring first keeps a shrunken object from aliasing.
        smooth = cv2.GaussianBlur(array, (0, 0), 0.35 / scale) if scale < 1 else array
        return np.asarray(cv2.warpAffine(smooth, matrix, (size, size), flags=cv2.INTER_LINEAR), np.uint8)

    return moved(other.image), moved(other.mask.astype(np.uint8) * 255)


def _centre(mask: BoolArray) -> FloatArray:
    """Middle of a mask's box, (x, y) in crop pixels."""
    box = mask_box(mask)
    assert box is not None
    return np.array([box.x0 + box.x1, box.y0 + box.y1]) / 2


def _sides(mask: BoolArray) -> FloatArray:
    """Width and height of a mask's box in crop pixels."""
    box = mask_box(mask)
    assert box is not None
    return np.array([box.width, box.height], np.float64)


def on_background(view: TrainingCrop, other: TrainingCrop) -> TrainingCrop:
    """The object of `view` in the photo of `other`, (S, S) both; what is in that photo is background."""
    # Nothing is known of the pixels along the edge where they are unknown in either photo.
    alpha = np.asarray(cv2.GaussianBlur(view.mask.astype(np.uint8) * 255, (0, 0), 0.8), np.uint8)
    image = _blend(other.image, view.image, alpha)
    near = cv2.dilate(view.mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return TrainingCrop(image, view.mask, view.void & near)


def _blend(below: ByteArray, above: ByteArray, alpha: ByteArray) -> ByteArray:
    share: npt.NDArray[np.floating[Any]] = alpha[..., None].astype(np.float32) / 255
    return np.asarray(np.rint(below * (1 - share) + above * share), np.uint8)
