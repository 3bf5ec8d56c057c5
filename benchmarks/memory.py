"""Megabytes that a large photo takes, now and before: python -m benchmarks.memory [--megapixels 60]

A process for each: it loads the model, reads a JPEG, opens an object that fills most of the photo, clicks
and makes its mask. Printed is the resident size after each step and the most until then (on Linux).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import numpy as np
from benchmarks.speed import extract_before
from PIL import Image

from iog import jpeg
from iog.clicks import Clicks
from iog.crop import Crop
from iog.evaluation.tables import markdown
from iog.images import read_image
from iog.samples import samples
from iog.segmenter import Segmenter

STEPS = ("the model", "the photo", "the object open and clicked", "its mask")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megapixels", type=float, default=60)
    parser.add_argument("--child", nargs=2, metavar=("WAY", "PHOTO"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        work(*arguments.child)
        return
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder, "photo.jpg")
        sample = Image.fromarray(read_image(samples()[1][0]))
        factor = (1e6 * arguments.megapixels / (sample.width * sample.height)) ** 0.5
        sample.resize((round(sample.width * factor), round(sample.height * factor))).save(photo, quality=90)
        for way in ("before", "now"):
            command = [sys.executable, "-m", "benchmarks.memory", "--child", way, str(photo)]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            figures[way] = [line.split() for line in printed.splitlines()]
    rows = [
        [step, *(figure for way in ("before", "now") for figure in figures[way][number])]
        for number, step in enumerate(STEPS)
    ]
    header = ["MB with", "before: resident", "before: most", "now: resident", "now: most"]
    print(markdown(header, rows))


def work(way: str, photo: str) -> None:
    """All steps in this process."""
    with ExitStack() as changes:
        if way == "before":
            changes.enter_context(patch.object(jpeg, "decoded", lambda *_: None))
            changes.enter_context(patch.object(Crop, "extract", extract_before))
        segmenter = Segmenter()
        report()
        image = read_image(photo)
        report()
        height, width = image.shape[:2]
        corners = (int(0.2 * width), int(0.1 * height)), (int(0.9 * width), int(0.95 * height))
        session = segmenter.session(image, corners)
        prediction = session.change(Clicks.of(corners, Clicks.of(corners).box.centre))
        report()
        if way == "before":
            box, probability = prediction.visible
            mask = np.zeros((height, width), np.bool_)
            mask[box.y0 : box.y1, box.x0 : box.x1] = probability >= prediction.prompting.threshold
        else:
            _ = prediction.patch
        report()


def report() -> None:
    """Resident megabytes now, and the most so far."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(*(f"{int(status[name].split()[0]) * 1024 / 1e6:.0f}" for name in ("VmRSS", "VmHWM")), flush=True)


if __name__ == "__main__":
    main()
