"""How the classical methods' constants were chosen: python benchmarks/baselines.py --data FOLDER

Mean IoU after three clicks on objects of the training split, for each value that was tried, both prompts.
Validation and test photos are not looked at.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

import numpy as np

from iog.baselines import METHODS, segment
from iog.datasets import PhotoDataset
from iog.datasets.listing import spread
from iog.evaluation.metrics import iou
from iog.robot import RobotUser

TRIED = {
    "graph-cut": {"SMOOTHNESS": (5.0, 10.0, 20.0, 50.0)},
    "random-walker": {"BETA": (30.0, 130.0, 500.0)},
    "geodesic": {"STEP": (0.002, 0.005, 0.02)},
    "dense-crf": {"WEIGHT": (1.0, 3.0, 6.0), "COLOUR": (12.0, 20.0)},
    "error-tolerant": {"RELIABILITY": (0.3, 1.0, 10.0), "TOLERANCE": (0.25, 0.5)},
}
GROUPS = ("voc_animals", "coco", "household")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--objects", type=int, default=30)
    parser.add_argument("--methods", default=",".join(TRIED))
    arguments = parser.parse_args()
    objects = PhotoDataset(arguments.data, "train", groups=GROUPS, minimum_area=300)
    chosen = [objects[i] for i in spread(len(objects), arguments.objects)]
    print(f"{len(chosen)} objects of {', '.join(GROUPS)}, train; mean IoU in percent, seeds and full prompt")
    for name in arguments.methods.split(","):
        constants = TRIED[name]
        module = import_module(f"iog.baselines.{METHODS[name].module}")
        for constant, values in constants.items():
            kept = getattr(module, constant)
            for value in values:
                setattr(module, constant, value)
                figures = []
                for prompt in METHODS[name].prompts:
                    masks = [
                        segment(name, s.image, RobotUser().clicks(s.mask), prompt=prompt).mask for s in chosen
                    ]
                    found = [iou(m, s.mask, s.void) for m, s in zip(masks, chosen, strict=True)]
                    figures.append(f"{100 * float(np.mean(found)):5.1f}")
                mark = "  *" if value == kept else ""
                print(f"{name:<16}{constant:<12}{value:<7g}{' '.join(figures)}{mark}", flush=True)
            setattr(module, constant, kept)


if __name__ == "__main__":
    main()
