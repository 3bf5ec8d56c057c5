"""The processes that train together: one, or as many as `torchrun` started."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed


@dataclass(frozen=True, slots=True)
class World:
    """This process's place among those that share a run."""

    rank: int
    size: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this process writes files and shows progress."""
        return self.rank == 0

    def late(self, deadline: float, asked: bool) -> bool:
        """Whether it is later than `deadline` (of `time.monotonic`), for all processes alike.

        Several processes agree on it where all of them have `asked`, so not at every step.
        """
        late = time.monotonic() > deadline
        if self.size == 1 or math.isinf(deadline):
            return late
        if not asked:
            return False
        told = torch.tensor(float(late), device=self.device)
        distributed.broadcast(told, 0)
        return bool(told.item())


@contextmanager
def joined() -> Iterator[World]:
    """Join the processes of `torchrun` (its environment variables say who they are) and leave them again.

    On GPUs each process takes the one of its local rank; without a GPU they talk over gloo.
    """
    if torch.cuda.is_available():
        # Crops have few sizes, and TF32 is as exact as training needs.
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.allow_tf32 = True
    size = int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", local) if torch.cuda.is_available() else torch.device("cpu")
    if size == 1:
        yield World(0, 1, device)
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(distributed.get_rank(), size, device)
    finally:
        distributed.destroy_process_group()
