"""Recipes whose gradient does not depend on who shares a batch; as a program it trains one under torchrun.

torchrun --nproc-per-node 2 plain.py {lite,iog} DATA OUT
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn
from torchvision.ops import FrozenBatchNorm2d

from iog.networks.base import Network
from iog.networks.iog import IOG, IOGConfig
from iog.networks.lite import LiteConfig
from iog.training.lite import LiteRecipe
from iog.training.loop import train
from iog.training.published import IOGRecipe

# For the programs and for the tests that import this: sums in another order end in other corrections, and so
# in other weights.
torch.set_num_threads(1)

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
        iou_loss=0.5,
        distractor=0.0,
        background=0.0,
        seed=1,
        settling=8,
        workers=0,
        network=TINY,
        **changes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainIOGRecipe(IOGRecipe):
    """The paper's recipe; batch norms keep the statistics of one batch that all processes share."""

    def create_network(self) -> IOG:
        """With frozen batch norms."""
        network = IOG(self.network).train()
        inputs = torch.rand(4, 5, self.size, self.size) * 255
        with torch.no_grad():
            network(inputs)
        for parent in list(network.modules()):
            for name, child in parent.named_children():
                if isinstance(child, nn.BatchNorm2d):
                    frozen = FrozenBatchNorm2d(child.num_features)
                    frozen.load_state_dict(child.state_dict(), strict=False)
                    # Running statistics start at 0 and 1 and move by a tenth.
                    frozen.running_mean.mul_(10)
                    frozen.running_var.sub_(0.9).mul_(10).clamp_(min=1e-3)
                    setattr(parent, name, frozen)
        return network


def plain_iog_recipe(data: str, **changes: int) -> PlainIOGRecipe:
    return PlainIOGRecipe(
        dataset="photos",
        data=data,
        network=IOGConfig(depth=50, fine=False),
        size=64,
        batch=4,
        epochs=2,
        workers=0,
        learning_rate=1e-7,
        **changes,
    )


if __name__ == "__main__":
    name, data, out = sys.argv[1:]
    recipe = {"lite": plain_recipe, "iog": plain_iog_recipe}[name](data)
    train(recipe, Path(out), settings=asdict(recipe))
