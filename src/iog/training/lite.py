"""The recipe of the embedded network: `iog train lite`."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iog import zoo
from iog.clicks import Box, Clicks, Correction, Pixel
from iog.crop import FILL, Crop
from iog.datasets import ObjectDataset, ObjectSample, PhotoDataset
from iog.errors import DataError, ModelError, TrainingError
from iog.guidance import click_maps
from iog.networks import checkpoints
from iog.networks.blocks import fold_batch_norms
from iog.networks.checkpoints import Network
from iog.networks.export import read_exported
from iog.networks.lite import Lite, LiteConfig, adapted
from iog.robot import BoolArray, RobotUser, depth
from iog.training.augment import AugmentSettings, TrainingCrop, training_crop
from iog.training.composite import on_background, with_distractor
from iog.training.loop import Batch
from iog.training.losses import edge_weights, soft_iou_loss, weighted_bce
from iog.training.rules import check

ALL_SETS = ("all",)
"""Shares with which every object is drawn equally often."""

# Everyday objects in everyday photos come first; sets of one kind of thing, jagged masks and regions (edges
# without objectness) come less often.
_SHARES = (
    "voc_animals=22",
    "coco=40",
    "wild_animals=12",
    "household=9",
    "bsds_regions=4",
    "davis=5",
    "horses=3",
    "cats=3",
    "person_clothes=3",
    "person_portrait=2",
    "food=3",
    "mandarins=1",
    "pallets=1",
    "mushrooms=1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteRecipe:
    """Settings of one training run; every field is an option of the command line."""

    data: str = "data"
    """Folder that holds train.jsonl and val.jsonl (layout: `iog.datasets.photos`)."""
    start: str = ""
    """What to start from: a bundled model, an exported one (NAME.encoder.onnx) or a checkpoint (.pt), whose
    batch norms are settled and folded; empty for ImageNet weights."""
    shares: tuple[str, ...] = _SHARES
    """How often each set of photos is drawn, relative to the others: SET=SHARE,SET=SHARE; sets that are not
    named are left out. `all` draws every object equally often."""
    samples: int = 104_000
    """Objects to train on, counted with repetition."""
    batch: int = 16
    """Objects per step."""
    accumulate: int = 1
    """Parts in which each process works through its share of a batch, where memory is short."""
    precision: str = "fp32"
    """fp32, or bf16 or fp16 for mixed precision; on CPUs bf16 gains where the processor has it (AMX)."""
    sizes: tuple[int, ...] = (256, 288)
    """Side of the crop in pixels, one after the other."""
    size_shares: tuple[float, ...] = (0.75, 0.25)
    """Share of the run at each size."""
    learning_rate: float = 1.5e-3
    """Peak rate of AdamW for the decoder; half a cosine down to `final_rate` of it after the warm-up."""
    final_rate: float = 0.0
    """Share of the learning rate at the end; with a long average (`ema`) it need not be none."""
    backbone_factor: float = 0.2
    """Rate of the pretrained backbone relative to the decoder's."""
    frozen_stages: int = 2
    """Backbone stages that keep their ImageNet weights, after the stem."""
    decoder_only: bool = False
    """Whether the whole encoder stays as `start` has it."""
    weight_decay: float = 0.01
    """AdamW's decoupled weight decay."""
    warmup: int = 300
    """Steps of linear warm-up."""
    ema: float = 0.998
    """Decay of the averaged weights per step; these are validated and shipped."""
    start_share: float = 0.0
    """Share that the weights of `start` keep in the shipped ones, which are then an average of both."""
    gradient_clip: float = 5.0
    """Largest norm of the gradient."""
    box_only: float = 0.25
    """Share of objects without the inside click."""
    rounds: tuple[float, ...] = (0.45, 0.35, 0.2)
    """Probability of training a batch on the first prompt alone, with one correction, with two."""
    stray_correction: float = 0.1
    """Share of corrections put where nothing is wrong, so that such a click does no harm."""
    prompt: Literal["clicks", "crop", "centre", "box"] = "clicks"
    """What it learns from: clicks, as people make them; or for masks from boxes alone (table 8), without
    corrections: crop (A), no clicks; centre (B), the box's centre inside; box (D), no inside click."""
    corner_jitter: float = 0.03
    """Greatest standard deviation of corner coordinates, as a share of the box side."""
    side_loss: float = 0.3
    """Weight of CoarseNet's side outputs, each."""
    iou_loss: float = 1.0
    """Weight of the soft IoU loss."""
    edge_strength: float = 2.0
    """Extra weight of pixels near the mask's edge."""
    distractor: float = 0.1
    """Share of objects with a second object pasted into their crop."""
    alike: float = 0.0
    """Share of those second objects that are the same object once more, so that only the clicks tell."""
    background: float = 0.1
    """Share of objects moved to another photo."""
    feature_dropout: float = 0.0
    """Share of the channels, at strides 8 to 32, that the decoder does without."""
    settling: int = 640
    """Examples whose statistics are folded in for those of batch norms."""
    minimum_area: int = 300
    """Objects of fewer pixels are not trained on."""
    seed: int = 6
    """Seed of everything random."""
    workers: int = 1
    """Processes that prepare crops."""
    network: LiteConfig = field(default_factory=LiteConfig)
    """The network's own settings."""
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    """How strongly crops vary."""

    def __post_init__(self) -> None:
        _by_set(self.shares)
        started, mixed = bool(self.start), abs(sum(self.rounds) - 1) <= 1e-6 and min(self.rounds) >= 0
        sizes, shares = len(self.sizes), len(self.size_shares)
        check(
            (started or not self.decoder_only, "--decoder-only keeps a trained encoder: give --start, too"),
            (started or not self.start_share, "--start-share keeps trained weights: give --start, too"),
            (0 <= self.start_share < 1, f"--start-share {self.start_share:g}: from 0 to below 1"),
            (0 <= self.feature_dropout < 1, f"--feature-dropout {self.feature_dropout:g}: from 0 to below 1"),
            (0 <= self.final_rate <= 1, f"--final-rate {self.final_rate:g}: from 0 to 1"),
            (mixed, f"--rounds {self.rounds}: probabilities, which sum to 1"),
            (
                sizes == shares,
                f"--sizes has {sizes} numbers and --size-shares {shares}: give as many of each",
            ),
        )

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.samples // self.batch

    def size_at(self, step: int) -> int:
        """Side of the crop at a step."""
        ends = np.cumsum(self.size_shares) / sum(self.size_shares) * self.steps
        return self.sizes[min(int(np.searchsorted(ends, step, side="right")), len(self.sizes) - 1)]

    def create_network(self) -> Lite:
        """The network to start from, without batch norms, its early stages frozen."""
        network = open_lite(self.start) if self.start else Lite(self.network, pretrained=True)
        network = adapted(network, self.network.guidance)
        if not network.config.folded:
            network = self._settled(network)
        return self.frozen(network)

    def _settled(self, network: Lite) -> Lite:
        """The network without batch norms, folded with the statistics of first prompts.

        Training normalises each round of clicks by its own statistics, and the running ones mix rounds that
        see a previous mask with those that see none: used as they are they spoil the first mask. Once they
        are folded every round is trained as it will be used.
        """
        norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # a plain average
        examples = self.examples()
        network.train()
        with torch.no_grad():
            for first in range(0, self.settling, self.batch):
                batch = examples.collate([examples[i] for i in range(first, first + self.batch)])
                network.decoder(network.encode(normalised(batch["image"])), batch["maps"])
        folded = Lite(replace(network.config, folded=True))
        folded.load_state_dict(fold_batch_norms(network).state_dict())
        return folded

    def frozen(self, network: Lite) -> Lite:
        """The network, whose encoder does not learn in its backbone's first stages, or not at all."""
        backbone: Any = network.backbone
        if self.decoder_only:
            for module in (backbone, network.psp, network.laterals):
                module.requires_grad_(False)
        for module in (backbone.conv_stem, *list(backbone.blocks)[: self.frozen_stages]):
            module.requires_grad_(False)
        return network

    def optimizer(self, network: Network) -> torch.optim.Optimizer:
        """AdamW: the backbone slower than the rest, no decay on vectors."""
        groups: dict[tuple[bool, bool], list[Tensor]] = {}
        for name, parameter in network.named_parameters():
            if parameter.requires_grad:
                key = (name.startswith("backbone."), parameter.ndim > 1)
                groups.setdefault(key, []).append(parameter)
        return torch.optim.AdamW(
            {
                "params": parameters,
                "lr": self.learning_rate * (self.backbone_factor if backbone else 1),
                "weight_decay": self.weight_decay if matrix else 0.0,
            }
            for (backbone, matrix), parameters in groups.items()
        )

    def rate(self, step: int) -> float:
        """Linear warm-up, then half a cosine down to `final_rate`."""
        warm = min(1.0, (step + 1) / max(1, self.warmup))
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, step / self.steps)))
        return warm * (self.final_rate + (1 - self.final_rate) * cosine)

    def open_objects(self) -> ObjectDataset:
        """The training set."""
        return PhotoDataset(self.data, "train", minimum_area=self.minimum_area, cached_photos=100_000)

    @property
    def validation_size(self) -> int:
        """Side of the crop in validation: the last one."""
        return self.sizes[-1]

    def validation_objects(self) -> ObjectDataset | None:
        """What is measured while training; None for nothing."""
        return PhotoDataset(self.data, "val")

    @property
    def share_of(self) -> Mapping[str, float] | None:
        """The share of each set; None where every object is drawn equally often."""
        return _by_set(self.shares)

    def examples(self) -> LiteExamples:
        """The stream of training examples."""
        return LiteExamples(self)

    def loss(self, network: Lite, batch: Batch, step: int) -> tuple[Tensor, dict[str, float]]:
        """Loss of a batch over one to three rounds of clicks, and scalars to log.

        Round 0 has the first prompt. Before each later round the robot user corrects the mask of the round
        before, which also becomes an input (iterative training; IOG "Beyond Three Clicks", RITM).
        """
        rounds = 1 + int(np.random.default_rng((self.seed, 1, step)).choice(len(self.rounds), p=self.rounds))
        if self.prompt != "clicks":
            rounds = 1
        crop = normalised(batch["image"]).to(memory_format=torch.channels_last)
        target = batch["mask"].unsqueeze(1).float()
        valid = 1 - batch["void"].unsqueeze(1).float()
        weight = edge_weights(target, valid, self.edge_strength, radius=max(2, crop.shape[-1] // 64))
        clicks = [Clicks.from_json(c) for c in batch["clicks"]]
        maps: Tensor = batch["maps"]

        features = self._thinned(network.encode(crop), batch["numbers"])
        total = crop.new_zeros(())
        scalars: dict[str, float] = {}
        for round_ in range(rounds):
            logits, sides = network.decoder(features, maps.to(memory_format=torch.channels_last))
            # Sums over all pixels are no matter for half precision.
            logits, sides = logits.float(), [side.float() for side in sides]
            mask_loss = weighted_bce(logits, target, weight)
            iou_loss = soft_iou_loss(logits, target, valid)
            side_loss = sum((_side_loss(side, target, valid) for side in sides), start=crop.new_zeros(()))
            total = total + mask_loss + self.iou_loss * iou_loss + self.side_loss * side_loss
            scalars[f"bce/{round_}"] = mask_loss.item()
            scalars[f"soft_iou/{round_}"] = 1 - iou_loss.item()
            if round_ + 1 < rounds:
                probability = logits.detach().float().sigmoid()[:, 0].cpu().numpy()
                truth = zip(batch["mask"].cpu().numpy(), batch["void"].cpu().numpy(), strict=True)
                clicks = [
                    self._corrected(c, p > 0.5, m > 0, v > 0, (self.seed, 1, number, round_))
                    for number, c, p, (m, v) in zip(batch["numbers"], clicks, probability, truth, strict=True)
                ]
                stacked = np.stack(
                    [
                        _maps(c, len(p), p, points)
                        for c, p, points in zip(clicks, probability, batch["points"], strict=True)
                    ]
                )
                maps = torch.from_numpy(stacked).to(crop.device)
        return total / rounds, scalars

    def _thinned(self, features: tuple[Tensor, ...], numbers: Sequence[int]) -> tuple[Tensor, ...]:
        """Features without some channels of strides 8 to 32, for each example others.

        The same are missing in all rounds of clicks, as if the encoder were a poorer one. Which, is drawn by
        the example's number, so that a run resumes exactly.
        """
        if not self.feature_dropout:
            return features
        shallow, fine, *deep = features
        random = [np.random.default_rng((self.seed, 2, number)) for number in numbers]
        thinned = []
        for level in deep:
            kept = np.stack([drawn.random(level.shape[1]) for drawn in random]) >= self.feature_dropout
            scale = torch.from_numpy(kept / (1 - self.feature_dropout)).to(level)
            thinned.append(level * scale[..., None, None])
        return (shallow, fine, *thinned)

    def _corrected(
        self,
        clicks: Clicks,
        prediction: BoolArray,
        mask: BoolArray,
        void: BoolArray,
        seed: tuple[int, ...],
    ) -> Clicks:
        """The clicks with one more correction: at an error, or sometimes where nothing is wrong."""
        random = np.random.default_rng(seed)
        robot = RobotUser(correction_depth=0.5, seed=int(random.integers(2**31)))
        correction = robot.correction(prediction, mask, void, clicks.corrections)
        if correction is None or random.random() < self.stray_correction:
            foreground = bool(random.random() < 0.5)
            right = (mask & prediction) if foreground else ~(mask | prediction | void)
            rows, columns = np.nonzero(depth(right) >= 2)
            if rows.size == 0:
                return clicks
            pick = int(random.integers(rows.size))
            correction = Correction(int(columns[pick]), int(rows[pick]), foreground)
        return clicks.with_correction(*correction)


def _by_set(shares: tuple[str, ...]) -> dict[str, float] | None:
    """SET=SHARE texts as shares by set; None for all sets alike."""
    if shares == ALL_SETS:
        return None
    found = {}
    for text in shares:
        match = re.fullmatch(r"([^=]+)=(\d*\.?\d+)", text)
        if match is None or not float(match[2]):
            raise TrainingError(f"--shares {text}: SET=SHARE with a share above 0, or all")
        found[match[1]] = float(match[2])
    return found


def normalised(image: Tensor) -> Tensor:
    """(B, 3, S, S) float RGB in 0..255 as the encoder takes it."""
    return image.sub(FILL).div(128)


def open_lite(start: str) -> Lite:
    """A `lite` network from a bundled or exported model or a checkpoint (of a run: its averaged weights).

    Raises
    ------
    ModelError
        If there is no such model, or it is of another kind.
    """
    if zoo.bundled(start) is not None or start.endswith(".onnx"):
        return read_exported(*zoo.files_of(start))[0]
    if not Path(start).suffix and not Path(start).exists():
        raise ModelError(f"no model {start!r}: name a bundled one ({', '.join(zoo.MODELS)}) or a file")
    network = checkpoints.load(start)
    if not isinstance(network, Lite):
        raise ModelError(f"{start} holds {network.config.name}; training goes on from lite networks alone")
    return network


class LiteExamples(torch.utils.data.Dataset[dict[str, Any]]):
    """Example number i of a run: a function of the recipe and i alone, so that a run resumes exactly."""

    def __init__(self, recipe: LiteRecipe) -> None:
        self.recipe = recipe
        self.objects = recipe.open_objects()
        groups = np.array(self.objects.groups)
        counts = Counter(self.objects.groups)
        given = recipe.share_of
        chosen = counts if given is None else given
        shares = {group: share for group, share in chosen.items() if group in counts}
        if not shares:
            raise DataError(f"{recipe.data} has no objects to train on, at least not in the sets of --shares")
        missing = sorted(set(chosen) - set(shares))
        if missing and recipe.shares != _SHARES:
            known = ", ".join(sorted(counts))
            raise DataError(f"--shares: no {', '.join(missing)} in {recipe.data}; its sets are {known}")
        self._members = [np.flatnonzero(groups == group) for group in shares]
        self._shares = np.array(list(shares.values())) / sum(shares.values())

    def __getitem__(self, number: int) -> dict[str, Any]:
        recipe = self.recipe
        random = np.random.default_rng((recipe.seed, 0, number))
        size = recipe.size_at(number // recipe.batch)
        sample, view = self._view(size, random)
        if random.random() < recipe.distractor:
            again = recipe.alike > 0 and random.random() < recipe.alike
            _, other = self._view(size, random, sample if again else None)
            view = with_distractor(view, other, random)
        elif random.random() < recipe.background:
            view = on_background(view, self._view(size, random)[1])
        robot = RobotUser(
            corner_jitter=float(random.uniform(0, recipe.corner_jitter)),
            inside_depth=float(random.choice([0.3, 0.6, 1.0])),
            seed=int(random.integers(2**31)),
        )
        clicks = robot.clicks(view.mask, inside=bool(random.random() >= recipe.box_only))
        points = robot.extreme_points(view.mask) if recipe.network.guidance == "extreme-points" else None
        if recipe.prompt != "clicks":
            clicks = Clicks(clicks.corners)
        if recipe.prompt == "centre":
            clicks = clicks.with_inside(*clicks.box.centre)
        maps = _maps(clicks, size, points=points)
        return {
            "image": view.image.transpose(2, 0, 1).astype(np.float32),
            "mask": view.mask.astype(np.uint8),
            "void": view.void.astype(np.uint8),
            "maps": np.zeros_like(maps) if recipe.prompt == "crop" else maps,
            "clicks": clicks.to_json(),
            "points": points,
            "numbers": number,
        }

    def _view(
        self, size: int, random: np.random.Generator, wanted: ObjectSample | None = None
    ) -> tuple[ObjectSample, TrainingCrop]:
        """A random view of a random object, or of the wanted one; and the object."""
        for _ in range(100):
            if (sample := wanted) is None:
                members = self._members[int(random.choice(len(self._members), p=self._shares))]
                sample = self.objects[int(random.choice(members))]
            view = training_crop(sample, size, self.recipe.augment, random)
            # A turn may push a thin object between the pixels; draw another then.
            if view.mask.sum() >= 0.01 * size * size:
                return sample, view
        raise DataError(f"no object of {self.recipe.data} covers enough of its own crop to learn from")

    @staticmethod
    def collate(examples: list[dict[str, Any]]) -> dict[str, Any]:
        """Stack arrays into tensors; clicks and numbers stay lists."""
        batch: dict[str, Any] = {
            key: torch.from_numpy(np.stack([e[key] for e in examples]))
            for key in ("image", "mask", "void", "maps")
        }
        return {**batch, **{key: [e[key] for e in examples] for key in ("clicks", "points", "numbers")}}


def _maps(
    clicks: Clicks,
    size: int,
    previous: npt.NDArray[np.float32] | None = None,
    points: Sequence[Pixel] | None = None,
) -> npt.NDArray[np.float32]:
    """Click maps of clicks that are already in the pixels of a crop of `size` a side."""
    return click_maps(clicks, Crop(Box(0, 0, size, size), size, size), previous, points)


def _side_loss(side: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """BCE of a side output at its own resolution, against the area-averaged mask."""
    shape = (side.shape[-2], side.shape[-1])
    return weighted_bce(side, F.adaptive_avg_pool2d(target, shape), F.adaptive_avg_pool2d(valid, shape))
