"""Validation while training: the evaluation protocol on part of `val`, with a sheet of pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

import cv2
import numpy as np
import numpy.typing as npt
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from iog.clicks import ExtremeClicks
from iog.datasets import ObjectDataset
from iog.datasets.listing import spread
from iog.engines import Engine, ModelInfo, PublishedInfo
from iog.engines.torch import engine_of
from iog.evaluation.metrics import iou
from iog.evaluation.protocol import Settings, evaluate
from iog.evaluation.strata import by_group
from iog.extreme import ExtremePoints
from iog.networks.checkpoints import Network, kind_of
from iog.networks.describe import MARGIN, default_settings
from iog.networks.lite import Lite
from iog.overlay import draw_mask, draw_overlay
from iog.prompting import takes_extreme_points
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

        A network whose prompt is four extreme points has one figure, after these 4 clicks.
        """
        engine = _engine(network, self._size)
        if takes_extreme_points(engine.info):
            figures, tiles = self._by_extreme_points(ExtremePoints(engine))
        else:
            figures, tiles = self._by_clicks(Segmenter(engine))
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
            for clicks, mean in zip(("box", "3", "4"), means, strict=False):
                figures[f"{name}/{clicks}"] = float(mean)
        samples = (self._objects[index] for index in _spread([r.index for r in results]))
        return figures, [
            _tile(draw_overlay(s.image, segmenter.segment(s.image, RobotUser().clicks(s.mask))))
            for s in samples
        ]

    def _by_extreme_points(self, network: ExtremePoints) -> tuple[dict[str, float], list[Picture]]:
        ious: dict[str, list[float]] = {}
        tiles: list[Picture] = []
        pictures = _spread(self._indices)
        for index in tqdm(self._indices, "validation", leave=False, disable=None):
            sample = self._objects[index]
            if not sample.mask.any():
                continue
            found = network.segment(sample.image, ExtremeClicks(RobotUser().extreme_points(sample.mask))).mask
            ious.setdefault(sample.group, []).append(iou(found, sample.mask, sample.void))
            if index in pictures:
                tiles.append(_tile(draw_mask(sample.image, found)[0]))
        return {f"{name}/extreme points": 100 * float(np.mean(v)) for name, v in ious.items()}, tiles


def _engine(network: Network, size: int) -> Engine:
    """The engine of a network whose weights still change, so without their hash."""
    if isinstance(network, Lite):
        return engine_of(
            network,
            ModelInfo(
                name="in training",
                size=size,
                margin=MARGIN,
                network=asdict(network.config),
                weights_sha256="",
                trained={},
            ),
        )
    return engine_of(
        network,
        PublishedInfo(
            name=network.config.name,
            network=kind_of(network),
            config=asdict(network.config),
            settings=replace(default_settings(network), size=size),
            weights_sha256="",
        ),
    )


def _spread(indices: list[int]) -> list[int]:
    """A few of them."""
    return indices[:: max(1, len(indices) // _PICTURES)][:_PICTURES]


def _tile(picture: Picture) -> Picture:
    return np.asarray(cv2.resize(picture, (_TILE, _TILE), interpolation=cv2.INTER_AREA), np.uint8)
