"""The masks that README and model card show, on photos that anyone may see: python benchmarks/pictures.py

docs/images/demo.jpg has the sample photos with their stored clicks, docs/model/failures.jpg three objects on
which the model fails. The worst objects of a dataset: iog eval --data FOLDER --gallery FOLDER.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from iog import Clicks, Segmenter
from iog.images import read_image
from iog.overlay import draw_overlay
from iog.samples import FOLDER, samples

DOCS = Path(__file__).parents[1] / "docs"

FAILURES = (
    ("rocket.jpg", ((0, 0), (88, 426)), (55, 200)),  # the lattice is filled
    ("astronaut.png", ((229, 297), (277, 511)), (258, 400)),  # the jacket between the halves of a strap
    ("chelsea.png", ((0, 185), (120, 299)), (60, 240)),  # fur for whiskers
)

Picture = npt.NDArray[np.uint8]


def main() -> None:
    segmenter = Segmenter()
    shown = [drawn(segmenter, sample.photo, sample.clicks) for sample in samples()]
    save(DOCS / "images" / "demo.jpg", shown, height=320)
    failed = [
        around(drawn(segmenter, FOLDER / photo, Clicks.of(corners, inside)), corners)
        for photo, corners, inside in FAILURES
    ]
    save(DOCS / "model" / "failures.jpg", failed, height=300)


def drawn(segmenter: Segmenter, photo: Path, clicks: Clicks) -> Picture:
    """The photo with the mask of the clicks."""
    image = read_image(photo)
    return draw_overlay(image, segmenter.segment(image, clicks))


def around(picture: Picture, corners: tuple[tuple[int, int], tuple[int, int]]) -> Picture:
    """The part of a picture within two corners, and a margin."""
    (x0, y0), (x1, y1) = corners
    margin = max(12, (y1 - y0) // 10)
    return picture[max(0, y0 - margin) : y1 + margin, max(0, x0 - margin) : x1 + margin]


def save(path: Path, pictures: list[Picture], *, height: int) -> None:
    """Pictures side by side, at one height."""
    gap = np.full((height, 10, 3), 255, np.uint8)
    tiles: list[Picture] = []
    for picture in pictures:
        width = round(picture.shape[1] * height / picture.shape[0])
        tiles += [
            np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8),
            gap,
        ]
    cv2.imwrite(str(path), np.hstack(tiles[:-1])[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
