"""The control: `lite` itself with clicks alone, without a box; `iog train clicks-lite`."""

from __future__ import annotations

from dataclasses import dataclass, field

from iog.networks.lite import LiteConfig
from iog.rivals.base import PointRecipe


@dataclass(frozen=True, slots=True, kw_only=True)
class ClicksLiteRecipe(PointRecipe):
    """The network of `lite` with clicks alone, without a box, to tell what IOG's prompt is worth."""

    network: LiteConfig = field(default_factory=lambda: LiteConfig(guidance="points"))
    """The network's own settings."""
