"""What decides the figures of `iog eval`, apart from model and data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from iog.evaluation.metrics import BOUNDARY_RATIO

ProtocolName = Literal["iog", "ritm", "all"]
PROTOCOLS: tuple[ProtocolName, ...] = get_args(ProtocolName)

By = Literal["group", "category", "size"]
BY: tuple[By, ...] = get_args(By)
"""What the rows of a table may be, see `iog.evaluation.strata`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What decides the figures, apart from model and data."""

    protocol: ProtocolName = "iog"
    """Which figures are reported."""
    clicks: int = 4
    """Clicks up to which each object is corrected, at least 3. RITM's cap is 20."""
    jitter: float = 0.0
    """The robot user's `corner_jitter`."""
    inside_depth: float = 1.0
    """The robot user's."""
    correction_depth: float = 1.0
    """The robot user's."""
    seed: int = 0
    """Starts the robot user's random numbers."""
    boundary_ratio: float = BOUNDARY_RATIO
    """Width of the boundary region as a share of the image's diagonal."""
    sweep_thresholds: bool = False
    """Whether to take the IoU after 3 clicks at each of `iog.evaluation.protocol.THRESHOLDS`, too."""
    stretch_to_full_range: bool = False
    """The published test's quirk of that name (`iog.published.PublishedSettings`), for published models."""
