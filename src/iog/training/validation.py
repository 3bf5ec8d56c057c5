"""Validation while training: the evaluation protocol on part of `val`, with a sheet of pictures."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import numpy.typing as npt
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from iog.clicks import ExtremeClicks
from iog.datasets import ObjectDataset
from iog.datasets.listing import spread
from iog.engines.torch import TorchEngine
from iog.evaluation.measure import measure
from iog.evaluation.protocol import evaluate
from iog.evaluation.settings import Settings
from iog.evaluation.strata import by_group
from iog.evaluation.subjects import BOX_CLICKS, EXTREME_CLICKS, ExtremeNetwork, subject_of
from iog.networks.base import Network
from iog.networks.describe import info_of
from iog.overlay import draw_mask, draw_overlay
from iog.robot import RobotUser
from iog.segmenter import Segmenter

Picture = npt.NDArray[np.uint8]

_PICTURES = 12
_TILE = 240


class Validation:
    """Measures a network in training at image resolution; call it with (network, writer, step).

    Parameters
    ----------
    objects
        The validation set.
    size
        Side of the crop.
    count
        How many objects, spread evenly over the set.
    """

    def __init__(self, objects: ObjectDataset, *, size: int, count: int) -> None:
        self._objects = objects
        self._size = size
        self._indices = spread(len(objects), count)

    def __call__(self, network: Network, writer: SummaryWriter, step: int) -> Mapping[str, float]:
        """Mean IoU in percent by group: from the box alone, after 3 clicks, and 4 where it takes corrections.

        A network that takes clicks alone has figures after 1 to 4 of them.

        A network whose prompt is four extreme points has one figure, after these 4 clicks.
        """
        settings = {"sizes": (self._size,), "size": self._size}
        info = info_of(network, {"settings": settings}, "in training")
        segmenter = Segmenter(TorchEngine(network, info))
        if segmenter.prompting.takes is ExtremeClicks:
            figures, tiles = self._by_extreme_points(segmenter)
        else:
            figures, tiles = self._by_clicks(segmenter)
        if tiles:  # unless every mask is empty
            writer.add_image("val/masks", np.concatenate(tiles, axis=1), step, dataformats="HWC")
        return figures

    def _by_clicks(self, segmenter: Segmenter) -> tuple[dict[str, float], list[Picture]]:
        settings = Settings(clicks=4 if segmenter.takes_corrections else 3)
        measured = evaluate(segmenter, self._objects, settings, indices=self._indices)
        results = list(tqdm(measured, "validation", len(self._indices), leave=False, disable=None))
        figures: dict[str, float] = {}
        for name, group in by_group(results).items():
            means = 100 * np.mean([r.curve for r in group], axis=0)
            names = ("box", "3", "4") if group[0].first == BOX_CLICKS else ("1", "2", "3", "4")
            for clicks, mean in zip(names, means, strict=False):
                figures[f"{name}/{clicks}"] = float(mean)
        subject = subject_of(segmenter)
        samples = (self._objects[index] for index in _spread([r.index for r in results]))
        curves = ((s, measure(subject, s, RobotUser(), 3, boundary_ratio=None)) for s in samples)
        return figures, [_tile(draw_overlay(s.image, c.prompted)) for s, c in curves if c.prompted]

    def _by_extreme_points(self, segmenter: Segmenter) -> tuple[dict[str, float], list[Picture]]:
        ious: dict[str, list[float]] = {}
        tiles: list[Picture] = []
        pictures = _spread(self._indices)
        for index in tqdm(self._indices, "validation", leave=False, disable=None):
            sample = self._objects[index]
            if not sample.mask.any():
                continue
            curve = measure(
                ExtremeNetwork(segmenter), sample, RobotUser(), EXTREME_CLICKS, boundary_ratio=None
            )
            ious.setdefault(sample.group, []).extend(curve.ious)
            if index in pictures and curve.prompted is not None:
                tiles.append(_tile(draw_mask(sample.image, curve.prompted.mask)[0]))
        return {f"{name}/extreme points": 100 * float(np.mean(v)) for name, v in ious.items()}, tiles


def _spread(indices: list[int]) -> list[int]:
    """A few of them."""
    return indices[:: max(1, len(indices) // _PICTURES)][:_PICTURES]


def _tile(picture: Picture) -> Picture:
    return np.asarray(cv2.resize(picture, (_TILE, _TILE), interpolation=cv2.INTER_AREA), np.uint8)
