"""A model whose answers can be told by hand, and objects for it whose crop needs no resampling."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from iog.datasets import ObjectSample
from iog.description import ModelInfo
from iog.engines import Features
from iog.segmenter import Segmenter


class RedEngine:
    """Whatever is red is the object; a correction sets the `reach` x `reach` pixels around it.

    A box of 32 x 32 pixels has a crop of 64 x 64: pixels of the image are pixels of the crop.
    """

    info = ModelInfo(name="red", size=64, margin=0.5, network={}, weights_sha256="0" * 64, trained={})

    def __init__(self, reach: int = 15) -> None:
        self.reach = reach

    def encode(self, crops: np.ndarray) -> Features:
        return ((crops[..., 0] > 200).astype(np.float32),)

    def decode(self, features: Features, click_maps: np.ndarray) -> np.ndarray:
        answers = features[0].copy()
        for answer, maps in zip(answers, click_maps, strict=True):
            for channel, value in ((2, 1), (3, 0)):
                around = np.ones((self.reach, self.reach), np.uint8)
                square = cv2.dilate((maps[channel] > 0.5).astype(np.uint8), around)
                answer[square > 0] = value
        return answers


@pytest.fixture(scope="session")
def red() -> Segmenter:
    return Segmenter(RedEngine())


class Objects:
    """Samples in a list."""

    def __init__(self, samples: Sequence[ObjectSample]) -> None:
        self.samples = samples
        self.groups = [sample.group for sample in samples]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> ObjectSample:
        return self.samples[index]


WIDTH, HEIGHT = 120, 100


def square(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    """Half-open."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y0:y1, x0:x1] = True
    return mask


OBJECT = square(40, 30, 72, 62)
LEFT = square(40, 30, 56, 62)
NOTHING = np.zeros_like(OBJECT)


def made(name: str, seen: np.ndarray, void: np.ndarray = NOTHING) -> ObjectSample:
    """`OBJECT`, of which the model sees `seen`."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[..., 1:] = np.random.default_rng(len(name)).integers(0, 255, (HEIGHT, WIDTH, 2))
    image[seen, 0] = 255
    return ObjectSample(f"{name}.png#1", "squares", name, image, OBJECT, void)


@pytest.fixture
def objects() -> Objects:
    return Objects(
        [
            made("exact", OBJECT),
            made("half", LEFT),
            made("surplus", OBJECT | square(72, 40, 81, 49)),
            made("nothing", NOTHING),
            made("void half", LEFT, void=square(56, 0, WIDTH, HEIGHT)),
        ]
    )
