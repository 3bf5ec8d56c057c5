"""Checkpoints of our own: tensors with the whole configuration beside them. Loading never executes code."""

from __future__ import annotations

import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from iog.errors import ModelError
from iog.files import replacing
from iog.networks.lite import Lite, LiteConfig

FORMAT = "iog-checkpoint-1"


def save(path: str | Path, network: Lite, **more: Any) -> None:
    """Write `network` and whatever plain data or tensors `more` holds, atomically."""
    content = {
        "format": FORMAT,
        "network": "lite",
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
    path = Path(path)
    if not path.is_file():
        raise ModelError(f"checkpoint {path} does not exist")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a file it cannot parse
        raise ModelError(f"{path} is not a readable PyTorch checkpoint (truncated or foreign)") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ModelError(f"{path} is not a checkpoint of iog (expected format {FORMAT})")
    return content


def load(path: str | Path) -> Lite:
    """The network of a checkpoint, in evaluation mode.

    Raises
    ------
    ModelError
        As `read`; also when the tensors do not fit the configuration.
    """
    return network_of(read(path), path)


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


def network_of(content: dict[str, Any], path: str | Path) -> Lite:
    """Build the network that `content` (from `read`) describes, in evaluation mode."""
    try:
        network = Lite(LiteConfig.from_plain(content["config"]))
        network.load_state_dict(content["state_dict"])
    except (KeyError, TypeError, RuntimeError, AttributeError) as error:
        raise ModelError(f"{path}: the tensors do not fit the network it describes: {error}") from error
    return network.eval()
