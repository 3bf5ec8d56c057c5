"""What all kinds of networks have in common."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from iog.crop import FILL


class Network(nn.Module):
    """A heavy half that runs once a box, and a light half that runs once a click.

    `encode(inputs) -> features` and `decode(features, click maps) -> logits` differ by kind; each says what
    it takes. `config` is a dataclass whose class names its kind (`iog.networks.families`) as `kind`.
    """

    config: Any

    def encode(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Inputs (B, C, S, S) -> features, the first axis of each the batch."""
        raise NotImplementedError

    def decode(self, features: Any, click_maps: Any) -> Any:
        """Features and click maps (B, C, S, S) -> logits (B, 1, S, S)."""
        raise NotImplementedError

    def decode_to_train(self, features: Any, click_maps: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, 1, S, S), and those of side outputs that are trained too, at their own resolutions."""
        return self.decode(features, click_maps), []

    def probability(self, features: Any, click_maps: Any = None) -> Tensor:
        """What `decode` predicts, as probabilities (B, S, S)."""
        probability: Tensor = self.decode(features, click_maps).sigmoid()[:, 0]
        return probability


def normalised(image: Tensor) -> Tensor:
    """Float RGB in 0..255, any shape, as an encoder that sees the photo alone takes it: (RGB - 127) / 128."""
    return image.sub(FILL).div(128)
