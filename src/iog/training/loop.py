"""The training loop: reads top to bottom, knows nothing of clicks or masks.

A recipe says what is trained (network, parameters, examples, loss); the loop steps the optimiser, averages
weights, logs, validates, and writes checkpoints from which a run resumes exactly: example i and the
randomness of step i are functions of the seed and i alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from iog.errors import ModelError
from iog.networks import checkpoints
from iog.networks.lite import Lite


class Examples(Protocol):
    """Numbered training examples."""

    def __len__(self) -> int:
        """How many the run has."""
        ...

    def __getitem__(self, number: int) -> dict[str, Any]:
        """Example `number`; the same for the same number."""
        ...

    @staticmethod
    def collate(examples: list[dict[str, Any]]) -> dict[str, Any]:
        """One batch of examples."""
        ...


class Recipe(Protocol):
    """What the loop asks of a recipe; `iog.training.lite.LiteRecipe` is one."""

    @property
    def batch(self) -> int:
        """Examples per step."""
        ...

    @property
    def steps(self) -> int:
        """Optimiser steps of the run."""
        ...

    @property
    def warmup(self) -> int:
        """Steps of linear warm-up."""
        ...

    @property
    def ema(self) -> float:
        """Decay of the averaged weights."""
        ...

    @property
    def gradient_clip(self) -> float:
        """Largest gradient norm."""
        ...

    @property
    def seed(self) -> int:
        """Seed of everything random."""
        ...

    @property
    def workers(self) -> int:
        """Processes that prepare examples."""
        ...

    def create_network(self) -> Lite:
        """The network to train."""
        ...

    def parameter_groups(self, network: Lite) -> list[dict[str, Any]]:
        """Parameters and their peak learning rates."""
        ...

    def examples(self) -> Examples:
        """The stream of examples."""
        ...

    def loss(self, network: Lite, batch: Mapping[str, Any], step: int) -> tuple[Tensor, dict[str, float]]:
        """Loss of a batch and scalars to log."""
        ...


Validate = Callable[[Lite, SummaryWriter, int], Mapping[str, float]]
"""Measures the averaged network at a step; may write pictures; returns figures to log."""


def train(
    recipe: Recipe,
    out: Path,
    *,
    settings: Mapping[str, Any],
    validate: Validate | None = None,
    validate_every: int = 1000,
    checkpoint_every: int = 250,
    stop_after: int | None = None,
) -> Lite:
    """Train to the end of the recipe, resuming `out/last.pt` when it is there; returns averaged weights.

    Parameters
    ----------
    recipe
        What to train.
    out
        Folder for `last.pt` (resumable state), `final.pt` (averaged weights) and TensorBoard events.
    settings
        The recipe as plain data; stored in checkpoints, and a resumed run must have the same.
    validate, validate_every
        Measurement and how many steps lie between two.
    checkpoint_every
        Steps between two checkpoints.
    stop_after
        Stop (with a checkpoint) at this step, as if interrupted; for tests and time limits.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    network = recipe.create_network().to(memory_format=torch.channels_last)
    ema = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]
    averaged = AveragedModel(network, multi_avg_fn=ema, use_buffers=True)
    optimizer = torch.optim.AdamW(recipe.parameter_groups(network))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, recipe))
    step = _resume(out / "last.pt", settings, network, averaged, optimizer, schedule)

    examples = recipe.examples()
    end = recipe.steps if stop_after is None else min(stop_after, recipe.steps)
    batches = _batches(examples, recipe, step, end)
    progress = tqdm(batches, total=end, initial=step, unit="step", dynamic_ncols=True, mininterval=5)
    writer = SummaryWriter(out, purge_step=step)
    started = time.monotonic()
    network.train()
    for batch in progress:
        loss, scalars = recipe.loss(network, batch, step)
        if not torch.isfinite(loss):
            raise FloatingPointError(
                f"the loss of step {step} is {loss.item()}; last.pt holds the state before"
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.gradient_clip)
        optimizer.step()
        schedule.step()
        # The average starts short, so that it is useful from the first steps on.
        if step < 1 / (1 - recipe.ema):
            averaged.n_averaged.zero_()
        averaged.update_parameters(network)
        step += 1

        if step % 20 == 0:
            scalars = {"loss": loss.item(), "gradient_norm": norm.item(), **scalars}
            for name, value in scalars.items():
                writer.add_scalar(f"train/{name}", value, step)
            writer.add_scalar("train/learning_rate", schedule.get_last_lr()[0], step)
            progress.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
        if validate is not None and (step % validate_every == 0 or step == recipe.steps):
            figures = validate(_averaged(averaged), writer, step)
            for name, value in figures.items():
                writer.add_scalar(f"val/{name}", value, step)
            tqdm.write(f"step {step}: " + ", ".join(f"{k} {v:.2f}" for k, v in figures.items()))
        if step % checkpoint_every == 0 or step == end:
            checkpoints.save(
                out / "last.pt",
                network,
                step=step,
                settings=dict(settings),
                averaged=averaged.state_dict(),
                optimizer=optimizer.state_dict(),
                schedule=schedule.state_dict(),
                seconds=time.monotonic() - started,
            )
    writer.close()
    result = _averaged(averaged)
    if step == recipe.steps:
        checkpoints.save(out / "final.pt", result, settings=dict(settings), step=step)
    return result


def _rate(step: int, recipe: Recipe) -> float:
    """Linear warm-up, then half a cosine down to zero."""
    warm = min(1.0, (step + 1) / max(1, recipe.warmup))
    return warm * 0.5 * (1 + math.cos(math.pi * min(1.0, step / recipe.steps)))


def _batches(examples: Examples, recipe: Recipe, step: int, end: int) -> Iterator[dict[str, Any]]:
    """Batches `step` to `end`; batch i always holds the examples i * batch .. (i + 1) * batch."""
    loader: DataLoader[dict[str, Any]] = DataLoader(
        examples,  # type: ignore[arg-type]
        batch_size=recipe.batch,
        sampler=range(step * recipe.batch, end * recipe.batch),
        num_workers=recipe.workers,
        collate_fn=examples.collate,
        prefetch_factor=4 if recipe.workers else None,
    )
    return iter(loader)


def _resume(
    path: Path,
    settings: Mapping[str, Any],
    network: Lite,
    averaged: AveragedModel,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
) -> int:
    """Load the state in `path` if there is one; returns the step to go on with."""
    if not path.exists():
        return 0
    state = checkpoints.read(path)
    changed = sorted(k for k in settings if state["settings"].get(k) != settings[k])
    if changed:
        raise ModelError(
            f"{path} was made with other settings ({', '.join(changed)}); "
            "choose another --out, or the same settings to resume"
        )
    network.load_state_dict(state["state_dict"])
    averaged.load_state_dict(state["averaged"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return int(state["step"])


def _averaged(averaged: AveragedModel) -> Lite:
    """The averaged network, ready to measure."""
    network = averaged.module
    assert isinstance(network, Lite)
    return network.eval()
