"""A folder of synthetic photos, and a model that needs no weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from iog.annotator.workbench import Workbench
from iog.description import ModelInfo
from iog.engines.base import Features

pytest.importorskip("fastapi", reason="the annotator needs the `annotate` extra")


class DiscEngine:
    """Says: the object is a disc in the middle of the box, plus what was added, minus what was removed."""

    info = ModelInfo(name="disc", size=64, margin=0.15, network={}, weights_sha256="", trained={})

    def encode(self, crops: npt.NDArray[np.uint8]) -> Features:
        return (crops[:, :1, :1].astype(np.float32),)

    def decode(self, features: Features, click_maps: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        y, x = np.mgrid[0:64, 0:64] - 31.5
        disc = 1 / (1 + np.exp((np.hypot(x, y) - 18) / 2))
        inside, add, remove = (click_maps[:, channel] for channel in (0, 2, 3))
        return np.clip(disc + inside + add - remove, 0, 1).astype(np.float32)


def write_photo(path: Path, width: int = 120, height: int = 80, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(90, 130, (height, width, 3), np.uint8)
    y, x = np.mgrid[0:height, 0:width]
    pixels[np.hypot((x - width / 2) / 1.4, y - height / 2) < height / 4] = (200, 60, 40)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for number in (1, 2, 10):
        write_photo(folder / f"photo {number}.png", seed=number)
    write_photo(folder / "sub" / "inner.jpg", 60, 90)
    return folder


@pytest.fixture
def bench(photos: Path, tmp_path: Path) -> Iterator[Workbench]:
    workbench = Workbench(photos, tmp_path / "project.iog", DiscEngine())
    yield workbench
    workbench.close()
