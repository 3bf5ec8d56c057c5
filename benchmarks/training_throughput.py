"""Objects a second of `iog train packed` here: python benchmarks/training_throughput.py --pack PACK

What the processes that make plans reach alone (loader), what the device reaches on plans that are ready
(device: pictures, clicks, network, backward pass, optimiser), and both together, as in training. With 1.7
rounds of clicks an object on average. On a GPU the first steps choose kernels and are not counted.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import cycle

import torch

from iog.training.loop import Batch, Objective, batches
from iog.training.packed import PackedRecipe
from iog.training.world import World, joined


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pack", required=True)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--precision", default="bf16" if torch.cuda.is_available() else "fp32")
    parser.add_argument("--compile", action="store_true", help="torch.compile encoder and decoder")
    arguments = parser.parse_args()
    recipe = PackedRecipe(
        data=arguments.pack,
        start="lite",
        batch=arguments.batch,
        samples=arguments.batch * 10_000,
        sizes=(arguments.size,),
        size_shares=(1.0,),
        rounds=(0.5, 0.3, 0.2),
        rival=0.2,
        occluder=0.1,
        precision=arguments.precision,
        workers=arguments.workers,
    )
    with joined() as world:
        print(f"PyTorch {torch.__version__}, {_name(world)}, {torch.get_num_threads()} threads")
        print(f"batch {recipe.batch}, {arguments.size} pixels, {recipe.precision}, {recipe.workers} workers")
        for name, rate in measured(recipe, world, arguments.steps, compiled=arguments.compile).items():
            print(f"{name:8} {rate:8.1f} objects a second")


def measured(recipe: PackedRecipe, world: World, steps: int, *, compiled: bool = False) -> dict[str, float]:
    """Objects a second of loader, device and both."""
    warm = max(2, steps // 4)
    ready = batches(recipe, world, 0, warm + steps)
    some = [next(ready) for _ in range(warm)]  # the workers have started
    rates = {"loader": _rate(recipe.batch, steps, lambda: next(ready), world)}
    step = Step(recipe, world, compiled)
    for batch in some:  # chooses kernels
        step(batch)
    again = cycle(some)
    rates["device"] = _rate(recipe.batch, steps, lambda: step(next(again)), world)
    anew = batches(recipe, world, 0, warm + steps)
    for _ in range(warm):
        step(next(anew))
    rates["both"] = _rate(recipe.batch, steps, lambda: step(next(anew)), world)
    return rates


class Step:
    """Steps of the training loop, one a call."""

    def __init__(self, recipe: PackedRecipe, world: World, compiled: bool) -> None:
        network = recipe.create_network().to(world.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        if compiled:
            network.encode = torch.compile(network.encode)
            network.decoder = torch.compile(network.decoder)
        self.objective = Objective(recipe, network.train())
        self.optimizer = recipe.optimizer(network)
        self.number = 0

    def __call__(self, batch: Batch) -> None:
        """Forward, backward, update."""
        loss, _ = self.objective(batch, self.number)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.number += 1


def _rate(batch: int, steps: int, step: Callable[[], object], world: World) -> float:
    _wait(world)
    started = time.perf_counter()
    for _ in range(steps):
        step()
    _wait(world)
    return batch * steps / (time.perf_counter() - started)


def _wait(world: World) -> None:
    if world.device.type == "cuda":
        torch.cuda.synchronize()


def _name(world: World) -> str:
    return torch.cuda.get_device_name(world.device) if world.device.type == "cuda" else "CPU"


if __name__ == "__main__":
    main()
