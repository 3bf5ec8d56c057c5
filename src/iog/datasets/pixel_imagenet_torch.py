"""Pixel-ImageNet as a PyTorch dataset, for the uses that its authors name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from iog.datasets.pixel_imagenet import PixelImageNet, PixelSample, Task

Sample = tuple[Tensor, Any]


class PixelImageNetDataset(torch.utils.data.Dataset[Sample]):
    """(image, target): image (3, H, W) float32 in 0..1, and a target by task.

    classification
        int, the running number of the class.
    instance
        dict as torchvision's detection models take it: `boxes` (N, 4) float32, half-open x0, y0, x1, y1;
        `labels` (N,) int64, running number and 1; `masks` (N, H, W) uint8.
    semantic
        (H, W) int64: 0 the background, else running number and 1.
    salient
        (H, W) float32: 1 where any instance is.

    Parameters
    ----------
    masks, photos, labels
        See `PixelImageNet`.
    task
        One of the above.
    transform
        Called with image and target, gives both back.
    """

    def __init__(
        self,
        masks: str | Path,
        photos: str | Path,
        task: Task,
        *,
        labels: str | Path | None = None,
        transform: Callable[[Tensor, Any], Sample] | None = None,
    ) -> None:
        self.samples = PixelImageNet(masks, photos, labels)
        self._target = _TARGETS[task]
        self._transform = transform

    @property
    def classes(self) -> int:
        """How many classes there are; instance and semantic targets have one number more, the background."""
        return max(self.samples.labels) + 1

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Sample:
        sample: PixelSample = self.samples[index]
        image = torch.from_numpy(sample.image.transpose(2, 0, 1).astype(np.float32) / 255)
        target = self._target(sample)
        return (image, target) if self._transform is None else self._transform(image, target)


def _instance(sample: PixelSample) -> dict[str, Tensor]:
    masks = sample.masks
    return {
        "boxes": torch.from_numpy(sample.boxes.astype(np.float32)),
        "labels": torch.full((len(masks),), sample.label + 1, dtype=torch.int64),
        "masks": torch.from_numpy(masks.astype(np.uint8)),
    }


_TARGETS: dict[Task, Callable[[PixelSample], Any]] = {
    "classification": lambda sample: sample.label,
    "instance": _instance,
    "semantic": lambda sample: torch.from_numpy(sample.semantic),
    "salient": lambda sample: torch.from_numpy(sample.salient.astype(np.float32)),
}
