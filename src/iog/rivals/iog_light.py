"""The published IOG on the backbone of the others: `iog train iog-light` and its ablations.

The heads (CoarseNet, FineNet, pyramid pooling) and the prompt are the paper's: heatmaps of clicks enter the
encoder beside the photo, and in the refinement every click a branch whose output joins the deepest features
(CVPR 2020, section 3.2). Photos, budget, losses and the robot user are those of the other methods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from iog import published
from iog.clicks import Box, Clicks, Pixel, PointClicks
from iog.crop import Crop
from iog.errors import ModelError
from iog.networks.base import Network
from iog.networks.iog import IOG, IOGConfig
from iog.rivals.base import PointExamples, RivalRecipe
from iog.training.augment import AugmentSettings
from iog.training.lite.examples import LiteExamples
from iog.training.lite.objective import prepared, rounds_of, side_bce
from iog.training.loop import Batch, Scalars
from iog.training.losses import soft_iou_loss
from iog.training.rules import check

_BACKBONE = "tf_efficientnet_lite2"


@dataclass(frozen=True, slots=True, kw_only=True)
class IOGLightRecipe(RivalRecipe):
    """IOG (Zhang et al., CVPR 2020): its heads and its prompt on the light backbone, three clicks."""

    network: IOGConfig = field(default_factory=lambda: IOGConfig(backbone=_BACKBONE))
    """The network's own settings."""
    rounds: tuple[float, ...] = (1.0,)
    """Probability of training a batch on the prompt alone, with one correction (the refinement), with two."""
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    """How strongly crops vary."""

    def __post_init__(self) -> None:
        RivalRecipe.__post_init__(self)
        check((not self.strokes, f"`strokes` {self.strokes:g}: its heatmaps are of clicks"))

    def create_network(self) -> Network:
        """The network from ImageNet weights, or from a checkpoint with the same settings."""
        network = RivalRecipe.create_network(self)
        if network.config != self.network:
            raise ModelError(
                f"`start` {self.start} holds {network.config.summary}, not {self.network.summary}"
            )
        return network

    def examples(self) -> PointExamples:
        """The stream of `lite`, with the published heatmaps."""
        return _Examples(self)  # type: ignore[return-value]

    def maps(
        self,
        clicks: Clicks | PointClicks,
        size: int,
        before: npt.NDArray[np.float32] | None = None,
        points: Sequence[Pixel] | None = None,
    ) -> npt.NDArray[np.float32]:
        """The published heatmaps of clicks in crop pixels: (2, S, S) float32 in 0..255.

        Of extreme points they are one, (1, S, S). No mask before has a part in them.
        """
        crop, settings = Crop(Box(0, 0, size, size), size, size), self.network.settings
        if points is not None:
            return published.heatmap(published.to_crop_pixels(points, crop), crop, settings)[None]
        assert isinstance(clicks, Clicks)
        return published.click_maps(clicks, crop, settings)

    def loss(self, network: Network, batch: Batch, step: int) -> tuple[Tensor, Scalars]:
        """Mean over the rounds of clicks: the loss of all, and the cross entropy of CoarseNet's outputs."""
        assert isinstance(network, IOG)
        scene, correct = prepared(self, batch, self.maps)
        refined = self.network.refinement
        rounds = rounds_of(self, step) if refined else 1
        features = network.encode(torch.cat([batch["image"], scene.maps], 1))
        maps, total, scalars = scene.maps, scene.crop.new_zeros(()), dict[str, float | Tensor]()
        for round_ in range(rounds):
            logits, sides = network.decode_to_train(features, maps if refined else None)
            logits = logits.float()
            coarse = torch.stack([side_bce(side.float(), scene.target, scene.valid) for side in sides])
            value = self.mask_loss(logits, scene) + self.side_loss * coarse.sum()
            total = total + value
            scalars[f"loss/{round_}"] = value.detach()
            scalars[f"soft_iou/{round_}"] = 1 - soft_iou_loss(logits.detach(), scene.target, scene.valid)
            if round_ + 1 < rounds:
                maps = correct(logits.detach().sigmoid(), round_)
        return total / rounds, scalars


@dataclass(frozen=True, slots=True, kw_only=True)
class IOGLightCoarseRecipe(IOGLightRecipe):
    """The same without FineNet: the ablation of the paper."""

    network: IOGConfig = field(default_factory=lambda: IOGConfig(backbone=_BACKBONE, fine=False))
    """The network's own settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IOGLightExtremeRecipe(IOGLightRecipe):
    """The same with DEXTR's prompt of four extreme points: the ablation of the paper."""

    network: IOGConfig = field(
        default_factory=lambda: IOGConfig(backbone=_BACKBONE, guidance="extreme-points")
    )
    """The network's own settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IOGLightExtremeCoarseRecipe(IOGLightRecipe):
    """The same with DEXTR's prompt and without FineNet: the ablation of the paper."""

    network: IOGConfig = field(
        default_factory=lambda: IOGConfig(backbone=_BACKBONE, guidance="extreme-points", fine=False)
    )
    """The network's own settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IOGLightRefinementRecipe(IOGLightRecipe):
    """The refinement of IOG on the light backbone: a branch for clicks, and so corrections."""

    network: IOGConfig = field(default_factory=lambda: IOGConfig(backbone=_BACKBONE, refinement=True))
    """The network's own settings."""
    rounds: tuple[float, ...] = (0.45, 0.35, 0.2)
    """Probability of training a batch on the prompt alone, with one correction, with two."""


class _Examples(LiteExamples):
    recipe: Any

    def __getitem__(self, number: int) -> dict[str, Any]:
        example = super().__getitem__(number)
        drawn = self.recipe.maps(example["clicks"], len(example["mask"]), points=example["points"])
        return {**example, "maps": drawn}
