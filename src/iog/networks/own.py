"""A network of one's own: what a factory makes that has the two halves of `lite` (docs/own-network.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from torch import Tensor, nn

from iog.errors import ModelError
from iog.factories import Reference
from iog.networks.base import Network


class Halves(Protocol):
    """What a factory's network must have, beside being an `nn.Module`.

    It may say more by attributes: `size`, the side of its crop (else 256); `margin`, the context around the
    box (else 0.15); `guidance`, its first prompt (else "inside-outside").
    """

    def encode(self, crop: Tensor) -> Tensor | Sequence[Tensor]:
        """(B, 3, S, S) float, (RGB - 127) / 128 -> features, whose first axes are the batch."""
        ...

    def decode(self, features: tuple[Tensor, ...], click_maps: Tensor) -> Tensor:
        """Features and click maps (B, C, S, S) in 0..1 (`iog.guidance.GUIDANCE`) -> logits (B, 1, S, S)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnConfig:
    """What a checkpoint says of a network of one's own."""

    kind: ClassVar[str] = "own"

    factory: str
    """`package.module:factory`, which makes it."""
    guidance: str = "inside-outside"
    """Its first prompt, a key of `iog.guidance.GUIDANCE`."""
    size: int = 256
    """Side of its crop in pixels, where no training run says another."""
    margin: float = 0.15
    """Context around the box on each side, as a share of the box side."""

    @property
    def summary(self) -> str:
        """What it is, for people."""
        return f"the network of {self.factory}"


class OwnNetwork(Network):
    """What a factory made, with the manners of our networks.

    Parameters
    ----------
    network
        Has `Halves`.
    factory
        The name of the factory.

    Raises
    ------
    ModelError
        If it is no PyTorch module or lacks a half.
    """

    def __init__(self, network: Any, factory: str) -> None:
        super().__init__()
        halves = ("encode", "decode")
        if not isinstance(network, nn.Module) or not all(callable(getattr(network, h, None)) for h in halves):
            raise ModelError(
                f"{factory} made {type(network).__name__}: a network is a torch.nn.Module with encode(crop) "
                "and decode(features, click_maps), see docs/own-network.md"
            )
        told = {
            name: getattr(network, name) for name in ("guidance", "size", "margin") if hasattr(network, name)
        }
        self.config = OwnConfig(factory=factory, **told)
        self.network = network

    def encode(self, inputs: Tensor) -> tuple[Tensor, ...]:
        features: Any = self.network.encode(inputs)  # type: ignore[operator]
        return (features,) if isinstance(features, Tensor) else tuple(features)

    def decode_to_train(self, features: Any, click_maps: Tensor) -> tuple[Tensor, list[Tensor]]:
        """By the network's method of this name, if it has one; else the answer alone."""
        own: Any = getattr(self.network, "decode_to_train", None)
        if own is None:
            return self.decode(features, click_maps), []
        logits, sides = own(tuple(features), click_maps)
        return logits, list(sides)

    def decode(self, features: Sequence[Tensor], click_maps: Tensor) -> Tensor:
        """See `Halves.decode`.

        Raises
        ------
        ModelError
            If the logits have another shape.
        """
        logits: Any = self.network.decode(tuple(features), click_maps)  # type: ignore[operator]
        wanted = (click_maps.shape[0], 1, *click_maps.shape[2:])
        if not isinstance(logits, Tensor) or tuple(logits.shape) != wanted:
            shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
            raise ModelError(f"decode of {self.config.factory} gave {shape}; it must give logits {wanted}")
        return logits


def own_network(factory: str) -> OwnNetwork:
    """The network that a factory makes, untrained unless the factory says otherwise. Never for a file's sake.

    Raises
    ------
    ModelError
        If there is no such factory, or it makes something else.
    """
    return OwnNetwork(Reference(factory).make(), factory)


def configured(config: OwnConfig) -> OwnNetwork:
    """The network of a configuration that a person gave, as training is."""
    return own_network(config.factory)
