from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from iog.annotator.work import BrushStroke, Reshape, Work
from iog.clicks import Box, Clicks
from iog.errors import DataError
from iog.masks import polygons, rasterize, winding
from iog.patch import Patch, mask_runs

masks = hnp.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@given(masks)
def test_a_patch_holds_the_whole_mask(mask: np.ndarray) -> None:
    patch = Patch.of(mask)
    height, width = mask.shape
    assert np.array_equal(patch.full(width, height), mask)
    assert patch.area == mask.sum()
    assert Patch.from_json(patch.to_json()) == patch


@given(masks)
def test_rasterize_is_the_inverse_of_polygons(mask: np.ndarray) -> None:
    height, width = mask.shape
    rings = [ring for part in polygons(mask) for ring in (part["outer"], *part["holes"])]
    assert np.array_equal(rasterize(rings, width, height), mask)


def test_rasterize_takes_pixels_whose_centre_is_inside() -> None:
    ring = [[0.6, 0.4], [3.6, 0.4], [3.6, 2.0], [0.6, 2.0]]
    expected = np.zeros((3, 5), bool)
    expected[0:2, 1:4] = True
    assert np.array_equal(rasterize([ring], 5, 3), expected)
    assert rasterize([[[-5.0, -5.0], [9.0, -5.0], [9.0, 9.0], [-5.0, 9.0]]], 5, 3).all()


def test_painting_adds_and_erases_discs_around_the_path() -> None:
    patch = Patch.empty().painted([(10.5, 10.5), (20.5, 10.5)], 3, True, 40, 30)
    full = patch.full(40, 30)
    assert full[10, 10:21].all()
    assert full[10, 7] and not full[10, 5] and not full[15, 15]
    assert full[8:13, 15].all()
    erased = patch.painted([(15.5, 10.5)], 2, False, 40, 30).full(40, 30)
    assert not erased[10, 15] and erased[10, 10]


def test_painting_outside_the_photo_changes_nothing() -> None:
    patch = Patch.of(np.ones((4, 4), bool))
    assert patch.painted([(500.0, 500.0)], 5, True, 4, 4) == patch


def test_without_removes_shared_pixels_only() -> None:
    whole = Patch.of(np.ones((6, 6), bool))
    corner = Patch.of(np.ones((2, 2), bool), 4, 4)
    rest = whole.without(corner)
    assert rest.area == 32
    assert corner.without(Patch.of(np.ones((2, 2), bool), 20, 20)) == corner


def test_mask_runs_cover_a_mask_that_is_shrunk_for_the_screen() -> None:
    mask = np.zeros((300, 200), bool)
    mask[:150, 100:] = True
    size, runs = mask_runs(mask, 100)
    assert size == (67, 100) and sum(runs) == 6700
    shown = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(100, 67)
    assert shown[:50, 34:].all() and not shown[50:].any() and not shown[:, :33].any()


@given(masks)
def test_mask_runs_are_the_mask_where_it_fits(mask: np.ndarray) -> None:
    (width, height), runs = mask_runs(mask, 12)
    assert (height, width) == mask.shape and min(runs[1:], default=1) > 0
    assert np.array_equal(np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(mask.shape), mask)


def test_a_damaged_mask_is_named() -> None:
    with pytest.raises(DataError, match="does not match its box"):
        Patch.from_json({**Patch.of(np.ones((3, 3), bool)).to_json(), "box": [0, 0, 2, 2]})


def test_work_survives_json() -> None:
    work = Work(
        Clicks.of(((1, 2), (30, 40)), (10, 10), [(3, 4, True)]),
        (BrushStroke(((1.5, 2.5), (3.0, 4.0)), 2.5, False),),
        largest=True,
        imported=Patch(Box(0, 0, 2, 1), np.ones((1, 2), bool)),
    )
    assert Work.from_json(work.to_json()) == work


def test_work_is_tidied_then_painted_then_cut() -> None:
    mask = np.zeros((20, 20), bool)
    mask[2:8, 2:8] = True
    mask[4, 4] = False
    mask[15, 15] = True
    accepted = Patch.of(np.ones((20, 3), bool))
    work = Work(
        imported=Patch.of(mask), largest=True, fill=True, strokes=(BrushStroke(((15.5, 3.5),), 1.5, True),)
    )
    result = work.compose(None, [accepted], 20, 20).full(20, 20)
    assert result[4, 4] and not result[15, 15] and result[3, 15]
    assert not result[:, :3].any() and result[4, 3]


# ---- moved outline points


def _rings(mask: np.ndarray, tolerance: float) -> list[list[list[float]]]:
    return [ring for part in polygons(mask, tolerance) for ring in (part["outer"], *part["holes"])]


@given(masks)
def test_windings_of_an_outline_add_up_to_its_mask(mask: np.ndarray) -> None:
    assert np.array_equal(winding(_rings(mask, 0), *mask.shape[::-1]), mask)


def _blob() -> np.ndarray:
    y, x = np.mgrid[0:40, 0:50] + 0.5
    ripple = 1.5 * np.sin(7 * np.arctan2(y - 20, x - 25))
    mask = np.hypot((x - 25) / 1.4, y - 20) < 12 + ripple
    return mask & ~(np.hypot(x - 22, y - 19) < 4)


@given(
    which=st.integers(0, 10**6),
    move=st.tuples(st.floats(-9, 9), st.floats(-9, 9)),
    insert=st.booleans(),
)
def test_a_moved_point_gives_the_mask_of_the_moved_polygon(
    which: int, move: tuple[float, float], insert: bool
) -> None:
    rings = _rings(_blob(), 1)
    mask = rasterize(rings, 50, 40)
    ring = rings[which % len(rings)]
    index = which // len(rings) % len(ring)
    before = [ring[index - 1], ring[index]]
    if not insert:
        before.append(ring[(index + 1) % len(ring)])
    x, y = ring[index]
    new = [x + move[0], y + move[1]]
    after = [before[0], new, before[-1]]
    changed = [*ring[:index], new, *ring[index + (0 if insert else 1) :]]
    expected = winding([changed if r is ring else r for r in rings], 50, 40)
    found = Patch.of(mask).reshaped(before, after, 0, 50, 40).full(50, 40)
    # Where the new outline crosses itself it goes around a pixel twice, or the wrong way round.
    plain = (expected == 0) | (expected == 1)
    assert np.array_equal(found[plain], expected[plain] == 1)


@pytest.mark.parametrize("tolerance", [1, 2, 4])
@pytest.mark.parametrize("outward", [True, False])
def test_a_coarse_outline_changes_the_mask_only_where_it_was_moved(tolerance: int, outward: bool) -> None:
    mask = _blob()
    ring = _rings(mask, tolerance)[0]
    for index in range(len(ring)):
        before = [ring[index - 1], ring[index], ring[(index + 1) % len(ring)]]
        factor = 1.4 if outward else 0.7
        new = [25 + factor * (before[1][0] - 25), 20 + factor * (before[1][1] - 20)]
        after = [before[0], new, before[2]]
        found = Patch.of(mask).reshaped(before, after, tolerance, 50, 40).full(50, 40)
        assert found.sum() > mask.sum() if outward else found.sum() < mask.sum()
        points = np.array([*before, new])
        low, high = points.min(axis=0) - tolerance, points.max(axis=0) + tolerance
        rows, columns = np.nonzero(found != mask)
        assert (columns + 0.5 >= low[0]).all() and (columns + 0.5 <= high[0]).all()
        assert (rows + 0.5 >= low[1]).all() and (rows + 0.5 <= high[1]).all()
        # No specks are left along the old edge, neither of the object nor of the background.
        assert cv2.connectedComponents(found.astype(np.uint8))[0] == 2
        assert cv2.connectedComponents((~found).astype(np.uint8))[0] == 3  # and the hole


def test_an_outline_moved_beyond_the_photo_stays_within() -> None:
    patch = Patch.of(np.ones((4, 4), bool), 2, 2)
    moved = patch.reshaped([(2, 2), (2, 6)], [(2, 2), (-90, 4), (2, 6)], 1, 8, 8)
    assert moved.box.x0 == 0 and moved.full(8, 8)[3, 0]
    assert patch.reshaped([(2, 2), (2, 6)], [(2, 2), (2, 6)], 1, 8, 8) == patch


@given(masks)
def test_work_comes_back_from_json(mask: np.ndarray) -> None:
    strokes = (
        BrushStroke(((1.5, 2.0),), 3.0, True),
        Reshape(((0.0, 0.0), (2.0, 2.0)), ((0.0, 0.0), (1.0, 3.0), (2.0, 2.0)), 0.5),
    )
    work = Work(Clicks.of(((1, 1), (5, 5)), (2, 2)), strokes=strokes, fill=True, imported=Patch.of(mask))
    assert Work.from_json(json.loads(json.dumps(work.to_json()))) == work


def test_a_polygon_fills_the_pixels_whose_centres_it_holds() -> None:
    square = [(2.0, 3.0), (6.0, 3.0), (6.0, 5.0), (2.0, 5.0)]
    drawn = Patch.empty().filled(square, True, 8, 8)
    assert drawn == Patch.of(np.ones((2, 4), bool), 2, 3)
    # Also walked the other way; what lies outside the image goes.
    left = drawn.filled([(-3, 2), (-3, 9), (4, 9), (4, 2)], False, 8, 8)
    assert left == Patch.of(np.ones((2, 2), bool), 4, 3)
    assert drawn.filled([(20, 20), (30, 20), (30, 30)], True, 8, 8) == drawn
