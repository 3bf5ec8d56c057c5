"""Curve-GCN: Ling et al., Fast Interactive Object Annotation with Curve-GCN, CVPR 2019; `iog train
curve-gcn`.

What makes it itself: from a box alone, control points on a closed curve, moved in three rounds by graph
convolutions that look at the photo where the points are; polygon or cubic spline; trained to match points
of the outline first, then by a differentiable rendering of the mask; and whoever drags a point has the
neighbours follow.

Shapes: B batch, N control points, S side of the crop. Points are (B, N, 2), (x, y) in 0..1 of the crop.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iog.networks.backbones import BACKBONE_WIDTHS, create_backbone
from iog.networks.base import Network
from iog.networks.blocks import upsample_to
from iog.rivals.base import ConvGNReLU, RivalConfig
from iog.rivals.curve_shape import rendered, spline

_OUTSIDE = 1  # of the click maps: what lies outside the box
_DRAGGED = 4  # neighbours on each side that follow a dragged point


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveGCNConfig(RivalConfig):
    """See `RivalConfig`."""

    kind: ClassVar[str] = "curve-gcn"

    guidance: str = "box"
    """Its prompt: a box, and nothing after it."""
    points: int = 40
    """Control points."""
    rounds: int = 3
    """How often all of them are moved."""
    spline: bool = True
    """Whether a cubic spline goes through them; else they are a polygon's corners."""


class GraphLayer(nn.Module):
    """What each point makes of itself and of two neighbours on each side, added to what it was."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.own, self.near = nn.Linear(width, width), nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, width) -> the same shape."""
        around = torch.stack([torch.roll(x, shift, 1) for shift in (-2, -1, 1, 2)]).mean(0)
        return x + F.relu(self.norm(self.own(x) + self.near(around)))


class GCN(nn.Module):
    """Features of points -> how far each moves, (B, N, 2), at first nowhere."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, width)
        self.layers = nn.Sequential(GraphLayer(width), GraphLayer(width), GraphLayer(width))
        self.leave = nn.Linear(width, 2)
        nn.init.normal_(self.leave.weight, 0, 1e-3)
        nn.init.zeros_(self.leave.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, inputs) -> (B, N, 2)."""
        moved: Tensor = self.leave(self.layers(F.relu(self.enter(x))))
        return moved


class CurveGCN(Network):
    """The photo's features, and the points on them."""

    def __init__(self, config: CurveGCNConfig, *, pretrained: bool = False) -> None:
        super().__init__()
        self.config = config
        self.backbone = create_backbone(config.backbone, pretrained=pretrained)
        photo, width = BACKBONE_WIDTHS[config.backbone], config.widths[3]
        self.project = nn.ModuleList(nn.Conv2d(photo[i], width, 1) for i in (1, 2, 3, 4))
        self.mix = ConvGNReLU(width, width)
        self.gcn = nn.ModuleList(GCN(width + 2, width) for _ in range(config.rounds))
        self.drag = GCN(width + 4, width)

    def encode(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """One map at stride 4."""
        _, *levels = self.backbone(inputs)
        parts = [project(level) for project, level in zip(self.project, levels, strict=True)]
        return (self.mix(F.relu(torch.stack([upsample_to(p, parts[0]) for p in parts]).sum(0))),)

    def start(self, click_maps: Tensor) -> Tensor:
        """An ellipse in the middle of the box, (B, N, 2)."""
        inside = 1 - click_maps[:, _OUTSIDE]
        side = click_maps.shape[-1]
        centres = (torch.arange(side, device=inside.device) + 0.5) / side
        axes = (inside.amax(1), inside.amax(2))  # columns, rows
        middle = torch.stack([(a * centres).sum(1) / a.sum(1).clamp(min=1e-6) for a in axes], 1)
        extent = torch.stack([a.sum(1) / side for a in axes], 1)
        angles = torch.arange(self.config.points, device=inside.device) * (2 * math.pi / self.config.points)
        circle = torch.stack([angles.cos(), angles.sin()], 1)
        return middle[:, None] + 0.35 * extent[:, None] * circle

    def curves(self, features: Sequence[Tensor], click_maps: Tensor) -> list[Tensor]:
        """The control points at the start and after each round."""
        found = [self.start(click_maps)]
        for gcn in self.gcn:
            found.append(found[-1] + gcn(_seen(features[0], found[-1])))
        return found

    def dragged(self, features: Sequence[Tensor], points: Tensor, index: Tensor, target: Tensor) -> Tensor:
        """The points after one was dragged: it lies at `target`, its neighbours follow, the others stay.

        `index` is (B,), `target` (B, 2). The neighbours follow by their distance along the curve, and
        further as the network has learned.
        """
        count = points.shape[1]
        away = (torch.arange(count, device=points.device)[None] - index[:, None]).abs()
        away = torch.minimum(away, count - away)[..., None]
        shift = target[:, None] - points.gather(1, index[:, None, None].expand(-1, 1, 2))
        near = (1 - away / (_DRAGGED + 1)).clamp(min=0)
        learned = self.drag(torch.cat([_seen(features[0], points), shift * (away == 0)], 2))
        follows = (near > 0) & (away > 0)
        return points + shift * near + torch.where(follows, learned, torch.zeros_like(learned))

    def drag_all(
        self,
        features: Sequence[Tensor],
        click_maps: Tensor,
        drags: Sequence[tuple[int, tuple[float, float]]],
    ) -> tuple[Tensor, Tensor]:
        """The points of one object (1, N, 2) after one was dragged after the other, and the mask's logits.

        Each of `drags` is the number of a point and where it goes, (x, y) in 0..1 of the crop.
        """
        points = self.curves(features, click_maps)[-1]
        for number, place in drags:
            index = torch.tensor([number], device=points.device)
            points = self.dragged(features, points, index, points.new_tensor([place]))
        return points, rendered(self.outline(points), click_maps.shape[-1])

    def outline(self, points: Tensor) -> Tensor:
        """The closed curve through control points as the corners of a polygon, (B, M, 2)."""
        return spline(points) if self.config.spline else points

    def decode(self, features: Sequence[Tensor], click_maps: Tensor) -> Tensor:
        """Logits (B, 1, S, S) of the mask that the last curve bounds."""
        return rendered(self.outline(self.curves(features, click_maps)[-1]), click_maps.shape[-1])


def _seen(level: Tensor, points: Tensor) -> Tensor:
    """What the photo shows at points, and where they are: (B, N, C + 2)."""
    sampled = F.grid_sample(level, points[:, :, None] * 2 - 1, align_corners=False, padding_mode="border")
    return torch.cat([sampled[..., 0].transpose(1, 2), points], 2)
