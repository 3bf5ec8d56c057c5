"""Training crops put together from two: a distractor beside the object, or the object in another photo.

They teach what single photos seldom show: that the inside click chooses between two things in one box, that
a thing in front is not part of the object behind it, and that edges matter more than the usual background.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from iog.training.augment import ByteArray, TrainingCrop

_LEAST_LEFT = 0.6
"""A distractor may hide at most the rest of the object."""


def with_distractor(view: TrainingCrop, other: TrainingCrop, random: np.random.Generator) -> TrainingCrop:
    """`view` with the object of `other` pasted in smaller, as something that is not meant.

    Both (S, S). Where it would hide too much of the object it is put behind it instead.
    """
    size = view.mask.shape[0]
    scale = random.uniform(0.3, 0.7)
    shift = random.uniform(-0.05, 1.05 - scale, 2) * size
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])

    def moved(array: ByteArray) -> ByteArray:
        # Blurring first keeps the shrunken object from aliasing.
        smooth = cv2.GaussianBlur(array, (0, 0), 0.35 / scale)
        return np.asarray(cv2.warpAffine(smooth, matrix, (size, size), flags=cv2.INTER_LINEAR), np.uint8)

    alpha = moved(other.mask.astype(np.uint8) * 255)
    hidden = alpha >= 128
    if np.count_nonzero(view.mask & ~hidden) < _LEAST_LEFT * np.count_nonzero(view.mask):
        alpha = np.where(view.mask, np.uint8(0), alpha)
        hidden &= ~view.mask
    image = _blend(view.image, moved(other.image), alpha)
    return TrainingCrop(image, view.mask & ~hidden, view.void & ~hidden)


def on_background(view: TrainingCrop, other: TrainingCrop) -> TrainingCrop:
    """The object of `view` in the photo of `other`, (S, S) both; what is in that photo is background."""
    # Nothing is known of the pixels along the edge where they are unknown in either photo.
    alpha = np.asarray(cv2.GaussianBlur(view.mask.astype(np.uint8) * 255, (0, 0), 0.8), np.uint8)
    image = _blend(other.image, view.image, alpha)
    near = cv2.dilate(view.mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return TrainingCrop(image, view.mask, view.void & near)


def _blend(below: ByteArray, above: ByteArray, alpha: ByteArray) -> ByteArray:
    share: npt.NDArray[np.float32] = alpha[..., None].astype(np.float32) / 255
    return np.rint(below * (1 - share) + above * share).astype(np.uint8)
