"""Blocks that several networks share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    (height, width), (rows, columns) = x.shape[-2:], like.shape[-2:]
    if (height, width) == (rows, columns):
        return x
    if rows % height or columns % width:
        return F.interpolate(x, size=(rows, columns), mode="bilinear", align_corners=False)
    # The same by whole factors: exported so, ONNX Runtime need not leave its blocked layout for it.
    factors = (float(rows // height), float(columns // width))
    return F.interpolate(x, scale_factor=factors, mode="bilinear", align_corners=False)


def depthwise_in_fp32(module: nn.Module) -> None:
    """Let the module's depthwise convolutions compute in fp32 under autocast, in place.

    On a CPU their gradient in bf16 takes four times as long as in fp32, more than all other layers gain.
    """
    for convolution in module.modules():
        if isinstance(convolution, nn.Conv2d) and convolution.groups > 1:
            convolution.forward = _exact(convolution.forward)  # type: ignore[assignment]


def _exact(forward: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def exact(x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return forward(x.float())

    return exact


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
