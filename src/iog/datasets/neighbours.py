"""Objects of one photo whose boxes overlap: a box alone hardly tells which of them is meant."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from iog.clicks import Box
from iog.datasets.base import ObjectDataset
from iog.masks import mask_box

BoolArray = npt.NDArray[np.bool_]

LEAST_OVERLAP = 0.3
"""Intersection over union of two boxes from which things are neighbours."""


@runtime_checkable
class KnowsPhotos(Protocol):
    """A dataset that knows which objects share a photo."""

    def same_photo(self, index: int) -> range:
        """The numbers of all objects of the photo of object `index`, itself among them."""
        ...


@runtime_checkable
class KnowsNeighbours(Protocol):
    """A dataset that has the masks of an object's neighbours at hand."""

    def beside(self, index: int) -> list[BoolArray]:
        """Masks of the neighbours of object `index`, each of the size of its photo."""
        ...


class Neighbours:
    """The neighbours of objects; what was looked up once is remembered.

    A dataset that does not know which objects share a photo has none.
    """

    def __init__(self, objects: ObjectDataset) -> None:
        self._objects = objects
        self._boxes: dict[int, Box | None] = {}

    def of(self, index: int) -> list[int]:
        """Numbers of the other objects of its photo whose boxes overlap that of object `index`."""
        if not isinstance(self._objects, KnowsPhotos) or (box := self._box(index)) is None:
            return []
        others = [i for i in self._objects.same_photo(index) if i != index]
        return [i for i in others if overlap(box, self._box(i)) > LEAST_OVERLAP]

    def masks(self, index: int) -> list[BoolArray]:
        """Their masks, each of the size of the photo of object `index`."""
        if isinstance(self._objects, KnowsNeighbours):
            return self._objects.beside(index)
        return [self._objects[i].mask for i in self.of(index)]

    def _box(self, index: int) -> Box | None:
        if index not in self._boxes:
            self._boxes[index] = mask_box(self._objects[index].mask)
        return self._boxes[index]


def overlap(box: Box, other: Box | None) -> float:
    """Intersection over union of two boxes, 0..1; 0 with none."""
    if other is None:
        return 0.0
    both = box.intersection(other)
    shared = max(0, both.width) * max(0, both.height)
    return shared / (box.width * box.height + other.width * other.height - shared)
