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
from iog.networks.iog import IOGConfig
from iog.rivals.base import PointExamples, RivalRecipe
from iog.training.augment import AugmentSettings
from iog.training.lite.examples import LiteExamples
from iog.training.lite.objective import Correct, Scene, prepared, rounds_of, side_bce
from iog.training.loop import Batch
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

    def prepared(self, batch: Batch) -> tuple[Scene, Correct]:
        """As of the others; corrected clicks become the published heatmaps."""
        return prepared(self, batch, self.maps)

    def rounds_at(self, step: int) -> int:
        """One, where no branch takes corrections."""
        return rounds_of(self, step) if self.network.refinement else 1

    def encoded(self, network: Network, batch: Batch, scene: Scene) -> Any:
        """Photo and prompt go in together."""
        return network.encode(torch.cat([batch["image"], scene.maps], 1))

    def round_loss(self, network: Any, features: Any, maps: Tensor, scene: Scene) -> tuple[Tensor, Tensor]:
        """The loss of all, and the cross entropy of CoarseNet's outputs."""
        logits, sides = network.decode_to_train(features, maps if self.network.refinement else None)
        logits = logits.float()
        coarse = torch.stack([side_bce(side.float(), scene.target, scene.valid) for side in sides])
        return self.mask_loss(logits, scene) + self.side_loss * coarse.sum(), logits


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
