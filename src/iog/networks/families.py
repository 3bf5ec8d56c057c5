"""The kinds of networks as a plain table: what each is built from, described by and exported with.

Importing it imports no PyTorch: parts are named as `module:name` and imported when they are asked for. A
network of one's own is the kind `own`, and comes in by its factory's name (`iog.networks.own`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iog.errors import ModelError
from iog.factories import named

if TYPE_CHECKING:
    from iog.networks.base import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Where the parts of a kind are."""

    config: str
    """Dataclass of its settings, which a checkpoint carries. Has `kind`, its key here, and `summary`."""
    network: str
    """Makes the network of a configuration."""
    describe: str
    """Makes its `iog.description.Info` from the record of its file, see `iog.networks.describe`."""
    export: str
    """Writes its two ONNX files, see `iog.networks.export.export`."""


def _rival(name: str, kind: str, export: str = "iog.networks.export:export") -> Family:
    """A learned method of others (`iog.rivals`), of a file and the name that its classes have."""
    return Family(
        config=f"iog.rivals.{name}:{kind}Config",
        network=f"iog.rivals.{name}:{kind}",
        describe="iog.networks.describe:of_crops",
        export=export,
    )


FAMILIES: Mapping[str, Family] = {
    "lite": Family(
        config="iog.networks.lite:LiteConfig",
        network="iog.networks.lite:Lite",
        describe="iog.networks.describe:of_crops",
        export="iog.networks.export:export",
    ),
    "iog": Family(
        config="iog.networks.iog:IOGConfig",
        network="iog.networks.iog:IOG",
        describe="iog.networks.describe:of_published",
        export="iog.networks.export_published:export_published",
    ),
    "dextr": Family(
        config="iog.networks.dextr:DEXTRConfig",
        network="iog.networks.dextr:DEXTR",
        describe="iog.networks.describe:of_published",
        export="iog.networks.export_published:export_published",
    ),
    "own": Family(
        config="iog.networks.own:OwnConfig",
        network="iog.networks.own:configured",
        describe="iog.networks.describe:of_crops",
        export="iog.networks.export:export",
    ),
    "ifcn": _rival("ifcn", "IFCN"),
    "itis": _rival("itis", "ITIS"),
    "brs": _rival("brs", "BRS", "iog.rivals.base:not_exported"),
    "f-brs": _rival("f_brs", "FBRS", "iog.rivals.base:not_exported"),
    "latent-diversity": _rival("latent_diversity", "LatentDiversity"),
    "fca-net": _rival("fca_net", "FCANet"),
    "ris-net": _rival("ris_net", "RISNet", "iog.rivals.base:not_exported"),
    "curve-gcn": _rival("curve_gcn", "CurveGCN"),
    "fctsfn": _rival("fctsfn", "FCTSFN"),
}
"""By kind, as checkpoints call it."""


def part(kind: str, name: str) -> Any:
    """A part of a family, a field of `Family`.

    Raises
    ------
    ModelError
        For a kind that this release does not know.
    """
    if kind not in FAMILIES:
        raise ModelError(f"networks of kind {kind!r} are unknown to this release")
    return named(getattr(FAMILIES[kind], name))


def build(kind: str, config: Mapping[str, Any]) -> Network:
    """An untrained network from its kind and its configuration as plain data (lists may stand for tuples).

    Raises
    ------
    ModelError
        For a kind that this release does not know.
    TypeError
        For settings that the kind does not have.
    """
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    network: Network = part(kind, "network")(part(kind, "config")(**fields))
    return network
