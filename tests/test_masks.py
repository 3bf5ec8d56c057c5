import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco

from iog import Box
from iog.evaluation.metrics import iou
from iog.masks import (
    decode_rle,
    encode_rle,
    encode_rle_within,
    fill,
    fill_holes,
    keep_largest,
    mask_box,
    polygons,
)

masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))


@given(masks)
def test_rle_round_trip(mask: np.ndarray) -> None:
    rle = encode_rle(mask)
    assert rle["size"] == list(mask.shape)
    np.testing.assert_array_equal(decode_rle(rle), mask)


def test_rle_is_column_by_column_background_first() -> None:
    """A golden vector: 4 x 6, ones at rows 1 to 2, columns 2 to 4, but for (1, 2)."""
    mask = np.zeros((4, 6), bool)
    mask[1:3, 2:5] = True
    mask[1, 2] = False
    uncompressed = {"size": [4, 6], "counts": [10, 1, 2, 2, 2, 2, 5]}
    assert encode_rle(mask)["counts"] == coco.frPyObjects(uncompressed, 4, 6)["counts"].decode()


@pytest.mark.parametrize("size", [[4, 5], [40, 60], [1, 1]])
def test_runs_that_do_not_fit_are_refused(size: list[int]) -> None:
    rle = encode_rle(np.ones((4, 6), bool))
    with pytest.raises(ValueError, match="do not cover"):
        decode_rle({**rle, "size": size})


def _drawn(parts: list, shape: tuple[int, int]) -> np.ndarray:
    """Rasterise by pixel centres, which an outline along pixel edges never touches."""
    canvas = np.zeros((4 * shape[0], 4 * shape[1]), np.uint8)
    for part in parts:
        rings = [(4 * np.array(r)).astype(np.int32) for r in (part["outer"], *part["holes"])]
        cv2.fillPoly(canvas, rings, 1)
    return canvas[2::4, 2::4].astype(bool)


@given(st.integers(0, 2**32 - 1))
def test_outlines_follow_the_edges_of_pixels(seed: int) -> None:
    random = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(random.random((60, 80)), (0, 0), 4)
    mask = noise > np.median(noise)
    assert iou(_drawn(polygons(mask), mask.shape), mask) > 0.97


def test_a_pixel_is_a_square_and_a_ring_has_a_hole() -> None:
    mask = np.zeros((9, 9), bool)
    mask[2, 3] = True
    (part,) = polygons(mask)
    assert sorted(part["outer"]) == [[3, 2], [3, 3], [4, 2], [4, 3]]
    ring = np.ones((9, 9), bool)
    ring[3:6, 3:6] = False
    (part,) = polygons(ring)
    assert sorted(part["outer"]) == [[0, 0], [0, 9], [9, 0], [9, 9]]
    assert len(part["holes"]) == 1
    assert polygons(np.zeros((5, 5), bool)) == []


def test_tolerance_saves_points() -> None:
    y, x = np.mgrid[:200, :200]
    disc = (x - 100) ** 2 + (y - 100) ** 2 < 80**2
    exact, coarse = polygons(disc)[0]["outer"], polygons(disc, 1.0)[0]["outer"]
    assert len(coarse) < len(exact) / 4
    assert iou(_drawn(polygons(disc, 1.0), disc.shape), disc) > 0.98


def test_components_and_holes() -> None:
    mask = np.zeros((20, 20), bool)
    mask[2:10, 2:10] = True
    mask[4:6, 4:6] = False
    mask[15:17, 15:17] = True
    largest = keep_largest(mask)
    assert largest[:12, :12].sum() == 60
    assert not largest[14:].any()
    assert fill_holes(mask).sum() == 64 + 4
    assert mask_box(mask) == Box(2, 2, 17, 17)
    assert mask_box(np.zeros((3, 3), bool)) is None
    assert not keep_largest(np.zeros((3, 3), bool)).any()


@given(hnp.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_filling_is_the_inverse_of_tracing(mask: np.ndarray) -> None:
    height, width = mask.shape
    filled = np.zeros_like(mask)
    for part in polygons(mask):
        for ring in (part["outer"], *part["holes"]):
            filled ^= fill([ring], width, height)
    np.testing.assert_array_equal(filled, mask)


def test_rings_add_up_and_are_cut_off_at_the_border() -> None:
    both = fill([[[-5, -5], [2, -5], [2, 2], [-5, 2]], [[1, 1], [3, 1], [3, 3], [1, 3]]], 4, 4)
    assert both.astype(int).tolist() == [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    assert not fill([[], [[1, 1], [3, 3]]], 5, 4).any()  # less than a triangle


@pytest.mark.parametrize("x", [float("nan"), float("inf"), 1e9])
def test_rings_from_beyond_are_refused(x: float) -> None:
    with pytest.raises(ValueError, match="not numbers within reach"):
        fill([[[1, 1], [x, 1], [3, 3]]], 5, 4)


@pytest.mark.parametrize("seed", range(40))
def test_run_lengths_of_a_window_are_those_of_the_whole(seed: int) -> None:
    dice = np.random.default_rng(seed)
    width, height = dice.integers(1, 9, 2).tolist()
    full = np.zeros((height, width), bool)
    x, y = int(dice.integers(width)), int(dice.integers(height))
    window = dice.random((int(dice.integers(0, height - y + 1)), int(dice.integers(0, width - x + 1)))) < 0.7
    full[y : y + window.shape[0], x : x + window.shape[1]] = window
    assert encode_rle_within(window, x, y, width, height) == encode_rle(full)
    whole = np.ones((height, width), bool)
    assert encode_rle_within(whole, 0, 0, width, height) == encode_rle(whole)
