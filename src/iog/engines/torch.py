"""PyTorch: checkpoints, one's own networks, and `lite` from its ONNX files. Needs the `train` extra."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from iog.description import Info
from iog.engines.base import Features
from iog.factories import Reference
from iog.networks.base import Network, normalised
from iog.networks.checkpoints import load_with_record, own_with_record
from iog.networks.describe import info_of
from iog.networks.export import read_exported
from iog.networks.own import OwnNetwork


class TorchEngine:
    """Runs a network.

    Parameters
    ----------
    network
        The network; used in evaluation mode.
    info
        What the model says of itself.
    """

    def __init__(self, network: Network, info: Info) -> None:
        self.network = network.eval()
        self.info = info

    @classmethod
    def from_files(cls, encoder: Path, decoder: Path) -> TorchEngine:
        """The network that two exported ONNX files hold, on the GPU where there is one."""
        network, info = read_exported(encoder, decoder)
        return cls(network.to(_device()), info)

    @classmethod
    def from_checkpoint(cls, path: str | Path) -> TorchEngine:
        """The network of a checkpoint, ours or a published one, on the GPU where there is one.

        Raises
        ------
        ModelError
            If the file is missing, truncated, foreign or no segmentation model.
        """
        network, record = load_with_record(path)
        return cls(network.to(_device()), info_of(network, record, path))

    @classmethod
    def from_own(cls, made: Any, reference: Reference) -> TorchEngine:
        """What a factory made, with the tensors of the reference's file, on the GPU where there is one.

        Raises
        ------
        ModelError
            If it is no network (`iog.networks.own`), or the file does not fit.
        """
        network, record = own_with_record(OwnNetwork(made, reference.factory), reference)
        name = reference.file or reference.factory.replace(":", "-")
        return cls(network.to(_device()), info_of(network, record, name))

    @torch.inference_mode()
    def encode(self, inputs: npt.NDArray[Any]) -> Features:
        batch = self._tensor(inputs)
        if batch.dtype == torch.uint8:  # photos; what is made of them and of heatmaps comes as floats
            batch = normalised(batch.permute(0, 3, 1, 2).float())
        return tuple(level.cpu().numpy() for level in self.network.encode(batch))

    @torch.inference_mode()
    def decode(
        self, features: Features, click_maps: npt.NDArray[np.float32] | None
    ) -> npt.NDArray[np.float32]:
        levels = tuple(self._tensor(level) for level in features)
        maps = None if click_maps is None else self._tensor(click_maps)
        probability: npt.NDArray[np.float32] = self.network.probability(levels, maps).cpu().numpy()
        return probability

    @property
    def drags(self) -> bool:
        """Whether its answer is a curve whose points can be dragged."""
        return hasattr(self.network, "drag_all")

    @torch.inference_mode()
    def curve(
        self,
        features: Features,
        click_maps: npt.NDArray[np.float32],
        drags: Sequence[tuple[int, tuple[float, float]]],
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """The control points of one object after points were dragged, and its probability map.

        Parameters
        ----------
        features, click_maps
            Of one object, as for `decode`.
        drags
            For each the number of a point and where it goes, (x, y) in 0..1 of the crop.

        Returns
        -------
        Points (N, 2) float32, (x, y) in 0..1 of the crop, and probabilities (S, S) float32 in 0..1.
        """
        levels = tuple(self._tensor(level) for level in features)
        network: Any = self.network
        points, logits = network.drag_all(levels, self._tensor(click_maps), drags)
        return points[0].cpu().numpy(), logits[0, 0].sigmoid().cpu().numpy()

    def _tensor(self, array: npt.NDArray[Any]) -> torch.Tensor:
        """Where the network is: one in training may be on a GPU."""
        return torch.from_numpy(array).to(next(self.network.parameters()).device)


def _device() -> torch.device:
    """The GPU, where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
