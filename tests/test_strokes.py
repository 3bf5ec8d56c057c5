"""Strokes: clicks drawn out into lines, in heatmaps and by the robot."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iog.clicks import Box, Clicks, Correction, PointClicks, Stroke, clicks_from_json
from iog.crop import Crop
from iog.description import ModelInfo
from iog.errors import ClickError
from iog.guidance import CHANNELS, click_maps, dotted, point_maps, stroke_pixels
from iog.prompting import LitePrompting, PointPrompting, prompting_of
from iog.robot import STROKES, RobotUser, StrokeKind, depth

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
    assert LINE.path == ((10, 20), (30, 20), (30, 40)) and LINE.length == 40
    assert Correction(1, 2, True).path == ((1, 2),) and Correction(1, 2, True).length == 0
    clicks = PointClicks((SIDE, SIDE)).followed_by(LINE)
    assert len(clicks) == 1 and clicks.corrections[0] is LINE
    assert Clicks.of([(0, 0), (50, 50)]).with_stroke(LINE.path, True).corrections == (LINE,)
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


PIXELS = st.tuples(st.integers(0, SIDE - 1), st.integers(0, SIDE - 1))
PATHS = st.lists(PIXELS, min_size=1, max_size=30)


@given(PIXELS, st.integers(1, 3), st.booleans())
def test_a_stroke_of_one_pixel_is_a_click(pixel: tuple[int, int], times: int, foreground: bool) -> None:
    stroke = Stroke.of([pixel] * times, foreground)
    assert type(stroke) is Correction and stroke == (*pixel, foreground)
    data = {"corners": [[0, 0], [60, 60]], "corrections": [[*pixel, foreground, [list(pixel)] * times]]}
    assert Clicks.from_json(data) == Clicks.of([(0, 0), (60, 60)], None, [(*pixel, foreground)])


@given(st.lists(st.tuples(PATHS, st.booleans()), max_size=4))
def test_json_keeps_strokes_and_clicks(drawn: list[tuple[list[tuple[int, int]], bool]]) -> None:
    made = tuple(Stroke.of(path, foreground) for path, foreground in drawn)
    for clicks in (Clicks(((0, 0), (60, 60)), None, made), PointClicks((SIDE, SIDE), made)):  # type: ignore[arg-type]
        told = json.loads(json.dumps(clicks.to_json()))
        assert clicks_from_json(told) == clicks
        # Who knows clicks alone reads the first three.
        corrections = told.get("corrections", told.get("points"))
        assert [tuple(one[:3]) for one in corrections] == [tuple(one) for one in made]


@pytest.mark.parametrize(
    ("correction", "message"),
    [
        ([1, 2, True, [[1, 2], [5, 6]]], r"correction 1: its pixel \(1, 2\) must be the middle .*\(5, 6\)"),
        ([1, 2, True, []], "correction 1: expected at least one pixel"),
        ([1, 2, True, 7], "correction 1: path: expected a list of points, got 7"),
        ([1, 2, True, [[1, "a"]]], "correction 1: 'a' is not a number"),
        ([1, 2, True, [[1, 2]], 4], r"correction 1: expected \(x, y, foreground\) or"),
    ],
)
def test_what_is_no_stroke_is_refused(correction: list[object], message: str) -> None:
    with pytest.raises(ClickError, match=f"^{message}"):
        Clicks.of([(0, 0), (60, 60)], None, [correction])


def test_a_stroke_must_lie_in_the_photo_and_in_the_crop() -> None:
    clicks = Clicks.of([(10, 10), (40, 40)], (20, 20)).with_stroke([(20, 20), (30, 20), (90, 95)], True)
    with pytest.raises(ClickError, match=r"^correction 1 \(90, 95\) lies outside the image"):
        clicks.check_inside_image(80, 80)
    clicks.check_inside_image(100, 100)
    window = LitePrompting(size=64, margin=0.1).crop(clicks).window
    assert window.contains(90, 95)


def test_an_answer_is_held_to_the_whole_stroke() -> None:
    prompting = LitePrompting(size=SIDE, margin=0.0)
    clicks = Clicks.of([(0, 0), (63, 63)], (30, 20)).followed_by(LINE)
    crop = prompting.crop(clicks)
    probability = np.zeros((SIDE, SIDE), np.float32)
    probability[18:23, 18:25] = 0.9
    held = probability.copy()
    prompting.settle(held, clicks, crop, np.zeros_like(probability))
    assert (held[stroke_pixels(LINE, crop)] >= 0.5).all()
    assert (held[18:23, 18:25] >= probability[18:23, 18:25]).all() and held[50, 50] < 0.01
    # A stroke all along which the mask is right already tells nothing new.
    network = np.zeros_like(probability)
    prompting.settle(network, clicks, crop, held)
    assert np.array_equal(network, held)
    # One that is right on its middle alone does.
    middle = np.zeros_like(probability)
    middle[LINE.y, LINE.x] = 1
    network = np.zeros_like(probability)
    prompting.settle(network, clicks, crop, middle)
    assert (network[stroke_pixels(LINE, crop)] >= 0.5).all()


def test_a_network_that_knows_clicks_sees_some_along_the_stroke() -> None:
    crop = Crop(Box(0, 0, SIDE, SIDE), SIDE, SIDE)
    clicks = Clicks.of([(2, 2), (60, 60)], (30, 30), [(50, 50, False)]).followed_by(LINE)
    # 40 pixels, and 0.36 of 64 between two: two, in the middle of each half.
    seen = dotted(clicks, crop)
    assert seen.corrections == ((50, 50, False), (20, 20, True), (30, 30, True))
    short = PointClicks((SIDE, SIDE)).with_stroke([(10, 20), (14, 20)], False)
    assert dotted(short, crop).corrections == ((12, 20, False),)
    before = [np.zeros((SIDE, SIDE), np.float32)]
    maps = LitePrompting(SIDE, 0.0).decoder_input([clicks], [crop], before)
    assert np.array_equal(maps[0], click_maps(seen, crop, before[0]))
    lines = LitePrompting(SIDE, 0.0, lines=True).decoder_input([clicks], [crop], before)
    assert np.array_equal(lines[0], click_maps(clicks, crop, before[0]))


@pytest.mark.parametrize(
    ("guidance", "kind"), [("inside-outside", LitePrompting), ("points", PointPrompting)]
)
@pytest.mark.parametrize("strokes", [0.0, 0.5])
def test_training_with_strokes_makes_lines(guidance: str, kind: type[LitePrompting], strokes: float) -> None:
    info = ModelInfo(
        name="n",
        size=64,
        margin=0.1,
        network={"guidance": guidance},
        weights_sha256="0" * 64,
        trained={"strokes": strokes},
    )
    prompting = prompting_of(info)
    assert isinstance(prompting, kind) and prompting.lines == (strokes > 0)


def test_strokes_and_clicks_share_a_map_with_a_box() -> None:
    crop = Crop(Box(0, 0, SIDE, SIDE), SIDE, SIDE)
    clicks = Clicks.of([(2, 2), (60, 60)], (30, 30), [(50, 50, False), (5, 50, True)])
    maps = dict(zip(CHANNELS, click_maps(clicks.followed_by(LINE), crop), strict=True))
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
    assert not mask[[y for _, y in surplus.path], [x for x, _ in surplus.path]].any()
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
