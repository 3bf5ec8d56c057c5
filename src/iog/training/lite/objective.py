"""The loss of `lite`: rounds of clicks on one encoding, each after corrections of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from iog.clicks import Clicks, Correction
from iog.crop import FILL
from iog.networks.lite import Lite
from iog.robot import BoolArray, RobotUser, depth
from iog.training.lite.maps import crop_maps
from iog.training.loop import Batch
from iog.training.losses import edge_weights, soft_iou_loss, thin_weights, weighted_bce, worsening

if TYPE_CHECKING:
    from iog.training.lite.recipe import LiteRecipe


def normalised(image: Tensor) -> Tensor:
    """(B, 3, S, S) float RGB in 0..255 as the encoder takes it."""
    return image.sub(FILL).div(128)


def loss(recipe: LiteRecipe, network: Lite, batch: Batch, step: int) -> tuple[Tensor, dict[str, float]]:
    """Loss of a batch over one to three rounds of clicks, and scalars to log.

    Round 0 has the first prompt. Before each later round the robot user corrects the mask of the round
    before, which also becomes an input (iterative training; IOG "Beyond Three Clicks", RITM).
    """
    rounds = 1 + int(
        np.random.default_rng((recipe.seed, 1, step)).choice(len(recipe.rounds), p=recipe.rounds)
    )
    if recipe.prompt != "clicks":
        rounds = 1
    crop = normalised(batch["image"]).to(memory_format=torch.channels_last)
    target = batch["mask"].unsqueeze(1).float()
    valid = 1 - batch["void"].unsqueeze(1).float()
    weight = edge_weights(target, valid, recipe.edge_strength, radius=max(2, crop.shape[-1] // 64))
    if recipe.thin_strength:
        weight = thin_weights(target, weight, recipe.thin_strength)
    clicks: list[Clicks] = batch["clicks"]
    maps: Tensor = batch["maps"]

    features = thinned(network.encode(crop), batch["numbers"], recipe.feature_dropout, recipe.seed)
    total = crop.new_zeros(())
    scalars: dict[str, float] = {}
    before: Tensor | None = None
    for round_ in range(rounds):
        logits, sides = network.decoder(features, maps.to(memory_format=torch.channels_last))
        # Sums over all pixels are no matter for half precision.
        logits, sides = logits.float(), [side.float() for side in sides]
        mask_loss = weighted_bce(logits, target, weight)
        iou_loss = soft_iou_loss(logits, target, valid)
        side_loss = sum((_side_loss(side, target, valid) for side in sides), start=crop.new_zeros(()))
        total = total + mask_loss + recipe.iou_loss * iou_loss + recipe.side_loss * side_loss
        if recipe.keep and before is not None:
            kept = worsening(logits, before, target, valid)
            total = total + recipe.keep * kept
            scalars[f"worse/{round_}"] = kept.item()
        before = logits.detach()
        scalars[f"bce/{round_}"] = mask_loss.item()
        scalars[f"soft_iou/{round_}"] = 1 - iou_loss.item()
        if round_ + 1 < rounds:
            probability = logits.detach().float().sigmoid()[:, 0].cpu().numpy()
            truth = zip(batch["mask"].cpu().numpy(), batch["void"].cpu().numpy(), strict=True)
            clicks = [
                corrected(
                    c, p >= 0.5, m > 0, v > 0, recipe.stray_correction, (recipe.seed, 1, number, round_)
                )
                for number, c, p, (m, v) in zip(batch["numbers"], clicks, probability, truth, strict=True)
            ]
            stacked = np.stack(
                [
                    crop_maps(c, len(p), p, points)
                    for c, p, points in zip(clicks, probability, batch["points"], strict=True)
                ]
            )
            maps = torch.from_numpy(stacked).to(crop.device)
    return total / rounds, scalars


def thinned(
    features: tuple[Tensor, ...], numbers: Sequence[int], dropout: float, seed: int
) -> tuple[Tensor, ...]:
    """Features without a share `dropout` of the channels of strides 8 to 32, for each example others.

    The same are missing in all rounds of clicks, as if the encoder were a poorer one. Which, is drawn by
    the example's number, so that a run resumes exactly.
    """
    if not dropout:
        return features
    shallow, fine, *deep = features
    random = [np.random.default_rng((seed, 2, number)) for number in numbers]
    kept_levels = []
    for level in deep:
        kept = np.stack([drawn.random(level.shape[1]) for drawn in random]) >= dropout
        scale = torch.from_numpy(kept / (1 - dropout)).to(level)
        kept_levels.append(level * scale[..., None, None])
    return (shallow, fine, *kept_levels)


def corrected(
    clicks: Clicks,
    prediction: BoolArray,
    mask: BoolArray,
    void: BoolArray,
    stray: float,
    seed: tuple[int, ...],
) -> Clicks:
    """The clicks with one more correction: at an error, or for a share `stray` where nothing is wrong."""
    random = np.random.default_rng(seed)
    robot = RobotUser(correction_depth=0.5, seed=int(random.integers(2**31)))
    correction = robot.correction(prediction, mask, void, clicks.corrections)
    if correction is None or random.random() < stray:
        foreground = bool(random.random() < 0.5)
        right = (mask & prediction) if foreground else ~(mask | prediction | void)
        rows, columns = np.nonzero(depth(right) >= 2)
        if rows.size == 0:
            return clicks
        pick = int(random.integers(rows.size))
        correction = Correction(int(columns[pick]), int(rows[pick]), foreground)
    return clicks.with_correction(*correction)


def _side_loss(side: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """BCE of a side output at its own resolution, against the area-averaged mask."""
    shape = (side.shape[-2], side.shape[-1])
    return weighted_bce(side, F.adaptive_avg_pool2d(target, shape), F.adaptive_avg_pool2d(valid, shape))
