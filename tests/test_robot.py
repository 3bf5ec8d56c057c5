"""Golden clicks on tiny masks, so that figures made with one version of the robot stay comparable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iog import Clicks
from iog.masks import mask_box
from iog.robot import RobotUser, depth


def disc(x: float, y: float, radius: float, width: int = 60, height: int = 50) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def test_golden_first_clicks() -> None:
    mask = disc(20, 25, 10)
    assert RobotUser().clicks(mask) == Clicks.of(((10, 15), (30, 35)), (20, 25))
    assert RobotUser().clicks(mask, inside=False).inside is None


def test_the_image_border_ends_an_object() -> None:
    assert depth(np.ones((5, 5), bool))[2, 2] == 3
    assert depth(np.ones((5, 5), bool))[0, 0] == 1


def test_golden_corrections() -> None:
    mask = disc(20, 25, 10)
    robot = RobotUser()
    assert robot.correction(np.zeros_like(mask), mask) == (20, 25, True)
    assert robot.correction(mask | disc(45, 25, 6), mask) == (45, 25, False)
    assert robot.correction(mask, mask) is None


def test_a_tie_removes() -> None:
    mask, prediction = disc(15, 25, 8), disc(45, 25, 8)
    correction = RobotUser().correction(prediction, mask)
    assert correction is not None
    assert not correction.foreground


def test_void_is_never_wrong_and_no_pixel_is_clicked_twice() -> None:
    mask = disc(20, 25, 10)
    surplus = disc(45, 25, 6)
    robot = RobotUser()
    assert robot.correction(mask | surplus, mask, void=surplus) is None
    first = robot.correction(np.zeros_like(mask), mask)
    assert first is not None
    second = robot.correction(np.zeros_like(mask), mask, clicked=(first,))
    assert second is not None
    assert second != first


@given(st.integers(0, 10_000), st.floats(0.01, 0.2), st.floats(0, 1))
def test_jittered_clicks_are_valid_and_repeatable(seed: int, jitter: float, inner: float) -> None:
    mask = disc(20, 25, 10) | disc(32, 20, 5)
    first, second = (RobotUser(jitter, inner, seed=seed).clicks(mask) for _ in range(2))
    assert first == second
    first.check_inside_image(60, 50)
    if first.inside is not None:
        assert mask[first.inside.y, first.inside.x]


def test_thin_objects_get_a_legal_box() -> None:
    mask = np.zeros((30, 30), bool)
    mask[10, 3:20] = True
    clicks = RobotUser().clicks(mask)
    assert clicks.box.height == 4
    assert clicks.inside is not None
    box = mask_box(mask)
    assert box is not None
    assert clicks.box.union(box) == clicks.box


def test_an_empty_mask_cannot_be_clicked() -> None:
    with pytest.raises(ValueError, match="empty"):
        RobotUser().clicks(np.zeros((9, 9), bool))


def test_a_box_can_be_too_large_or_too_small() -> None:
    mask = disc(30, 25, 10)  # a box of 21 pixels
    assert RobotUser(corner_offset=0.1).clicks(mask).box == (18, 13, 43, 38)
    assert RobotUser(corner_offset=-0.1).clicks(mask).box == (22, 17, 39, 34)
    jittered = [RobotUser(corner_jitter=0.05, corner_offset=0.2, seed=s).clicks(mask).box for s in range(200)]
    np.testing.assert_allclose(np.mean(jittered, axis=0), (20 - 4.2, 15 - 4.2, 41 + 4.2, 36 + 4.2), atol=0.3)


def test_a_box_can_be_that_of_something_else() -> None:
    mask, other = disc(20, 25, 8), disc(30, 25, 10)
    clicks = RobotUser().clicks(mask, frame=other)
    assert clicks.box == mask_box(other)
    # The deepest pixel of what lies of the object in that box.
    assert clicks.inside is not None
    assert mask[clicks.inside.y, clicks.inside.x]
    assert clicks.inside.x >= 20
