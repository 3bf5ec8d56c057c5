"""PyTorch: the same network, rebuilt from the tensors in the ONNX files. Needs the `train` extra."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from iog.crop import FILL
from iog.engines.base import Features, ModelInfo
from iog.networks.export import read_exported
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
        return cls(*read_exported(encoder, decoder))

    @torch.inference_mode()
    def encode(self, crops: npt.NDArray[np.uint8]) -> Features:
        """See `Engine.encode`."""
        batch = torch.from_numpy(crops).permute(0, 3, 1, 2).float().sub(FILL).div(128)
        return tuple(level.numpy() for level in self.network.encode(batch))

    @torch.inference_mode()
    def decode(self, features: Features, click_maps: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """See `Engine.decode`."""
        levels = tuple(torch.from_numpy(level) for level in features)
        logits = self.network.decode(levels, torch.from_numpy(click_maps))
        probability: npt.NDArray[np.float32] = logits.sigmoid()[:, 0].numpy()
        return probability
