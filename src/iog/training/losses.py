"""Losses over (B, 1, H, W) logits; void pixels have weight 0."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def edge_weights(target: Tensor, weight: Tensor, strength: float, radius: int) -> Tensor:
    """`weight`, multiplied by 1 + `strength` within `radius` pixels of the mask's edge.

    `target` and `weight` are (B, 1, H, W); most errors lie at boundaries (IOG, section 3.2).
    """
    grown = _largest_near(target, radius)
    shrunk = -_largest_near(-target, radius)
    return weight * (1 + strength * (grown - shrunk))


def _largest_near(values: Tensor, radius: int) -> Tensor:
    """The largest value of the square around each pixel; by rows, then by columns, which is less work."""
    kernel = 2 * radius + 1
    rows = F.max_pool2d(values, (1, kernel), 1, (0, radius))
    return F.max_pool2d(rows, (kernel, 1), 1, (radius, 0))


def weighted_bce(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Mean binary cross entropy over an example's pixels, each counted `weight` times; mean over the batch.

    Averaged example by example, so that a batch shared by several processes has the loss of the whole.
    """
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return ((loss * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3)).clamp(min=1)).mean()


def soft_iou_loss(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """1 - soft intersection over union, averaged over the batch."""
    probability = logits.sigmoid() * valid
    target = target * valid
    intersection = (probability * target).sum((1, 2, 3))
    union = (probability + target).sum((1, 2, 3)) - intersection
    return (1 - (intersection + 1) / (union + 1)).mean()
