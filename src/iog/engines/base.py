"""What the segmenter asks of an engine, and what a model says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from iog.errors import ModelError
from iog.published import PublishedSettings

FORMAT = "iog-onnx-1"
PUBLISHED_FORMAT = "iog-published-onnx-1"

Features: TypeAlias = tuple[npt.NDArray[np.float32], ...]
"""What the encoder made of a batch of crops: arrays whose first axis is the batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What a `lite` model says of itself (the `iog` entry of its ONNX metadata, as JSON)."""

    name: str
    """How users call it."""
    size: int
    """Side of the square crop in pixels."""
    margin: float
    """Context around the box on each side, as a share of the box side."""
    network: Mapping[str, Any]
    """Settings from which `iog.networks` rebuilds the network."""
    weights_sha256: str
    """Hash of its tensors: of both halves in ONNX files, of the state dict in a checkpoint."""
    trained: Mapping[str, Any]
    """The recipe's settings, for the record."""
    format: str = FORMAT
    """Version of this description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedInfo:
    """What an IOG or DEXTR in the published layout says of itself."""

    name: str
    """What `iog.networks.create` calls it."""
    network: str
    """Its kind: "iog" or "dextr"."""
    config: Mapping[str, Any]
    """Settings of its kind (`iog.networks.checkpoints.build`)."""
    settings: PublishedSettings
    """How its input is made and its answer read."""
    weights_sha256: str
    """Hash of its tensors."""
    format: str = PUBLISHED_FORMAT
    """Version of this description."""

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


class Engine(Protocol):
    """Runs `encode` once per box and `decode` once per click. Safe to use from several threads.

    Which arrays it takes depends on the model; `iog.prompting` makes them.
    """

    @property
    def info(self) -> Info:
        """The model that it runs."""
        ...

    def encode(self, inputs: npt.NDArray[Any]) -> Features:
        """Inputs of a batch of objects -> features.

        `lite`: crops (B, S, S, 3) RGB uint8. Published: crops and heatmaps (B, 5, S, S) float32 in 0..255.
        """
        ...

    def decode(
        self, features: Features, click_maps: npt.NDArray[np.float32] | None
    ) -> npt.NDArray[np.float32]:
        """Features and click maps -> probabilities (B, S, S) float32 in 0..1.

        `lite`: click maps (B, 5, S, S) float32 in 0..1. Published: (B, 2, S, S) in 0..255 for the
        refinement; None for networks without a click branch.
        """
        ...
