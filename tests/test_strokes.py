"""Strokes: clicks drawn out into lines, in heatmaps and by the robot."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from iog.clicks import Box, Clicks, Correction, PointClicks
from iog.crop import Crop
from iog.errors import ClickError
from iog.guidance import CHANNELS, click_maps, point_maps
from iog.robot import STROKES, RobotUser, StrokeKind, depth
from iog.strokes import Stroke, path_of, with_click

SIDE = 64
LINE = Stroke.of([(10, 20), (30, 20), (30, 40)], True)


def crescent() -> np.ndarray:
    """A bent band, 12 pixels wide, in a frame of background."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    radius = np.hypot(rows - 40, columns - 32)
    return (radius > 14) & (radius < 26) & (rows < 40)


def test_a_stroke_is_a_click_on_its_middle_pixel() -> None:
    x, y, foreground = LINE
    assert (x, y, foreground) == (30, 20, True)
    assert path_of(LINE) == LINE.path and path_of(Correction(1, 2, True)) == ((1, 2),)
    clicks = with_click(PointClicks((SIDE, SIDE)), LINE)
    assert len(clicks) == 1 and clicks.corrections[0] is LINE
    assert with_click(Clicks.of([(0, 0), (50, 50)]), LINE).corrections == (LINE,)
    assert Stroke.of([(11, 20), (30, 20), (30, 40)], True) != LINE and Correction(*LINE) != LINE
    again = pickle.loads(pickle.dumps(clicks))  # workers send them to the training process
    assert again == clicks and again.corrections[0].path == LINE.path


@pytest.mark.parametrize("path", [[], [(1,)], [("a", 2)], [(float("nan"), 2)]])
def test_a_stroke_checks_itself(path: list[tuple[float, ...]]) -> None:
    with pytest.raises(ClickError, match=r"^stroke: "):
        Stroke.of(path, True)


@pytest.mark.parametrize("guidance", ["points", "distances", "first-point"])
def test_maps_are_one_along_the_stroke_and_fall_off_beside_it(guidance: str) -> None:
    crop = Crop(Box(0, 0, SIDE, SIDE), SIDE, SIDE)
    drawn = point_maps(guidance, PointClicks((SIDE, SIDE), (LINE,)), crop)[0]
    assert (drawn[20, 10:31] == 1).all() and (drawn[20:41, 30] == 1).all()
    assert drawn[20, 8] < 1 and drawn[24, 15] < drawn[22, 15] < 1
    clicked = point_maps(guidance, PointClicks((SIDE, SIDE), (Correction(*LINE),)), crop)[0]
    assert clicked[20, 10] < 1, "the same click without a line says nothing there"


def test_a_stroke_of_one_pixel_is_drawn() -> None:
    crop = Crop(Box(0, 0, SIDE, SIDE), SIDE, SIDE)
    drawn = point_maps("distances", PointClicks((SIDE, SIDE), (Stroke.of([(10, 20)], True),)), crop)[0]
    assert drawn[20, 10] == 1 == drawn.max() and drawn[20, 12] < 1


def test_strokes_and_clicks_share_a_map_with_a_box() -> None:
    crop = Crop(Box(0, 0, SIDE, SIDE), SIDE, SIDE)
    clicks = Clicks.of([(2, 2), (60, 60)], (30, 30), [(50, 50, False), (5, 50, True)])
    maps = dict(zip(CHANNELS, click_maps(with_click(clicks, LINE), crop), strict=True))
    without = dict(zip(CHANNELS, click_maps(clicks, crop), strict=True))
    assert maps["add"][20, 20] == 1 and without["add"][20, 20] < 0.01
    assert maps["add"][50, 5] == without["add"][50, 5]
    for name in ("inside", "outside", "remove", "previous"):
        assert np.array_equal(maps[name], without[name]), name


@pytest.mark.parametrize("kind", STROKES)
def test_the_robot_draws_within_the_region(kind: StrokeKind) -> None:
    mask = crescent()
    nothing = np.zeros_like(mask)
    for seed in range(20):
        stroke = RobotUser(strokes=kind, seed=seed).correction(nothing, mask)
        assert isinstance(stroke, Stroke) and stroke.foreground
        rows, columns = np.array(stroke.path)[:, 1], np.array(stroke.path)[:, 0]
        assert mask[rows, columns].all()
    surplus = RobotUser(strokes=kind).correction(np.ones_like(mask), mask)
    assert surplus is not None and not surplus.foreground
    assert not mask[[y for _, y in path_of(surplus)], [x for x, _ in path_of(surplus)]].any()
    assert RobotUser(strokes=kind).correction(mask, mask) is None


def test_the_axis_runs_deep_and_far_and_without_chance() -> None:
    mask = crescent()
    depths = depth(mask)
    stroke = RobotUser().stroke(depths, True, "axis")
    along = np.array(stroke.path)
    assert np.ptp(along[:, 0]) > 20, "from one end of the band towards the other"
    assert depths[along[:, 1], along[:, 0]].min() >= 0.35 * depths.max()
    assert stroke == RobotUser(seed=9).stroke(depths, True, "axis")
    assert RobotUser(seed=1).stroke(depths, True, "wavy") != RobotUser(seed=2).stroke(depths, True, "wavy")


def test_a_stroke_along_the_boundary_keeps_away_from_the_axis() -> None:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[10:50, 12:52] = True
    depths = depth(mask)
    path = np.array(RobotUser(seed=3).stroke(depths, True, "boundary").path)
    found = depths[path[:, 1], path[:, 0]]
    assert found.max() < 0.5 * depths.max() and len(path) > 10
    assert np.abs(np.diff(path, axis=0)).max() == 1


@pytest.mark.parametrize("kind", STROKES)
def test_a_region_of_one_pixel_is_enough(kind: StrokeKind) -> None:
    depths = np.zeros((8, 8), np.float32)
    depths[3, 4] = 1
    assert set(RobotUser().stroke(depths, False, kind).path) == {(4, 3)}
