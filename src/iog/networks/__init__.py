"""PyTorch networks; needs the `train` extra.

Importing this package imports no PyTorch: `create` and `load` do.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iog.errors import ModelError
from iog.networks.families import build

if TYPE_CHECKING:
    from iog.networks.base import Network

_NAMED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "lite": ("lite", {}),
    "iog-resnet50": ("iog", {"depth": 50}),
    "iog-resnet101": ("iog", {"depth": 101}),
    "iog-resnet50-refinement": ("iog", {"depth": 50, "refinement": True}),
    "iog-resnet101-refinement": ("iog", {"depth": 101, "refinement": True}),
    "dextr-resnet50": ("dextr", {"depth": 50}),
    "dextr-resnet101": ("dextr", {"depth": 101}),
}

NAMES = tuple(_NAMED)
"""What `create` can build."""


def create(name: str) -> Network:
    """An untrained network in evaluation mode, from its name in `NAMES`.

    The ablations of the published networks have no names; build them from `IOGConfig` and `DEXTRConfig`.

    Raises
    ------
    ModelError
        For an unknown name.
    """
    if name not in _NAMED:
        raise ModelError(f"unknown network {name!r}; known: {', '.join(NAMES)}")
    return build(*_NAMED[name]).eval()


def load(path: str | Path) -> Network:
    """The network of a checkpoint, ours or a published one, in evaluation mode.

    `package.module:factory=FILE` loads a network of one's own, see `checkpoints.load_with_record`.

    Raises
    ------
    ModelError
        In one sentence, when the file is missing, truncated, foreign or no segmentation model.
    """
    from iog.networks import checkpoints

    return checkpoints.load(path)
