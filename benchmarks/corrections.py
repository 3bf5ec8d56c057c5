"""What a correction does where nothing is wrong: python benchmarks/corrections.py --data DATA

After three clicks, one correction at a pixel of the photo where the mask is already right, with the label
that it has: half of them on the object, half beyond it, drawn uniformly. Printed: the mean change of the IoU
in points with its 95 % interval, how often it fell by over a point, and how many clicked pixels got the
clicked label.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np
from tqdm import tqdm

from iog.clicks import Correction
from iog.datasets import PhotoDataset
from iog.datasets.listing import spread
from iog.evaluation.metrics import iou
from iog.evaluation.tables import interval, markdown
from iog.robot import RobotUser
from iog.segmenter import Segmenter


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--split", default="val")
    parser.add_argument("--model", default="lite")
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    objects = PhotoDataset(arguments.data, arguments.split)
    segmenter = Segmenter(arguments.model)
    changes: dict[str, list[float]] = defaultdict(list)
    photos: dict[str, list[str]] = defaultdict(list)
    obeyed: dict[str, list[bool]] = defaultdict(list)
    for index in tqdm(spread(len(objects), arguments.limit), disable=None):
        sample = objects[index]
        random = np.random.default_rng((arguments.seed, index))
        clicks = RobotUser().clicks(sample.mask)
        before = segmenter.segment(sample.image, clicks).mask
        foreground = bool(random.random() < 0.5)
        right = (before == sample.mask) & ~sample.void & (sample.mask == foreground)
        rows, columns = np.nonzero(right)
        if rows.size == 0:
            continue
        pick = random.integers(rows.size)
        click = Correction(int(columns[pick]), int(rows[pick]), foreground)
        after = segmenter.segment(sample.image, clicks.with_correction(*click)).mask
        group = sample.group
        changes[group].append(iou(after, sample.mask, sample.void) - iou(before, sample.mask, sample.void))
        photos[group].append(sample.name.rpartition("#")[0])
        obeyed[group].append(bool(after[click.y, click.x]) == foreground)

    header = ["set", "objects", "mean change", "95 % interval", "fell by over a point", "click obeyed"]
    rows = [
        [
            group,
            str(len(values)),
            f"{100 * np.mean(values):+.2f}",
            interval(values, photos[group], 2),
            f"{np.mean(np.array(values) < -0.01):.1%}",
            f"{np.mean(obeyed[group]):.1%}",
        ]
        for group, values in changes.items()
    ]
    print(markdown(header, rows))


if __name__ == "__main__":
    main()
