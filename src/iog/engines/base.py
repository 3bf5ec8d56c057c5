"""What the segmenter asks of an engine, and what a model says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from iog.errors import ModelError

FORMAT = "iog-onnx-1"

Features: TypeAlias = tuple[npt.NDArray[np.float32], ...]
"""What the encoder made of a batch of crops: arrays whose first axis is the batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What a model file says of itself (the `iog` entry of its ONNX metadata, as JSON)."""

    name: str
    """How users call it."""
    size: int
    """Side of the square crop in pixels."""
    margin: float
    """Context around the box on each side, as a share of the box side."""
    network: Mapping[str, Any]
    """Settings from which `iog.networks` rebuilds the network."""
    weights_sha256: str
    """Hash of the tensors of both halves (`iog.networks.export.weights_hash`)."""
    trained: Mapping[str, Any]
    """The recipe's settings, for the record."""
    format: str = FORMAT
    """Version of this description."""

    def to_json(self) -> str:
        """The description as JSON text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str | None, path: object) -> ModelInfo:
        """Read what `to_json` wrote; `ModelError` names `path` when the text is something else."""
        try:
            data = json.loads(text or "null")
            known = {field.name for field in fields(cls)}
            if data["format"] != FORMAT:
                raise ModelError(f"{path} has format {data['format']!r}; this release reads {FORMAT}")
            return cls(**{key: value for key, value in data.items() if key in known})
        except (ValueError, TypeError, KeyError) as error:
            if isinstance(error, ModelError):
                raise
            raise ModelError(f"{path} is not a model of iog (it carries no description)") from error


class Engine(Protocol):
    """Runs `encode` once per box and `decode` once per click. Safe to use from several threads."""

    @property
    def info(self) -> ModelInfo:
        """The model that it runs."""
        ...

    def encode(self, crops: npt.NDArray[np.uint8]) -> Features:
        """Crops (B, S, S, 3) RGB uint8 -> features."""
        ...

    def decode(self, features: Features, click_maps: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Features and click maps (B, 5, S, S) float32 -> probabilities (B, S, S) float32 in 0..1."""
        ...
