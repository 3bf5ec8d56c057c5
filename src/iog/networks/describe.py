"""What a loaded network says of itself: the description that its files carry, or one made from its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from iog.engines.base import PUBLISHED_FORMAT, Info, ModelInfo, PublishedInfo, info_from_json
from iog.errors import ModelError
from iog.networks.checkpoints import Network, kind_of, tensors_hash
from iog.networks.dextr import DEXTR
from iog.networks.iog import IOG
from iog.networks.lite import Lite
from iog.published import DEXTR_SETTINGS, IOG_SETTINGS, PublishedSettings

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
        The file; a `lite` without description is named after it.

    Returns
    -------
    `ModelInfo` for `Lite`, else `PublishedInfo`.

    Raises
    ------
    ModelError
        If the file's description is unreadable or another network's.
    """
    if "description" in record:
        info = info_from_json(record["description"], path)
        if isinstance(info, ModelInfo) != isinstance(network, Lite):
            raise ModelError(f"{path} carries the description of another network, {info.name}")
        return info
    if isinstance(network, Lite):
        trained = {**record.get("settings", {}), "steps": record.get("step")}
        # Paths on the machine that trained stay there.
        trained.pop("data", None)
        if "start" in trained:
            trained["start"] = Path(trained["start"]).name
        return ModelInfo(
            name=Path(path).stem,
            size=[SIZE, *trained.get("sizes", ())][-1],
            margin=MARGIN,
            network=asdict(network.config),
            weights_sha256=tensors_hash(network),
            trained=trained,
        )
    return PublishedInfo.of(describe(network, _trained_settings(network, record)))


def _trained_settings(network: IOG | DEXTR, record: Mapping[str, Any]) -> PublishedSettings:
    """As published, but for what a training run had otherwise."""
    trained = record.get("settings", {})
    chosen = {name: trained[name] for name in ("size", "whole_number_maps") if name in trained}
    return replace(default_settings(network), **chosen)


def default_settings(network: IOG | DEXTR) -> PublishedSettings:
    """Pre- and post-processing as the network's kind was published."""
    return DEXTR_SETTINGS if isinstance(network, DEXTR) else IOG_SETTINGS


def describe(network: IOG | DEXTR, settings: PublishedSettings) -> dict[str, Any]:
    """The fields of the network's `PublishedInfo` as plain data."""
    return {
        "format": PUBLISHED_FORMAT,
        "name": network.config.name,
        "network": kind_of(network),
        "config": asdict(network.config),
        "settings": asdict(settings),
        "weights_sha256": tensors_hash(network),
    }
