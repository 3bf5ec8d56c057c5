"""A network without weights, and a whole run with it that another process can be told to do."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from iog.auto.outputs import OutputFormat, write_output
from iog.auto.plan import Item, Plan
from iog.auto.runner import Summary, run
from iog.auto.store import MaskStore
from iog.box_methods import BoxSegmenter
from iog.description import ModelInfo
from iog.engines import Features
from iog.places import Folder, Place
from iog.segmenter import Segmenter

PHOTOS = ("a/astronaut.jpg", "a/chelsea.jpg", "b/coffee.png", "rocket.jpg")
FORMATS: tuple[OutputFormat, ...] = ("coco", "yolo", "png")
SHARD = 8


class StubEngine:
    """Bright pixels of the box are the object, all the more near an inside click.

    Notes each box that it encodes as a byte of the file `log`, which survives the process.
    """

    def __init__(self, log: Path | None = None, seconds: float = 0.0) -> None:
        self.log, self.seconds = log, seconds
        self.info = ModelInfo(
            name="stub", size=32, margin=0.15, network={}, weights_sha256="0" * 64, trained={}
        )
        self.encoded: list[int] = []
        self.decoded: list[int] = []

    def encode(self, crops: np.ndarray) -> Features:
        self.encoded.append(len(crops))
        time.sleep(self.seconds * len(crops))
        if self.log is not None:
            handle = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(handle, b"." * len(crops))
            os.close(handle)
        return (crops.mean(axis=3, dtype=np.float32) / 255,)

    def decode(self, features: Features, click_maps: np.ndarray) -> np.ndarray:
        self.decoded.append(len(click_maps))
        (grey,) = features
        inside, outside = click_maps[:, 0], click_maps[:, 1]
        return np.clip((0.2 + grey + inside) * (1 - outside), 0, 1).astype(np.float32)


def items(count: int) -> list[Item]:
    """Boxes all over the photos of 96 x 64 pixels, in no order."""
    random = np.random.default_rng(3)
    found = []
    for number in range(count):
        x, y = random.integers(0, 60), random.integers(0, 30)
        width, height = random.integers(6, 30, 2)
        image = PHOTOS[int(random.integers(len(PHOTOS)))]
        category = ("cat", "dog", "")[number % 3]
        found.append(Item(image, category, (float(x), float(y), float(x + width), float(y + height))))
    return found


def work(
    photos: Path, out: Path | Place, count: int, log: Path | None = None, seconds: float = 0.0
) -> Summary:
    """A run in small shards, with its outputs."""
    boxes = BoxSegmenter(Segmenter(StubEngine(log, seconds)))

    def finish(store: MaskStore) -> None:
        for format_ in FORMATS:
            write_output(format_, store)

    plan = Plan.of(items(count), boxes, SHARD)
    place = Folder(out) if isinstance(out, Path) else out
    return run(boxes, plan, Folder(photos), place, workers=2, finish=finish)


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a run but its lock."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
