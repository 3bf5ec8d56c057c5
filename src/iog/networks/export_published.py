"""The published networks as two ONNX files, as the lite network has (`iog.networks.export`).

    STEM.encoder.onnx   network_input (B, 5, S, S) float 0..255 -> layer4, layer3, layer2, layer1
    STEM.decoder.onnx   [click_maps (B, 2, S, S),] layer4, ... -> probability (B, S, S)

DEXTR's encoder takes four channels and gives layer4 alone; only the refinement's decoder takes click maps.
The batch is dynamic, S is fixed at export. Both files carry the same description in the `iog` entry of
their metadata (`iog.networks.describe`), so that a reader can refuse halves of different models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from iog.description import PublishedInfo, info_to_json
from iog.errors import ModelError
from iog.files import replacing
from iog.networks.dextr import DEXTR
from iog.networks.export import to_onnx
from iog.networks.iog import IOG
from iog.networks.tensors import tensors_hash

_LEVELS = ("layer4", "layer3", "layer2", "layer1")


class _Encoder(nn.Module):
    """(B, C, S, S) float -> features."""

    def __init__(self, network: IOG | DEXTR) -> None:
        super().__init__()
        self.network = network

    def forward(self, network_input: Tensor) -> tuple[Tensor, ...]:
        return self.network.encode(network_input)


class _Decoder(nn.Module):
    """Features -> (B, S, S) probabilities."""

    def __init__(self, network: IOG | DEXTR) -> None:
        super().__init__()
        self.network = network

    def forward(self, deepest: Tensor, *others: Tensor) -> Tensor:
        return self.network.probability((deepest, *others))


class _RefinementDecoder(nn.Module):
    """Click maps and features -> (B, S, S) probabilities."""

    def __init__(self, network: IOG) -> None:
        super().__init__()
        self.network = network

    def forward(self, click_maps: Tensor, *features: Tensor) -> Tensor:
        return self.network.probability(features, click_maps)


def export_published(
    network: IOG | DEXTR, stem: str | Path, info: PublishedInfo, questions: Sequence[object] = ()
) -> tuple[Path, Path]:
    """Write `STEM.encoder.onnx` and `STEM.decoder.onnx`; returns their paths.

    Parameters
    ----------
    network
        The network to ship; its mode and tensors stay as they are.
    stem
        Folder and name of the files.
    info
        Its description; `info.settings.size` is the S of the graphs.
    questions
        For 8-bit arithmetic (`iog.networks.export.export`), which these networks do not have.

    Raises
    ------
    ModelError
        If there are questions.
    """
    if questions:
        raise ModelError(f"{info.name} has no 8-bit form; lite networks have")
    stem = Path(stem)
    was_training = network.training
    network.eval()
    try:
        models = _graphs(network, info.settings.size)
    finally:
        network.train(was_training)
    description = info_to_json(replace(info, weights_sha256=tensors_hash(network)))
    paths = stem.with_name(f"{stem.name}.encoder.onnx"), stem.with_name(f"{stem.name}.decoder.onnx")
    for path, model in zip(paths, models, strict=True):
        model.metadata_props.add(key="iog", value=description)
        with replacing(path) as file:
            file.write(model.SerializeToString(deterministic=True))
    return paths


def _graphs(network: IOG | DEXTR, size: int) -> tuple[Any, Any]:
    # A batch of two, so that the exporter does not take the one for a constant.
    network_input = torch.zeros(2, network.channels, size, size)
    with torch.no_grad():
        features = network.encode(network_input)
    levels = list(_LEVELS[: len(features)])
    encoder = to_onnx(_Encoder(network), (network_input,), ["network_input"], levels)
    if getattr(network.config, "refinement", False):  # DEXTR has none
        arguments = (torch.zeros(2, 2, size, size), *features)
        assert isinstance(network, IOG)
        return encoder, to_onnx(
            _RefinementDecoder(network), arguments, ["click_maps", *levels], ["probability"]
        )
    return encoder, to_onnx(_Decoder(network), features, levels, ["probability"])
