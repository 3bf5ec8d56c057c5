"""What tests of the rivals share: a tiny backbone and clicks on a square."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from iog.clicks import Box, Correction, PointClicks
from iog.crop import Crop
from iog.guidance import point_maps

SIDE = 64
TINY: dict[str, Any] = {"backbone": "tf_efficientnet_lite0", "widths": (8, 8, 8, 8, 8)}
MASK = np.zeros((SIDE, SIDE), bool)
MASK[16:48, 20:44] = True
NOTHING = np.zeros_like(MASK)


def maps(guidance: str, *clicks: tuple[int, int, bool]) -> torch.Tensor:
    """Click maps (1, C, S, S) of clicks (x, y, foreground)."""
    made = PointClicks((SIDE, SIDE), tuple(Correction(*c) for c in clicks))
    return torch.from_numpy(point_maps(guidance, made, Crop(Box(0, 0, SIDE, SIDE), SIDE, SIDE)))[None]


@pytest.fixture(autouse=True)
def repeatable() -> None:
    torch.manual_seed(0)
