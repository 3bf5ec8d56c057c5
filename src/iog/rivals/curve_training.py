"""How Curve-GCN is trained: points of the outline first, then the rendered mask, and dragged points
throughout."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from iog.masks import outline_points as along_outline
from iog.networks.base import Network
from iog.rivals.base import PointExamples, RivalRecipe
from iog.rivals.curve_gcn import CurveGCN, CurveGCNConfig
from iog.robot import BoolArray
from iog.training.augment import AugmentSettings
from iog.training.lite.examples import LiteExamples
from iog.training.lite.objective import prepared
from iog.training.loop import Batch, Scalars
from iog.training.losses import soft_iou_loss


def outline_points(mask: BoolArray, count: int) -> npt.NDArray[np.float32]:
    """As `iog.masks.outline_points`, of a mask (S, S), in 0..1."""
    return np.asarray(along_outline(mask, count) / mask.shape[1], np.float32)


def matched(points: Tensor, truth: Tensor) -> Tensor:
    """The points of an outline (B, N, 2), begun where they fit the predicted ones best."""
    count = points.shape[1]
    turned = torch.stack([torch.roll(truth, shift, 1) for shift in range(count)], 1)  # (B, N, N, 2)
    best = (points.detach()[:, None] - turned).abs().sum((2, 3)).argmin(1)
    return turned[torch.arange(len(best)), best]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveGCNRecipe(RivalRecipe):
    """Curve-GCN (Ling et al., CVPR 2019): a closed curve from a box, moved by graph convolutions."""

    network: CurveGCNConfig = field(default_factory=CurveGCNConfig)
    """The network's own settings."""
    prompt: Literal["clicks", "crop", "centre", "box"] = "box"
    """What it learns from: a box alone."""
    rounds: tuple[float, ...] = (1.0,)
    """There are no corrections."""
    matching: float = 0.6
    """Share of the run in which points of the outline are matched; in the rest the rendered mask counts."""
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    """How strongly crops vary."""

    def examples(self) -> PointExamples:
        """The stream of `lite`, with boxes."""
        return LiteExamples(self)  # type: ignore[return-value]

    def loss(self, network: Network, batch: Batch, step: int) -> tuple[Tensor, Scalars]:
        """Points of every round, or the rendered mask of the last; and a dragged point."""
        assert isinstance(network, CurveGCN)
        scene, _ = prepared(self, batch)
        features = network.encode(scene.crop)
        _, *curves = network.curves(features, scene.maps)
        outlines = [outline_points(m > 0, self.network.points) for m in batch["mask"].cpu().numpy()]
        truth = torch.from_numpy(np.stack(outlines)).to(scene.crop)
        logits = network.decode(features, scene.maps).float()
        scalars = {"soft_iou/0": 1 - soft_iou_loss(logits.detach(), scene.target, scene.valid)}
        if step < self.matching * self.steps:
            losses = [(curve - matched(curve, truth)).abs().sum(2).mean() for curve in curves]
            shape = torch.stack(losses).sum()
        else:
            shape = self.mask_loss(logits, scene)
        drag = self.drag_loss(network, features, curves[-1].detach(), truth)
        return shape + drag, {**scalars, "shape": shape.detach(), "drag": drag.detach()}

    def drag_loss(self, network: CurveGCN, features: Any, points: Tensor, truth: Tensor) -> Tensor:
        """The worst point is dragged to where it belongs: how far are all from there then?"""
        there = matched(points, truth)
        index = (points - there).square().sum(2).argmax(1)
        target = there[torch.arange(len(index)), index]
        after = network.dragged(features, points, index, target)
        return (after - there).abs().sum(2).mean()
