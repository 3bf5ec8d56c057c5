"""What a run begins from: a trained network, or ImageNet weights without their batch norms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from iog import zoo
from iog.errors import ModelError
from iog.factories import Reference
from iog.networks import checkpoints
from iog.networks.base import Network
from iog.networks.blocks import fold_batch_norms
from iog.networks.export import read_exported
from iog.networks.lite import Lite
from iog.networks.own import own_network


def open_lite(start: str) -> Lite:
    """A `lite` network from a bundled or exported model or a checkpoint (of a run: its averaged weights).

    Raises
    ------
    ModelError
        If there is no such model, or it is of another kind.
    """
    if zoo.bundled(start) is not None or start.endswith(".onnx"):
        return read_exported(*zoo.files_of(start))[0]
    if not Path(start).suffix and not Path(start).exists():
        raise ModelError(f"no model {start!r}: name a bundled one ({', '.join(zoo.MODELS)}) or a file")
    network = checkpoints.load(start)
    if not isinstance(network, Lite):
        raise ModelError(f"{start} holds {network.config.summary}; training starts from lite networks only")
    return network


def open_own(factory: str, start: str) -> Network:
    """What a factory makes, with the tensors of the file `start` where that is given.

    Raises
    ------
    ModelError
        If there is no such factory, or the file does not fit.
    """
    if zoo.bundled(start) is not None:
        raise ModelError(f"`start` {start} is another network: name a checkpoint of {factory}, or none")
    reference = Reference(factory, Path(start) if start else None)
    return checkpoints.own_with_record(own_network(factory), reference)[0]


def settled(network: Lite, prompts: Iterable[tuple[Tensor, Tensor]]) -> Lite:
    """The network without batch norms, folded with the statistics of first prompts.

    Training normalises each round of clicks by its own statistics, and the running ones mix rounds that
    see a previous mask with those that see none: used as they are they spoil the first mask. Once they
    are folded every round is trained as it will be used.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average
    network.train()
    with torch.no_grad():
        for crop, maps in prompts:
            network.decoder(network.encode(crop), maps)
    folded = Lite(replace(network.config, folded=True))
    folded.load_state_dict(fold_batch_norms(network).state_dict())
    return folded


def freeze(network: Lite, *, stages: int, encoder: bool = False) -> None:
    """Keep the backbone's stem and its first `stages` from learning, or the whole `encoder`."""
    backbone: Any = network.backbone
    if encoder:
        for module in (backbone, network.psp, network.laterals):
            module.requires_grad_(False)
    for module in (backbone.conv_stem, *list(backbone.blocks)[:stages]):
        module.requires_grad_(False)
