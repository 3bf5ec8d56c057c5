"""BRS: a trained network is made to obey its clicks; `iog train brs`.

Jang and Kim, Interactive Image Segmentation via Backpropagating Refinement Scheme, CVPR 2019. What makes it
itself: at each click an optimiser changes the click maps until every clicked pixel has its label, and as
little else as can be. No weight is learned: the recipe puts `start`, a trained `itis` or `ifcn`, into a
checkpoint of this kind. It runs in PyTorch alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from iog.errors import ModelError
from iog.networks import checkpoints
from iog.networks.base import Network
from iog.networks.families import build
from iog.rivals.base import Rival, RivalConfig, RivalRecipe, clicked

_GUIDANCE = {"itis": "points", "ifcn": "distances"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BRSConfig(RivalConfig):
    """See `RivalConfig`; backbone and widths are those of the network that is refined."""

    kind: ClassVar[str] = "brs"

    base: str = "itis"
    """The network that is refined: itis or ifcn."""
    steps: int = 20
    """Most evaluations of the network a click."""
    inertia: float = 1e-3
    """Weight of the change, relative to the error at clicked pixels."""

    def __post_init__(self) -> None:
        if self.base not in _GUIDANCE:
            raise ModelError(f"`network.base` {self.base}: {' or '.join(_GUIDANCE)}")
        object.__setattr__(self, "guidance", _GUIDANCE[self.base])


class BRS(Network):
    """A network whose click maps are moved until clicked pixels have their labels."""

    def __init__(self, config: BRSConfig) -> None:
        super().__init__()
        self.config = config
        names = ("backbone", "widths", "guidance")
        base = build(config.base, {name: getattr(config, name) for name in names})
        assert isinstance(base, Rival)
        self.base = base

    @property
    def backbone(self) -> Any:
        """That of the network that is refined."""
        return self.base.backbone

    def encode(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """As the network that is refined."""
        return self.base.encode(inputs)

    def decode(self, features: Sequence[Tensor], click_maps: Tensor) -> Tensor:
        """As the network that is refined: the answer before it is made to obey."""
        return self.base.decode(features, click_maps)

    def probability(self, features: Any, click_maps: Any = None) -> Tensor:
        """The answer that obeys, (B, S, S)."""
        with torch.inference_mode(False), torch.enable_grad():
            # Tensors made without gradients cannot be differentiated; copies can.
            crop, maps = features[0].clone(), click_maps.clone()
            free, answer = self.freedom(crop, maps)
            where, label = clicked(self.config.guidance, maps)
            self._optimise(free, answer, where, label)
            with torch.no_grad():
                return answer().sigmoid()[:, 0].detach()

    def freedom(self, crop: Tensor, maps: Tensor) -> tuple[list[Tensor], Callable[[], Tensor]]:
        """What may be changed, at zero, and the logits with it."""
        offset = torch.zeros_like(maps[:, :2], requires_grad=True)  # not the mask before
        return [offset], lambda: self.base.decode((crop,), torch.cat([maps[:, :2] + offset, maps[:, 2:]], 1))

    def _optimise(
        self, free: list[Tensor], answer: Callable[[], Tensor], where: Tensor, label: Tensor
    ) -> None:
        count = where.sum().clamp(min=1)

        def energy() -> tuple[Tensor, Tensor]:
            wrong = where * (answer().sigmoid() - label)
            inertia = torch.stack([change.square().mean() for change in free]).sum()
            return (wrong.square().sum() / count) + self.config.inertia * inertia, wrong.detach().abs().max()

        optimizer = torch.optim.LBFGS(free, max_iter=5, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            optimizer.zero_grad()
            value = energy()[0]
            for change, gradient in zip(free, torch.autograd.grad(value, free), strict=True):
                change.grad = gradient
            return value

        for _ in range(max(1, self.config.steps // 5)):
            if float(energy()[1]) < 0.5:  # every clicked pixel is on its side
                return
            optimizer.step(closure)  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, kw_only=True)
class BRSRecipe(RivalRecipe):
    """BRS (Jang & Kim, CVPR 2019) around the trained network of `start`; one step that changes no weight."""

    network: BRSConfig = field(default_factory=BRSConfig)
    """The network's own settings."""
    samples: int = 4
    """Objects of the one step, which changes nothing."""
    batch: int = 4
    """Objects per step."""
    learning_rate: float = 0.0
    """None: the weights are those of `start`."""

    def create_network(self) -> Network:
        """The trained network of `start`, wrapped."""
        if not self.start:
            raise ModelError("this refines a trained network: give `start`, a checkpoint of itis or ifcn")
        found = checkpoints.load(self.start)
        if found.config.kind == self.network.kind:
            return found
        if found.config.kind != self.network.base:
            told = f"{found.config.summary}, not {self.network.base}: set `network.base`"
            raise ModelError(f"`start` {self.start} holds {told}")
        same = replace(self.network, backbone=found.config.backbone, widths=found.config.widths)
        network = build(same.kind, asdict(same))
        assert isinstance(network, BRS)
        network.base.load_state_dict(found.state_dict())
        return network
