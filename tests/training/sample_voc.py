"""The sample photos in VOC's true layout."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from iog.datasets.voc import CATEGORIES
from iog.images import read_image
from iog.samples import samples
from iog.segmenter import Segmenter

CLASSES = {"cat": "cat", "cup": "bottle", "rocket": "aeroplane", "astronaut": "person"}


def sample_voc(root: Path, segmenter: Segmenter) -> Path:
    """VOCdevkit under `root`: four photos with one object each in train, the first two in val.

    Masks are the model's own, with VOC's white border around each object.
    """
    folder = root / "VOCdevkit" / "VOC2012"
    for part in ("ImageSets/Segmentation", "JPEGImages", "SegmentationObject", "SegmentationClass"):
        (folder / part).mkdir(parents=True)
    names = []
    for number, sample in enumerate(samples(), 1):
        name = f"2007_{number:06}"
        image = Image.fromarray(read_image(sample.photo))
        image.save(folder / "JPEGImages" / f"{name}.jpg", quality=90)
        mask = segmenter.segment(np.asarray(image), sample.clicks).mask.astype(np.uint8)
        border = np.asarray(cv2.dilate(mask, np.ones((7, 7), np.uint8))) - np.asarray(
            cv2.erode(mask, np.ones((3, 3), np.uint8))
        )
        for kind, value in (("Object", 1), ("Class", CATEGORIES.index(CLASSES[sample.object]) + 1)):
            labels = Image.fromarray(np.where(border > 0, 255, mask * value).astype(np.uint8))
            labels.putpalette(
                [channel for index in range(256) for channel in (index, 255 - index, index // 2)]
            )
            labels.save(folder / f"Segmentation{kind}" / f"{name}.png")
        names.append(name)
    for split, chosen in (("train", names), ("val", names[:2])):
        (folder / "ImageSets/Segmentation" / f"{split}.txt").write_text("".join(f"{n}\n" for n in chosen))
    return root
