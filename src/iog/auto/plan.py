"""What a run will do, fixed before it starts: which boxes, in which shards, with which settings.

The plan's hash covers all that a mask depends on. Records and manifests carry it, and an output folder
belongs to one hash, so that no two runs can mix.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from iog import __version__
from iog.box_methods import BoxSegmenter, Method
from iog.clicks import Box
from iog.datasets.boxes import pixels_of
from iog.segmenter import BATCH, Segmenter

FORMAT = "iog-auto-2"
"""Version of the records."""

SHARD_SIZE = 1000
"""Boxes in a shard: half a minute's work on a laptop, which is what a crash can cost."""

GROUP = 32
"""At most so many boxes of a photo are cut from it at a time: more crops would only fill memory."""


class Item(NamedTuple):
    """A box as its file has it; its photo has not been looked at."""

    image: str
    """Path of the photo below the folder of photos, with slashes; absolute if it lies elsewhere."""
    category: str
    """Class as the file words it; empty if it has none."""
    edges: tuple[float, float, float, float]
    """x0, y0, x1, y1, continuous."""
    relative: bool = False
    """Whether edges are shares of width and height, else pixels."""
    stated: tuple[int, int] | None = None
    """(width, height) of the photo as the file states them."""

    def box(self, width: int, height: int) -> Box:
        """The whole pixels it touches in a photo of this size; ValueError if it is impossible."""
        if self.stated is not None and self.stated != (width, height):
            stored = " as stored, before its EXIF turns it" if self.stated == (height, width) else ""
            raise ValueError(
                f"the photo is {width} x {height} pixels, the labels are for "
                f"{self.stated[0]} x {self.stated[1]}{stored}"
            )
        x0, y0, x1, y1 = self.edges
        if self.relative:
            x0, y0, x1, y1 = x0 * width, y0 * height, x1 * width, y1 * height
        return pixels_of(x0, y0, x1, y1, (width, height))


class Share(NamedTuple):
    """The boxes of one shard: all that the worker needs who makes it."""

    shard: int
    first: int
    """Number of its first box in the plan."""
    items: Sequence[Item]
    instances: Sequence[int]
    """Number of each box within its photo, from 1."""
    batch: int
    """Boxes in one run of the network."""

    def groups(self) -> Iterator[Group]:
        """Neighbours on one photo, in order, at most `GROUP` of them at a time."""
        places = range(len(self.items))
        for image, same in groupby(places, lambda place: self.items[place].image):
            neighbours = list(same)
            for start in range(neighbours[0], neighbours[-1] + 1, GROUP):
                yield Group(self, image, range(start, min(start + GROUP, neighbours[-1] + 1)))


class Group(NamedTuple):
    """Boxes of one photo within one shard, neighbours in the plan."""

    share: Share
    image: str
    places: range
    """Where the boxes stand in the share."""


@dataclass(frozen=True)
class Plan:
    """Boxes and settings.

    Parameters
    ----------
    items
        Photo by photo (see `by_photo`). A box's number is its place here.
    method
        See `iog.box_methods`.
    model
        Name of the model.
    making
        What else a mask depends on, as plain data: weights, engine, calibration.
    shard_size
        Boxes in a shard; the last one may have fewer.
    batch
        Boxes in one run of the network.
    """

    items: Sequence[Item]
    method: Method
    model: str
    making: Mapping[str, Any]
    shard_size: int = SHARD_SIZE
    batch: int = BATCH

    @classmethod
    def of(
        cls, items: Iterable[Item], boxes: BoxSegmenter, shard_size: int = SHARD_SIZE, batch: int = BATCH
    ) -> Plan:
        """The plan for items in any order."""
        making = {"engine": boxes.segmenter.engine_name, **networks(boxes)}
        return cls(by_photo(items), boxes.method, boxes.segmenter.model, making, shard_size, batch)

    @cached_property
    def input_sha256(self) -> str:
        """Hash of the boxes in their order."""
        digest = hashlib.sha256()
        for item in self.items:
            digest.update(json.dumps(item, ensure_ascii=False).encode() + b"\n")
        return digest.hexdigest()

    @cached_property
    def settings(self) -> dict[str, Any]:
        """All that a mask depends on, and how the work is cut, as plain data."""
        return {
            "format": FORMAT,
            "iog": __version__,
            "method": self.method,
            "model": self.model,
            **self.making,
            "shard_size": self.shard_size,
            "batch": self.batch,
            "boxes": len(self.items),
            "input_sha256": self.input_sha256,
        }

    @cached_property
    def config(self) -> str:
        """Hash of the settings, 16 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def shards(self) -> int:
        return -(-len(self.items) // self.shard_size)

    def boxes(self, shard: int) -> range:
        """Numbers of the boxes in a shard."""
        start = shard * self.shard_size
        return range(start, min(start + self.shard_size, len(self.items)))

    def share(self, shard: int) -> Share:
        """What is to be done for a shard."""
        boxes = self.boxes(shard)
        mine = slice(boxes.start, boxes.stop)
        return Share(shard, boxes.start, self.items[mine], self._instances[mine], self.batch)

    @cached_property
    def _instances(self) -> Sequence[int]:
        return [
            number
            for _, same in groupby(self.items, lambda item: item.image)
            for number, _ in enumerate(same, 1)
        ]


def networks(boxes: BoxSegmenter) -> dict[str, Any]:
    """What a mask depends on of the networks that make it: weights and calibration."""
    found = _hashes(boxes.segmenter, "")
    if boxes.first is not None:
        found |= {"first_model": boxes.first.model, **_hashes(boxes.first, "first_")}
    return found


def _hashes(segmenter: Segmenter, prefix: str) -> dict[str, Any]:
    calibration = segmenter.calibration
    return {
        f"{prefix}weights_sha256": segmenter.engine.info.weights_sha256,
        f"{prefix}calibration": None if calibration is None else calibration.sha256,
    }


def by_photo(items: Iterable[Item]) -> list[Item]:
    """Items of one photo side by side; photos in the order of their first item, items in their own order."""
    photos: dict[str, list[Item]] = {}
    for item in items:
        photos.setdefault(item.image, []).append(item)
    return [item for same in photos.values() for item in same]
