"""What a model says of itself: the `iog` entry in the metadata of its ONNX files, as JSON.

Two kinds of models are asked in two ways: those whose encoder sees the photo alone (`ModelInfo`: `lite`
and one's own networks), and the published ones, whose heatmaps enter the encoder (`PublishedInfo`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeAlias

from iog.errors import ModelError
from iog.published import PublishedSettings

FORMAT = "iog-onnx-1"
PUBLISHED_FORMAT = "iog-published-onnx-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What a model says of itself whose encoder sees the photo alone."""

    name: str
    """How users call it."""
    size: int
    """Side of the square crop in pixels."""
    margin: float
    """Context around the box on each side, as a share of the box side."""
    network: Mapping[str, Any]
    """Settings from which `iog.networks` rebuilds it; one's own names its factory."""
    weights_sha256: str
    """Hash of its tensors: of both halves in ONNX files, of the state dict in a checkpoint."""
    trained: Mapping[str, Any]
    """The recipe's settings, for the record."""
    format: str = FORMAT
    """Version of this description."""

    @property
    def kind(self) -> str:
        """Its family, a key of `iog.networks.families.FAMILIES`."""
        return str(self.network.get("kind", "own" if "factory" in self.network else "lite"))

    @property
    def guidance(self) -> str:
        """Its first prompt: "inside-outside" or "extreme-points"."""
        return str(self.network.get("guidance", "inside-outside"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedInfo:
    """What an IOG or DEXTR in the published layout says of itself."""

    name: str
    """What `iog.networks.create` calls it."""
    network: str
    """Its kind: "iog" or "dextr"."""
    config: Mapping[str, Any]
    """Settings of its kind."""
    settings: PublishedSettings
    """How its input is made and its answer read."""
    weights_sha256: str
    """Hash of its tensors."""
    format: str = PUBLISHED_FORMAT
    """Version of this description."""

    @property
    def kind(self) -> str:
        """Its family, a key of `iog.networks.families.FAMILIES`."""
        return self.network

    @property
    def guidance(self) -> str:
        """Its first prompt: "inside-outside" or "extreme-points"."""
        return (
            "extreme-points"
            if self.network == "dextr"
            else str(self.config.get("guidance", "inside-outside"))
        )

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> PublishedInfo:
        """From plain data, in which the settings are a dict too. TypeError or KeyError if it is not that."""
        return cls(**{**data, "settings": PublishedSettings(**data["settings"])})


Info: TypeAlias = ModelInfo | PublishedInfo


def info_to_json(info: Info) -> str:
    """The description as JSON text."""
    return json.dumps(asdict(info), sort_keys=True)


def info_from_json(text: str | None, path: object) -> Info:
    """Read what `info_to_json` wrote; keys that it does not know are ignored.

    Raises
    ------
    ModelError
        Names `path`, if the text is something else or of a later format.
    """
    try:
        data = json.loads(text or "null")
        if data["format"] not in (FORMAT, PUBLISHED_FORMAT):
            raise ModelError(
                f"{path} has format {data['format']!r}; this release reads {FORMAT} and {PUBLISHED_FORMAT}"
            )
        cls = ModelInfo if data["format"] == FORMAT else PublishedInfo
        known = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        return ModelInfo(**known) if cls is ModelInfo else PublishedInfo.of(known)
    except (ValueError, TypeError, KeyError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"{path} is not a model of iog (it carries no description)") from error
