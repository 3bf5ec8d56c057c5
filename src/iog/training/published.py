"""The recipes of the paper: `iog train iog` and `iog train iog-refinement`.

Facts and choices are listed in `docs/training.md`. Summed losses and tiny learning rates are the paper's:
the loss adds up over the 512 x 512 pixels, so 1e-8 corresponds to some 3e-3 on a mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from iog import published
from iog.clicks import Box
from iog.crop import Crop
from iog.datasets import ObjectDataset, ObjectSample, known
from iog.datasets.listing import ChosenObjects
from iog.errors import DataError, ModelError, TrainingError
from iog.masks import mask_box
from iog.networks import checkpoints, recognise
from iog.networks.base import Network
from iog.networks.iog import IOG, IOGConfig
from iog.training.loop import Batch, Scalars
from iog.training.rules import check

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class IOGRecipe:
    """Train IOG as the paper does (CVPR 2020, section 4.1); every setting is an option."""

    dataset: str = "voc"
    """Layout of the training set: a name from `iog data list`."""
    data: str = "data"
    """Path of the training set."""
    split: str = ""
    """Split; empty for train. The paper uses train of voc, or voc-sbd."""
    share: float = 1.0
    """Share of its objects to train on, drawn by the seed; the paper fine-tunes on 0.1 of Cityscapes."""
    start: str = field(default="", metadata={"option": "--from"})
    """IOG checkpoint to fine-tune, the authors' (.pth) or ours (.pt); empty to train from scratch."""
    imagenet: str = ""
    """File with the ImageNet weights of the ResNet (torchvision's resnet50 or resnet101); empty for none."""
    epochs: int = 100
    """Passes over the objects."""
    objects: int = 0
    """Objects in an epoch; 0 counts the training set."""
    batch: int = 5
    """Objects per step."""
    accumulate: int = 1
    """Parts into which each process splits its share of a batch, to save memory."""
    precision: str = "fp32"
    """fp32, or bf16 or fp16 for mixed precision."""
    learning_rate: float = 1e-8
    """Constant rate of the backbone, for a loss summed over pixels."""
    head_factor: float = 10.0
    """Rate of everything else relative to the backbone's."""
    momentum: float = 0.9
    """Of SGD."""
    weight_decay: float = 5e-4
    """Of SGD."""
    gradient_clip: float = float("inf")
    """Largest norm of the gradient; the paper does not clip."""
    ema: float = 0.0
    """Decay of averaged weights per step; the paper does not average."""
    angle: float = 20.0
    """Greatest rotation in degrees."""
    scale: tuple[float, float] = (0.75, 1.25)
    """Range of the scale, about the middle of the photo."""
    flip: float = 0.5
    """Probability of a mirrored photo."""
    prompt: Literal["inside", "crop", "centre", "box"] = "inside"
    """What the network learns from: inside, the usual three clicks; or for masks from boxes alone (table 8)
    crop (A), no clicks; centre (B), the centre of the box as inside click; box (D), no inside click."""
    size: int = 512
    """Side of the crop in pixels."""
    seed: int = 1
    """Seed of everything random."""
    workers: int = 2
    """Processes that prepare crops."""
    network: IOGConfig = field(default_factory=lambda: IOGConfig(depth=101))
    """The network's own settings, with which the paper's ablations are run."""

    def __post_init__(self) -> None:
        low, high = self.scale
        check(
            (0 < self.share <= 1, f"`share` {self.share:g}: more than 0, at most 1"),
            (0 < low <= high, f"`scale` {low:g},{high:g}: above 0, the lesser one first"),
        )

    @property
    def validation_size(self) -> int:
        """Side of the crop in validation."""
        return self.size

    @property
    def settings(self) -> published.PublishedSettings:
        """Pre-processing of the published code at this crop size."""
        return replace(self.network.settings, size=self.size)

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.epochs * max(1, (self.objects or len(self.open_objects())) // self.batch)

    def open_objects(self) -> ObjectDataset:
        objects = known.open_objects(self.dataset, self.data, self._split)
        if self.share >= 1:
            return objects
        order = np.random.default_rng((self.seed, 2)).permutation(len(objects))
        return ChosenObjects(objects, sorted(order[: round(self.share * len(objects))].tolist()))

    def validation_objects(self) -> ObjectDataset | None:
        """The val that belongs to the training set; None for a set without one.

        VOC's val is also the paper's test set: it is watched, and nothing is chosen by it.
        """
        measured = known.validation_of(self.dataset, self._split)
        return None if measured is None else known.open_objects(measured[0], self.data, measured[1])

    @property
    def _split(self) -> str | None:
        return self.split or known.training_split(self.dataset)

    def create_network(self) -> IOG:
        """The network to start from, or a new one, its backbone with ImageNet weights if a file was named.

        A light backbone has them from its package.
        """
        if self.start:
            return self._started()
        network = IOG(self.network, pretrained=True)
        if self.imagenet:
            recognise.load_backbone_file(network, self.imagenet)
        return network

    def _started(self) -> IOG:
        network = checkpoints.load(self.start)
        if not isinstance(network, IOG) or network.config != self.network:
            raise ModelError(
                f"{self.start} holds {network.config}, not {self.network}; "
                "choose the recipe and the `network` settings that fit it"
            )
        return network

    def optimizer(self, network: Network) -> torch.optim.Optimizer:
        """SGD: the backbone at the base rate, the rest ten times as fast."""
        backbone = [p for name, p in network.named_parameters() if name.startswith("backbone.")]
        rest = [p for name, p in network.named_parameters() if not name.startswith("backbone.")]
        return torch.optim.SGD(
            [
                {"params": backbone, "lr": self.learning_rate},
                {"params": rest, "lr": self.learning_rate * self.head_factor},
            ],
            momentum=self.momentum,
            weight_decay=self.weight_decay,
        )

    def shipped(self, averaged: Network, start: Network) -> Network:
        """The last weights, as published."""
        return averaged

    def rate(self, step: int) -> float:
        """Constant, as published."""
        return 1.0

    def examples(self) -> IOGExamples:
        """The stream of training examples."""
        return IOGExamples(self)

    def loss(self, network: IOG, batch: Batch, step: int) -> tuple[Tensor, Scalars]:
        """Binary cross entropy summed over pixels and outputs, averaged over the batch."""
        _check_count(batch)
        loss = summed_loss(network(batch["input"]), batch)
        return loss, {}


@dataclass(frozen=True, slots=True, kw_only=True)
class IOGRefinementRecipe(IOGRecipe):
    """Train the refinement as the paper does, from ImageNet, with one simulated correction."""

    batch: int = 2
    """Objects per step."""
    threshold: float = 0.95
    """Mean IoU of a batch from which its first round alone is trained."""
    transposed_polarity: bool = False
    """Quirk: label corrections by the transposed pixel, as the published code does."""
    whole_number_maps: bool = False
    """Quirk: cut the fractions off the click maps once there is a correction, as the published code does."""
    network: IOGConfig = field(default_factory=lambda: IOGConfig(depth=101, refinement=True))
    """The network's own settings."""

    @property
    def settings(self) -> published.PublishedSettings:
        """Pre-processing of the published code at this crop size."""
        return replace(self.network.settings, size=self.size, whole_number_maps=self.whole_number_maps)

    def loss(self, network: IOG, batch: Batch, step: int) -> tuple[Tensor, Scalars]:
        """The loss of the first three clicks, or its mean with the loss after one correction."""
        _check_count(batch)
        features = network.encode(batch["input"])
        maps = batch["input"][:, 3:]
        logits = network.decode(features, maps)
        first = summed_loss(logits, batch)
        prediction = (_enlarged(logits[-1].detach(), self.size) >= 0)[:, 0].cpu().numpy()
        mask = batch["mask"].cpu().numpy() > 0
        union = (prediction | mask).sum((1, 2))
        iou = float(np.mean((prediction & mask).sum((1, 2)) / np.maximum(union, 1)))
        scalars = {"iou/0": iou, "loss/0": first.item()}
        if iou >= self.threshold:
            return first, scalars
        corrected = self._corrected(maps.cpu().numpy(), prediction, mask).to(maps.device)
        second = summed_loss(network.decode(features, corrected), batch)
        return (first + second) / 2, {**scalars, "loss/1": second.item()}

    def _corrected(self, maps: npt.NDArray[np.float32], prediction: BoolArray, mask: BoolArray) -> Tensor:
        """Click maps (B, 2, S, S) with one more click each, where the error is deepest."""
        crop = Crop(Box(0, 0, self.size, self.size), self.size, self.size)
        corrected = []
        for one, answer, truth in zip(maps, prediction, mask, strict=True):
            click = published.published_correction(
                answer, truth, transposed_polarity=self.transposed_polarity
            )
            corrected.append(one if click is None else published.with_click(one, *click, crop, self.settings))
        return torch.from_numpy(np.stack(corrected))


class IOGExamples(torch.utils.data.Dataset[dict[str, Any]]):
    """Every object once an epoch, in an order and with changes that the seed and the epoch decide."""

    def __init__(self, recipe: IOGRecipe) -> None:
        self.recipe = recipe
        self.objects = recipe.open_objects()
        if len(self.objects) == 0:
            raise DataError(f"{recipe.data} has no objects to train on")

    def __getitem__(self, number: int) -> dict[str, Any]:
        recipe, settings = self.recipe, self.recipe.settings
        epoch, place = divmod(number, len(self.objects))
        order = np.random.default_rng((recipe.seed, 0, epoch)).permutation(len(self.objects))
        random = np.random.default_rng((recipe.seed, 1, number))
        sample = self.objects[int(order[place])]
        image, mask, void = _turned(sample, recipe, random)
        box = mask_box(mask)
        if box is None:  # turned out of the photo: the published code trains such objects as empty
            image, mask, void = sample.image.astype(np.float32), sample.mask, sample.void
            box = mask_box(mask)
        if box is None:
            raise DataError(f"{sample.name} has an empty mask; run iog data check")
        crop = published.crop_around(box, settings)
        if recipe.network.guidance == "extreme-points":
            heatmaps = published.heatmap(_extreme_points(mask, crop, random), crop, settings)[None]
        else:
            inside, outside = published.points_of_mask(mask, crop, settings)
            if recipe.prompt == "centre":
                inside = published.to_crop_pixels([box.centre], crop)
            points = (
                inside if recipe.prompt in ("inside", "centre") else inside[:0],
                outside if recipe.prompt != "crop" else outside[:0],
            )
            heatmaps = np.stack([published.heatmap(p, crop, settings) for p in points])
        rgb = published.cut(image, crop, settings).transpose(2, 0, 1)
        return {
            "input": np.concatenate([rgb, heatmaps]).astype(np.float32),
            # Half an object's pixel is object in the loss; the clicks ask for more than half.
            "mask": (published.extract(mask, crop) >= 0.5).astype(np.uint8),
            "void": (published.extract(void, crop) > 0.5).astype(np.uint8),
        }

    @staticmethod
    def collate(examples: list[dict[str, Any]]) -> Batch:
        """Stack arrays into tensors."""
        return {key: torch.from_numpy(np.stack([e[key] for e in examples])) for key in examples[0]}


def _check_count(batch: Batch) -> None:
    """The pyramid's coarsest pool leaves one value a channel and object, and batch norm needs two."""
    if len(batch["mask"]) < 2:
        raise TrainingError(
            "a process has to work on two objects or more at once, because of the batch norms; "
            "choose a larger `batch`, a smaller `accumulate` or fewer processes"
        )


def summed_loss(outputs: tuple[Tensor, ...], batch: Batch) -> Tensor:
    """Binary cross entropy summed over outputs and the pixels that are not void; mean over the batch.

    Outputs smaller than the mask are enlarged first (the refinement answers at a quarter of the side).
    """
    target, weight = batch["mask"].unsqueeze(1).float(), 1 - batch["void"].unsqueeze(1).float()
    losses = [
        F.binary_cross_entropy_with_logits(
            _enlarged(logits, target.shape[-1]), target, weight, reduction="sum"
        )
        for logits in outputs
    ]
    return torch.stack(losses).sum() / len(target)


def _enlarged(logits: Tensor, side: int) -> Tensor:
    if logits.shape[-1] == side:
        return logits
    return F.interpolate(logits, size=(side, side), mode="bilinear", align_corners=True)


def _turned(
    sample: ObjectSample, recipe: IOGRecipe, random: np.random.Generator
) -> tuple[npt.NDArray[np.float32], BoolArray, BoolArray]:
    """The whole photo mirrored, rotated and scaled about its middle; masks by the nearest pixel."""
    image, mask, void = sample.image.astype(np.float32), sample.mask, sample.void
    if random.random() < recipe.flip:
        image, mask, void = image[:, ::-1], mask[:, ::-1], void[:, ::-1]
    height, width = mask.shape
    angle = float(random.uniform(-recipe.angle, recipe.angle))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, float(random.uniform(*recipe.scale)))

    def warp(array: npt.NDArray[Any], interpolation: int) -> npt.NDArray[Any]:
        return np.asarray(
            cv2.warpAffine(np.ascontiguousarray(array), matrix, (width, height), flags=interpolation)
        )

    turned = warp(mask.astype(np.uint8), cv2.INTER_NEAREST) > 0
    unknown = warp(void.astype(np.uint8), cv2.INTER_NEAREST) > 0
    return warp(image, cv2.INTER_CUBIC).astype(np.float32), turned, unknown


def _extreme_points(mask: BoolArray, crop: Crop, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Leftmost, topmost, rightmost and bottommost pixel in crop pixels, moved by up to 5 (DEXTR); (4, 2)."""
    rows, columns = np.nonzero(published.extract(mask, crop) > 0.5)
    ends = []
    for values in (columns, rows):
        for end in (values.min(), values.max()):
            pick = int(random.choice(np.flatnonzero(values == end)))
            ends.append((columns[pick], rows[pick]))
    moved = np.array(ends) + random.integers(-5, 6, (4, 2))
    return np.clip(moved, 0, crop.width - 1).astype(np.int64)
