"""ITIS: Mahadevan et al., Iteratively Trained Interactive Segmentation, BMVC 2018; `iog train itis`.

What makes it itself: clicks as Gaussians beside RGB, the mask before as an input, and training clicks that
are added at the network's own errors while it trains.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from iog.rivals.base import Rival, RivalConfig, RivalRecipe


@dataclass(frozen=True, slots=True, kw_only=True)
class ITISConfig(RivalConfig):
    """See `RivalConfig`."""

    kind: ClassVar[str] = "itis"


class ITIS(Rival):
    """Photo, two maps of Gaussians and the mask before in, a mask out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ITISRecipe(RivalRecipe):
    """ITIS (Mahadevan et al., BMVC 2018): Gaussian clicks, the mask before, clicks at its own errors."""

    network: ITISConfig = field(default_factory=ITISConfig)
    """The network's own settings."""
