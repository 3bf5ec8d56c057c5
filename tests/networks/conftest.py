"""The golden files, and networks filled with their formula."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import numpy as np
import pytest
import torch

from iog import networks
from iog.networks.iog import IOG

# Small tensors gain nothing from more threads, and on a busy machine threads wait for each other.
torch.set_num_threads(1)

Network = TypeVar("Network", bound=torch.nn.Module)

GOLDEN = Path(__file__).parents[1] / "golden"

FILES = {
    "iog-resnet50": "iog_resnet50",
    "iog-resnet101": "iog_resnet101",
    "iog-resnet50-refinement": "iog_refinement_resnet50",
    "iog-resnet101-refinement": "iog_refinement_resnet101",
}


@cache
def recipe() -> ModuleType:
    spec = importlib.util.spec_from_file_location("golden_recipe", GOLDEN / "recipe.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def published_layout(name: str) -> dict[str, list[int]]:
    layout: dict[str, list[int]] = json.loads((GOLDEN / f"{FILES[name]}_state_dict.json").read_text())
    return layout


def golden_logits(name: str) -> dict[str, Any]:
    with np.load(GOLDEN / f"{FILES[name]}.npz") as file:
        return dict(file)


def golden_state(name: str) -> dict[str, torch.Tensor]:
    layout = published_layout(name)
    return {key: torch.from_numpy(recipe().weights(key, tuple(shape))) for key, shape in layout.items()}


@cache
def golden_network(name: str) -> IOG:
    """Shared among tests, which leave it as it is."""
    network = networks.create(name)
    assert isinstance(network, IOG)
    network.load_state_dict(golden_state(name))
    return network


def constant(build: Callable[[], Network]) -> Network:
    """A network whose tensors are all 0.01: for tests of shapes, as random numbers take seconds to draw."""
    with torch.device("meta"):
        network = build().eval()
    network.to_empty(device="cpu")
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.fill_(0.01)
    return network


@pytest.fixture(scope="session")
def network_input() -> torch.Tensor:
    return torch.from_numpy(recipe().network_input())
