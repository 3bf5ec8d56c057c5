"""f-BRS: Sofiiuk et al., f-BRS: Rethinking Backpropagating Refinement, CVPR 2020; `iog train f-brs`.

What makes it itself: as BRS (`iog.rivals.brs`), but what is changed until the clicks are obeyed is a scale
and a bias of one layer's channels. What lies before that layer runs once a click, so that it is many times
as fast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from iog.rivals.brs import BRS, BRSConfig, BRSRecipe

LAYER = 2
"""Number of the decoder's level, from stride 2 on, whose channels f-BRS scales: stride 8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FBRSConfig(BRSConfig):
    """See `BRSConfig`."""

    kind: ClassVar[str] = "f-brs"


class FBRS(BRS):
    """A network, one layer of whose decoder is scaled and shifted, channel by channel."""

    def freedom(self, crop: Tensor, maps: Tensor) -> tuple[list[Tensor], Callable[[], Tensor]]:
        """See `BRS.freedom`. What lies before the layer runs once a click."""
        with torch.no_grad():
            levels = self.base.levels(crop, maps)
            decoder = self.base.decoder
            layer, *deeper = decoder.rise(levels, [decoder.deepest(levels)], to=LAYER)
        shape = (layer.shape[0], layer.shape[1], 1, 1)
        scale, bias = (layer.new_zeros(shape).requires_grad_() for _ in range(2))

        def answer() -> Tensor:
            return self.base.answer(decoder.rise(levels, [layer * (1 + scale) + bias, *deeper]))

        return [scale, bias], answer


@dataclass(frozen=True, slots=True, kw_only=True)
class FBRSRecipe(BRSRecipe):
    """f-BRS (Sofiiuk et al., CVPR 2020) around the trained network of `start`."""

    network: FBRSConfig = field(default_factory=FBRSConfig)
    """The network's own settings."""
