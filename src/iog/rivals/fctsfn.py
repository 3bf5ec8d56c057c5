"""FCTSFN: Hu et al., A Fully Convolutional Two-Stream Fusion Network for Interactive Image Segmentation,
Neural Networks 2019; `iog train fctsfn`.

What makes it itself: the photo and the clicks go through streams of their own that meet late, so that
clicks are not lost on the way, and a refining network goes from coarse to fine over several scales. The
photo's stream sees no click, so it runs once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iog.guidance import GUIDANCE
from iog.networks.backbones import BACKBONE_WIDTHS, create_backbone
from iog.networks.base import Network
from iog.networks.blocks import upsample_to
from iog.rivals.base import ConvGNReLU, RivalConfig, RivalRecipe
from iog.training.lite.objective import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class FCTSFNConfig(RivalConfig):
    """See `RivalConfig`."""

    kind: ClassVar[str] = "fctsfn"

    guidance: str = "distances"
    """Its click maps."""


class FCTSFN(Network):
    """Two streams, their late fusion, and the refining network."""

    def __init__(self, config: FCTSFNConfig, *, pretrained: bool = False) -> None:
        super().__init__()
        self.config = config
        self.backbone = create_backbone(config.backbone, pretrained=pretrained)
        photo, widths = BACKBONE_WIDTHS[config.backbone], config.widths
        self.interaction = nn.ModuleList(
            ConvGNReLU(i, o, stride=2) for i, o in pairwise((len(GUIDANCE[config.guidance]), *widths))
        )
        # They meet at strides 16 and 32 alone.
        self.fuse = nn.ModuleList(ConvGNReLU(photo[i] + widths[i], widths[i]) for i in (3, 4))
        self.down = nn.Conv2d(widths[4], widths[3], 1)
        self.coarse = nn.Conv2d(widths[3], 1, 1)
        # From stride 16 to 8, 4 and 2: the mask so far and the photo's features there give what to add.
        self.refine = nn.ModuleList(
            nn.Sequential(ConvGNReLU(photo[i] + 1, widths[i]), nn.Conv2d(widths[i], 1, 3, padding=1))
            for i in (2, 1, 0)
        )

    def encode(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """The photo's stream: features at strides 2 to 32."""
        return tuple(self.backbone(inputs))

    def decode_to_train(self, features: Any, click_maps: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, 1, S, S), and those of the scales before: strides 16, 8, 4 and 2."""
        clicks, stream = click_maps, []
        for layer in self.interaction:
            clicks = layer(clicks)
            stream.append(clicks)
        sixteen, deepest = (
            fuse(torch.cat([features[i], stream[i]], 1)) for fuse, i in zip(self.fuse, (3, 4), strict=True)
        )
        fused = F.relu(sixteen + upsample_to(self.down(deepest), sixteen))
        scales = [self.coarse(fused)]
        for refine, level in zip(self.refine, (features[2], features[1], features[0]), strict=True):
            before = upsample_to(scales[-1], level)
            scales.append(before + refine(torch.cat([level, before.sigmoid()], 1)))
        return upsample_to(scales[-1], click_maps), scales

    def decode(self, features: Sequence[Tensor], click_maps: Tensor) -> Tensor:
        """The clicks' stream, the fusion and the refining network: logits (B, 1, S, S)."""
        return self.decode_to_train(features, click_maps)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class FCTSFNRecipe(RivalRecipe):
    """FCTSFN (Hu et al., 2019): photo and clicks in two streams, late fusion, refinement over scales."""

    network: FCTSFNConfig = field(default_factory=FCTSFNConfig)
    """The network's own settings."""

    def round_loss(self, network: Any, features: Any, maps: Tensor, scene: Scene) -> tuple[Tensor, Tensor]:
        """The loss of the answer, and of each scale before it."""
        logits, scales = network.decode_to_train(features, maps)
        before = [self.mask_loss(upsample_to(scale.float(), logits), scene) for scale in scales[:-1]]
        total = self.mask_loss(logits.float(), scene) + self.side_loss * torch.stack(before).sum()
        return total, logits.float()
