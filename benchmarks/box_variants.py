"""Do more stages help? python benchmarks/box_variants.py --data FOLDER

Every variant answers the same boxes, the tight ones of validation objects, from the same features; the table
gives the mean IoU and the mean difference to two stages with its 95 % interval. docs/auto.md quotes it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from iog.box_methods import BoxSegmenter, inferred_click
from iog.clicks import Clicks
from iog.crop import FloatArray
from iog.datasets import ObjectSample, PhotoDataset
from iog.datasets.listing import spread
from iog.evaluation.metrics import iou
from iog.evaluation.tables import markdown
from iog.robot import RobotUser
from iog.segmenter import Segmenter

NAMES = {
    "box": "the box alone (D)",
    "centre": "the box centre as inside click (B, C)",
    "two stages": "the deepest pixel of D's mask as inside click (E)",
    "three stages": "the click inferred once more, from E's mask",
    "four stages": "and once more",
    "mean": "the mean of D's and E's probabilities",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--limit", type=int)
    arguments = parser.parse_args()
    segmenter, objects = Segmenter(arguments.model, threads=1), PhotoDataset(arguments.data, "val")
    results: dict[str, list[float]] = {name: [] for name in NAMES}
    for index in spread(len(objects), arguments.limit):
        sample = objects[index]
        if sample.mask.any():
            for name, value in variants(segmenter, sample):
                results[name].append(100 * value)
    base = np.array(results["two stages"])
    rows = []
    for name, text in NAMES.items():
        values = np.array(results[name])
        apart = values - base
        half = 1.96 * apart.std(ddof=1) / np.sqrt(len(apart))
        rows.append([text, f"{values.mean():.2f}", f"{apart.mean():+.2f}", f"± {half:.2f}"])
    print(f"{len(base)} objects of photos val, weights {segmenter.engine.info.weights_sha256[:12]}:\n")
    print(markdown(["variant", "mean IoU", "difference", "95 %"], rows))


def variants(segmenter: Segmenter, sample: ObjectSample) -> Iterator[tuple[str, float]]:
    """(name, IoU) of each variant on one object."""
    box = RobotUser().clicks(sample.mask, inside=False).box
    target = BoxSegmenter(segmenter).target(sample.image, box)
    crop, visible, corners = target.view.crop, target.visible, target.clicks
    features = segmenter.encode([target.view.pixels])

    def decode(clicks: Clicks) -> FloatArray:
        return segmenter.decode(features, [clicks], [crop], [None])[0]

    def score(clicks: Clicks, probability: FloatArray) -> float:
        made = segmenter.prediction(clicks, crop, probability, target.image_size)
        return iou(made.mask, sample.mask, sample.void)

    def clicked(probability: FloatArray) -> Clicks:
        pixel = inferred_click(probability, crop, visible)
        return corners if pixel is None else replace(corners, inside=pixel)

    alone = decode(corners)
    yield "box", score(corners, alone)
    centre = BoxSegmenter(segmenter, "centre").target(sample.image, box).clicks
    yield "centre", score(centre, decode(centre))
    two = clicked(alone)
    second = decode(two)
    yield "two stages", score(two, second)
    three = clicked(second)
    third = decode(three)
    yield "three stages", score(three, third)
    four = clicked(third)
    yield "four stages", score(four, decode(four))
    yield "mean", score(two, (alone + second) / 2)


if __name__ == "__main__":
    main()
