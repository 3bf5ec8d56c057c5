import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iog import Box, ClickError, Clicks
from iog.clicks import ExtremeClicks

pixels = st.tuples(st.integers(-50, 500), st.integers(-50, 500))


@st.composite
def clicks(draw: st.DrawFn) -> Clicks:
    x0, y0 = draw(pixels)
    width, height = draw(st.integers(4, 400)), draw(st.integers(4, 400))
    inside = None
    if draw(st.booleans()):
        inside = x0 + draw(st.integers(0, width - 1)), y0 + draw(st.integers(0, height - 1))
    corrections = draw(
        st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500), st.booleans()), max_size=4)
    )
    return Clicks.of(((x0, y0), (x0 + width - 1, y0 + height - 1)), inside, corrections)


@given(clicks())
def test_json_round_trip(value: Clicks) -> None:
    assert Clicks.from_json(json.loads(json.dumps(value.to_json()))) == value


@given(pixels, st.integers(4, 300), st.integers(4, 300))
def test_any_diagonal_and_order_give_one_box(corner: tuple[int, int], width: int, height: int) -> None:
    x, y = corner
    right, bottom = x + width - 1, y + height - 1
    diagonals = [((x, y), (right, bottom)), ((right, bottom), (x, y)), ((right, y), (x, bottom))]
    assert {Clicks.of(corners).box for corners in diagonals} == {Box(x, y, x + width, y + height)}


def test_a_fraction_names_the_pixel_it_lies_in() -> None:
    value = Clicks.of(((2.0, 2.9), (9.5, 9.99)), (3.7, 4.2), [(5.5, 5.1, True)])
    assert value.box == Box(2, 2, 10, 10)
    assert value.inside == (3, 4)
    assert value.corrections == ((5, 5, True),)


def test_numpy_numbers_are_accepted() -> None:
    corners = np.array([[1, 2], [30, 40]])
    value = Clicks.of(corners, np.array([5.0, 6.0]), [(np.int64(7), np.int64(8), np.bool_(False))])
    assert value == Clicks.of(((1, 2), (30, 40)), (5, 6), [(7, 8, False)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((((0, 0), (2, 50)),), "3 x 51 pixels; each side needs at least 4"),
        ((((0, 0),),), "corners: expected two opposite corners"),
        ((5,), "corners: expected a list of points"),
        ((((0, 0, 1), (9, 9)),), "corner 1: expected"),
        ((((0, math.nan), (9, 9)),), "corner 1: coordinate nan is not finite"),
        ((((0, 0), (math.inf, 9)),), "corner 2: coordinate inf is not finite"),
        ((((0, 0), (9, "a")),), "corner 2: 'a' is not a number"),
        ((((0, 0), (9, True)),), "corner 2: True is not a number"),
        ((((0, 0), (9, 1e9)),), "outside any image"),
        ((((0, 0), (9, 9)), (10, 5)), r"inside click \(10, 5\) lies outside the box"),
        ((((0, 0), (9, 9)), (math.nan, 5)), "inside click: coordinate nan"),
        ((((0, 0), (9, 9)), None, [(1, 2)]), r"correction 1: expected \(x, y, foreground\)"),
        ((((0, 0), (9, 9)), None, [(1, 2, True), (1, 2, "yes")]), "correction 2: label 'yes'"),
    ],
)
def test_errors_name_the_click_and_the_rule(arguments: tuple, message: str) -> None:
    with pytest.raises(ClickError, match=message):
        Clicks.of(*arguments)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Clicks.of(((200, 10), (300, 50))), "the box .* lies outside the image of 100 x 80"),
        (Clicks.of(((-50, 10), (2, 50))), "lies outside the image"),
        (Clicks.of(((10, 10), (200, 50)), (150, 20)), r"inside click \(150, 20\) lies outside the image"),
        (Clicks.of(((10, 10), (60, 50)), None, [(5, 80, False)]), r"correction 1 \(5, 80\) lies outside"),
    ],
)
def test_clicks_outside_the_image(value: Clicks, message: str) -> None:
    with pytest.raises(ClickError, match=message):
        value.check_inside_image(100, 80)


def test_a_box_may_leave_the_image() -> None:
    Clicks.of(((-20, -20), (120, 90)), (50, 40)).check_inside_image(100, 80)


def test_is_immutable_and_counts_clicks() -> None:
    value = Clicks.of(((0, 0), (9, 9)))
    more = value.with_inside(5, 5).with_correction(1, 1, False)
    assert (len(value), len(more)) == (2, 4)
    assert value.inside is None
    with pytest.raises(AttributeError):
        value.inside = (1, 1)  # type: ignore[misc, assignment]


@pytest.mark.parametrize("data", [None, [], {"inside": [1, 2]}, {"corners": None}, {"corners": "abcd"}])
def test_foreign_json_is_refused(data: object) -> None:
    with pytest.raises(ClickError):
        Clicks.from_json(data)


def test_labelled_clicks_are_the_inside_click_and_the_corrections() -> None:
    box = Clicks.of(((0, 0), (9, 9)))
    assert box.labelled == ()
    assert box.with_inside(5, 6).with_correction(1, 2, False).labelled == ((5, 6, True), (1, 2, False))


@pytest.mark.parametrize(("box", "centre"), [(Box(0, 0, 5, 3), (2, 1)), (Box(10, 20, 14, 26), (11, 22))])
def test_the_centre_of_a_box(box: Box, centre: tuple[int, int]) -> None:
    assert box.centre == centre


@given(st.tuples(pixels, pixels, pixels, pixels))
def test_extreme_points_round_trip_and_lie_in_their_box(
    points: tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]],
) -> None:
    value = ExtremeClicks.of(points)
    assert ExtremeClicks.from_json(json.loads(json.dumps(value.to_json()))) == value
    box = value.box
    assert all(box.contains(*point) for point in points)
    assert min(box.width, box.height) >= 4
    assert ExtremeClicks.of(points[::-1]).box == box


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "'extreme_points' is missing"),
        ([[1, 2]], "'extreme_points' is missing"),
        ({"extreme_points": [[1, 2], [3, 4]]}, "expected four .*, got 2"),
        ({"extreme_points": [[1, 2], [3, 4], [5, 6], [7]]}, "extreme point 4"),
        ({"extreme_points": [[1, 2], [3, "x"], [5, 6], [7, 8]]}, "extreme point 2: 'x' is not a number"),
        ({"extreme_points": "four"}, "expected a list"),
    ],
)
def test_extreme_points_say_what_is_wrong(data: object, message: str) -> None:
    with pytest.raises(ClickError, match=message):
        ExtremeClicks.from_json(data)
