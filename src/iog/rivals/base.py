"""What the rivals share: the light backbone with clicks beside the photo, a decoder, examples, a recipe.

Their networks take clicks alone and see the whole photo (`iog.guidance.BOXLESS`). Most are given the clicks
with the photo, as the papers have it: then `encode` keeps the crop, and a click costs the whole network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from iog.clicks import Correction, PointClicks
from iog.datasets import ObjectDataset
from iog.errors import ModelError
from iog.guidance import GUIDANCE
from iog.networks import checkpoints
from iog.networks.backbones import BACKBONE_WIDTHS, create_backbone
from iog.networks.base import Network
from iog.networks.blocks import upsample_to
from iog.networks.families import build
from iog.robot import STROKES, BoolArray, RobotUser, depth
from iog.training.augment import AugmentSettings
from iog.training.lite import LiteRecipe
from iog.training.lite.examples import LiteExamples
from iog.training.lite.maps import crop_maps
from iog.training.lite.objective import Correct, Scene, prepared, rounds_of
from iog.training.lite.start import freeze
from iog.training.loop import Batch, Scalars
from iog.training.losses import edge_weights, soft_iou_loss, weighted_bce

Levels = Sequence[Tensor]
"""Feature maps at strides 2, 4, 8, 16, 32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RivalConfig:
    """Everything needed to build a network; a checkpoint carries it."""

    kind: ClassVar[str]

    backbone: str = "tf_efficientnet_lite2"
    widths: tuple[int, ...] = (16, 48, 64, 96, 128)
    """Decoder channels at strides 2, 4, 8, 16, 32: those of `lite`."""
    guidance: str = "points"
    """Its click maps, one of `iog.guidance.BOXLESS`."""

    @property
    def summary(self) -> str:
        """What it is, for people."""
        return f"{self.kind} with {self.backbone}"


class ConvGNReLU(nn.Sequential):
    """Convolution, group norm, ReLU: rounds of clicks differ too much for the statistics of batches."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2),
            nn.GroupNorm(min(8, outputs), outputs),
            nn.ReLU(),
        )


class TopDown(nn.Module):
    """Five levels -> one map at stride 2, from the deepest up; what each level adds is projected first."""

    def __init__(self, inputs: Sequence[int], widths: Sequence[int]) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(i, o, 1) for i, o in zip(inputs, widths, strict=True))
        self.down = nn.ModuleList(nn.Conv2d(d, s, 1) for s, d in pairwise(widths))
        self.mix = nn.ModuleList(ConvGNReLU(w, w) for w in widths)

    def deepest(self, levels: Levels) -> Tensor:
        """(B, widths[4], S / 32, S / 32)."""
        mixed: Tensor = self.mix[-1](self.laterals[-1](levels[-1]))
        return mixed

    def rise(self, levels: Levels, mixed: Levels, to: int = 0) -> list[Tensor]:
        """Mixed levels from number `to` to the deepest, of the raw ones and the deepest few that are
        mixed."""
        mixed = list(mixed)
        for i in range(len(levels) - len(mixed) - 1, to - 1, -1):
            below = upsample_to(self.down[i](mixed[0]), levels[i])
            mixed.insert(0, self.mix[i](F.relu(self.laterals[i](levels[i]) + below)))
        return mixed

    def forward(self, levels: Levels) -> list[Tensor]:
        """Mixed levels at strides 2 to 32."""
        return self.rise(levels, [self.deepest(levels)])


class Rival(Network):
    """A network whose clicks enter beside the photo. Subclasses change `mixed` or `answer`.

    Parameters
    ----------
    config
        Its settings.
    pretrained
        Whether the backbone starts from ImageNet.
    """

    def __init__(self, config: RivalConfig, *, pretrained: bool = False) -> None:
        super().__init__()
        self.config = config
        self.backbone = create_backbone(config.backbone, pretrained=pretrained)
        stem: Any = self.backbone.conv_stem
        channels = len(GUIDANCE[config.guidance])
        # As many more input channels of the first layer; from zero, so that ImageNet's answer is the start.
        self.clicks = nn.Conv2d(channels, stem.out_channels, 3, stride=2, padding=1, bias=False)
        nn.init.zeros_(self.clicks.weight)
        self.decoder = TopDown(BACKBONE_WIDTHS[config.backbone], config.widths)
        self.head = nn.Conv2d(config.widths[0], 4, 3, padding=1)

    def encode(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """The crop itself, (B, 3, S, S)."""
        return (inputs,)

    def levels(self, crop: Tensor, click_maps: Tensor) -> list[Tensor]:
        """The backbone's features of photo and clicks, strides 2 to 32."""
        backbone: Any = self.backbone
        x = backbone.bn1(backbone.conv_stem(crop) + self.clicks(click_maps))
        found = [x] if 0 in backbone._stage_out_idx else []
        for number, block in enumerate(backbone.blocks, 1):
            x = block(x)
            if number in backbone._stage_out_idx:
                found.append(x)
        return found

    def mixed(self, levels: Levels, click_maps: Tensor) -> list[Tensor]:
        """The decoder's maps at strides 2 to 32."""
        mixed: list[Tensor] = self.decoder(levels)
        return mixed

    def answer(self, mixed: Levels) -> Tensor:
        """Logits (B, 1, S, S) from the decoder's maps."""
        return F.pixel_shuffle(self.head(mixed[0]), 2)

    def decode(self, features: Sequence[Tensor], click_maps: Tensor) -> Tensor:
        """The whole network on the crop and the click maps: logits (B, 1, S, S)."""
        (crop,) = features
        return self.answer(self.mixed(self.levels(crop, click_maps), click_maps))


class PointExamples(LiteExamples):
    """As `LiteExamples`, with the first clicks that a recipe makes without a box."""

    recipe: Any

    def __getitem__(self, number: int) -> dict[str, Any]:
        recipe = self.recipe
        random = np.random.default_rng((recipe.seed, 0, number))
        size = recipe.size_at(number // recipe.batch)
        rivals = recipe.rival > 0 and random.random() < recipe.rival
        view = self._rivals(size, random) if rivals else self._scene(size, random)
        others = np.zeros_like(view.mask) if view.frame is None else view.frame & ~view.mask
        made = recipe.first_clicks(view.mask, view.void, others, random)
        clicks = PointClicks((size, size), tuple(made))
        return {
            "image": view.image.transpose(2, 0, 1).astype(np.float32),
            "mask": view.mask.astype(np.uint8),
            "void": view.void.astype(np.uint8),
            "maps": crop_maps(clicks, size, guidance=recipe.network.guidance),
            "clicks": clicks,
            "points": None,
            "numbers": number,
        }


def drawn_click(
    where: BoolArray, foreground: bool, share: float, random: np.random.Generator
) -> list[Correction]:
    """A click anywhere at least `share` as deep in `where` as it gets; none if there is no pixel."""
    if not where.any():
        return []
    depths = depth(where)
    rows, columns = np.nonzero(depths >= max(share * float(depths.max()), 1e-6))
    pick = int(random.integers(rows.size))
    return [Correction(int(columns[pick]), int(rows[pick]), foreground)]


def drawn_stroke(where: BoolArray, foreground: bool, random: np.random.Generator) -> list[Correction]:
    """A stroke of any kind in `where`; none if there is no pixel."""
    if not where.any():
        return []
    kind = STROKES[int(random.integers(len(STROKES)))]
    return [RobotUser(seed=int(random.integers(2**31))).stroke(depth(where), foreground, kind)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRecipe(LiteRecipe):
    """A recipe whose network takes clicks alone; the options of the hand that draws boxes mean nothing."""

    samples: int = 30_000
    """Objects to train on, counted with repetition."""
    sizes: tuple[int, ...] = (224,)
    """Sides of the crop in pixels, in turn."""
    size_shares: tuple[float, ...] = (1.0,)
    """Share of the run at each size."""
    rounds: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1)
    """Probability of training a batch on the first click alone, with one more, with two, with three."""
    augment: AugmentSettings = field(default_factory=lambda: AugmentSettings(margin=(0.05, 1.5)))
    """How strongly crops vary. Margins are wide: without a box a network sees the whole photo."""

    def first_clicks(
        self, mask: BoolArray, void: BoolArray, others: BoolArray, random: np.random.Generator
    ) -> list[Correction]:
        """The clicks of the first round, (S, S) masks: one, in the inner part of the object, or a stroke."""
        if self.strokes and random.random() < self.strokes:
            return drawn_stroke(mask, True, random)
        return drawn_click(mask, True, float(random.choice([0.3, 0.6, 1.0])), random)

    def examples(self) -> PointExamples:
        """The stream of training examples."""
        return PointExamples(self)

    def validation_objects(self) -> ObjectDataset | None:
        """The photos of val."""
        return LiteRecipe.validation_objects(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class RivalRecipe(PointRecipe):
    """The recipe of a network of `Rival`: its loss, round by round."""

    network: Any = None
    """The network's own settings."""
    pretrained: bool = True
    """Whether the backbone starts from ImageNet."""

    def create_network(self) -> Network:
        """The network from ImageNet weights, or from a checkpoint of its kind."""
        kind = self.network.kind
        if self.start:
            network = checkpoints.load(self.start)
            if network.config.kind != kind:
                raise ModelError(f"`start` {self.start} holds {network.config.summary}, not a {kind}")
        else:
            network = build(kind, asdict(self.network))
            pretrained = create_backbone(self.network.backbone, pretrained=self.pretrained)
            network.backbone.load_state_dict(pretrained.state_dict())  # type: ignore[union-attr]
        freeze(network, stages=self.frozen_stages)  # type: ignore[arg-type]
        return network

    def loss(self, network: Network, batch: Batch, step: int) -> tuple[Tensor, Scalars]:
        """Mean of `round_loss` over the rounds of clicks, and scalars to log."""
        scene, correct = self.prepared(batch)
        maps = scene.maps
        rounds = self.rounds_at(step)
        features = self.encoded(network, batch, scene)
        total = scene.crop.new_zeros(())
        scalars: dict[str, Tensor] = {}
        for round_ in range(rounds):
            value, logits = self.round_loss(network, features, maps, scene)
            total = total + value
            scalars[f"loss/{round_}"] = value.detach()
            scalars[f"soft_iou/{round_}"] = 1 - soft_iou_loss(logits.detach(), scene.target, scene.valid)
            if round_ + 1 < rounds:
                maps = correct(logits.detach().sigmoid(), round_)
        return total / rounds, scalars

    def prepared(self, batch: Batch) -> tuple[Scene, Correct]:
        """The batch as the network sees it, and who corrects its answers."""
        return prepared(self, batch)

    def rounds_at(self, step: int) -> int:
        """In how many rounds of clicks the batch of a step is trained."""
        return rounds_of(self, step)

    def encoded(self, network: Network, batch: Batch, scene: Scene) -> Any:
        """What is computed once for all rounds."""
        return network.encode(scene.crop)

    def round_loss(self, network: Any, features: Any, maps: Tensor, scene: Scene) -> tuple[Tensor, Tensor]:
        """Loss of the answer to some clicks, and its logits (B, 1, S, S)."""
        logits = network.decode(features, maps).float()
        return self.mask_loss(logits, scene), logits

    def mask_loss(self, logits: Tensor, scene: Scene) -> Tensor:
        """Cross entropy, more at edges, and soft IoU: the same for all rivals."""
        radius = max(2, logits.shape[-1] // 64)
        weight = edge_weights(scene.target, scene.valid, self.edge_strength, radius=radius)
        iou_loss = soft_iou_loss(logits, scene.target, scene.valid)
        return weighted_bce(logits, scene.target, weight) + self.iou_loss * iou_loss


def per_example(loss: Tensor, valid: Tensor) -> Tensor:
    """Mean of a loss (B, ..., S, S) over an example's valid pixels: (B, ...)."""
    return (loss * valid).sum((-2, -1)) / valid.sum((-2, -1)).clamp(min=1)


def clicked(guidance: str, click_maps: Tensor) -> tuple[Tensor, Tensor]:
    """Pixels that clicks say something of, and what: two (B, 1, S, S) maps of 0 and 1.

    A click map is exactly 1 at clicked pixels (`iog.guidance.point_maps`).
    """
    names = GUIDANCE[guidance]
    kind = " distance" if "add distance" in names else ""
    add, remove = (click_maps[:, names.index(n + kind)][:, None] == 1 for n in ("add", "remove"))
    return (add | remove).to(click_maps), add.to(click_maps)


def not_exported(*_: Any) -> Any:
    """Refuse what ONNX files cannot hold: gradients, regions as many as there are clicks.

    Raises
    ------
    ModelError
        Always.
    """
    raise ModelError("how this method answers cannot be written as ONNX: it runs in PyTorch alone")
