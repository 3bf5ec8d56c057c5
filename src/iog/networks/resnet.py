"""ResNet-50 and -101 with dilated last stages: torchvision's network, its stem and strides changed.

The published IOG is laid out as torchvision's (same key names, same order, stride on the 3x3 convolution),
so its parts are taken from there. Changed: the stem sees more channels than RGB, strides give way to
dilation, and the classifier is gone.

Shapes: B batch, S side of the input.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

import torch
import torchvision
from torch import Tensor, nn

from iog.errors import ModelError
from iog.networks.tensors import load_tensors

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
"""Bottlenecks in layer1 to layer4, by depth."""


class ResNet(nn.Module):
    """Four stages of bottlenecks behind a stem of `inputs` channels.

    Parameters
    ----------
    depth
        50 or 101.
    inputs
        Channels of the input.
    output_stride
        16: layer4 keeps the size of layer3. 8: layer3 and layer4 keep the size of layer2.
    multi_grid
        Factors on the dilation of the three blocks of layer4 (DeepLab v3; IOG: 1, 2, 4).
    stride_on_conv1
        Put the stride of a stage on its first 1x1 convolution (He et al. 2016) instead of on the 3x3
        (torchvision, IOG). The tensors are the same.

    Raises
    ------
    ModelError
        For a depth or output stride that it does not have.
    """

    def __init__(
        self,
        depth: int,
        inputs: int,
        *,
        output_stride: int = 16,
        multi_grid: tuple[int, int, int] = (1, 2, 4),
        stride_on_conv1: bool = False,
    ) -> None:
        super().__init__()
        if depth not in BLOCKS:
            raise ModelError(f"ResNet-{depth} is unknown; known depths: {', '.join(map(str, BLOCKS))}")
        if output_stride not in (8, 16):
            raise ModelError(f"output stride {output_stride} is unknown; known: 8, 16")
        build = {50: torchvision.models.resnet50, 101: torchvision.models.resnet101}[depth]
        donor = build(weights=None, replace_stride_with_dilation=[False, output_stride == 8, True])
        self.conv1 = nn.Conv2d(inputs, 64, 7, stride=2, padding=3, bias=False)
        nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")
        self.bn1 = cast(nn.Module, donor.bn1)
        self.relu = cast(nn.Module, donor.relu)
        self.maxpool = cast(nn.Module, donor.maxpool)
        self.layer1 = cast(nn.Sequential, donor.layer1)
        self.layer2 = cast(nn.Sequential, donor.layer2)
        self.layer3 = cast(nn.Sequential, donor.layer3)
        self.layer4 = cast(nn.Sequential, donor.layer4)

        # torchvision leaves the first block of a dilated stage with the dilation of the stage before.
        base = 2 if output_stride == 16 else 4
        _dilate(self.layer3, [16 // output_stride] * BLOCKS[depth][2])
        _dilate(self.layer4, [base * factor for factor in multi_grid])
        if stride_on_conv1:
            for stage in (self.layer2, self.layer3):
                conv1, conv2 = (cast(nn.Conv2d, getattr(stage[0], name)) for name in ("conv1", "conv2"))
                conv1.stride, conv2.stride = conv2.stride, conv1.stride

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(B, inputs, S, S) -> layer4, layer3, layer2, layer1: 2048, 1024, 512, 256 channels.

        At output stride 16 their sides are S/16, S/16, S/8, S/4; at 8 they are S/8, S/8, S/8, S/4.
        """
        shallow = self.layer1(self.maxpool(self.relu(self.bn1(self.conv1(x)))))
        middle = self.layer2(shallow)
        deep = self.layer3(middle)
        return self.layer4(deep), deep, middle, shallow


def _dilate(stage: nn.Sequential, dilations: Iterable[int]) -> None:
    """Set the dilation of each block's 3x3 convolution, padded so that the size stays."""
    for block, dilation in zip(stage, dilations, strict=True):
        convolution = cast(nn.Conv2d, block.conv2)
        convolution.dilation = convolution.padding = (dilation, dilation)


@torch.no_grad()
def load_backbone(backbone: ResNet, state: Mapping[str, Tensor], source: object = "the backbone") -> None:
    """Fill `backbone` from a bare ResNet of the same depth, such as torchvision's for ImageNet.

    The classifier is left out. A stem that saw fewer channels fills the first ones; the others become zero,
    so that the network starts out blind to the heatmaps (as the published code does for channels 4 and 5).

    Raises
    ------
    ModelError
        Names `source`, if tensors are missing, surplus or of another shape.
    """
    # What a network has beyond layer4 (DEXTR's layer5) stays as it is.
    kept = {key: value for key, value in backbone.state_dict().items() if key.startswith("layer5.")}
    tensors = kept | {key: value for key, value in state.items() if not key.startswith("fc.")}
    stem, ours = tensors.get("conv1.weight"), backbone.conv1.weight
    if stem is not None and stem.shape[1] < ours.shape[1] and stem.shape[2:] == ours.shape[2:]:
        widened = torch.zeros_like(ours)
        widened[:, : stem.shape[1]] = stem
        tensors["conv1.weight"] = widened
    load_tensors(backbone, tensors, source)
