"""PyTorch: checkpoints, and `lite` rebuilt from the tensors in its ONNX files. Needs the `train` extra."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from iog.crop import FILL
from iog.engines.base import Engine, Features, Info, ModelInfo, PublishedInfo
from iog.networks.checkpoints import Network, load_with_record
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
        self.network = network.eval()
        self.info = info

    @classmethod
    def from_files(cls, encoder: Path, decoder: Path) -> TorchEngine:
        """The network that two exported ONNX files hold."""
        network, info = read_exported(encoder, decoder)
        return cls(network.to(_device()), info)

    @torch.inference_mode()
    def encode(self, inputs: npt.NDArray[Any]) -> Features:
        """See `Engine.encode`."""
        batch = _on_device(inputs, self.network).permute(0, 3, 1, 2).float().sub(FILL).div(128)
        return tuple(level.cpu().numpy() for level in self.network.encode(batch))

    @torch.inference_mode()
    def decode(
        self, features: Features, click_maps: npt.NDArray[np.float32] | None
    ) -> npt.NDArray[np.float32]:
        """See `Engine.decode`."""
        levels = tuple(_on_device(level, self.network) for level in features)
        logits = self.network.decode(levels, _on_device(click_maps, self.network))
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
        self.network = network.eval()
        self.info = info

    @torch.inference_mode()
    def encode(self, inputs: npt.NDArray[Any]) -> Features:
        """See `Engine.encode`."""
        levels = self.network.encode(_on_device(inputs, self.network))
        return tuple(level.cpu().numpy() for level in levels)

    @torch.inference_mode()
    def decode(
        self, features: Features, click_maps: npt.NDArray[np.float32] | None
    ) -> npt.NDArray[np.float32]:
        """See `Engine.decode`."""
        levels = [_on_device(level, self.network) for level in features]
        maps: Any = None if click_maps is None else _on_device(click_maps, self.network)
        probability: npt.NDArray[np.float32] = self.network.probability(levels, maps).cpu().numpy()
        return probability


def _on_device(array: Any, network: nn.Module) -> torch.Tensor:
    """A tensor where the network is: a network in training may be on a GPU."""
    return torch.from_numpy(array).to(next(network.parameters()).device)


def engine_of(network: Network, info: Info) -> Engine:
    """The engine that runs a network."""
    if isinstance(network, Lite):
        assert isinstance(info, ModelInfo)
        return TorchEngine(network, info)
    assert isinstance(info, PublishedInfo)
    return PublishedTorchEngine(network, info)


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
    return engine_of(network.to(_device()), info_of(network, record, path))
