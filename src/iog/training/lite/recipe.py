"""The recipe of the bundled network: `iog train lite`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from iog.datasets import ObjectDataset, PhotoDataset
from iog.networks.base import Network, normalised
from iog.networks.lite import Lite, LiteConfig, adapted
from iog.networks.own import OwnConfig
from iog.training.augment import AugmentSettings
from iog.training.lite.examples import ALL_SETS, LiteExamples, shares_of
from iog.training.lite.objective import loss
from iog.training.lite.start import freeze, open_lite, open_own, settled
from iog.training.loop import Batch, Examples, Scalars
from iog.training.rules import check

_SHARES = (
    "final_rate",
    "box_only",
    "stray_correction",
    "strokes",
    "distractor",
    "alike",
    "background",
    "rival",
    "occluder",
)
_WEIGHTS = (
    "corner_jitter",
    "corner_offset",
    "side_loss",
    "iou_loss",
    "edge_strength",
    "thin_strength",
    "keep",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteRecipe:
    """Train `lite`, the bundled network; every setting is an option."""

    data: str = "data"
    """Folder that holds train.jsonl and val.jsonl (layout: `iog.datasets.photos`)."""
    start: str = ""
    """What to start from: a bundled model, an exported one (NAME.encoder.onnx) or a checkpoint (.pt), whose
    batch norms are settled and folded; empty for ImageNet weights."""
    shares: tuple[str, ...] = ALL_SETS
    """How often each set of photos is drawn, relative to the others: SET=SHARE,SET=SHARE; sets that are not
    named are left out. `all` draws every object equally often."""
    samples: int = 104_000
    """Objects to train on, counted with repetition."""
    batch: int = 16
    """Objects per step."""
    accumulate: int = 1
    """Parts into which each process splits its share of a batch, to save memory."""
    precision: str = "fp32"
    """fp32, or bf16 or fp16 for mixed precision; on CPUs bf16 gains where the processor has it (AMX)."""
    sizes: tuple[int, ...] = (256, 288)
    """Sides of the crop in pixels, in turn."""
    size_shares: tuple[float, ...] = (0.75, 0.25)
    """Share of the run at each size."""
    learning_rate: float = 1.5e-3
    """Peak rate of AdamW for the decoder; half a cosine down to `final_rate` of it after the warm-up."""
    final_rate: float = 0.0
    """Share of the learning rate at the end; with a long average (`ema`) it need not be 0."""
    backbone_factor: float = 0.2
    """Rate of the pretrained backbone relative to the decoder's."""
    frozen_stages: int = 2
    """Backbone stages that keep their ImageNet weights, after the stem."""
    decoder_only: bool = False
    """Keep the encoder of `start` and train the decoder only."""
    weight_decay: float = 0.01
    """AdamW's decoupled weight decay."""
    warmup: int = 300
    """Steps of linear warm-up."""
    ema: float = 0.998
    """Decay of the averaged weights per step; these are validated and shipped."""
    start_share: float = 0.0
    """Share of the weights of `start` in the final ones, which are then an average of both."""
    gradient_clip: float = 5.0
    """Largest norm of the gradient."""
    box_only: float = 0.25
    """Share of objects without the inside click."""
    rounds: tuple[float, ...] = (0.45, 0.35, 0.2)
    """Probability of training a batch on the first prompt alone, with one correction, with two."""
    stray_correction: float = 0.1
    """Share of corrections put where nothing is wrong, so that such a click does no harm."""
    strokes: float = 0.0
    """Share of corrections, and of first clicks without a box, that are strokes: along the medial axis, wavy
    or along the boundary."""
    prompt: Literal["clicks", "crop", "centre", "box"] = "clicks"
    """What it learns from: clicks, as people make them; or for masks from boxes alone (table 8), without
    corrections: crop (A), no clicks; centre (B), the box's centre inside; box (D), no inside click."""
    corner_jitter: float = 0.03
    """Greatest standard deviation of corner coordinates, as a share of the box side."""
    corner_offset: float = 0.0
    """Greatest mean distance of a box's sides outward, as a share of the box side, drawn for each object:
    people draw boxes too large rather than too small."""
    side_loss: float = 0.3
    """Weight of CoarseNet's side outputs, each."""
    iou_loss: float = 1.0
    """Weight of the soft IoU loss."""
    edge_strength: float = 2.0
    """Extra weight of pixels near the mask's edge."""
    thin_strength: float = 0.0
    """Extra weight of thin parts, of holes and of the gaps between parts."""
    keep: float = 0.0
    """Weight of what a correction makes worse, relative to the mask that it was clicked on."""
    rival: float = 0.0
    """Share of objects that share their box with another one, so that only the inside click decides: half of
    them real neighbours whose boxes overlap, half pasted at their place."""
    occluder: float = 0.0
    """Share of objects with an object of another photo in front of them."""
    distractor: float = 0.1
    """Share of objects with a second object pasted into their crop."""
    alike: float = 0.0
    """Share of those second objects that are the same object once more, so that only the clicks decide."""
    background: float = 0.1
    """Share of objects moved to another photo."""
    feature_dropout: float = 0.0
    """Share of the channels, at strides 8 to 32, that are hidden from the decoder."""
    settling: int = 640
    """Examples whose statistics are folded in for those of batch norms."""
    minimum_area: int = 300
    """Objects of fewer pixels are not trained on."""
    seed: int = 6
    """Seed of everything random."""
    workers: int = 1
    """Processes that prepare crops."""
    network: LiteConfig | OwnConfig = field(default_factory=LiteConfig)
    """The network's own settings, or the factory of one's own network."""
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    """How strongly crops vary."""

    def __post_init__(self) -> None:
        shares_of(self.shares)
        started, mixed = bool(self.start), abs(sum(self.rounds) - 1) <= 1e-6 and min(self.rounds) >= 0
        sizes, shares = len(self.sizes), len(self.size_shares)
        check(
            (started or not self.decoder_only, "`decoder_only` keeps a trained encoder: give `start`, too"),
            (started or not self.start_share, "`start_share` keeps trained weights: give `start`, too"),
            (0 <= self.start_share < 1, f"`start_share` {self.start_share:g}: from 0 to below 1"),
            (0 <= self.feature_dropout < 1, f"`feature_dropout` {self.feature_dropout:g}: from 0 to below 1"),
            (mixed, f"`rounds` {self.rounds}: probabilities, which sum to 1"),
            (
                sizes == shares,
                f"`sizes` has {sizes} numbers and `size_shares` {shares}: give as many of each",
            ),
            *((0 <= getattr(self, n) <= 1, f"`{n}` {getattr(self, n):g}: from 0 to 1") for n in _SHARES),
            *((getattr(self, n) >= 0, f"`{n}` {getattr(self, n):g}: at least 0") for n in _WEIGHTS),
        )

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.samples // self.batch

    def size_at(self, step: int) -> int:
        """Side of the crop at a step."""
        ends = np.cumsum(self.size_shares) / sum(self.size_shares) * self.steps
        return self.sizes[min(int(np.searchsorted(ends, step, side="right")), len(self.sizes) - 1)]

    def create_network(self) -> Network:
        """What is trained: `lite` without batch norms, its early stages frozen, or one's own as it is."""
        if isinstance(self.network, OwnConfig):
            return open_own(self.network.factory, self.start)
        network = open_lite(self.start) if self.start else Lite(self.network, pretrained=True)
        network = adapted(network, self.network.guidance)
        if not network.config.folded:
            network = settled(network, self.first_prompts())
        freeze(network, stages=self.frozen_stages, encoder=self.decoder_only)
        return network

    def first_prompts(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Crops and click maps of the first examples, whose statistics are folded in."""
        examples = self.examples()
        for first in range(0, self.settling, self.batch):
            batch = examples.collate([examples[i] for i in range(first, first + self.batch)])
            yield normalised(batch["image"]), batch["maps"]

    def shipped(self, averaged: Network, start: Network) -> Network:
        """The average, on the line to the weights of `start` (WiSE-FT, Wortsman et al., CVPR 2022)."""
        if not self.start_share:
            return averaged
        result = deepcopy(averaged)
        for value, first in zip(result.state_dict().values(), start.state_dict().values(), strict=True):
            if value.is_floating_point():
                value.lerp_(first, self.start_share)
        return result

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
        return PhotoDataset(self.data, "train", minimum_area=self.minimum_area, cached_photos=2_000)

    @property
    def validation_size(self) -> int:
        """Side of the crop in validation: the last one."""
        return self.sizes[-1]

    def validation_objects(self) -> ObjectDataset | None:
        """What is measured while training; None for nothing."""
        return PhotoDataset(self.data, "val")

    def examples(self) -> Examples:
        """The stream of training examples."""
        return LiteExamples(self)

    def loss(self, network: Network, batch: Batch, step: int) -> tuple[Tensor, Scalars]:
        """Loss of a batch over one to three rounds of clicks, and scalars to log."""
        return loss(self, network, batch, step)
