"""PyTorch: checkpoints, and `lite` rebuilt from the tensors in its ONNX files. Needs the `train` extra."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from iog.crop import FILL
from iog.engines.base import Engine, Features, ModelInfo, PublishedInfo
from iog.networks.checkpoints import load_with_record
from iog.networks.describe import info_of
from iog.networks.dextr import DEXTR
from iog.networks.export import read_exported
from iog.networks.iog import IOG
from iog.networks.lite import Lite


class TorchEngine:
    """Runs a `Lite` network.

    Parameters
    ----------
    network
        The network; used in evaluation mode.
    info
        What the model says of itself.
    """

    def __init__(self, network: Lite, info: ModelInfo) -> None:
        self._device = _device()
        self.network = network.eval().to(self._device)
        self.info = info

    @classmethod
    def from_files(cls, encoder: Path, decoder: Path) -> TorchEngine:
        """The network that two exported ONNX files hold."""
        return cls(*read_exported(encoder, decoder))

    @torch.inference_mode()
    def encode(self, inputs: npt.NDArray[Any]) -> Features:
        """See `Engine.encode`."""
        batch = torch.from_numpy(inputs).to(self._device).permute(0, 3, 1, 2).float().sub(FILL).div(128)
        return tuple(level.cpu().numpy() for level in self.network.encode(batch))

    @torch.inference_mode()
    def decode(
        self, features: Features, click_maps: npt.NDArray[np.float32] | None
    ) -> npt.NDArray[np.float32]:
        """See `Engine.decode`."""
        levels = tuple(torch.from_numpy(level).to(self._device) for level in features)
        logits = self.network.decode(levels, torch.from_numpy(click_maps).to(self._device))
        probability: npt.NDArray[np.float32] = logits.sigmoid()[:, 0].cpu().numpy()
        return probability


class PublishedTorchEngine:
    """Runs an `IOG` or `DEXTR` network.

    Parameters
    ----------
    network
        The network; used in evaluation mode.
    info
        What the model says of itself.
    """

    def __init__(self, network: IOG | DEXTR, info: PublishedInfo) -> None:
        self._device = _device()
        self.network = network.eval().to(self._device)
        self.info = info

    @torch.inference_mode()
    def encode(self, inputs: npt.NDArray[Any]) -> Features:
        """See `Engine.encode`."""
        levels = self.network.encode(torch.from_numpy(inputs).to(self._device))
        return tuple(level.cpu().numpy() for level in levels)

    @torch.inference_mode()
    def decode(
        self, features: Features, click_maps: npt.NDArray[np.float32] | None
    ) -> npt.NDArray[np.float32]:
        """See `Engine.decode`."""
        levels = [torch.from_numpy(level).to(self._device) for level in features]
        maps: Any = None if click_maps is None else torch.from_numpy(click_maps).to(self._device)
        probability: npt.NDArray[np.float32] = self.network.probability(levels, maps).cpu().numpy()
        return probability


def _device() -> torch.device:
    """The GPU, where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def open_checkpoint(path: str | Path) -> Engine:
    """The engine that runs a checkpoint: ours of any network, or a published one.

    Raises
    ------
    ModelError
        If the file is missing, truncated, foreign or no segmentation model.
    """
    network, record = load_with_record(path)
    info = info_of(network, record, path)
    if isinstance(network, Lite):
        assert isinstance(info, ModelInfo)
        return TorchEngine(network, info)
    assert isinstance(info, PublishedInfo)
    return PublishedTorchEngine(network, info)
