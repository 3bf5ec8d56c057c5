"""The robot user for a whole batch on the device: box, inside click, corrections, and their maps.

The rules are those of `iog.robot`; depths are taken at half the crop's resolution and up to `_DEEPEST` pixels
of it, which is as exact as training needs. B batch, S side of the crop; (B, 2) are x, y of pixels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from iog.clicks import MINIMUM_SIDE
from iog.guidance import click_width
from iog.training.packed.render import bounds, box_mask, rolled

_DEEPEST = 40


def first_maps(mask: Tensor, frame: Tensor, hand: Tensor, seeds: Tensor) -> Tensor:
    """Maps of the first prompt, (B, 5, S, S): a box around `frame` and an inside click on `mask`.

    Both are (B, S, S) bool; `hand` (B, 6) and `seeds` (B, 4) are the plans'.
    """
    size = mask.shape[-1]
    box = _jittered(bounds(frame), hand[:, :4], size)
    within = mask & box_mask(box, size)
    at, found = deep_pixel(within, hand[:, 4], seeds)
    inside = (hand[:, 5] > 0) & found
    maps = mask.new_zeros((len(mask), 5, size, size), dtype=torch.float32)
    maps[:, 0] = _gaussian(at, size) * inside[:, None, None]
    maps[:, 1] = ~box_mask(box, size)
    return maps


def corrected_maps(
    maps: Tensor, probability: Tensor, mask: Tensor, void: Tensor, stray: float, seeds: Tensor
) -> Tensor:
    """Maps (B, 5, S, S) with one more correction, and the mask before it.

    Parameters
    ----------
    maps
        Those of the round before.
    probability
        (B, 1, S, S): its answer.
    mask, void
        (B, S, S) bool.
    stray
        Share of clicks that are made where nothing is wrong.
    seeds
        (B, 4) in 0..1: where to look first, whether stray, and on what.
    """
    size = mask.shape[-1]
    answer = probability[:, 0] >= 0.5
    free = maps[:, 2:4].amax(1) < 0.9  # no pixel is clicked twice
    missing, surplus = mask & ~answer & ~void & free, answer & ~mask & ~void & free
    half = torch.full((len(mask),), 0.5, device=mask.device)
    deep_missing, deep_surplus = depth(missing), depth(surplus)
    adds = deep_missing.amax((1, 2)) > deep_surplus.amax((1, 2))
    depths = torch.where(adds[:, None, None], deep_missing, deep_surplus)
    wrong = depths.amax((1, 2)) > 0
    # Where nothing is wrong, a click may do no harm.
    strays = ~wrong | (seeds[:, 2] < stray)
    adds_stray = seeds[:, 3] < 0.5
    right = torch.where(adds_stray[:, None, None], mask & answer, ~(mask | answer | void))
    deep_right = depth(right)
    anywhere = torch.where(deep_right >= 1, 1.0, 0.0)
    depths = torch.where(strays[:, None, None], anywhere, depths)
    adds = torch.where(strays, adds_stray, adds)
    at, found = _pick(depths, half, seeds, size)
    drawn = _gaussian(at, size) * found[:, None, None]
    result = maps.clone()
    result[:, 2] = torch.where(adds[:, None, None], torch.maximum(maps[:, 2], drawn), maps[:, 2])
    result[:, 3] = torch.where(adds[:, None, None], maps[:, 3], torch.maximum(maps[:, 3], drawn))
    result[:, 4] = probability[:, 0]
    return result


def deep_pixel(mask: Tensor, share: Tensor, seeds: Tensor) -> tuple[Tensor, Tensor]:
    """A pixel (B, 2) of each mask at least `share` (B,) as deep as its deepest one; whether there is one."""
    return _pick(depth(mask), share, seeds, mask.shape[-1])


def depth(mask: Tensor) -> Tensor:
    """Distance to the nearest pixel outside, at half resolution: (B, S, S) bool to (B, S / 2, S / 2).

    Euclidean, the image's border counts; no more than `_DEEPEST` half pixels.
    """
    small = F.avg_pool2d(mask[:, None].float(), 2)[:, 0] >= 0.5
    size = small.shape[-1]
    at = torch.arange(size, device=mask.device)
    # Along rows: distance to the last pixel outside on the left and the next one on the right.
    left = torch.where(small, -1, at).cummax(2).values
    right = torch.where(small, size, at).flip(2).cummin(2).values.flip(2)
    row = torch.minimum(at - left, right - at).clamp(max=_DEEPEST).float()
    # Then over the rows above and below.
    squares = F.pad(row * row, (0, 0, _DEEPEST, _DEEPEST))
    best = row * row
    for offset in range(1, _DEEPEST + 1):
        above = squares[:, _DEEPEST - offset : _DEEPEST - offset + size]
        below = squares[:, _DEEPEST + offset : _DEEPEST + offset + size]
        best = torch.minimum(best, torch.minimum(above, below) + offset * offset)
    return best.sqrt()


def _pick(depths: Tensor, share: Tensor, seeds: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """One of the pixels at least `share` as deep as the deepest, by chance, in pixels of the whole crop."""
    small = depths.shape[-1]
    least = (share * depths.amax((1, 2))).clamp(min=1e-6)[:, None, None]
    shift = (seeds[:, :2] * small).long()
    chance = rolled(small, shift[:, 0], shift[:, 1], depths.device)
    best = torch.where(depths >= least, chance, -1).flatten(1).max(1)
    rows, columns = best.indices // small, best.indices % small
    return torch.stack([2 * columns, 2 * rows], 1).clamp(max=size - 1), best.values >= 0


def _jittered(box: Tensor, off: Tensor, size: int) -> Tensor:
    """Boxes (B, 4) whose sides are off by shares `off` (B, 4) of their length, within the crop."""
    sides = (box[:, 2:] - box[:, :2]).repeat(1, 2)
    moved = (box + off * sides).round().clamp(0, size).long()
    low, high = torch.minimum(moved[:, :2], moved[:, 2:]), torch.maximum(moved[:, :2], moved[:, 2:])
    moved = torch.cat([low, high], 1)
    legal = (moved[:, 2:] - moved[:, :2]).amin(1, keepdim=True) >= MINIMUM_SIDE
    return torch.where(legal, moved, box)


def _gaussian(at: Tensor, size: int) -> Tensor:
    """(B, S, S): the map of one click each, as `iog.guidance` draws it."""
    centres = torch.arange(size, device=at.device) + 0.5
    k = -4 * 0.6931471805599453 / click_width(size) ** 2
    across, down = (torch.exp(k * (centres - (at[:, i : i + 1] + 0.5)) ** 2) for i in (0, 1))
    return down[:, :, None] * across[:, None, :]
