"""PyTorch networks; needs the `train` extra.

Importing this package imports no PyTorch: `create` and `load` do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from iog.errors import ModelError

if TYPE_CHECKING:
    from iog.networks.dextr import DEXTR
    from iog.networks.iog import IOG
    from iog.networks.lite import Lite

NAMES = (
    "lite",
    "iog-resnet50",
    "iog-resnet101",
    "iog-resnet50-refinement",
    "iog-resnet101-refinement",
    "dextr-resnet50",
    "dextr-resnet101",
)
"""What `create` can build."""


def create(name: str) -> Lite | IOG | DEXTR:
    """An untrained network in evaluation mode, from its name in `NAMES`.

    The ablations of the published networks have no names; build them from `IOGConfig` and `DEXTRConfig`.

    Raises
    ------
    ModelError
        For an unknown name.
    """
    if name not in NAMES:
        raise ModelError(f"unknown network {name!r}; known: {', '.join(NAMES)}")
    if name == "lite":
        from iog.networks.lite import Lite

        return Lite().eval()
    family, backbone, *variant = name.split("-")
    depth = int(backbone.removeprefix("resnet"))
    if family == "dextr":
        from iog.networks.dextr import DEXTR, DEXTRConfig

        return DEXTR(DEXTRConfig(depth=depth)).eval()
    from iog.networks.iog import IOG, IOGConfig

    return IOG(IOGConfig(depth=depth, refinement=variant == ["refinement"])).eval()


def load(path: str | Path) -> Lite | IOG | DEXTR:
    """The network of a checkpoint, ours or a published one, in evaluation mode.

    Raises
    ------
    ModelError
        In one sentence, when the file is missing, truncated, foreign or no segmentation model.
    """
    from iog.networks import checkpoints

    return checkpoints.load(path)
