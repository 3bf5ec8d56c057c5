"""The loss of `lite`: rounds of clicks on one encoding, each after corrections of the one before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from iog.clicks import Clicks, Correction, Pixel, PointClicks
from iog.networks.base import Network, normalised
from iog.robot import STROKES, BoolArray, RobotUser, depth
from iog.training.lite.maps import crop_maps
from iog.training.loop import Batch, Scalars
from iog.training.losses import edge_weights, soft_iou_loss, thin_weights, weighted_bce, worsening

if TYPE_CHECKING:
    from iog.training.lite.recipe import LiteRecipe


class Scene(NamedTuple):
    """A batch as the network sees it."""

    crop: Tensor  # (B, 3, S, S), normalised
    target: Tensor  # (B, 1, S, S), 0 or 1
    valid: Tensor  # (B, 1, S, S), 0 where void
    maps: Tensor  # (B, C, S, S), the click maps of the first prompt


Correct = Callable[[Tensor, int], Tensor]
"""Click maps after corrections of a probability map, (B, 1, S, S), in a round of a batch."""


def loss(recipe: LiteRecipe, network: Network, batch: Batch, step: int) -> tuple[Tensor, Scalars]:
    """Loss of a batch of examples over its rounds of clicks, and scalars to log."""
    scene, correct = prepared(recipe, batch)
    return rounds_loss(recipe, network, scene, correct, batch["numbers"], step)


Draw = Callable[
    [Clicks | PointClicks, int, npt.NDArray[np.float32], Sequence[Pixel] | None], npt.NDArray[np.float32]
]
"""Click maps of corrected clicks, of the side of the crop, the mask before and the extreme points."""


def prepared(recipe: LiteRecipe, batch: Batch, draw: Draw | None = None) -> tuple[Scene, Correct]:
    """A batch as the network sees it, and the robot user who corrects its answers.

    Corrected clicks are drawn by `draw`, or as the recipe's guidance says.
    """

    def guided(
        clicks: Clicks | PointClicks,
        size: int,
        before: npt.NDArray[np.float32],
        points: Sequence[Pixel] | None,
    ) -> npt.NDArray[np.float32]:
        return crop_maps(clicks, size, before, points, recipe.network.guidance)

    drawn_by = draw or guided
    scene = Scene(
        normalised(batch["image"]),
        batch["mask"].unsqueeze(1).float(),
        1 - batch["void"].unsqueeze(1).float(),
        batch["maps"],
    )
    clicks: list[Clicks | PointClicks] = list(batch["clicks"])

    def correct(probability: Tensor, round_: int) -> Tensor:
        truth = zip(batch["mask"].cpu().numpy() > 0, batch["void"].cpu().numpy() > 0, strict=True)
        answers = probability[:, 0].cpu().numpy()
        drawn = []
        for i, (number, answer, (mask, void)) in enumerate(
            zip(batch["numbers"], answers, truth, strict=True)
        ):
            seed = (recipe.seed, 1, number, round_)
            clicks[i] = corrected(
                clicks[i], answer >= 0.5, mask, void, recipe.stray_correction, seed, recipe.strokes
            )
            drawn.append(drawn_by(clicks[i], len(answer), answer, batch["points"][i]))
        return torch.from_numpy(np.stack(drawn)).to(probability.device)

    return scene, correct


def rounds_loss(
    recipe: LiteRecipe, network: Network, scene: Scene, correct: Correct, numbers: Sequence[int], step: int
) -> tuple[Tensor, Scalars]:
    """Loss over one to three rounds of clicks, and scalars to log.

    Round 0 has the first prompt. Before each later round the robot user corrects the mask of the round
    before, which also becomes an input (iterative training; IOG "Beyond Three Clicks", RITM).
    """
    crop, target, valid, maps = scene
    rounds = rounds_of(recipe, step)
    weight = edge_weights(target, valid, recipe.edge_strength, radius=max(2, crop.shape[-1] // 64))
    if recipe.thin_strength:
        weight = thin_weights(target, weight, recipe.thin_strength)
    features = network.encode(crop.to(memory_format=torch.channels_last))
    features = thinned(features, numbers, recipe.feature_dropout, recipe.seed)
    total = crop.new_zeros(())
    scalars: dict[str, Tensor] = {}
    before: Tensor | None = None
    for round_ in range(rounds):
        logits, sides = network.decode_to_train(features, maps.to(memory_format=torch.channels_last))
        # Sums over all pixels are no matter for half precision.
        logits, sides = logits.float(), [side.float() for side in sides]
        mask_loss = weighted_bce(logits, target, weight)
        iou_loss = soft_iou_loss(logits, target, valid)
        total = total + mask_loss + recipe.iou_loss * iou_loss
        if recipe.side_loss:
            side_losses = [side_bce(side, target, valid) for side in sides]
            total = total + recipe.side_loss * sum(side_losses, start=crop.new_zeros(()))
        if recipe.keep and before is not None:
            kept = worsening(logits, before, target, valid)
            total = total + recipe.keep * kept
            scalars[f"worse/{round_}"] = kept.detach()
        before = logits.detach()
        scalars[f"bce/{round_}"] = mask_loss.detach()
        scalars[f"soft_iou/{round_}"] = 1 - iou_loss.detach()
        if round_ + 1 < rounds:
            maps = correct(before.sigmoid(), round_)
    return total / rounds, scalars


def rounds_of(recipe: LiteRecipe, step: int) -> int:
    """In how many rounds of clicks the batch of a step is trained."""
    if recipe.prompt != "clicks":
        return 1
    random = np.random.default_rng((recipe.seed, 1, step))
    return 1 + int(random.choice(len(recipe.rounds), p=recipe.rounds))


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
    clicks: Clicks | PointClicks,
    prediction: BoolArray,
    mask: BoolArray,
    void: BoolArray,
    stray: float,
    seed: tuple[int, ...],
    strokes: float = 0.0,
) -> Clicks | PointClicks:
    """The clicks with one more correction: at an error, or for a share `stray` where nothing is wrong.

    A share `strokes` of those at an error are strokes.
    """
    random = np.random.default_rng(seed)
    robot = RobotUser(correction_depth=0.5, seed=int(random.integers(2**31)))
    if strokes and random.random() < strokes:
        robot.strokes = STROKES[int(random.integers(len(STROKES)))]
    correction = robot.correction(prediction, mask, void, clicks.corrections)
    if correction is None or random.random() < stray:
        foreground = bool(random.random() < 0.5)
        right = (mask & prediction) if foreground else ~(mask | prediction | void)
        rows, columns = np.nonzero(depth(right) >= 2)
        if rows.size == 0:
            return clicks
        pick = int(random.integers(rows.size))
        correction = Correction(int(columns[pick]), int(rows[pick]), foreground)
    return clicks.followed_by(correction)


def side_bce(side: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """BCE of a side output at its own resolution, against the area-averaged mask."""
    shape = (side.shape[-2], side.shape[-1])
    return weighted_bce(side, F.adaptive_avg_pool2d(target, shape), F.adaptive_avg_pool2d(valid, shape))
