"""The training loop: reads top to bottom, knows nothing of clicks or masks.

A recipe says what is trained (network, optimiser, examples, loss); the loop steps the optimiser, averages
weights, logs, validates, and writes checkpoints from which a run resumes exactly: example i and the
randomness of step i are functions of the seed and i alone. Under `torchrun` every process takes its share
of each batch (DistributedDataParallel).
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from iog.errors import ModelError, TrainingError
from iog.networks import checkpoints
from iog.networks.base import Network
from iog.networks.blocks import depthwise_in_fp32
from iog.training.rules import check
from iog.training.world import World, joined

Batch = dict[str, Any]
Scalars = Mapping[str, float | Tensor]

_PRECISIONS = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


class Examples(Protocol):
    """Numbered training examples."""

    def __getitem__(self, number: int) -> dict[str, Any]:
        """Example `number`; the same for the same number."""
        ...

    def collate(self, examples: list[dict[str, Any]]) -> Batch:
        """One batch of examples; tensors have the batch as first axis."""
        ...


class Recipe(Protocol):
    """What the loop asks of a recipe; `iog.training.lite.LiteRecipe` is one."""

    @property
    def batch(self) -> int:
        """Examples per step."""
        ...

    @property
    def accumulate(self) -> int:
        """Parts in which each process works through its share of a batch."""
        ...

    @property
    def steps(self) -> int:
        """Optimiser steps of the run."""
        ...

    @property
    def ema(self) -> float:
        """Decay of the averaged weights per step; 0 keeps no average."""
        ...

    @property
    def gradient_clip(self) -> float:
        """Largest norm of the gradient."""
        ...

    @property
    def precision(self) -> str:
        """fp32, or bf16 or fp16 for mixed precision."""
        ...

    @property
    def seed(self) -> int:
        """Seed of everything random."""
        ...

    @property
    def workers(self) -> int:
        """Processes that prepare examples."""
        ...

    def create_network(self) -> Network: ...

    def optimizer(self, network: Network) -> torch.optim.Optimizer:
        """The optimiser with its peak learning rates."""
        ...

    def rate(self, step: int) -> float:
        """Factor on the learning rates at a step."""
        ...

    def examples(self) -> Examples: ...

    def loss(self, network: Any, batch: Batch, step: int) -> tuple[Tensor, Scalars]:
        """Loss of a batch, a mean over its examples, and scalars to log, which stay on the device."""
        ...

    def shipped(self, averaged: Network, start: Network) -> Network:
        """What the run gives in the end, of its averaged weights and of those that it began with."""
        ...


Validate = Callable[[Network, SummaryWriter, int], Mapping[str, float]]
"""Measures the averaged network at a step; may write pictures; returns figures to log."""


def train(
    recipe: Recipe,
    out: Path,
    *,
    settings: Mapping[str, Any],
    validate: Validate | None = None,
    validate_every: int = 1000,
    checkpoint_every: int = 250,
    keep_every: int = 0,
    stop_after: int | None = None,
    minutes: float | None = None,
) -> Network:
    """Train to the end of the recipe, resuming `out/last.pt` when it is there; returns what ships.

    Parameters
    ----------
    recipe
        What to train.
    out
        Folder for `last.pt` (resumable state), `final.pt` (the weights that ship) and TensorBoard events.
    settings
        The recipe as plain data; stored in checkpoints, and a resumed run must have the same.
    validate, validate_every
        Measurement and how many steps lie between two; 0 never measures, else the end is measured, too.
    checkpoint_every
        Steps between two checkpoints; there is one at the end in any case, which is all with 0.
    keep_every
        Steps between two copies of the averaged weights that stay, `step-NUMBER.pt`; 0 for none.
    stop_after
        Stop (with a checkpoint) at this step, as if interrupted.
    minutes
        Stop (validated, with a checkpoint) after the first step that ends so much later.

    Raises
    ------
    ModelError
        If `out` holds a run with other settings, or the batch cannot be shared out evenly.
    TrainingError
        If a setting makes no sense, or the loss or its gradient is no longer finite; `last.pt` then holds
        the weights of a step before.
    """
    check(
        (recipe.precision in _PRECISIONS, f"`precision` {recipe.precision}: choose {', '.join(_PRECISIONS)}"),
        (recipe.batch >= 1, f"`batch` {recipe.batch}: at least 1"),
        (recipe.accumulate >= 1, f"`accumulate` {recipe.accumulate}: at least 1"),
        (0 <= recipe.ema < 1, f"`ema` {recipe.ema:g}: from 0 to below 1"),
        (recipe.workers >= 0, f"`workers` {recipe.workers}: at least 0"),
        (recipe.seed >= 0, f"`seed` {recipe.seed}: at least 0"),
        (validate_every >= 0, f"`validate_every` {validate_every}: at least 0, which is never"),
        (checkpoint_every >= 0, f"`checkpoint_every` {checkpoint_every}: at least 0, which is at the end"),
        (keep_every >= 0, f"`keep_every` {keep_every}: at least 0, which is never"),
    )
    with joined() as world:
        deadline = math.inf if minutes is None else time.monotonic() + 60 * minutes
        return _train(
            recipe,
            out,
            world,
            settings,
            validate,
            validate_every,
            checkpoint_every,
            keep_every,
            stop_after,
            deadline,
        )


def _train(
    recipe: Recipe,
    out: Path,
    world: World,
    settings: Mapping[str, Any],
    validate: Validate | None,
    validate_every: int,
    checkpoint_every: int,
    keep_every: int,
    stop_after: int | None,
    deadline: float,
) -> Network:
    steps = recipe.steps
    if steps < 1:
        raise TrainingError("these settings make a run without a step")
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    network = recipe.create_network().to(world.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    start = deepcopy(network)
    ema = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]
    averaged = AveragedModel(network, multi_avg_fn=ema, use_buffers=True)
    optimizer = recipe.optimizer(network)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, recipe.rate)
    scaler = torch.amp.GradScaler(world.device.type, enabled=recipe.precision == "fp16")
    parts: dict[str, Any] = {
        "averaged": averaged,
        "optimizer": optimizer,
        "schedule": schedule,
        "scaler": scaler,
    }
    step = _resume(out / "last.pt", settings, network, parts)

    objective: nn.Module = Objective(recipe, network)
    if world.size > 1:
        # IOG has a module that nothing calls, and how often others are called changes by the step.
        objective = DistributedDataParallel(objective, find_unused_parameters=True)
    end = steps if stop_after is None else min(stop_after, steps)
    loader = batches(recipe, world, step, end)
    writer = SummaryWriter(out, purge_step=step) if world.leads else None
    progress = tqdm(
        range(step, end), total=end, initial=step, unit="step", disable=None if world.leads else True
    )
    told_every = max(1, min(20, steps // 50))  # a short run, too, shows its curve
    started = time.monotonic()
    watch = _Watch(world.device)
    done = step
    network.train()
    for step in progress:
        for part in range(recipe.accumulate):
            # Processes exchange gradients once a step, with its last part.
            last = part + 1 == recipe.accumulate
            alone = isinstance(objective, DistributedDataParallel) and not last
            with cast(Any, objective).no_sync() if alone else contextlib.nullcontext():
                loss, scalars = objective(next(loader), step)
                watch.see("loss", step, loss)
                scaler.scale(loss / recipe.accumulate).backward()
        scaler.unscale_(optimizer)
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.gradient_clip)
        # With fp16 the scaler itself passes over such steps; otherwise no checkpoint may get broken weights.
        if not scaler.is_enabled():
            watch.see("gradient's norm", step, norm)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()
        # The average starts short, so that it is useful from the first steps on.
        if step < 1 / (1 - recipe.ema):
            averaged.n_averaged.zero_()
        averaged.update_parameters(network)

        done = step + 1
        told = done % told_every == 0
        late = world.late(deadline, told)
        last = done == end or late
        measured = validate_every > 0 and (done % validate_every == 0 or done == steps or late)
        kept = keep_every > 0 and done % keep_every == 0
        saved = (checkpoint_every > 0 and done % checkpoint_every == 0) or last
        if told or measured or kept or saved:
            watch.check()
        if writer is not None and (told or last):
            scalars = {"loss": loss.detach(), "gradient_norm": norm, **scalars}
            for name, value in scalars.items():
                writer.add_scalar(f"train/{name}", float(value), done)
            writer.add_scalar("train/learning_rate", schedule.get_last_lr()[0], done)
            progress.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
        if writer is not None and validate is not None and measured:
            figures = validate(_measurable(averaged, recipe, start, done), writer, done)
            for name, value in figures.items():
                writer.add_scalar(f"val/{name}", value, done)
            tqdm.write(f"step {done}: " + ", ".join(f"{k} {v:.2f}" for k, v in figures.items()))
        if writer is not None and kept:
            copy = _measurable(averaged, recipe, start, done)
            checkpoints.save(out / f"step-{done}.pt", copy, settings=dict(settings), step=done)
        if writer is not None and saved:
            state = {name: part.state_dict() for name, part in parts.items()}
            seconds = time.monotonic() - started
            checkpoints.save(
                out / "last.pt", network, step=done, settings=dict(settings), seconds=seconds, **state
            )
        if late:
            break
    result = _measurable(averaged, recipe, start, done)
    if writer is not None:
        writer.close()
        if done == steps:
            checkpoints.save(out / "final.pt", result, settings=dict(settings), step=done)
    return result


class _Watch:
    """Looks out for numbers that are not finite; on a GPU without waiting for it at every step."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._first = dict.fromkeys(("loss", "gradient's norm"), torch.tensor(math.inf, device=device))
        self._worst = dict(self._first)

    def see(self, what: str, step: int, value: Tensor) -> None:
        """Note the loss or the norm of a step; on a CPU, where it costs nothing, check it at once."""
        value = value.detach().float()
        here = torch.where(torch.isfinite(value), math.inf, float(step))
        self._worst[what] = torch.where(here < self._first[what], value, self._worst[what])
        self._first[what] = torch.minimum(self._first[what], here)
        if self._device.type == "cpu":
            self.check()

    def check(self) -> None:
        """Raise `TrainingError` if any number so far was not finite."""
        found = {what: first.item() for what, first in self._first.items()}
        step, what = min((step, -i, what) for i, (what, step) in enumerate(found.items()))[::2]
        if math.isfinite(step):
            raise TrainingError(
                f"the {what} of step {step:.0f} is {self._worst[what].item()}; last.pt holds an "
                f"earlier step: start again with a lower `learning_rate` or `gradient_clip`"
            )


class Objective(nn.Module):
    """A recipe's loss as one module, so that DistributedDataParallel sees a single forward."""

    def __init__(self, recipe: Recipe, network: Network) -> None:
        super().__init__()
        self.recipe = recipe
        self.network = network
        if recipe.precision != "fp32" and next(network.parameters()).device.type == "cpu":
            depthwise_in_fp32(network)

    def forward(self, batch: Batch, step: int) -> tuple[Tensor, Scalars]:
        """Loss of a batch, and scalars to log."""
        device = next(self.network.parameters()).device
        batch = {k: v.to(device, non_blocking=True) if isinstance(v, Tensor) else v for k, v in batch.items()}
        precision = _PRECISIONS[self.recipe.precision]
        with torch.autocast(device.type, precision or torch.bfloat16, enabled=precision is not None):
            return self.recipe.loss(self.network, batch, step)


def batches(recipe: Recipe, world: World, step: int, end: int) -> Iterator[Batch]:
    """This process's parts of the batches `step` to `end`.

    Batch i always holds the examples i * batch .. (i + 1) * batch, however many processes and parts share it.
    """
    share, rest = divmod(recipe.batch, world.size * recipe.accumulate)
    if rest or share == 0:
        raise ModelError(
            f"a batch of {recipe.batch} cannot be shared evenly by {world.size} processes "
            f"in {recipe.accumulate} parts each; choose another `batch`"
        )

    def numbers() -> Iterator[list[int]]:
        for first in range(step * recipe.batch, end * recipe.batch, recipe.batch):
            mine = range(first + world.rank, first + recipe.batch, world.size)
            for part in range(recipe.accumulate):
                yield list(mine[part * share : (part + 1) * share])

    examples = recipe.examples()
    loader: DataLoader[Batch] = DataLoader(
        examples,  # type: ignore[arg-type]
        batch_sampler=numbers(),
        num_workers=recipe.workers,
        pin_memory=world.device.type == "cuda",
        collate_fn=examples.collate,
        prefetch_factor=4 if recipe.workers else None,
    )
    return iter(loader)


def _resume(path: Path, settings: Mapping[str, Any], network: Network, parts: Mapping[str, Any]) -> int:
    """Load the state in `path` if there is one; returns the step to go on with."""
    if not path.exists():
        return 0
    state = checkpoints.read(path)
    changed = sorted(k for k in settings if state["settings"].get(k) != settings[k])
    if changed:
        raise ModelError(
            f"{path} was made with other settings ({', '.join(changed)}); "
            "choose another `out` folder, or the same settings to resume"
        )
    network.load_state_dict(state["state_dict"])
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return int(state["step"])


def _measurable(averaged: AveragedModel, recipe: Recipe, start: Network, done: int) -> Network:
    """The averaged network after `done` steps, ready to measure; at the run's end what ships."""
    network: Any = averaged.module
    result: Network = network.eval()
    return result if done < recipe.steps else recipe.shipped(result, start)
