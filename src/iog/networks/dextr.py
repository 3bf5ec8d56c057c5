"""DEXTR (CVPR 2018): four extreme points in one heatmap, a dilated ResNet, a pyramid-pooling classifier.

    encode(input)    -> layer4             heavy
    decode(features) -> one logit map      light

The facts at hand about its published layout are few; what was chosen is in `docs/published.md`, and each
choice is a field of `DEXTRConfig`.

Shapes: B batch, S side of the square input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from iog.errors import ModelError
from iog.networks.base import Network
from iog.networks.iog import check_input
from iog.networks.psp import PSP
from iog.networks.resnet import BLOCKS, ResNet


@dataclass(frozen=True, slots=True, kw_only=True)
class DEXTRConfig:
    """Everything needed to build the network; a checkpoint carries it."""

    kind: ClassVar[str] = "dextr"

    depth: int = 101
    """ResNet-50 or -101."""
    output_stride: int = 8
    """8 (layer3 and layer4 dilated by 2 and 4, as the paper dilates the last two stages) or 16."""
    multi_grid: tuple[int, int, int] = (1, 1, 1)
    """Factors on the dilation of the three blocks of layer4."""
    stride_on_conv1: bool = True
    """Stride of a stage on its 1x1 (the Caffe ResNet of DeepLab v2) instead of the 3x3 (torchvision)."""

    def __post_init__(self) -> None:
        if self.depth not in BLOCKS:
            raise ModelError(f"ResNet-{self.depth} is unknown; known depths: {', '.join(map(str, BLOCKS))}")

    @property
    def name(self) -> str:
        """How `iog.networks.create` calls it."""
        return f"dextr-resnet{self.depth}"

    @property
    def summary(self) -> str:
        """What it is, for people."""
        return f"DEXTR with ResNet-{self.depth} (wants extreme points)"


class DEXTR(ResNet, Network):
    """See the module's text. Build with `iog.networks.create("dextr-resnet101")`."""

    def __init__(self, config: DEXTRConfig | None = None) -> None:
        config = config or DEXTRConfig()
        super().__init__(
            config.depth,
            4,
            output_stride=config.output_stride,
            multi_grid=config.multi_grid,
            stride_on_conv1=config.stride_on_conv1,
        )
        self.config = config
        # The backbone's tensors carry no prefix; its classifier counts as a fifth layer.
        self.layer5 = PSPClassifier(2048)

    @property
    def channels(self) -> int:
        """RGB and the heatmap."""
        return 4

    @property
    def resnet(self) -> ResNet:
        """The network itself is its backbone."""
        return self

    def encode(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """RGB and heatmap, (B, 4, S, S) float in 0..255 -> layer4, (B, 2048, S/8, S/8).

        Raises
        ------
        ModelError
            If the channels are not four or a side is no multiple of the output stride.
        """
        check_input(inputs, 4, self.config.output_stride)
        return super().forward(inputs)[:1]

    def decode(self, features: Sequence[Tensor], click_maps: None = None) -> tuple[Tensor, ...]:
        """Features -> its only logits, (B, 1, S, S). There is no click branch."""
        if click_maps is not None:
            raise ModelError("this network has no click branch; its clicks are a channel of the input")
        logits = self.layer5(features[0])
        factor = float(self.config.output_stride)
        return (F.interpolate(logits, scale_factor=factor, mode="bilinear", align_corners=True),)

    def probability(self, features: Sequence[Tensor], click_maps: None = None) -> Tensor:
        """What `decode` predicts, as probabilities (B, S, S)."""
        return self.decode(features, click_maps)[-1].sigmoid()[:, 0]

    def forward(self, network_input: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        return self.decode(self.encode(network_input))


class PSPClassifier(PSP):
    """Pyramid pooling and a 1x1 convolution to one channel."""

    def __init__(self, inputs: int) -> None:
        super().__init__(inputs)
        self.final = nn.Conv2d(512, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, 1, H, W) logits."""
        logits: Tensor = self.final(super().forward(x))
        return logits
