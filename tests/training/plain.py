"""A recipe whose gradient does not depend on who shares a batch; as a program it trains it under torchrun.

torchrun --nproc-per-node 2 plain.py DATA OUT
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from iog.networks.checkpoints import Network
from iog.networks.lite import LiteConfig
from iog.training.lite import LiteRecipe
from iog.training.loop import train

TINY = LiteConfig(
    backbone="tf_efficientnet_lite0", widths=(8, 8, 16, 16, 16), click_widths=(8, 8, 8, 8, 8), fine_width=8
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainRecipe(LiteRecipe):
    """Adam makes steps of one size from any gradient; this one does not."""

    def optimizer(self, network: Network) -> torch.optim.Optimizer:
        """Steps proportional to the gradient."""
        return torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.1)


def plain_recipe(data: str, **changes: int) -> PlainRecipe:
    return PlainRecipe(
        data=data,
        samples=12,
        batch=4,
        sizes=(64,),
        size_shares=(1.0,),
        warmup=1,
        rounds=(0.5, 0.5),
        settling=8,
        workers=0,
        network=TINY,
        **changes,
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    recipe = plain_recipe(sys.argv[1])
    train(recipe, Path(sys.argv[2]), settings=asdict(recipe))
