import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from iog.datasets.rasters import decode_segmentation, fill, unpack_runs
from iog.masks import encode_rle, polygons
from tests.datasets.layouts import FIRST, HEIGHT, WIDTH, run_lengths

masks = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@given(masks)
def test_run_lengths_of_both_kinds_decode_to_the_mask(mask: np.ndarray) -> None:
    height, width = mask.shape
    runs = {"size": [height, width], "counts": run_lengths(mask)}
    np.testing.assert_array_equal(decode_segmentation(runs, width, height), mask)
    np.testing.assert_array_equal(decode_segmentation(encode_rle(mask), width, height), mask)


@given(masks)
def test_filling_is_the_inverse_of_tracing(mask: np.ndarray) -> None:
    height, width = mask.shape
    filled = np.zeros_like(mask)
    for part in polygons(mask):
        for ring in (part["outer"], *part["holes"]):
            filled ^= fill([np.ravel(ring).tolist()], width, height)
    np.testing.assert_array_equal(filled, mask)


def test_outlines_add_up_and_are_cut_off_at_the_border() -> None:
    both = fill([[-5, -5, 2, -5, 2, 2, -5, 2], [1, 1, 3, 1, 3, 3, 1, 3]], 4, 4)
    assert both.astype(int).tolist() == [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("outlines", [[], [[]], [[1, 1, 3, 3]]])
def test_less_than_a_triangle_covers_nothing(outlines: list[list[float]]) -> None:
    """In particular four numbers are no [x, y, width, height]."""
    assert not fill(outlines, 5, 4).any()
    assert fill(outlines, 5, 4).shape == (4, 5)


@pytest.mark.parametrize(
    "segmentation",
    [
        [[1, 1, 3, 1, 3]],
        [[1, 1, 3, float("nan"), 3, 3]],
        [[1, 1, 1e9, 1, 3, 3]],
        [["a", 1, 3, 1, 3, 3]],
        {"size": [HEIGHT, WIDTH + 1], "counts": run_lengths(FIRST)},
        {"size": [HEIGHT, WIDTH], "counts": [1, 2, 3]},
        {"size": [HEIGHT, WIDTH], "counts": [700, -100]},
        {"size": [HEIGHT, WIDTH], "counts": [2**63, 2**63, 600]},
        {"size": [HEIGHT, WIDTH], "counts": [599.5, 0.5]},
        {"size": [HEIGHT, WIDTH], "counts": "0"},
        {"size": [HEIGHT, WIDTH], "counts": "é"},
        {"size": [HEIGHT, WIDTH]},
        "polygon",
        7,
    ],
)
def test_anything_else_is_refused(segmentation: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode_segmentation(segmentation, WIDTH, HEIGHT)


def test_no_runs_fill_no_picture() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        unpack_runs([], 2, 2)
