"""Seconds of a training step of `lite` on this machine: python benchmarks/training_step.py [--sizes 256 288]

One round of clicks on a batch of 16 random crops, forward and backward, in fp32 and mixed with bf16; the
least of several, in turn. docs/training.md quotes it.
"""

from __future__ import annotations

import argparse
import math
import time

import torch

from iog.guidance import GUIDANCE
from iog.training.lite import LiteRecipe
from iog.training.loop import Batch, Objective

BATCH = 16


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 288])
    parser.add_argument("--rounds", type=int, default=4)
    arguments = parser.parse_args()
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, batch {BATCH}; seconds a step")
    for size in arguments.sizes:
        steps = {precision: Step(precision, size) for precision in ("fp32", "bf16")}
        for step in steps.values():
            step()  # the first one builds kernels
        seconds = dict.fromkeys(steps, math.inf)
        for _ in range(arguments.rounds):
            for precision, step in steps.items():
                seconds[precision] = min(seconds[precision], step())
        print(f"{size} pixels: " + ", ".join(f"{name} {value:.2f}" for name, value in seconds.items()))


class Step:
    """One step of a recipe with a precision; a call tells its seconds."""

    def __init__(self, precision: str, size: int) -> None:
        recipe = LiteRecipe(start="lite", precision=precision, rounds=(1.0,))
        network = recipe.create_network().to(memory_format=torch.channels_last)
        self.objective = Objective(recipe, network.train())
        random = torch.Generator().manual_seed(0)
        shape = (BATCH, size, size)
        self.batch: Batch = {
            "image": 255 * torch.rand(BATCH, 3, size, size, generator=random),
            "mask": torch.rand(shape, generator=random) > 0.5,
            "void": torch.zeros(shape),
            "maps": torch.rand(BATCH, len(GUIDANCE["inside-outside"]), size, size, generator=random),
            "clicks": [],
            "numbers": list(range(BATCH)),
        }

    def __call__(self) -> float:
        """Forward and backward."""
        started = time.perf_counter()
        loss, _ = self.objective(self.batch, 0)
        loss.backward()
        self.objective.zero_grad()
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
