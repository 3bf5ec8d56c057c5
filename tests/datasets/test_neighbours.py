import numpy as np

from iog.clicks import Box
from iog.datasets import ObjectSample
from iog.datasets.neighbours import Neighbours, overlap


class Things:
    """Two squares that overlap and one far away in a photo, in another one at the first one's place."""

    groups = ["x"] * 4

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> ObjectSample:
        mask = np.zeros((40, 40), bool)
        x = (0, 4, 25, 0)[index]
        mask[:12, x : x + 12] = True
        return ObjectSample(str(index), "x", "", np.zeros((40, 40, 3), np.uint8), mask, np.zeros_like(mask))

    def same_photo(self, index: int) -> range:
        return range(3) if index < 3 else range(3, 4)


def test_neighbours_share_a_photo_and_overlap() -> None:
    neighbours = Neighbours(Things())
    assert [neighbours.of(i) for i in range(4)] == [[1], [0], [], []]


def test_a_set_that_knows_no_photos_has_no_neighbours() -> None:
    class Unrelated:
        groups = Things.groups
        __len__ = Things.__len__
        __getitem__ = Things.__getitem__

    assert Neighbours(Unrelated()).of(0) == []


def test_overlap_of_boxes() -> None:
    assert overlap(Box(0, 0, 12, 12), Box(4, 0, 16, 12)) == 0.5
    assert overlap(Box(0, 0, 12, 12), Box(20, 20, 30, 30)) == 0
    assert overlap(Box(0, 0, 12, 12), None) == 0
