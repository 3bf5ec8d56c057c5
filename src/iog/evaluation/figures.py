"""How each of the paper's figures is measured here: which weights, which data, which clicks. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from iog.box_methods import Method
from iog.datasets import ObjectDataset, known
from iog.description import Info, PublishedInfo
from iog.errors import ModelError

Prompt = Literal["inside", "extreme points", "clicks"] | Method
Part = Literal["all", "seen", "unseen"]

WEIGHTS: dict[str, str] = {
    "iog-resnet101": "IOG, ResNet-101, PASCAL-10k (VOC train + SBD): the authors' IOG_PASCAL_SBD.pth",
    "iog-resnet101-refinement": "the same with the click branch: the authors' IOG_PASCAL_SBD_REFINEMENT.pth",
    "iog-resnet101-coco": "IOG, ResNet-101, COCO, of which the authors released none: "
    "iog train iog --dataset coco",
    "iog-resnet50": "IOG, ResNet-50, PASCAL, of which the authors released none: "
    "iog train iog --network.depth 50",
    "iog-resnet50-cityscapes": "iog-resnet50 fine-tuned on 10 % of Cityscapes: "
    "iog train iog --from FILE --network.depth 50 --dataset cityscapes --share 0.1",
    "iog-resnet101-cityscapes": "iog-resnet101 fine-tuned on 10 % of Cityscapes: "
    "iog train iog --from FILE --dataset cityscapes --share 0.1",
    "iog-resnet101-coco-cityscapes": "iog-resnet101-coco fine-tuned on 10 % of Cityscapes: "
    "iog train iog --from FILE --dataset cityscapes --share 0.1",
    "iog-resnet50-rooftop": "iog-resnet50 fine-tuned on Rooftop's train split: "
    "iog train iog --from FILE --network.depth 50 --dataset rooftop",
    "iog-resnet101-rooftop": "iog-resnet101 fine-tuned on Rooftop's train split: "
    "iog train iog --from FILE --dataset rooftop",
    "iog-resnet101-coco-rooftop": "iog-resnet101-coco fine-tuned on Rooftop's train split: "
    "iog train iog --from FILE --dataset rooftop",
    "dextr-resnet101": "DEXTR, ResNet-101, PASCAL: its authors' file",
    "dextr-resnet101-coco": "DEXTR, ResNet-101, COCO: its authors' file",
    "dextr-resnet101-cityscapes": "DEXTR, ResNet-101, Cityscapes: of others, as no recipe here trains DEXTR",
    "crop-resnet50": "IOG, ResNet-50, VOC train, without any clicks: "
    "iog train iog --network.depth 50 --prompt crop",
    "centre-resnet50": "IOG, ResNet-50, VOC train, box centre as inside click: "
    "iog train iog --network.depth 50 --prompt centre",
    "outside-resnet50": "IOG, ResNet-50, VOC train, outside clicks only: "
    "iog train iog --network.depth 50 --prompt box",
    "outside-resnet101": "IOG, ResNet-101, VOC train + SBD, outside clicks only: "
    "iog train iog --dataset voc-sbd --prompt box",
    "extreme-coarse-resnet50": "the ablation: iog train iog --network.depth 50 "
    "--network.guidance extreme-points --network.fine false",
    "coarse-resnet50": "the ablation: iog train iog --network.depth 50 --network.fine false",
    "extreme-resnet50": "the ablation: iog train iog --network.depth 50 --network.guidance extreme-points",
    "extreme-coarse-resnet101": "the ablation: iog train iog --network.guidance extreme-points "
    "--network.fine false",
    "coarse-resnet101": "the ablation: iog train iog --network.fine false",
    "extreme-resnet101": "the ablation: iog train iog --network.guidance extreme-points",
}
"""What `--weights NAME=PATH` may name, and where such a file comes from."""

DATA: dict[str, str] = {
    "voc": "PASCAL VOC 2012 val, every instance",
    "grabcut": "GrabCut's 50 photos",
    "coco-mini": "the first 5,000 photos of COCO val, as DEXTR's MVal",
    "cityscapes": "Cityscapes instances",
    "rooftop": "Rooftop: its folder test, or every photo where there is none",
    "sstem": "ssTEM, the stack of 20 sections",
    "photos": "photos of your own, or any set in that layout",
}
"""What `--data NAME=FOLDER` may name."""


def open_data(name: str, folder: Path) -> ObjectDataset:
    """The set that a key of `DATA` names, the part of it on which the paper's figures are.

    Raises
    ------
    DataError
        As the set's reader does.
    """
    # Rooftop's networks were fine-tuned on its train split; its photos may also lie in one folder, unsplit.
    split = "test" if name == "rooftop" and (folder / "test").is_dir() else None
    return known.open_objects(name, folder, split)


def config_of(weights: str) -> dict[str, Any]:
    """What a file must hold to be what a key of `WEIGHTS` says: the network's kind and its settings."""
    depth = 50 if "resnet50" in weights else 101
    if weights.startswith("dextr-"):
        return {"network": "dextr", "depth": depth}
    return {
        "network": "iog",
        "backbone": "resnet",
        "depth": depth,
        "guidance": "extreme-points" if weights.startswith("extreme-") else "inside-outside",
        "fine": "coarse-" not in weights,
        "refinement": weights.endswith("-refinement"),
    }


def check_weights(weights: str, info: Info, path: Path) -> None:
    """Raise `ModelError` if the network of a file is not the one that a key of `WEIGHTS` says.

    A row with the figures of another network would look like any other.
    """
    wanted = config_of(weights)
    if isinstance(info, PublishedInfo):
        # Files from before there were other backbones do not tell theirs.
        found = {"backbone": "resnet", "network": info.network, **info.config}
        differing = [key for key in wanted if found.get(key) != wanted[key]]
    else:
        found, differing = {"network": info.name}, ["network"]
    if differing:
        told = ", ".join(f"{key} {found.get(key)}, not {wanted[key]}" for key in differing)
        raise ModelError(f"`weights` {weights}: {path} is another network ({told})")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure."""

    weights: str
    data: str
    clicks: int = 3
    """Clicks after which IoU is taken, or up to which a target is looked for."""
    target: int | None = None
    """Percent that the mean IoU must reach, where the figure is a number of clicks."""
    prompt: Prompt = "inside"
    part: Part = "all"
    """`seen`: only the 20 categories of PASCAL; `unseen`: all but these."""
    second: str | None = None
    """Weights that take the inferred inside click in two stages; None takes the same."""
    method: str = ""
    """A classical method (`iog.baselines`) that is given clicks alone, in place of weights."""


OTHERS = "another method: the figure is the paper's quotation and is not measured by this command"
NOT_PRINTED = "the paper prints no figure"


EMBEDDED = ""
"""Stands for the model given with `--model` where a recipe names weights."""

_MINI = "coco-mini"
_VOC = "voc"


def _classical(row: int, method: str) -> dict[tuple[int, str], Figure | str]:
    """A row of table 1: clicks alone, as papers before IOG gave them."""

    def recipe(data: str, clicks: int, target: int | None = None) -> Figure:
        return Figure("", data, clicks, target, prompt="clicks", method=method)

    return {
        (row, "Clicks PASCAL@85%"): recipe(_VOC, 20, 85),
        (row, "Clicks GrabCut@90%"): recipe("grabcut", 20, 90),
        (row, "IoU @ 4 clicks PASCAL"): recipe(_VOC, 4),
        (row, "IoU @ 4 clicks GrabCut"): recipe("grabcut", 4),
    }


RECIPES: dict[str, dict[tuple[int, str], Figure | str]] = {
    "table1": {
        **_classical(0, "graph-cut"),
        **_classical(1, "random-walker"),
        **_classical(2, "geodesic"),
        (5, "Clicks PASCAL@85%"): Figure("dextr-resnet101", _VOC, 4, 85, prompt="extreme points"),
        (5, "Clicks GrabCut@90%"): Figure("dextr-resnet101", "grabcut", 4, 90, prompt="extreme points"),
        (5, "IoU @ 4 clicks PASCAL"): Figure("dextr-resnet101", _VOC, 4, prompt="extreme points"),
        (5, "IoU @ 4 clicks GrabCut"): Figure("dextr-resnet101", "grabcut", 4, prompt="extreme points"),
        (9, "Clicks PASCAL@85%"): Figure("iog-resnet101", _VOC, 3, 85),
        (9, "Clicks GrabCut@90%"): Figure("iog-resnet101", "grabcut", 3, 90),
        (9, "IoU @ 4 clicks PASCAL"): Figure("iog-resnet101", _VOC, 3),
        (9, "IoU @ 4 clicks GrabCut"): Figure("iog-resnet101", "grabcut", 3),
        (10, "Clicks PASCAL@85%"): Figure("iog-resnet101-refinement", _VOC, 4, 85),
        (10, "Clicks GrabCut@90%"): Figure("iog-resnet101-refinement", "grabcut", 4, 90),
        (10, "IoU @ 4 clicks PASCAL"): Figure("iog-resnet101-refinement", _VOC, 4),
        (10, "IoU @ 4 clicks GrabCut"): Figure("iog-resnet101-refinement", "grabcut", 4),
    },
    "table2": {
        (0, "DEXTR"): Figure("dextr-resnet101", _MINI, 4, prompt="extreme points", part="seen"),
        (1, "DEXTR"): Figure("dextr-resnet101", _MINI, 4, prompt="extreme points", part="unseen"),
        (2, "DEXTR"): Figure("dextr-resnet101", _MINI, 4, prompt="extreme points"),
        (3, "DEXTR"): Figure("dextr-resnet101-coco", _MINI, 4, prompt="extreme points"),
        (4, "DEXTR"): Figure("dextr-resnet101-coco", _VOC, 4, prompt="extreme points"),
        (5, "DEXTR"): Figure("dextr-resnet101", _VOC, 4, prompt="extreme points"),
        (0, "IOG"): Figure("iog-resnet101", _MINI, part="seen"),
        (1, "IOG"): Figure("iog-resnet101", _MINI, part="unseen"),
        (2, "IOG"): Figure("iog-resnet101", _MINI),
        (3, "IOG"): Figure("iog-resnet101-coco", _MINI),
        (4, "IOG"): Figure("iog-resnet101-coco", _VOC),
        (5, "IOG"): Figure("iog-resnet101", _VOC),
    },
    "table4": {
        (3, "IoU"): Figure("dextr-resnet101-cityscapes", "cityscapes", 4, prompt="extreme points"),
        (4, "IoU"): Figure("iog-resnet50", "cityscapes"),
        (5, "IoU"): Figure("iog-resnet50-cityscapes", "cityscapes"),
        (6, "IoU"): Figure("iog-resnet101-cityscapes", "cityscapes"),
        (7, "IoU"): Figure("iog-resnet101-coco-cityscapes", "cityscapes"),
    },
    "table5": {
        (2, "IoU"): Figure("iog-resnet50", "rooftop"),
        (3, "IoU"): Figure("iog-resnet50-rooftop", "rooftop"),
        (4, "IoU"): Figure("iog-resnet101-rooftop", "rooftop"),
        (5, "IoU"): Figure("iog-resnet101-coco-rooftop", "rooftop"),
    },
    "table6": {
        (1, "IoU"): Figure("iog-resnet50", "sstem"),
        (2, "IoU"): Figure("iog-resnet101", "sstem"),
    },
    "table8": {
        (0, "IoU"): Figure("crop-resnet50", _VOC, 2, prompt="crop"),
        (1, "IoU"): Figure("centre-resnet50", _VOC, 2, prompt="centre"),
        (2, "IoU"): Figure("iog-resnet50", _VOC, 2, prompt="sim"),
        (3, "IoU"): Figure("outside-resnet50", _VOC, 2, prompt="box"),
        (4, "IoU"): Figure("outside-resnet101", _VOC, 2, prompt="box"),
        (5, "IoU"): Figure("outside-resnet101", _VOC, 2, prompt="two-stage", second="iog-resnet101"),
    },
    "guidance": {
        (0, "IoU"): Figure("extreme-coarse-resnet50", _VOC, 4, prompt="extreme points"),
        (1, "IoU"): Figure("coarse-resnet50", _VOC),
        (2, "IoU"): Figure("extreme-resnet50", _VOC, 4, prompt="extreme points"),
        (3, "IoU"): Figure("iog-resnet50", _VOC),
        (4, "IoU"): Figure("extreme-coarse-resnet101", _VOC, 4, prompt="extreme points"),
        (5, "IoU"): Figure("coarse-resnet101", _VOC),
        (6, "IoU"): Figure("extreme-resnet101", _VOC, 4, prompt="extreme points"),
        (7, "IoU"): Figure("iog-resnet101", _VOC),
    },
}
"""By row of `paper.TABLES` and column; a text says why a figure cannot be measured, and what is not listed
belongs to `OTHERS`."""


def embedded(table: str) -> list[tuple[str, Figure]]:
    """How the bundled model is measured for a table, by name: box-only methods, or 2 to 4 clicks."""
    sets = dict.fromkeys(r.data for r in RECIPES[table].values() if isinstance(r, Figure)) | {"photos": None}
    if table == "table8":
        prompts: list[tuple[str, int, Prompt]] = [
            ("(A) crop", 2, "crop"),
            ("(B) box centre, (C) the same", 2, "centre"),
            ("(D) box only", 2, "box"),
            ("(E) two-stage", 2, "two-stage"),
        ]
    else:
        prompts = [("box only", 2, "box"), ("3 clicks", 3, "inside"), ("4 clicks", 4, "inside")]
    return [
        (name, Figure(EMBEDDED, data, clicks, prompt=prompt))
        for data in sets
        for name, clicks, prompt in prompts
    ]
