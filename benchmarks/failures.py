"""Where the model fails, on photos that anyone may see: python benchmarks/failures.py [--out PICTURE]

Three clicks each on sample photos; the model card shows the picture. The same for a data set:
iog eval --data FOLDER --gallery FOLDER.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from iog import Clicks, Segmenter, samples
from iog.images import read_image
from iog.overlay import draw_overlay

SHOWN = (
    ("rocket.jpg", ((0, 0), (88, 426)), (55, 200)),  # the lattice is filled
    ("astronaut.png", ((229, 297), (277, 511)), (258, 400)),  # half of a strap, and a patch beside it
    ("chelsea.png", ((0, 185), (120, 299)), (60, 240)),  # fur for whiskers
)
HEIGHT = 300


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("docs/model/failures.jpg"))
    arguments = parser.parse_args()
    segmenter = Segmenter()
    gap = np.full((HEIGHT, 8, 3), 255, np.uint8)
    tiles = []
    for photo, corners, inside in SHOWN:
        image = read_image(Path(samples.__file__).parent / photo)
        seen = draw_overlay(image, segmenter.segment(image, Clicks.of(corners, inside)))
        (x0, y0), (x1, y1) = corners
        margin = max(12, (y1 - y0) // 10)
        part = seen[max(0, y0 - margin) : y1 + margin, max(0, x0 - margin) : x1 + margin]
        width = round(part.shape[1] * HEIGHT / part.shape[0])
        tiles += [cv2.resize(part, (width, HEIGHT), interpolation=cv2.INTER_AREA), gap]
    picture = np.hstack(tiles[:-1])[..., ::-1]
    cv2.imwrite(str(arguments.out), picture, [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
