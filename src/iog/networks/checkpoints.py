"""Checkpoints of our own: tensors with the whole configuration beside them. Loading never executes code.

`load` and `load_with_record` open the published ones too (`iog.networks.recognise`), and one's own networks.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from iog.errors import ModelError
from iog.factories import Reference, reference_of
from iog.files import replacing
from iog.networks import recognise
from iog.networks.base import Network
from iog.networks.families import build
from iog.networks.own import OwnNetwork, own_network
from iog.networks.tensors import load_tensors, open_file, tensors_of

FORMAT = "iog-checkpoint-1"

_OWN = ("format", "network", "config", "state_dict")


def save(path: str | Path, network: Network, **more: Any) -> None:
    """Write `network` and whatever plain data or tensors `more` holds, atomically."""
    content = {
        "format": FORMAT,
        "network": network.config.kind,
        "config": asdict(network.config),
        "state_dict": network.state_dict(),
        **more,
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    with replacing(path) as file:
        file.write(buffer.getbuffer())


def read(path: str | Path) -> dict[str, Any]:
    """The content of a checkpoint, tensors on the CPU.

    Raises
    ------
    ModelError
        If the file is missing, truncated, or no checkpoint of ours.
    """
    content = open_file(path)
    if not _is_ours(content, path):
        raise ModelError(f"{path} is not a checkpoint of iog (expected format {FORMAT})")
    checkpoint: dict[str, Any] = content
    return checkpoint


def load(path: str | Path) -> Network:
    """The network of a checkpoint, as `load_with_record`."""
    return load_with_record(path)[0]


def load_with_record(path: str | Path) -> tuple[Network, dict[str, Any]]:
    """The network of a checkpoint, ours or a published one, and what else the file says.

    `package.module:factory=FILE` puts the tensors of a file into what the factory makes;
    `package.module:factory` takes it as it is made.

    Returns
    -------
    The network in evaluation mode, with the averaged weights of a run where there are some; and what `save`
    was given beside it, empty for a published file.

    Raises
    ------
    ModelError
        If the file is missing, truncated, foreign or no segmentation model, or its tensors do not fit.
    """
    reference = reference_of(path)
    if reference is not None:
        return own_with_record(own_network(reference.factory), reference)
    content = open_file(path)
    if not _is_ours(content, path):
        return recognise.network_of(tensors_of(content, path), path), {}
    # A finished run holds the averaged weights alone; an unfinished one beside those in training.
    return network_of({**content, "state_dict": averaged_state(content)}, path), _record(content)


def own_with_record(network: OwnNetwork, reference: Reference) -> tuple[Network, dict[str, Any]]:
    """The network of a reference with the tensors of its file, if it has one, and what else that says.

    The file is a checkpoint of ours, or holds the tensors of the factory's own network.

    Raises
    ------
    ModelError
        If the file is missing or damaged, or its tensors do not fit.
    """
    if reference.file is None:
        return network.eval(), {}
    content = open_file(reference.file)
    told = f"{reference.file} does not fit {reference.factory}"
    if _is_ours(content, reference.file):
        load_tensors(network, averaged_state(content), told)
        return network.eval(), _record(content)
    load_tensors(network.network, tensors_of(content, reference.file), told)
    return network.eval(), {}


def _record(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key not in _OWN}


def averaged_state(content: dict[str, Any]) -> dict[str, Any]:
    """The averaged weights of a run's checkpoint; the weights themselves where it holds no average."""
    if "averaged" not in content:
        state: dict[str, Any] = content["state_dict"]
        return state
    prefix = "module."
    return {
        key.removeprefix(prefix): value
        for key, value in content["averaged"].items()
        if key.startswith(prefix)
    }


def network_of(content: Mapping[str, Any], path: str | Path) -> Network:
    """Build the network that `content` (from `read`) describes, in evaluation mode.

    Raises
    ------
    ModelError
        If it is of a kind unknown to this release, or the tensors do not fit the configuration.
    """
    kind = str(content.get("network"))
    if kind == "own":
        factory = content["config"]["factory"]
        raise ModelError(
            f"{path} holds the network of {factory}, and iog runs no code because a file names it: "
            f"give {factory}={path} in place of {path}"
        )
    try:
        network = build(kind, content["config"])
        load_tensors(network, content["state_dict"], "state_dict")
    except (KeyError, TypeError, AttributeError, RuntimeError, ModelError) as error:
        raise ModelError(f"{path}: the tensors do not fit the network it describes: {error}") from error
    return network.eval()


def _is_ours(content: object, path: str | Path) -> bool:
    """Whether a file holds our format; `ModelError` if it holds a later one."""
    found = content.get("format") if isinstance(content, dict) else None
    if isinstance(found, str) and found.startswith("iog-checkpoint-") and found != FORMAT:
        raise ModelError(f"{path} has format {found}, this release reads {FORMAT}; install the newer iog")
    return found == FORMAT
