"""FCA-Net: Lin et al., Interactive Image Segmentation with First Click Attention, CVPR 2020; `iog train
fca-net`.

What makes it itself: the first click says where the object is, so it has a map of its own and an attention
around it, with a side output; the loss weighs pixels near clicks; and of the answer only what hangs
together with a click on the object is kept (structural integrity).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iog.rivals.base import ConvGNReLU, Levels, Rival, RivalConfig, RivalRecipe, clicked
from iog.training.lite.objective import Scene
from iog.training.losses import soft_iou_loss, weighted_bce

REACH = 0.25
"""Width of the attention around the first click, as a share of the crop's side."""

_GRID = 32
"""Cells a side in which the answer's parts are told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FCANetConfig(RivalConfig):
    """See `RivalConfig`."""

    kind: ClassVar[str] = "fca-net"

    guidance: str = "first-point"
    """Its click maps."""


class FCANet(Rival):
    """A `Rival` whose decoder looks around the first click."""

    def __init__(self, config: FCANetConfig, *, pretrained: bool = False) -> None:
        super().__init__(config, pretrained=pretrained)
        width = config.widths[3]
        self.look = nn.Sequential(ConvGNReLU(2 * width + 1, width), nn.Conv2d(width, width, 1))
        self.side = nn.Conv2d(width, 1, 1)

    def mixed(self, levels: Levels, click_maps: Tensor) -> list[Tensor]:
        """The decoder's maps; that of stride 16 looks around the first click before it goes on."""
        decoder = self.decoder
        sixteen, *deeper = decoder.rise(levels, [decoder.deepest(levels)], to=3)
        attended = sixteen + self.look(self._around(sixteen, click_maps))
        return decoder.rise(levels, [attended, *deeper])

    def _around(self, level: Tensor, click_maps: Tensor) -> Tensor:
        near = focus(click_maps[:, :1], level.shape[-2], level.shape[-1])
        return torch.cat([level, level * near, near], 1)

    def decode_to_train(self, features: Any, click_maps: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, 1, S, S), and those of the attention's side output at stride 16."""
        (crop,) = features
        mixed = self.mixed(self.levels(crop, click_maps), click_maps)
        return self.answer(mixed), [self.side(mixed[3])]

    def probability(self, features: Any, click_maps: Any = None) -> Tensor:
        """The answer without parts that no click on the object touches, (B, S, S)."""
        found = self.decode(features, click_maps).sigmoid()
        where, label = clicked(self.config.guidance, click_maps)
        return integral(found, where * label)[:, 0]


def focus(first: Tensor, height: int, width: int) -> Tensor:
    """A wide Gaussian (B, 1, height, width) around where a map (B, 1, S, S) is greatest; 0 for an empty
    map."""
    side = first.shape[-1]
    flat = first.flatten(1)
    place = flat.argmax(1)
    y, x = (torch.div(place, side, rounding_mode="floor") + 0.5) / side, (place % side + 0.5) / side
    rows = (torch.arange(height, device=first.device) + 0.5) / height
    columns = (torch.arange(width, device=first.device) + 0.5) / width
    squares = (rows[None, :, None] - y[:, None, None]) ** 2 + (columns[None, None] - x[:, None, None]) ** 2
    near = torch.exp(-squares / (2 * REACH**2)) * (flat.amax(1) > 0).to(first)[:, None, None]
    return near[:, None].to(first)


def integral(probability: Tensor, on: Tensor) -> Tensor:
    """Probabilities (B, 1, S, S) without the parts of the mask that no click on the object (`on`) touches.

    Parts are told apart on a grid of some 32 cells a side; without any click on the object nothing is taken.
    """
    factor = max(1, probability.shape[-1] // _GRID)
    cells = F.max_pool2d((probability >= 0.5).to(probability), factor)
    reached = F.max_pool2d(on, factor)
    some = (on.amax((2, 3), keepdim=True) > 0).to(on)
    for _ in range(2 * _GRID):
        reached = F.max_pool2d(reached, 3, 1, 1) * torch.maximum(cells, reached)
    kept = F.interpolate(F.max_pool2d(reached, 3, 1, 1), scale_factor=float(factor), mode="nearest")
    return probability * torch.maximum(kept, 1 - some)


@dataclass(frozen=True, slots=True, kw_only=True)
class FCANetRecipe(RivalRecipe):
    """FCA-Net (Lin et al., CVPR 2020): attention around the first click, a loss that weighs clicks."""

    network: FCANetConfig = field(default_factory=FCANetConfig)
    """The network's own settings."""
    near_clicks: float = 1.0
    """Extra weight of pixels at a click, falling with the distance."""

    def round_loss(self, network: Any, features: Any, maps: Tensor, scene: Scene) -> tuple[Tensor, Tensor]:
        """The answer's click-weighted loss, and that of the attention's side output."""
        logits, sides = network.decode_to_train(features, maps)
        logits = logits.float()
        total = self.mask_loss(logits, scene) + self.click_loss(logits, maps, scene)
        target, valid = (F.adaptive_avg_pool2d(t, sides[0].shape[-2:]) for t in (scene.target, scene.valid))
        return total + self.side_loss * weighted_bce(sides[0].float(), target, valid), logits

    def click_loss(self, logits: Tensor, maps: Tensor, scene: Scene) -> Tensor:
        """Cross entropy and soft IoU around the first click, and at all clicked pixels."""
        near = self.near_clicks * focus(maps[:, :1], *logits.shape[-2:])
        where, label = clicked(self.network.guidance, maps)
        at_clicks = weighted_bce(logits, label, where)
        return (
            weighted_bce(logits, scene.target, scene.valid * near)
            + soft_iou_loss(logits, scene.target, scene.valid * near)
            + at_clicks
        )
