"""Checkpoints of our own: tensors with the whole configuration beside them. Loading never executes code.

`load` and `load_with_record` open the published ones too (`iog.networks.foreign`).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import torch

from iog.errors import ModelError
from iog.files import replacing
from iog.networks import foreign
from iog.networks.dextr import DEXTR, DEXTRConfig
from iog.networks.iog import IOG, IOGConfig
from iog.networks.lite import Lite, LiteConfig
from iog.networks.resnet import load_tensors

Network: TypeAlias = Lite | IOG | DEXTR

FORMAT = "iog-checkpoint-1"

_OWN = ("format", "network", "config", "state_dict")

_KINDS: Mapping[str, type[Network]] = {"lite": Lite, "iog": IOG, "dextr": DEXTR}


def build(kind: str, config: Mapping[str, Any]) -> Network:
    """An untrained network from its kind and its configuration as plain data (lists may stand for tuples).

    Raises
    ------
    ModelError
        For a kind that this release does not know.
    TypeError
        For settings that the kind does not have.
    """
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}
    if kind == "lite":
        return Lite(LiteConfig(**fields))
    if kind == "iog":
        return IOG(IOGConfig(**fields))
    if kind == "dextr":
        return DEXTR(DEXTRConfig(**fields))
    raise ModelError(f"networks of kind {kind!r} are unknown to this release")


def kind_of(network: Network) -> str:
    """What `build` calls its kind."""
    return next(kind for kind, cls in _KINDS.items() if isinstance(network, cls))


def tensors_hash(network: Network) -> str:
    """SHA-256 over the names and bytes of all tensors, in the order of their names."""
    digest = hashlib.sha256()
    for key, value in sorted(network.state_dict().items()):
        digest.update(key.encode() + value.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def save(path: str | Path, network: Network, **more: Any) -> None:
    """Write `network` and whatever plain data or tensors `more` holds, atomically."""
    content = {
        "format": FORMAT,
        "network": kind_of(network),
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
    content = foreign.open_file(path)
    if not _is_ours(content, path):
        raise ModelError(f"{path} is not a checkpoint of iog (expected format {FORMAT})")
    checkpoint: dict[str, Any] = content
    return checkpoint


def load(path: str | Path) -> Network:
    """The network of a checkpoint, as `load_with_record`."""
    return load_with_record(path)[0]


def load_with_record(path: str | Path) -> tuple[Network, dict[str, Any]]:
    """The network of a checkpoint, ours or a published one, and what else the file says.

    Returns
    -------
    The network in evaluation mode, with the averaged weights of a run where there are some; and what `save`
    was given beside it, empty for a published file.

    Raises
    ------
    ModelError
        If the file is missing, truncated, foreign or no segmentation model, or its tensors do not fit.
    """
    content = foreign.open_file(path)
    if not _is_ours(content, path):
        return foreign.network_of(foreign.tensors_of(content, path), path), {}
    # A finished run holds the averaged weights alone; an unfinished one beside those in training.
    if "averaged" in content:
        content = {**content, "state_dict": averaged_state(content)}
    record = {key: value for key, value in content.items() if key not in _OWN}
    return network_of(content, path), record


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
    try:
        network = build(str(content["network"]), content["config"])
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
