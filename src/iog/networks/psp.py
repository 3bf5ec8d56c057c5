"""The pyramid pooling of the published networks: `PyramidPooling` of the lite network with other norms.

It differs from `iog.networks.blocks.PyramidPooling` in its tensor names, in batch norms after the pools
(hence it trains on batches of two and more only) and in resizing with aligned corners.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iog.networks.blocks import ConvBNReLU, adaptive_average_pool

BINS = (1, 2, 3, 6)
"""Bins a side of the four pools."""


class PSP(nn.Module):
    """Pools of 1, 2, 3 and 6 bins a side, a quarter of the width each, before the input; merged by a 1x1."""

    def __init__(self, inputs: int, outputs: int = 512) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(AverageBins(bins), *ConvBNReLU(inputs, inputs // 4, 1)) for bins in BINS
        )
        self.bottleneck = ConvBNReLU(inputs + inputs // 4 * len(BINS), outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H, W)."""
        pooled = [aligned_resize(stage(x), x.shape[-2:]) for stage in self.stages]
        merged: Tensor = self.bottleneck(torch.cat([*pooled, x], 1))
        return merged


class AverageBins(nn.Module):
    """(B, C, H, W) -> (B, C, bins, bins), the mean of each bin."""

    def __init__(self, bins: int) -> None:
        super().__init__()
        self.bins = bins

    def forward(self, x: Tensor) -> Tensor:
        return adaptive_average_pool(x, self.bins)


class AlignedUpsample(nn.Upsample):
    """Bilinear enlargement by a whole factor, corners aligned (all resizes of the published networks)."""

    def __init__(self, factor: int) -> None:
        super().__init__(scale_factor=factor, mode="bilinear", align_corners=True)


def aligned_resize(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Bilinear resize to (height, width), corners aligned."""
    return F.interpolate(x, size=size, mode="bilinear", align_corners=True)
