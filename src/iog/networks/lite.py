"""`lite`: the bundled network. A heavy encoder once per box, a light decoder once per click.

    encode(crop)                  -> five feature maps at strides 2, 4, 8, 16, 32
    decode(features, click maps)  -> logits at crop resolution (and side outputs in training)

It keeps IOG's parts (CVPR 2020, section 3.2 and figure 4): pyramid pooling on the deepest features, a
CoarseNet that fuses levels top-down and is supervised at each, a FineNet that refines every level with its
own number of bottlenecks and merges them, and a click branch. It differs where a laptop gains: the encoder
sees the photo alone, so that it runs while the hand still moves; clicks enter at every level of the
decoder; the mask before a correction is an input; a stride-2 level and sub-pixel logits sharpen edges.

Shapes: B batch, S side of the square crop (a multiple of 32), C channels of a level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iog.errors import ModelError
from iog.guidance import GUIDANCE
from iog.networks.backbones import BACKBONE_WIDTHS, create_backbone
from iog.networks.base import Network
from iog.networks.blocks import Bottleneck, ConvBNReLU, PyramidPooling, fold_batch_norms, upsample_to


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteConfig:
    """Everything needed to build the network; a checkpoint carries it."""

    kind: ClassVar[str] = "lite"

    backbone: str = "tf_efficientnet_lite2"
    widths: tuple[int, int, int, int, int] = (16, 48, 64, 96, 128)
    """Decoder channels at strides 2, 4, 8, 16, 32."""
    click_widths: tuple[int, int, int, int, int] = (16, 24, 32, 48, 64)
    """Click-branch channels at strides 2, 4, 8, 16, 32."""
    fine_blocks: tuple[int, int, int, int] = (0, 1, 2, 3)
    """FineNet bottlenecks at strides 4, 8, 16, 32 (IOG: 3, 2, 1, 0 deepest first)."""
    fine_width: int = 24
    """Channels to which FineNet projects each level before it merges them."""
    guidance: str = "inside-outside"
    """The first prompt, a key of `iog.guidance.GUIDANCE`; extreme-points makes it a DEXTR network."""
    folded: bool = False
    """Without batch norms: they are folded into the convolutions, as in a network read from ONNX files."""

    def __post_init__(self) -> None:
        if self.guidance not in GUIDANCE:
            raise ModelError(f"guidance {self.guidance!r} is unknown; known: {', '.join(GUIDANCE)}")

    @property
    def summary(self) -> str:
        """What it is, for people."""
        return f"lite with {self.backbone}"


class Lite(Network):
    """See the module's text. Build with `iog.networks.create("lite")`."""

    def __init__(self, config: LiteConfig | None = None, *, pretrained: bool = False) -> None:
        super().__init__()
        self.config = config = config or LiteConfig()
        self.backbone = create_backbone(config.backbone, pretrained=pretrained)
        backbone_widths = BACKBONE_WIDTHS[config.backbone]
        self.psp = PyramidPooling(backbone_widths[-1], config.widths[-1] // 2, config.widths[-1])
        # The click-independent half of CoarseNet belongs to the encoder: it is paid once per box.
        self.laterals = nn.ModuleList(
            nn.Sequential(nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o))
            for i, o in zip((*backbone_widths[:-1], config.widths[-1]), config.widths, strict=True)
        )
        self.decoder = Decoder(config)
        if config.folded:
            fold_batch_norms(self)

    def encode(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, S, S) float, (RGB - 127) / 128 -> features at strides 2, 4, 8, 16, 32."""
        *shallow, deepest = self.backbone(inputs)
        levels = [*shallow, self.psp(deepest)]
        return tuple(lateral(level) for lateral, level in zip(self.laterals, levels, strict=True))

    def decode(self, features: tuple[Tensor, ...], click_maps: Tensor) -> Tensor:
        """Features and (B, C, S, S) click maps (`iog.guidance.GUIDANCE`) -> (B, 1, S, S) logits."""
        logits: Tensor = self.decoder(features, click_maps)[0]
        return logits

    def decode_to_train(self, features: Any, click_maps: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, 1, S, S) and CoarseNet's side logits at strides 4, 8, 16, 32."""
        answers: tuple[Tensor, list[Tensor]] = self.decoder(features, click_maps)
        return answers

    def forward(self, crop: Tensor, click_maps: Tensor) -> Tensor:
        return self.decode(self.encode(crop), click_maps)


class Decoder(nn.Module):
    """Click branch, CoarseNet's top-down path with side outputs, FineNet and the edge level."""

    def __init__(self, config: LiteConfig) -> None:
        super().__init__()
        widths, click_widths = config.widths, config.click_widths
        self.clicks = nn.ModuleList(
            ConvBNReLU(i, o, 3, stride=2)
            for i, o in zip((len(GUIDANCE[config.guidance]), *click_widths[:-1]), click_widths, strict=True)
        )
        self.inject = nn.ModuleList(nn.Conv2d(i, o, 1) for i, o in zip(click_widths, widths, strict=True))
        coarse = widths[1:]
        self.down = nn.ModuleList(
            nn.Conv2d(deep, shallow, 1, bias=False) for shallow, deep in pairwise(coarse)
        )
        self.coarse = nn.ModuleList(ConvBNReLU(w, w) for w in coarse)
        self.sides = nn.ModuleList(nn.Conv2d(w, 1, 1) for w in coarse)
        self.fine = nn.ModuleList(
            nn.Sequential(*(Bottleneck(w) for _ in range(n)), ConvBNReLU(w, config.fine_width, 1))
            for w, n in zip(coarse, config.fine_blocks, strict=True)
        )
        self.merge = nn.Sequential(
            ConvBNReLU(4 * config.fine_width, coarse[0], 1), ConvBNReLU(coarse[0], coarse[0])
        )
        self.to_edge = nn.Conv2d(coarse[0], widths[0], 1, bias=False)
        self.edge = nn.Sequential(ConvBNReLU(widths[0], widths[0]), nn.Conv2d(widths[0], 4, 3, padding=1))

    def forward(self, features: tuple[Tensor, ...], click_maps: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, 1, S, S) and CoarseNet's side logits at strides 4, 8, 16, 32."""
        guided = []
        clicks = click_maps
        for branch, inject, level in zip(self.clicks, self.inject, features, strict=True):
            clicks = branch(clicks)
            guided.append(level + inject(clicks))
        edge, *levels = guided

        coarse: list[Tensor] = [self.coarse[-1](F.relu(levels[-1]))]
        for i in (2, 1, 0):
            from_below = upsample_to(self.down[i](coarse[0]), levels[i])
            coarse.insert(0, self.coarse[i](F.relu(levels[i] + from_below)))
        sides = [side(level) for side, level in zip(self.sides, coarse, strict=True)]

        fine = [upsample_to(chain(level), coarse[0]) for chain, level in zip(self.fine, coarse, strict=True)]
        merged = self.merge(torch.cat(fine, 1))
        sharp = F.relu(edge + upsample_to(self.to_edge(merged), edge))
        return F.pixel_shuffle(self.edge(sharp), 2), sides


def adapted(network: Lite, guidance: str) -> Lite:
    """A network for another guidance that begins as much like `network` as it can.

    Click maps that both know keep their weights, others begin by chance. The same network if it has that
    guidance already.
    """
    if network.config.guidance == guidance:
        return network
    result = Lite(replace(network.config, guidance=guidance))
    first = "decoder.clicks.0.0.weight"
    before, weight = network.state_dict(), result.state_dict()[first]
    known = GUIDANCE[network.config.guidance]
    for channel, name in enumerate(GUIDANCE[guidance]):
        if name in known:
            weight[:, channel] = before[first][:, known.index(name)]
    result.load_state_dict({**before, first: weight})
    return result
