"""The accepted objects of a project as something to learn from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from iog.annotator.store import Store
from iog.clicks import Box
from iog.crop import resize
from iog.datasets import ObjectSample
from iog.errors import ImageError
from iog.images import read_image
from iog.patch import Patch
from iog.samples import samples
from iog.segmenter import Segmenter

MOST = 160
"""Objects to learn from, the newest ones, and as many of other labels: each takes about a megabyte."""
SIDE = 512
"""Longest side of the part of a photo that is kept around an object, in pixels; larger ones are shrunk."""
REACH = 0.5
"""What is kept around an object on each side, as a share of its longer side: room for a turned crop."""
LEAST_AREA = 16
"""Objects of fewer pixels teach nothing."""

LEARNED, REPLAYED = "learned", "replayed"
"""Groups of the objects: those to learn from, and those that keep the model from forgetting."""


@dataclass(frozen=True, slots=True)
class Example:
    """An accepted object, without its photo's pixels."""

    id: int
    photo: str
    """Path of its photo below the project's folder."""
    label: str
    mask: Patch

    def to_json(self) -> dict[str, Any]:
        """A dict for `json.dump`; `from_json` reads it back."""
        return {"id": self.id, "photo": self.photo, "label": self.label, "mask": self.mask.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Example:
        """The value that `to_json` described."""
        return cls(int(data["id"]), str(data["photo"]), str(data["label"]), Patch.from_json(data["mask"]))


def collect(store: Store, label: str) -> tuple[list[Example], list[Example]]:
    """The newest accepted objects with a label, and of all other labels; each in the order of acceptance."""
    own: list[Example] = []
    others: list[Example] = []
    for row in reversed(store.accepted()):
        chosen = own if row.label == label else others
        if len(chosen) < MOST and (mask := store.one(row.id).mask) is not None and mask.area >= LEAST_AREA:
            chosen.append(Example(row.id, row.path, row.label, mask))
    return own[::-1], others[::-1]


class CutObjects:
    """Objects with the part of their photos around them, all in memory.

    Parameters
    ----------
    cuts
        The objects.
    groups
        The group of each.
    """

    def __init__(self, cuts: Sequence[ObjectSample]) -> None:
        self._cuts = list(cuts)
        self.groups = [cut.group for cut in cuts]

    def __len__(self) -> int:
        return len(self._cuts)

    def __getitem__(self, index: int) -> ObjectSample:
        return self._cuts[index]


def cut_examples(folder: Path, examples: Sequence[Example], group: str) -> list[ObjectSample]:
    """The objects in their order, without those whose photo cannot be read or has another size now."""
    cuts: dict[int, ObjectSample] = {}
    for photo in dict.fromkeys(example.photo for example in examples):  # one photo in memory at a time
        try:
            pixels = read_image(folder / photo)
        except (ImageError, OSError):  # it went since; the page says so where a person opens it
            continue
        height, width = pixels.shape[:2]
        for example in examples:
            box = example.mask.box
            if example.photo == photo and box.x1 <= width and box.y1 <= height:
                cuts[example.id] = cut(pixels, example.mask, f"{photo}#{example.id}", group, example.label)
    return [cuts[example.id] for example in examples if example.id in cuts]


def cut(pixels: npt.NDArray[np.uint8], mask: Patch, name: str, group: str, category: str) -> ObjectSample:
    """An object of a photo (H, W, 3) RGB with what is around it, at most `SIDE` pixels a side."""
    height, width = pixels.shape[:2]
    box = mask.box
    reach = math.ceil(REACH * max(box.width, box.height)) + 2
    grown = Box(box.x0 - reach, box.y0 - reach, box.x1 + reach, box.y1 + reach)
    window = grown.intersection(Box(0, 0, width, height))
    image = pixels[window.y0 : window.y1, window.x0 : window.x1].copy()
    truth = mask.within(window)
    scale = SIDE / max(window.width, window.height)
    if scale < 1:
        size = max(1, round(window.width * scale)), max(1, round(window.height * scale))
        shrunk = resize(truth.astype(np.float32), *size) >= 0.5
        if shrunk.any():  # a hair's breadth may vanish
            image, truth = np.asarray(resize(image, *size), np.uint8), shrunk
    return ObjectSample(name, group, category, image, truth, np.zeros_like(truth))


def replay(segmenter: Segmenter) -> list[ObjectSample]:
    """Objects of the bundled photos with the masks that the model makes of them before it learns."""
    cuts = []
    for number, sample in enumerate(samples()):
        pixels = read_image(sample.photo)
        mask = segmenter.segment(pixels, sample.clicks).mask
        if mask.any():
            cuts.append(cut(pixels, Patch.of(mask), f"sample#{number}", REPLAYED, sample.object))
    return cuts
