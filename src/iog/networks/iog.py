"""IOG as published (CVPR 2020, section 3.2 and figure 4), with its refinement variant and its ablations.

    encode(input)                  -> layer4, layer3, layer2, layer1       heavy, once per box
    decode(features[, click maps]) -> logits of coarse 1 to 4, then fine   once per click in the refinement

Heatmaps enter the encoder beside RGB. In the refinement variant every click so far also enters a branch
whose output joins layer4 before the pyramid pooling; the backbone keeps what it saw with the first three.

Tensor names, order and shapes are those of the published checkpoints, hence the capitals in `Coarse_net`
and the module `upsamples[0]`, which nothing calls. The published sizes are S = 512; any multiple of 16 runs.

A light backbone may stand in the ResNet's place, to compare methods on one (docs/rivals.md); its checkpoints
are no published ones.

Shapes: B batch, S side of the square input. Levels are counted deepest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iog.errors import ModelError
from iog.networks.backbones import BACKBONE_WIDTHS, create_backbone
from iog.networks.base import Network, normalised
from iog.networks.blocks import ConvBNReLU
from iog.networks.psp import PSP, AlignedUpsample, aligned_resize
from iog.networks.resnet import BLOCKS, ResNet
from iog.published import IOG_SETTINGS, PublishedSettings

HEATMAPS = {"inside-outside": 2, "extreme-points": 1}
"""Heatmaps beside RGB: the inside and the outside clicks (IOG), or four extreme points in one (DEXTR)."""

_WIDTH = 256
"""Channels of every level of CoarseNet and FineNet."""

_FACTORS = (4, 4, 2, 1)
"""Enlargement of each level to the side of layer1."""

_CONTEXT = 0.15
"""What a light backbone's network sees around the box, as `lite` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IOGConfig:
    """Everything needed to build the network; a checkpoint carries it. The rows of the paper's ablations."""

    kind: ClassVar[str] = "iog"

    depth: int = 101
    """ResNet-50 or -101."""
    backbone: str = "resnet"
    """resnet, or a light backbone in its place (`iog.networks.backbones`)."""
    guidance: str = "inside-outside"
    """Which heatmaps the encoder sees: a key of `HEATMAPS`."""
    fine: bool = True
    """With FineNet; without it the last side output of CoarseNet is the answer."""
    refinement: bool = False
    """With the click branch for corrections."""

    def __post_init__(self) -> None:
        if self.depth not in BLOCKS:
            raise ModelError(f"ResNet-{self.depth} is unknown; known depths: {', '.join(map(str, BLOCKS))}")
        if self.light and self.backbone not in BACKBONE_WIDTHS:
            known = ", ".join(("resnet", *BACKBONE_WIDTHS))
            raise ModelError(f"unknown backbone {self.backbone!r}; known: {known}")
        if self.guidance not in HEATMAPS:
            raise ModelError(f"guidance {self.guidance!r} is unknown; known: {', '.join(HEATMAPS)}")
        if self.refinement and self.guidance != "inside-outside":
            raise ModelError("the click branch of the refinement needs inside and outside maps")

    @property
    def light(self) -> bool:
        """Whether it has another backbone than the paper's."""
        return self.backbone != "resnet"

    @property
    def body(self) -> str:
        """Its backbone, for people."""
        return self.backbone if self.light else f"ResNet-{self.depth}"

    @property
    def name(self) -> str:
        """How `iog.networks.create` calls it (ablations: the network from which they were cut)."""
        body = self.body.lower().replace("-", "")
        return f"iog-{body}" + ("-refinement" if self.refinement else "")

    @property
    def settings(self) -> PublishedSettings:
        """What it sees: as published, or with a light backbone the crop of `lite`."""
        return replace(IOG_SETTINGS, context=_CONTEXT) if self.light else IOG_SETTINGS

    @property
    def summary(self) -> str:
        """What it is, for people."""
        notes = [
            "takes corrections" if self.refinement else "takes no corrections",
            *(["without FineNet"] if not self.fine else []),
            *(["wants extreme points"] if self.guidance == "extreme-points" else []),
        ]
        return f"{'IOG refinement' if self.refinement else 'IOG'} with {self.body} ({', '.join(notes)})"


class IOG(Network):
    """See the module's text. Build with `iog.networks.create("iog-resnet101")` and the like.

    Parameters
    ----------
    config
        Its settings.
    pretrained
        Whether a light backbone starts from ImageNet; a ResNet's weights come from files
        (`iog.networks.recognise`).
    """

    def __init__(self, config: IOGConfig | None = None, *, pretrained: bool = False) -> None:
        super().__init__()
        self.config = config = config or IOGConfig()
        branch = 64 if config.refinement else 0
        widths = BACKBONE_WIDTHS[config.backbone][1:] if config.light else (256, 512, 1024, 2048)
        self.Coarse_net = CoarseNet(widths)
        if config.fine:
            self.Fine_net = FineNet()
        self.backbone: nn.Module
        if config.light:
            self.backbone = create_backbone(config.backbone, pretrained=pretrained)
            stem: Any = self.backbone.conv_stem
            # More input channels of the first layer; from zero, so that ImageNet's answer is the start.
            self.heatmaps = nn.Conv2d(
                HEATMAPS[config.guidance], stem.out_channels, 3, stride=2, padding=1, bias=False
            )
            nn.init.zeros_(self.heatmaps.weight)
        else:
            self.backbone = ResNet(config.depth, self.channels)
        self.psp4 = PSP(widths[-1] + branch)
        if config.refinement:
            self.iog_points = click_branch(branch)

    @property
    def channels(self) -> int:
        """RGB and its heatmaps."""
        return 3 + HEATMAPS[self.config.guidance]

    @property
    def resnet(self) -> ResNet:
        """Its backbone.

        Raises
        ------
        ModelError
            If it has a light one.
        """
        if not isinstance(self.backbone, ResNet):
            raise ModelError(f"this network has no ResNet but {self.config.backbone}")
        return self.backbone

    def encode(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """RGB and heatmaps, (B, 5, S, S) float in 0..255 -> features of 2048, 1024, 512, 256 channels.

        Those of a light backbone are fewer; its deepest, at stride 32, is enlarged to the side of the next.

        Raises
        ------
        ModelError
            If the channels are not those of the configuration or a side is no multiple of 16, with a light
            backbone of 32.
        """
        check_input(inputs, self.channels, 32 if self.config.light else 16)
        if self.config.light:
            return self._light_features(inputs)
        features: tuple[Tensor, ...] = self.backbone(inputs)
        return features

    def _light_features(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """The backbone's levels at strides 16 (two), 8 and 4."""
        backbone: Any = self.backbone
        x = backbone.conv_stem(normalised(inputs[:, :3])) + self.heatmaps(inputs[:, 3:] / 255)
        x = backbone.bn1(x)
        found = []
        for number, block in enumerate(backbone.blocks, 1):
            x = block(x)
            if number in backbone._stage_out_idx:
                found.append(x)
        layer1, layer2, layer3, deepest = found[-4:]
        return aligned_resize(deepest, layer3.shape[-2:]), layer3, layer2, layer1

    def decode(self, features: Sequence[Tensor], click_maps: Tensor | None = None) -> tuple[Tensor, ...]:
        """Features -> logits of coarse 1 (deepest) to 4 and fine; the last one is the prediction.

        Parameters
        ----------
        features
            From `encode`.
        click_maps
            The refinement only: (B, 2, S, S) float in 0..255, all inside and all outside clicks so far.

        Returns
        -------
        Five logits, four without FineNet: (B, 1, S, S), of the refinement (B, 1, S/4, S/4) as published.

        Raises
        ------
        ModelError
            If click maps are missing, or given to a network without a click branch.
        """
        if self.config.refinement != (click_maps is not None):
            raise ModelError(
                "the refinement network needs click maps"
                if self.config.refinement
                else "this network has no click branch; its clicks are channels of the input (see encode)"
            )
        deepest, *others = features
        if click_maps is not None:
            deepest = torch.cat([deepest, self.iog_points(click_maps)], 1)
        levels, logits = self.Coarse_net([self.psp4(deepest), *others])
        if self.config.fine:
            logits.append(self.Fine_net(levels))
        if not self.config.refinement:
            logits = [_enlarge(logit) for logit in logits]
        return tuple(logits)

    def decode_to_train(
        self, features: Sequence[Tensor], click_maps: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """The last logits of `decode`, (B, 1, S, S), and those of CoarseNet before them."""
        *sides, last = self.decode(features, click_maps)
        return _enlarge(last) if self.config.refinement else last, sides

    def probability(self, features: Sequence[Tensor], click_maps: Tensor | None = None) -> Tensor:
        """What `decode` predicts, as probabilities (B, S, S). The refinement's logits are enlarged first."""
        return self.decode_to_train(features, click_maps)[0].sigmoid()[:, 0]

    def forward(self, network_input: Tensor, click_maps: Tensor | None = None) -> tuple[Tensor, ...]:
        """Both halves at once.

        The refinement without `click_maps` is told the clicks of the input, channels 4 and 5.
        """
        features = self.encode(network_input)
        if self.config.refinement and click_maps is None:
            click_maps = network_input[:, 3:]
        return self.decode(features, click_maps)


class CoarseNet(nn.Module):
    """Top-down fusion of four levels; each level also answers by itself."""

    def __init__(self, widths: Sequence[int] = (256, 512, 1024, 2048)) -> None:
        """`widths` are the backbone's channels, layer1's first; layer4's come pooled, with 512."""
        super().__init__()
        inputs = (512, *reversed(widths[:-1]))
        self.laterals = nn.ModuleList(ConvBNReLU(channels, _WIDTH, 1) for channels in inputs)
        self.upsamples = nn.ModuleList(
            nn.Sequential(
                AlignedUpsample(2), nn.Conv2d(_WIDTH, _WIDTH, 1, bias=False), nn.BatchNorm2d(_WIDTH)
            )
            for _ in range(3)
        )
        self.predict = nn.ModuleList(
            nn.Sequential(
                *ConvBNReLU(_WIDTH, _WIDTH, 1),
                nn.Conv2d(_WIDTH, 1, 3, padding=1, bias=False),
                AlignedUpsample(factor),
                nn.BatchNorm2d(1),
            )
            for factor in _FACTORS
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, features: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Pooled layer4, layer3, layer2, layer1 -> four levels of 256 channels and their logits at S/4."""
        level = self.laterals[0](features[0])
        levels = [level]
        for i in (1, 2, 3):
            # Levels 0 and 1 have the same side, so the first step needs no enlargement; upsamples[0] idles.
            from_below = level if i == 1 else self.upsamples[i - 1](level)
            level = self.laterals[i](features[i]) + from_below
            levels.append(level)
        return levels, [head(level) for head, level in zip(self.predict, levels, strict=True)]


class FineNet(nn.Module):
    """Chains of 3, 2, 1 and 0 bottlenecks on the four levels, merged at the side of layer1."""

    def __init__(self) -> None:
        super().__init__()
        self.cascade = nn.ModuleList(
            nn.Sequential(*(FineBottleneck(_WIDTH) for _ in range(count)), AlignedUpsample(factor))
            for count, factor in zip((3, 2, 1, 0), _FACTORS, strict=True)
        )
        self.final_predict = nn.Sequential(
            FineBottleneck(4 * _WIDTH),
            nn.Conv2d(_WIDTH, 1, 3, padding=1, bias=False),
            nn.BatchNorm2d(1),
        )

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """CoarseNet's four levels -> (B, 1, S/4, S/4) logits."""
        refined = [chain(level) for chain, level in zip(self.cascade, levels, strict=True)]
        logits: Tensor = self.final_predict(torch.cat(refined, 1))
        return logits


class FineBottleneck(nn.Module):
    """1x1 to 128 channels, 3x3, 1x1 to 256, added to a projection of the input.

    torchvision's bottleneck widens four times and projects only where shapes differ; this one does neither.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        half = _WIDTH // 2
        self.conv1 = nn.Conv2d(inputs, half, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(half)
        self.conv2 = nn.Conv2d(half, half, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(half)
        self.conv3 = nn.Conv2d(half, _WIDTH, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(_WIDTH)
        self.downsample = nn.Sequential(nn.Conv2d(inputs, _WIDTH, 1, bias=False), nn.BatchNorm2d(_WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, 256, H, W)."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


def click_branch(outputs: int) -> nn.Sequential:
    """Click maps (B, 2, S, S) -> (B, outputs, S/16, S/16)."""
    widths = (2, 64, 128, 256, 256)
    blocks = [ConvBNReLU(i, o, 3, stride=2) for i, o in pairwise(widths)]
    # One flat sequence, as its tensors are numbered.
    return nn.Sequential(*(layer for block in (*blocks, ConvBNReLU(256, outputs, 1)) for layer in block))


def check_input(network_input: Tensor, channels: int, multiple: int) -> None:
    """Raise `ModelError` unless the tensor is (B, channels, H, W) with sides that are multiples."""
    shape = tuple(network_input.shape)
    if len(shape) != 4 or shape[1] != channels or shape[2] % multiple or shape[3] % multiple:
        raise ModelError(
            f"the network needs an input of shape (batch, {channels}, height, width) "
            f"with sides that are multiples of {multiple}, got {shape}"
        )


def _enlarge(logit: Tensor) -> Tensor:
    """(B, 1, S/4, S/4) -> (B, 1, S, S)."""
    return F.interpolate(logit, scale_factor=4.0, mode="bilinear", align_corners=True)
