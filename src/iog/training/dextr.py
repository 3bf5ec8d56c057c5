"""The bundled network with DEXTR's prompt: `iog train dextr-lite`, for a comparison in one network."""

from __future__ import annotations

from dataclasses import dataclass, field

from iog.datasets import ObjectDataset
from iog.networks.lite import LiteConfig
from iog.training.lite import LiteRecipe


@dataclass(frozen=True, slots=True, kw_only=True)
class DextrLiteRecipe(LiteRecipe):
    """The recipe of `lite`, whose network is prompted with four extreme points instead (DEXTR, CVPR 2018).

    Photos, budget, losses, corrections and the jitter of the hand are those of `iog train lite` with the same
    options; `box_only` has no meaning here. Nothing is validated while it trains: `iog bench` measures it.
    """

    network: LiteConfig = field(default_factory=lambda: LiteConfig(guidance="extreme-points"))
    """The network's own settings."""

    def validation_objects(self) -> ObjectDataset | None:
        """None: validation clicks a box and an inside point."""
        return None
