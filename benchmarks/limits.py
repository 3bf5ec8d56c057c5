"""What holds the model back? python benchmarks/limits.py --data FOLDER [--limit 400]

Mean IoU in percent at three clicks of validation objects that cover at least 0.5 % of their photo, on
PyTorch: with other sizes of the crop, with answers averaged over the mirrored crop, and of true masks
that went through the crop (no network can do better). "without the edge" leaves out a band around the
true edge, so that what is left is whole parts missed or added. docs/model/experiments.md quotes it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from iog import zoo
from iog.clicks import Clicks
from iog.crop import FloatArray
from iog.datasets import ObjectSample, PhotoDataset
from iog.datasets.listing import spread
from iog.engines.torch import TorchEngine
from iog.evaluation.metrics import iou
from iog.evaluation.strata import SMALL
from iog.evaluation.tables import markdown
from iog.robot import RobotUser
from iog.segmenter import Segmenter

SIZES = (256, 288, 320, 384)
BAND = 3
"""Pixels of the crop on either side of the true edge."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--limit", type=int)
    arguments = parser.parse_args()
    engine = TorchEngine.from_files(*zoo.files_of(arguments.model))
    objects = PhotoDataset(arguments.data, "val")
    found: dict[str, dict[str, list[float]]] = {}
    for index in spread(len(objects), arguments.limit):
        sample = objects[index]
        if sample.mask.mean() < SMALL:
            continue
        for name, value in measured(engine, sample):
            found.setdefault(name, {}).setdefault(sample.group, []).append(100 * value)
    groups = sorted({group for values in found.values() for group in values})
    own = next(iter(found.values()))
    print(f"photos val, weights {engine.info.weights_sha256[:12]}, objects: ", end="")
    print(", ".join(f"{group} {len(own[group])}" for group in groups), end="\n\n")
    rows = [[name, *(f"{np.mean(values[g]):.2f}" for g in groups)] for name, values in found.items()]
    print(markdown(["", *groups], rows))


def measured(engine: TorchEngine, sample: ObjectSample) -> Iterator[tuple[str, float]]:
    """(what, IoU) of one object."""
    clicks = RobotUser().clicks(sample.mask)
    own = engine.info.size
    answers = {size: sized(engine, size).segment(sample.image, clicks) for size in sorted({*SIZES, own})}
    for size, prediction in answers.items():
        yield f"{size} pixels", iou(prediction.mask, sample.mask, sample.void)

    segmenter = Segmenter(engine)
    crop, found = answers[own].crop, answers[own].crop_probability
    image = np.ascontiguousarray(sample.image[:, ::-1])
    flipped = segmenter.segment(image, mirrored(clicks, sample.mask.shape[1])).crop_probability
    yield "averaged with the mirrored crop", scored(segmenter, sample, clicks, (found + flipped[:, ::-1]) / 2)

    def seen(mask: np.ndarray) -> FloatArray:
        channels = np.repeat(mask[..., None].astype(np.uint8) * 255, 3, axis=2)
        return crop.extract(channels)[..., 0].astype(np.float32) / 255

    true = seen(sample.mask) >= 0.5
    yield "a true mask through the crop", scored(segmenter, sample, clicks, true.astype(np.float32))
    kernel = np.ones((2 * BAND + 1,) * 2, np.uint8)
    edge = cv2.morphologyEx(true.astype(np.uint8), cv2.MORPH_GRADIENT, kernel) > 0
    void = seen(sample.void) > 0.25
    yield "in the crop", iou(found >= 0.5, true, void)
    yield f"in the crop, without the edge (± {BAND} pixels)", iou(found >= 0.5, true, void | edge)


def sized(engine: TorchEngine, size: int) -> Segmenter:
    """The model with another size of the crop."""
    return Segmenter(TorchEngine(engine.network, replace(engine.info, size=size)))


def scored(segmenter: Segmenter, sample: ObjectSample, clicks: Clicks, probability: FloatArray) -> float:
    """IoU at image resolution."""
    height, width = sample.mask.shape
    made = segmenter.prediction(clicks, segmenter.crop(clicks), probability, (width, height))
    return iou(made.mask, sample.mask, sample.void)


def mirrored(clicks: Clicks, width: int) -> Clicks:
    """The clicks on the photo seen in a mirror."""
    (ax, ay), (bx, by) = clicks.corners
    inside = None if clicks.inside is None else (width - 1 - clicks.inside.x, clicks.inside.y)
    return Clicks.of(((width - 1 - ax, ay), (width - 1 - bx, by)), inside)


if __name__ == "__main__":
    main()
