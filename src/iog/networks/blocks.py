"""Blocks that several networks share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class ConvBNReLU(nn.Sequential):
    """Convolution without bias, batch norm, ReLU; padded so that stride 1 keeps the size."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class Bottleneck(nn.Module):
    """1x1 down to half the width, 3x3, 1x1 up, added to the input (ResNet; the unit of FineNet)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            ConvBNReLU(width, width // 2, 1),
            ConvBNReLU(width // 2, width // 2, 3),
            nn.Conv2d(width // 2, width, 1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, H, W) -> the same shape."""
        return F.relu(x + self.body(x))


class PyramidPooling(nn.Module):
    """Average pools of 1, 2, 3 and 6 bins a side beside the input, merged (PSPNet; IOG's `psp4`)."""

    def __init__(self, inputs: int, branch: int, outputs: int, bins: Sequence[int] = (1, 2, 3, 6)) -> None:
        super().__init__()
        self.bins = tuple(bins)
        # No batch norm after the pools: one bin a side gives too few values for its statistics.
        self.branches = nn.ModuleList(nn.Conv2d(inputs, branch, 1) for _ in self.bins)
        self.merge = ConvBNReLU(inputs + branch * len(self.bins), outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H, W)."""
        pooled = [
            upsample_to(F.relu(branch(adaptive_average_pool(x, bins))), x)
            for bins, branch in zip(self.bins, self.branches, strict=True)
        ]
        merged: Tensor = self.merge(torch.cat([*pooled, x], 1))
        return merged


class Attention(nn.Module):
    """A transformer block over the pixels of one level, which lets each compare itself with all others.

    Pre-norm self-attention, then two 1x1 convolutions, each added to the input (ViT). What is added starts
    at zero, so that a trained network can take such blocks and go on from where it was.
    """

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.to_qkv = nn.Conv2d(width, 3 * width, 1)
        self.project = starts_at_zero(nn.Conv2d(width, width, 1))
        self.mix = nn.Sequential(
            nn.Conv2d(width, 2 * width, 1),
            nn.ReLU(inplace=True),
            starts_at_zero(nn.Conv2d(2 * width, width, 1)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, H, W) -> the same shape."""
        batch, width, *size = x.shape
        apart = (batch, self.heads, width // self.heads, -1)
        queries, keys, values = (  # (batch, heads, pixels, width of a head)
            part.reshape(apart).transpose(2, 3)
            for part in self.to_qkv(_over_channels(self.norms[0], x)).chunk(3, 1)
        )
        attended = F.scaled_dot_product_attention(queries, keys, values)
        x = x + self.project(attended.transpose(2, 3).reshape(batch, width, *size))
        mixed: Tensor = x + self.mix(_over_channels(self.norms[1], x))
        return mixed


class FromBelow(nn.Module):
    """Adds to a level what the next deeper one says of it: a top-down step of a feature pyramid.

    Two 3x3 convolutions over both, the second starting at zero.
    """

    def __init__(self, width: int, below: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(below, width, 1)
        self.body = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(inplace=True),
            starts_at_zero(nn.Conv2d(width, width, 3, padding=1)),
        )

    def forward(self, level: Tensor, below: Tensor) -> Tensor:
        """(B, width, H, W) and (B, below, H / 2, W / 2) -> (B, width, H, W)."""
        told: Tensor = level + self.body(level + upsample_to(self.down(below), level))
        return told


def starts_at_zero(convolution: nn.Conv2d) -> nn.Conv2d:
    """The convolution with all weights and biases zero."""
    nn.init.zeros_(convolution.weight)
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
    return convolution


def _over_channels(norm: nn.Module, x: Tensor) -> Tensor:
    """A layer norm applied to each pixel's channels of (B, C, H, W)."""
    normed: Tensor = norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    return normed


def adaptive_average_pool(x: Tensor, bins: int) -> Tensor:
    """`F.adaptive_avg_pool2d` written as two matrix products, which every ONNX runtime has."""
    rows, columns = (_pooling_matrix(size, bins).to(x) for size in x.shape[-2:])
    return rows @ x @ columns.T


def _pooling_matrix(size: int, bins: int) -> Tensor:
    """(bins, size): each row averages its bin, with the bin edges of `F.adaptive_avg_pool2d`."""
    matrix = torch.zeros(bins, size)
    for b in range(bins):
        start, end = b * size // bins, -(-(b + 1) * size // bins)
        matrix[b, start:end] = 1 / (end - start)
    return matrix


def upsample_to(x: Tensor, like: Tensor) -> Tensor:
    """Bilinear resize of `x` to the height and width of `like`, half-pixel centres."""
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


def fold_batch_norms(module: nn.Module) -> nn.Module:
    """Merge every batch norm into the convolution before it, in place; the module computes the same.

    The biases that this makes learn when their convolutions do.
    """
    module.eval()
    for parent in module.modules():
        previous: tuple[str, nn.Conv2d] | None = None
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.BatchNorm2d) and previous is not None:
                convolution_name, convolution = previous
                fused = fuse_conv_bn_eval(convolution, child)
                assert fused.bias is not None
                fused.bias.requires_grad_(fused.weight.requires_grad)
                setattr(parent, convolution_name, fused)
                # timm's batch norm applies its activation too.
                setattr(parent, name, getattr(child, "act", nn.Identity()))
            previous = (name, child) if isinstance(child, nn.Conv2d) else None
    return module
