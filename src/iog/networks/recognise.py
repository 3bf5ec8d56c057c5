"""Checkpoints of others, recognised from the names of their tensors.

A published `.pth` is a flat dict of tensors with nothing that says what it is. Its keys do: `Coarse_net`
makes it an IOG, `iog_points` the refinement, `layer5` a DEXTR, and a ResNet without any of these is a
backbone (with `fc`: a classifier for ImageNet). How many blocks `layer3` has gives the depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from torch import Tensor

from iog.errors import ModelError
from iog.networks.dextr import DEXTR, DEXTRConfig
from iog.networks.iog import HEATMAPS, IOG, IOGConfig
from iog.networks.resnet import BLOCKS, load_backbone
from iog.networks.tensors import load_tensors, open_file, tensors_of

Kind = Literal["iog", "iog-refinement", "dextr", "backbone", "imagenet"]

_DESCRIPTIONS: Mapping[Kind, str] = {
    "iog": "an IOG network with ResNet-{depth}",
    "iog-refinement": "an IOG refinement network with ResNet-{depth}",
    "dextr": "a DEXTR network with ResNet-{depth}",
    "backbone": "a bare ResNet-{depth}",
    "imagenet": "an ImageNet ResNet-{depth}",
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a set of tensors is."""

    kind: Kind
    depth: int

    def __str__(self) -> str:
        """For sentences: "an ImageNet ResNet-101"."""
        return _DESCRIPTIONS[self.kind].format(depth=self.depth)


def recognise(keys: Iterable[str], source: object = "the checkpoint") -> Recognised:
    """Kind and depth of a network from the names of its tensors (without `module.`).

    Raises
    ------
    ModelError
        Names `source`, if the keys belong to no network that iog knows.
    """
    keys = set(keys)
    parts = {key.split(".", 1)[0] for key in keys}
    kind: Kind
    if "Coarse_net" in parts:
        kind = "iog-refinement" if "iog_points" in parts else "iog"
    elif "layer5" in parts:
        kind = "dextr"
    elif "fc" in parts:
        kind = "imagenet"
    else:
        kind = "backbone"
    prefix = "backbone." if "backbone" in parts else ""
    blocks = _blocks_of_layer3(keys, prefix)
    depths = {counts[2]: depth for depth, counts in BLOCKS.items()}
    # Other networks, too, are built around a ResNet that they call `backbone`.
    others = parts - {"backbone"} if kind == "backbone" and prefix else set()
    if blocks == 0 or others or not any(key.startswith(f"{prefix}conv1.") for key in keys):
        example = min((key for key in keys if not others or key.split(".", 1)[0] in others), default="none")
        raise ModelError(
            f"{source} holds tensors of no network that iog knows (for example {example!r}); "
            "it reads IOG, DEXTR and ResNet checkpoints and its own"
        )
    if blocks not in depths or f"{prefix}layer3.0.conv3.weight" not in keys:
        raise ModelError(
            f"{source} holds a ResNet that iog does not have; its networks use ResNet-50 and ResNet-101"
        )
    return Recognised(kind, depths[blocks])


def network_of(
    tensors: Mapping[str, Tensor], source: object, *, dextr: DEXTRConfig | None = None
) -> IOG | DEXTR:
    """The network whose tensors these are, in evaluation mode.

    Parameters
    ----------
    tensors
        From `tensors_of`. An IOG without FineNet or with one heatmap is recognised too.
    source
        Whom to name in errors, usually the path.
    dextr
        What the tensors of a DEXTR cannot tell (strides and dilations); its depth is not used.

    Raises
    ------
    ModelError
        If they are no segmentation model, or some are missing, surplus or of another shape.
    """
    found = recognise(tensors, source)
    network: IOG | DEXTR
    if found.kind in ("backbone", "imagenet"):
        raise ModelError(
            f"{source} is {found}: a backbone to start training from, not a segmentation model; "
            "give the checkpoint of a trained network, such as IOG_PASCAL_SBD.pth"
        )
    if found.kind == "dextr":
        network = DEXTR(replace(dextr or DEXTRConfig(), depth=found.depth))
    else:
        network = IOG(
            IOGConfig(
                depth=found.depth,
                guidance=_guidance(tensors.get("backbone.conv1.weight")),
                fine=any(key.startswith("Fine_net.") for key in tensors),
                refinement=found.kind == "iog-refinement",
            )
        )
    load_tensors(network, tensors, f"{source} looks like {found}, but does not fit")
    return network.eval()


def load_backbone_file(network: IOG | DEXTR, path: str | Path) -> None:
    """Start `network` from a file with a bare or an ImageNet ResNet of its depth.

    Raises
    ------
    ModelError
        If the file is unreadable, something else, or of another depth.
    """
    resnet = network.resnet
    tensors = tensors_of(open_file(path), path)
    found = recognise(tensors, path)
    if found.kind not in ("backbone", "imagenet"):
        raise ModelError(f"{path} is {found}, a whole network; a bare ResNet was expected")
    if found.depth != network.config.depth:
        raise ModelError(f"{path} is {found}; the network needs a ResNet-{network.config.depth}")
    tensors = {key.removeprefix("backbone."): value for key, value in tensors.items()}
    load_backbone(resnet, tensors, path)


def _guidance(stem: Tensor | None) -> str:
    """Which heatmaps a stem (64, channels, 7, 7) was made for; a guess for an odd one, which then misfits."""
    channels = stem.shape[1] if stem is not None and stem.ndim == 4 else 5
    return next((name for name, count in HEATMAPS.items() if 3 + count == channels), "inside-outside")


def _blocks_of_layer3(keys: Iterable[str], prefix: str) -> int:
    pattern = re.compile(re.escape(prefix) + r"layer3\.(\d+)\.")
    return len({match[1] for key in keys if (match := pattern.match(key))})
