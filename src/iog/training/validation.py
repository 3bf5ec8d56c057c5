"""Validation while training: the evaluation protocol on part of `val`, with a sheet of pictures."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import numpy.typing as npt
from torch.utils.tensorboard import SummaryWriter

from iog.datasets import PhotoDataset
from iog.engines.base import ModelInfo
from iog.engines.torch import TorchEngine
from iog.evaluation.protocol import by_group, evaluate
from iog.networks.checkpoints import Network
from iog.networks.lite import Lite
from iog.overlay import draw_overlay
from iog.robot import RobotUser
from iog.segmenter import Segmenter

_PICTURES = 12
_TILE = 240


class Validation:
    """Measures a network in training at image resolution; call it with (network, writer, step).

    Parameters
    ----------
    data
        Folder that holds val.jsonl.
    size
        Side of the crop.
    objects
        How many objects, spread evenly over the list.
    """

    def __init__(self, data: str, *, size: int, objects: int) -> None:
        self._objects = PhotoDataset(data, "val")
        count = min(objects, len(self._objects))
        self._indices = np.linspace(0, len(self._objects) - 1, count).astype(int).tolist()
        self._info = ModelInfo(
            name="in training", size=size, margin=0.15, network={}, weights_sha256="", trained={}
        )

    def __call__(self, network: Network, writer: SummaryWriter, step: int) -> Mapping[str, float]:
        """Mean IoU in percent by group, from the box alone and after 3 and 4 clicks."""
        assert isinstance(network, Lite)
        segmenter = Segmenter(TorchEngine(network, self._info))
        results = list(evaluate(segmenter, self._objects, clicks=4, indices=self._indices))
        pictures = self._indices[:: max(1, len(self._indices) // _PICTURES)][:_PICTURES]
        sheet = np.concatenate([self._picture(segmenter, index) for index in pictures], axis=1)
        writer.add_image("val/masks after 3 clicks", sheet, step, dataformats="HWC")
        figures: dict[str, float] = {}
        for name, group in by_group(results).items():
            figures[f"{name}/box"] = 100 * float(np.mean([r.box_iou for r in group]))
            figures[f"{name}/3"] = 100 * float(np.mean([r.ious[0] for r in group]))
            figures[f"{name}/4"] = 100 * float(np.mean([r.ious[1] for r in group]))
        return figures

    def _picture(self, segmenter: Segmenter, index: int) -> npt.NDArray[np.uint8]:
        sample = self._objects[index]
        prediction = segmenter.segment(sample.image, RobotUser().clicks(sample.mask))
        overlay = draw_overlay(sample.image, prediction)
        return np.asarray(cv2.resize(overlay, (_TILE, _TILE), interpolation=cv2.INTER_AREA), np.uint8)
