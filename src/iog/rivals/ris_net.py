"""RIS-Net: Liew et al., Regional Interactive Image Segmentation Networks, ICCV 2017; `iog train ris-net`.

What makes it itself: each click beside the object and the nearest one on it span a region, which is cropped
from the features, answered on its own and merged with the answer for the whole; and in training an answer
counts the more the fewer clicks it had (click discount). Its regions are as many as its clicks, so it runs
in PyTorch alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import roi_align

from iog.clicks import Correction
from iog.rivals.base import ConvGNReLU, Rival, RivalConfig, RivalRecipe, clicked
from iog.rivals.ifcn import sampled
from iog.robot import BoolArray
from iog.training.lite.objective import Scene

CONTEXT = 0.25
"""What is added to a region on each side, as a share of its longer side."""

_LEAST = 16  # pixels a region's side has
_CELLS = 20  # a side, in which a region is answered


@dataclass(frozen=True, slots=True, kw_only=True)
class RISNetConfig(RivalConfig):
    """See `RivalConfig`."""

    kind: ClassVar[str] = "ris-net"

    guidance: str = "distances"
    """Its click maps."""


class RISNet(Rival):
    """A global branch, and a local one for each region."""

    def __init__(self, config: RISNetConfig, *, pretrained: bool = False) -> None:
        super().__init__(config, pretrained=pretrained)
        width = config.widths[1]
        self.local = nn.Sequential(
            ConvGNReLU(width + 1, width), ConvGNReLU(width, width), nn.Conv2d(width, 1, 1)
        )

    def decode_to_train(self, features: Any, click_maps: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Merged logits (B, 1, S, S), and those of the global branch."""
        (crop,) = features
        mixed = self.mixed(self.levels(crop, click_maps), click_maps)
        whole = self.answer(mixed)
        where, label = clicked(self.config.guidance, click_maps)
        found = [regions(*pair) for pair in zip(where[:, 0] * (1 - label[:, 0]), label[:, 0], strict=True)]
        boxes = [torch.tensor(own, dtype=torch.float32).reshape(-1, 4).to(whole) for own in found]
        if not any(found):
            return whole, [whole]
        level = torch.cat([mixed[1], F.avg_pool2d(whole, whole.shape[-1] // mixed[1].shape[-1])], 1)
        scale = level.shape[-1] / whole.shape[-1]
        local = self.local(roi_align(level, boxes, _CELLS, scale, aligned=True))
        added, counts = torch.zeros_like(whole), torch.zeros_like(whole)
        places = [(b, box) for b, own in enumerate(found) for box in own]
        for answer, (b, (x0, y0, x1, y1)) in zip(local, places, strict=True):
            part = F.interpolate(answer[None], (y1 - y0, x1 - x0), mode="bilinear", align_corners=False)
            padding = (x0, whole.shape[-1] - x1, y0, whole.shape[-2] - y1)
            one = F.one_hot(torch.tensor(b), whole.shape[0])[:, None, None, None].to(whole)
            added = added + one * F.pad(part, padding)
            counts = counts + one * F.pad(torch.ones_like(part), padding)
        return whole + added / counts.clamp(min=1), [whole]

    def decode(self, features: Any, click_maps: Tensor) -> Tensor:
        """Merged logits (B, 1, S, S)."""
        return self.decode_to_train(features, click_maps)[0]


def regions(beside: Tensor, on: Tensor) -> list[tuple[int, int, int, int]]:
    """A box (x0, y0, x1, y1), half-open, for each pixel of `beside` and the nearest one of `on`, both
    (S, S)."""
    height, width = beside.shape
    others = on.nonzero().tolist()
    found = []
    for y, x in beside.nonzero().tolist():
        if not others:
            break
        v, u = min(others, key=lambda p: (p[0] - y) ** 2 + (p[1] - x) ** 2)
        extra = round(max(CONTEXT * max(abs(v - y), abs(u - x)), (_LEAST - min(abs(v - y), abs(u - x))) / 2))
        x0, y0 = max(min(x, u) - extra, 0), max(min(y, v) - extra, 0)
        found.append((x0, y0, min(max(x, u) + extra + 1, width), min(max(y, v) + extra + 1, height)))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class RISNetRecipe(RivalRecipe):
    """RIS-Net (Liew et al., ICCV 2017): regions between clicks, answered locally and merged."""

    network: RISNetConfig = field(default_factory=RISNetConfig)
    """The network's own settings."""
    discount: float = 0.9
    """What an answer with one click more counts relative to one with a click less."""
    rival: float = 0.25
    """Share of objects that share their box with another one, on which some clicks lie."""

    def first_clicks(
        self, mask: BoolArray, void: BoolArray, others: BoolArray, random: np.random.Generator
    ) -> list[Correction]:
        """Those of iFCN, by one of its strategies."""
        return sampled(mask, void, others, int(random.integers(1, 4)), random)

    def round_loss(self, network: Any, features: Any, maps: Tensor, scene: Scene) -> tuple[Tensor, Tensor]:
        """The loss of the merged and of the global answer, discounted by the number of clicks."""
        logits, (whole,) = network.decode_to_train(features, maps)
        where, _ = clicked(self.network.guidance, maps)
        counts = self.discount ** (where.sum((1, 2, 3)) - 1).clamp(min=0)
        total = logits.new_zeros(())
        for i, share in enumerate(counts):
            one = Scene(*(part[i : i + 1] for part in scene))
            for answer, weight in ((logits, 1.0), (whole, self.side_loss)):
                total = total + share * weight * self.mask_loss(answer[i : i + 1].float(), one)
        return total / len(counts), logits.float()
