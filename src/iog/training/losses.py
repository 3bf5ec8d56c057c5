"""Losses over (B, 1, H, W) logits; void pixels have weight 0."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def edge_weights(target: Tensor, weight: Tensor, strength: float, radius: int) -> Tensor:
    """`weight`, multiplied by 1 + `strength` within `radius` pixels of the mask's edge.

    `target` and `weight` are (B, 1, H, W); most errors lie at boundaries (IOG, section 3.2).
    """
    grown = _largest_near(target, radius)
    shrunk = -_largest_near(-target, radius)
    return weight * (1 + strength * (grown - shrunk))


def thin_weights(target: Tensor, weight: Tensor, strength: float) -> Tensor:
    """`weight`, multiplied by up to 1 + `strength` where the mask, or a gap or hole in it, is thin.

    `target` and `weight` are (B, 1, S, S), S a multiple of 4. Thin is what an opening or a closing takes
    away, half of the extra weight below a sixteenth of the side, the other half below a sixth: so small
    parts and the gaps between them count, too.
    """
    side = target.shape[-1]
    extra = torch.zeros_like(target)
    for reduction, width in ((2, side / 16), (4, side / 6)):
        small = F.avg_pool2d(target, reduction)
        radius = max(1, round(width / reduction / 2))
        opened = _largest_near(-_largest_near(-small, radius), radius)
        closed = -_largest_near(-_largest_near(small, radius), radius)
        thin = (small - opened) + (closed - small)
        extra = extra + F.interpolate(thin, scale_factor=reduction, mode="nearest") / 2
    return weight * (1 + strength * extra)


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


def worsening(logits: Tensor, before: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """How much less probable the truth is than `before`, mean over an example's pixels and the batch.

    `before` holds the logits of the mask that a correction was clicked on: it should make nothing worse.
    """
    sign = 2 * target - 1
    lost = (sign * before).sigmoid() - (sign * logits).sigmoid()
    return ((F.relu(lost) * valid).sum((1, 2, 3)) / valid.sum((1, 2, 3)).clamp(min=1)).mean()
