"""The sample photos as a stand-in dataset: it shows that a path runs, and nothing else."""

from __future__ import annotations

import cv2
import numpy as np

from iog.datasets import ObjectSample
from iog.images import read_image
from iog.samples import Sample, samples
from iog.segmenter import Segmenter

BANNER = (
    "SMOKE RUN: the sample photos, whose ground truth is a model's own mask, perturbed; every network is one "
    "bundled model. It shows that the command works. The figures mean nothing."
)


class SampleObjects:
    """One object a sample photo. The truth is the model's own mask, moved and thickened; void in a corner.

    Parameters
    ----------
    segmenter
        The model that draws the masks.
    """

    def __init__(self, segmenter: Segmenter) -> None:
        self._objects = [_object(segmenter, sample) for sample in samples()]
        self.groups = [one.group for one in self._objects]

    def __len__(self) -> int:
        return len(self._objects)

    def __getitem__(self, index: int) -> ObjectSample:
        return self._objects[index]


def _object(segmenter: Segmenter, sample: Sample) -> ObjectSample:
    image = read_image(sample.photo)
    mask = segmenter.segment(image, sample.clicks).mask.astype(np.uint8)
    thick = np.asarray(cv2.dilate(mask, np.ones((5, 5), np.uint8)), bool)
    moved, void = np.zeros(thick.shape, bool), np.zeros(thick.shape, bool)
    moved[2:, 1:] = thick[:-2, :-1]
    void[:8, :8] = True
    return ObjectSample(f"{sample.photo.name}#1", "sample", sample.object, image, moved, void)
