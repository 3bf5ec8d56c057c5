"""Latent diversity: Li, Chen and Koltun, Interactive Image Segmentation with Latent Diversity, CVPR 2018.

`iog train latent-diversity`. What makes it itself: one pass gives several masks; in hindsight the best one
alone bears the loss, so that the others may mean other things, and difference is rewarded; a second network
selects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iog.guidance import GUIDANCE
from iog.rivals.base import ConvGNReLU, Levels, Rival, RivalConfig, RivalRecipe, clicked, per_example
from iog.training.lite.objective import Scene
from iog.training.losses import edge_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentDiversityConfig(RivalConfig):
    """See `RivalConfig`."""

    kind: ClassVar[str] = "latent-diversity"

    guidance: str = "distances"
    """Its click maps."""
    masks: int = 6
    """Masks of one pass."""


class LatentDiversity(Rival):
    """Several masks, and a network that selects one."""

    def __init__(self, config: LatentDiversityConfig, *, pretrained: bool = False) -> None:
        super().__init__(config, pretrained=pretrained)
        self.masks = config.masks
        self.head = nn.Conv2d(config.widths[0], 4 * self.masks, 3, padding=1)
        # Photo, clicks and one of the masks in, a score out.
        self.selector = nn.Sequential(
            ConvGNReLU(3 + len(GUIDANCE[config.guidance]) + 1, 16, stride=2),
            ConvGNReLU(16, 24, stride=2),
            ConvGNReLU(24, 32, stride=2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(32, 1),
        )

    def answer(self, mixed: Levels) -> Tensor:
        """Logits of all masks, (B, M, S, S)."""
        return F.pixel_shuffle(self.head(mixed[0]), 2)

    def proposals(self, features: Sequence[Tensor], click_maps: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of all masks (B, M, S, S), and the scores that select, (B, M)."""
        (crop,) = features
        masks = self.answer(self.mixed(self.levels(crop, click_maps), click_maps))
        seen = torch.cat([crop, click_maps], 1)
        scores = [
            self.selector(torch.cat([seen, masks[:, i : i + 1].detach().sigmoid()], 1))
            for i in range(self.masks)
        ]
        return masks, torch.cat(scores, 1)

    def decode(self, features: Sequence[Tensor], click_maps: Tensor) -> Tensor:
        """Logits of the selected mask, (B, 1, S, S)."""
        return selected(*self.proposals(features, click_maps))


def selected(masks: Tensor, scores: Tensor) -> Tensor:
    """The mask with the highest score, (B, 1, S, S)."""
    best = scores.argmax(1)[:, None, None, None]
    return masks.gather(1, best.expand(-1, 1, *masks.shape[2:]))


def diversity(masks: Tensor) -> Tensor:
    """Mean difference between the probabilities of two masks of an example, 0..1."""
    p = masks.sigmoid()
    count = p.shape[1]
    pairs = [(p[:, i] - p[:, j]).abs().mean() for i in range(count) for j in range(i)]
    return torch.stack(pairs).mean()


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentDiversityRecipe(RivalRecipe):
    """Latent diversity (Li et al., CVPR 2018): several masks, hindsight loss, a network that selects."""

    network: LatentDiversityConfig = field(default_factory=LatentDiversityConfig)
    """The network's own settings."""
    ranked: float = 0.5
    """What each mask bears of the loss relative to the next better one: the best bears all of its own."""
    reward: float = 0.1
    """Weight of the difference between masks."""
    obedience: float = 1.0
    """Weight of the error at clicked pixels, in all masks."""

    def round_loss(self, network: Any, features: Any, maps: Tensor, scene: Scene) -> tuple[Tensor, Tensor]:
        """Hindsight, diversity, obedience and selection."""
        masks, scores = network.proposals(features, maps)
        masks = masks.float()
        each = self.losses(masks, scene)
        order = each.sort(1).values
        shares = self.ranked ** torch.arange(order.shape[1], device=order.device)
        # The best bears its own loss; what the others bear is small, and keeps them masks of something.
        hindsight = (order * shares / shares.sum()).sum(1).mean() + order[:, 0].mean()
        where, label = clicked(self.network.guidance, maps)
        wrong = (where * (masks.sigmoid() - label)).square().sum((2, 3)) / where.sum((2, 3)).clamp(min=1)
        selection = F.cross_entropy(scores.float(), each.detach().argmin(1))
        total = hindsight - self.reward * diversity(masks) + self.obedience * wrong.mean() + selection
        return total, selected(masks, scores)

    def losses(self, masks: Tensor, scene: Scene) -> Tensor:
        """Cross entropy and soft IoU of each mask, (B, M)."""
        target = scene.target.expand_as(masks)
        weight = edge_weights(scene.target, scene.valid, self.edge_strength, max(2, masks.shape[-1] // 64))
        entropy = F.binary_cross_entropy_with_logits(masks, target, reduction="none")
        p = masks.sigmoid() * scene.valid
        both = (p * target).sum((2, 3))
        union = (p + target * scene.valid).sum((2, 3)) - both
        return per_example(entropy, weight) + self.iou_loss * (1 - (both + 1) / (union + 1))
