"""What the readers of this package share: a list of objects, each with its photo and its mask's source."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from iog.datasets.base import ObjectDataset, ObjectSample
from iog.datasets.reading import read_labels, read_photo

BoolArray = npt.NDArray[np.bool_]
LabelArray = npt.NDArray[np.int64]
Source = TypeVar("Source")


@dataclass(frozen=True, slots=True)
class Entry(Generic[Source]):
    """One object, not yet read."""

    name: str
    """PHOTO#OBJECT."""
    group: str
    category: str
    image: Path
    source: Source
    """What the reader needs to make the mask."""


class ListedObjects(ABC, Generic[Source]):
    """Objects by number; a reader lists them and says how to make the masks of one.

    Parameters
    ----------
    entries
        The objects, neighbours on one photo together.
    cached_photos
        How many decoded photos to keep in memory.
    """

    def __init__(self, entries: Sequence[Entry[Source]], cached_photos: int = 2) -> None:
        self.entries = list(entries)
        self.groups = [entry.group for entry in self.entries]
        self._photo = lru_cache(cached_photos)(read_photo)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> ObjectSample:
        entry = self.entries[index]
        mask, void = self._masks(entry.source)
        return ObjectSample(
            name=entry.name,
            group=entry.group,
            category=self._category(entry, mask),
            image=self._photo(entry.image, mask.shape),
            mask=mask,
            void=np.zeros_like(mask) if void is None else void & ~mask,
        )

    @abstractmethod
    def _masks(self, source: Source) -> tuple[BoolArray, BoolArray | None]:
        """Object and void, (H, W) each; None where the set knows no void."""

    def _category(self, entry: Entry[Source], mask: BoolArray) -> str:
        return entry.category


class ListedLabel(NamedTuple):
    """A file with a picture of numbers, and the number of one object in it."""

    path: Path
    id: int


class LabelledObjects(ListedObjects[ListedLabel]):
    """Objects of which each photo has a picture of numbers.

    Parameters
    ----------
    entries, cached_photos
        As for `ListedObjects`.
    void
        Numbers of unknown pixels.
    """

    def __init__(
        self, entries: Sequence[Entry[ListedLabel]], void: Collection[int] = (), cached_photos: int = 2
    ) -> None:
        super().__init__(entries, cached_photos)
        self._void = list(void)
        self._labels = lru_cache(cached_photos)(self.read)

    @staticmethod
    def read(path: Path) -> LabelArray:
        """The numbers, (H, W); readers override it for files that are no pictures."""
        return read_labels(path)

    def _masks(self, source: ListedLabel) -> tuple[BoolArray, BoolArray | None]:
        labels = self._labels(source.path)
        return labels == source.id, np.isin(labels, self._void) if self._void else None


def spread(length: int, count: int | None) -> list[int]:
    """`count` numbers from 0 to `length` - 1, evenly spread; all for None, or where there are fewer."""
    count = length if count is None else min(count, length)
    return [int(number) for number in np.linspace(0, length - 1, count)]


class ChosenObjects:
    """Some objects of a dataset, in the order of `indices`."""

    def __init__(self, objects: ObjectDataset, indices: Sequence[int]) -> None:
        self.objects = objects
        self.indices = list(indices)
        self.groups = [objects.groups[index] for index in self.indices]

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> ObjectSample:
        return self.objects[self.indices[index]]


class JoinedObjects:
    """Several datasets as one, in their order."""

    def __init__(self, parts: Sequence[ObjectDataset]) -> None:
        self.parts = list(parts)
        self.groups = [group for part in self.parts for group in part.groups]

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, index: int) -> ObjectSample:
        if index < 0:
            index += len(self)
        for part in self.parts:
            if 0 <= index < len(part):
                return part[index]
            index -= len(part)
        raise IndexError("no such object")
