"""What a loaded network says of itself: the description that its files carry, or one made from its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from iog.description import Info, ModelInfo, PublishedInfo, info_from_json
from iog.errors import ModelError
from iog.networks.base import Network
from iog.networks.families import part
from iog.networks.tensors import tensors_hash
from iog.published import DEXTR_SETTINGS

SIZE, MARGIN = 288, 0.15
"""Crop of a `lite` checkpoint that does not say: its side in pixels, and the context around the box."""


def info_of(network: Network, record: Mapping[str, Any], path: str | Path) -> Info:
    """The description of a network from `iog.networks.checkpoints.load_with_record`.

    Parameters
    ----------
    network
        The network.
    record
        What its file says beside it. `iog convert` writes the whole description under "description"; a
        training run its settings, whose (last) crop size counts; a published file nothing.
    path
        The file; a network that sees the photo alone and has no description is named after it.

    Raises
    ------
    ModelError
        If the file's description is unreadable or another network's.
    """
    kind = network.config.kind
    if "description" in record:
        info = info_from_json(record["description"], path)
        if info.kind != kind:
            raise ModelError(f"{path} carries the description of another network, {info.name}")
        return info
    made: Info = part(kind, "describe")(network, record, path)
    return made


def of_crops(network: Network, record: Mapping[str, Any], path: str | Path) -> ModelInfo:
    """As `info_of`, of a network whose encoder sees the photo alone."""
    config = network.config
    trained = {**record.get("settings", {}), "steps": record.get("step")}
    # Paths on the machine that trained stay there.
    trained.pop("data", None)
    if "start" in trained:
        trained["start"] = Path(trained["start"]).name
    return ModelInfo(
        name=Path(path).stem,
        size=[getattr(config, "size", SIZE), *trained.get("sizes", ())][-1],
        margin=getattr(config, "margin", MARGIN),
        network=settings_of(network),
        weights_sha256=tensors_hash(network),
        trained=trained,
    )


def settings_of(network: Network) -> dict[str, Any]:
    """The settings of a network that sees the photo alone, as its description has them.

    A kind that they do not tell is named.
    """
    kind = network.config.kind
    return {**({} if kind in ("lite", "own") else {"kind": kind}), **asdict(network.config)}


def of_published(network: Network, record: Mapping[str, Any], path: str | Path) -> PublishedInfo:
    """As `info_of`, of a published network: with the published settings, but for what a run had otherwise."""
    trained = record.get("settings", {})
    chosen = {name: trained[name] for name in ("size", "whole_number_maps") if name in trained}
    if "sizes" in trained:  # a run whose crops grow
        chosen["size"] = trained["sizes"][-1]
    published = DEXTR_SETTINGS if network.config.kind == "dextr" else network.config.settings
    return PublishedInfo(
        name=network.config.name,
        network=network.config.kind,
        config=asdict(network.config),
        settings=replace(published, **chosen),
        weights_sha256=tensors_hash(network),
    )
