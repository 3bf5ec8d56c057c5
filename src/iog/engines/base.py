"""What the segmenter asks of an engine."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from iog.description import Info

Features: TypeAlias = tuple[npt.NDArray[np.float32], ...]
"""What the encoder made of a batch of crops: arrays whose first axis is the batch."""


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
