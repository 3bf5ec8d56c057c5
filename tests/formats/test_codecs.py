"""Run lengths of other tools, against vectors that their own packages made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from iog import masks
from iog.formats import cvat, label_studio, yolo

MASK = np.zeros((4, 6), bool)
MASK[1:3, 2:5] = True
MASK[1, 2] = False


def test_golden_vectors() -> None:
    assert cvat.encode_rle(MASK[1:3, 2:5]) == [1, 5]
    ls = [0, 0, 0, 96, 57, 27, 254, 35, 0, 159, 254, 216, 5, 191, 252, 54, 0]
    assert label_studio.encode_rle(MASK) == ls
    assert np.array_equal(label_studio.decode_rle(ls, (6, 4)), MASK)
    assert np.array_equal(cvat.decode_rle([1, 5], 3, 2), MASK[1:3, 2:5])
    assert masks.encode_rle(MASK)["size"] == [4, 6]


@given(hnp.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_any_mask_comes_back(mask: np.ndarray) -> None:
    height, width = mask.shape
    assert np.array_equal(cvat.decode_rle(cvat.encode_rle(mask), width, height), mask)
    assert np.array_equal(label_studio.decode_rle(label_studio.encode_rle(mask), (width, height)), mask)


def test_long_runs_are_split() -> None:
    mask = np.ones((300, 200), bool)
    assert np.array_equal(label_studio.decode_rle(label_studio.encode_rle(mask), (200, 300)), mask)


def test_values_that_do_not_repeat_are_read() -> None:
    # One pixel as a plain sequence of four values, as other writers make it.
    bits = f"{4:032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}0{0:02b}{3:03b}" + f"{255:08b}" * 4
    content = [int(bits.ljust(-(-len(bits) // 8) * 8, "0")[i : i + 8], 2) for i in range(0, len(bits), 8)]
    assert label_studio.decode_rle(content, (1, 1)).all()


@pytest.mark.parametrize("content", [[], [0, 0, 0, 96], [0, 0, 0, 1, 57, 27, 254], [255] * 40])
def test_broken_brushes_are_refused(content: list[int]) -> None:
    with pytest.raises(ValueError, match="run lengths"):
        label_studio.decode_rle(content, (6, 4))


@pytest.mark.parametrize("runs", [[], [5], [-1, 7], [3, 4]])
def test_broken_runs_are_refused(runs: list[int]) -> None:
    with pytest.raises(ValueError, match="run lengths"):
        cvat.decode_rle(runs, 3, 2)


def test_parts_and_holes_become_one_ring() -> None:
    mask = np.zeros((80, 120), bool)
    mask[5:60, 5:60] = True
    mask[20:40, 20:45] = False
    mask[50:75, 80:110] = True
    mask[2:8, 100:104] = True
    rings = [ring for part in masks.polygons(mask, 0) for ring in (part["outer"], *part["holes"])]
    assert len(rings) == 4
    joined = yolo.bridged(rings)
    assert np.array_equal(masks.rasterize([joined], 120, 80), mask)
    assert len(joined) == sum(map(len, rings)) + 2 * 3, "a bridge costs two points"
