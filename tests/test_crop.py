"""Pins the pixel conventions of `iog.crop`."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iog import Box
from iog.crop import FILL, Crop, resize
from iog.evaluation.metrics import iou


@st.composite
def boxes(draw: st.DrawFn, low: int = -300, side: int = 1500) -> Box:
    x, y = draw(st.integers(low, 600)), draw(st.integers(low, 600))
    return Box(x, y, x + draw(st.integers(4, side)), y + draw(st.integers(4, side)))


@given(boxes(), st.floats(0, 0.5), st.sampled_from([64, 256, 320]))
def test_coordinates_round_trip(box: Box, margin: float, size: int) -> None:
    crop = Crop.around(box, margin, size)
    points = np.array([box[:2], box[2:], (box.x0 + 0.5, box.y1 - 0.25)])
    back = crop.to_crop(points) / crop.scale + crop.window[:2]
    np.testing.assert_allclose(back, points, atol=1e-9)


@given(boxes(), st.floats(0, 0.5))
def test_the_window_holds_box_and_margin(box: Box, margin: float) -> None:
    window = Crop.around(box, margin, 64).window
    for added, side in (
        (box.x0 - window.x0, box.width),
        (window.x1 - box.x1, box.width),
        (box.y0 - window.y0, box.height),
        (window.y1 - box.y1, box.height),
    ):
        assert margin * side - 1e-9 <= added <= margin * side + 1


def test_edges_map_to_edges() -> None:
    crop = Crop(Box(10, 20, 30, 60), 320, 320)
    np.testing.assert_allclose(crop.to_crop([(10, 20), (30, 60), (20, 40)]), [(0, 0), (320, 320), (160, 160)])


@st.composite
def shapes(draw: st.DrawFn) -> tuple[int, int, Box, str]:
    """Image size, the box of a shape in it, and which shape. From 4 pixels to 2,000 a side."""
    width, height = draw(st.integers(20, 2200)), draw(st.integers(20, 2200))
    x0, y0 = draw(st.integers(0, width - 12)), draw(st.integers(0, height - 12))
    x1, y1 = draw(st.integers(x0 + 8, width)), draw(st.integers(y0 + 8, height))
    return width, height, Box(x0, y0, x1, y1), draw(st.sampled_from(["ellipse", "rectangle", "triangle"]))


@given(shapes(), st.floats(0, 0.3))
def test_a_mask_through_crop_and_paste_stays_where_it_was(
    shape: tuple[int, int, Box, str], margin: float
) -> None:
    width, height, box, kind = shape
    x, y = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    u, v = (x - box.x0) / box.width, (y - box.y0) / box.height
    mask = (u > 0) & (u < 1) & (v > 0) & (v < 1)
    if kind == "ellipse":
        mask &= (2 * u - 1) ** 2 + (2 * v - 1) ** 2 < 1
    elif kind == "triangle":
        mask &= abs(2 * u - 1) < v
    crop = Crop.around(box, margin, 320)
    seen = crop.extract(mask.astype(np.float32), fill=0)
    assert iou(crop.paste(seen, width, height) >= 0.5, mask) > 0.98


@pytest.mark.parametrize(("old", "new"), [(320, 64), (64, 320), (100, 37), (37, 100)])
def test_resize_does_not_move_an_edge(old: int, new: int) -> None:
    ramp = np.repeat((np.arange(old, dtype=np.float32)[None] + 0.5) / old, old, axis=0)
    expected = (np.arange(new) + 0.5) / new
    inner = slice(new // 8, -new // 8)  # a linear resize clamps at the border
    np.testing.assert_allclose(resize(ramp, new, new)[0, inner], expected[inner], atol=0.5 / new / 10 + 2e-3)


def test_long_thin_windows_are_averaged_along_one_axis_only() -> None:
    stripes = np.tile(np.array([[0, 255]], np.uint8), (10, 500))
    assert np.ptp(resize(stripes, 100, 40)) <= 2


def test_outside_the_image_is_filled() -> None:
    image = np.zeros((50, 60, 3), np.uint8)
    crop = Crop(Box(-30, -25, 30, 25), 60, 50)
    seen = crop.extract(image)
    assert (seen[25:, 30:] == 0).all()
    assert (seen[:25] == FILL).all()
    assert (seen[:, :30] == FILL).all()


@pytest.mark.parametrize("window", [Box(100, 100, 120, 120), Box(-30, -30, -10, -10)])
def test_a_window_beside_the_image(window: Box) -> None:
    crop = Crop(window, 32, 32)
    assert (crop.extract(np.zeros((50, 60, 3), np.uint8)) == FILL).all()
    assert not crop.paste(np.ones((32, 32), np.float32), 60, 50).any()


@given(boxes(low=-40, side=120))
def test_paste_is_zero_outside_the_window(box: Box) -> None:
    full = Crop(box, 32, 32).paste(np.ones((32, 32), np.float32), 70, 90)
    expected = np.zeros((90, 70), np.float32)
    expected[max(box.y0, 0) : max(box.y1, 0), max(box.x0, 0) : max(box.x1, 0)] = 1
    np.testing.assert_array_equal(full, expected)


def test_agrees_with_opencv_when_only_growing() -> None:
    image = np.random.default_rng(0).integers(0, 255, (20, 30), dtype=np.uint8)
    grown = cv2.resize(image, (90, 80), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(resize(image, 90, 80), grown)


@pytest.mark.parametrize(
    "window", [Box(-150, 40, 1400, 1300), Box(300, -700, 2500, 200), Box(900, 0, 3000, 800)]
)
def test_a_large_mask_is_where_the_values_reach_the_threshold(window: Box) -> None:
    values = cv2.GaussianBlur(np.random.default_rng(3).random((64, 64), dtype=np.float32), (0, 0), 5)
    crop = Crop(window, 64, 64)
    for threshold in (0.5, 0.52, 2.0):
        box, mask = crop.reaching(values, threshold, 1000, 1200)
        seen, part = crop.visible(values, 1000, 1200)
        assert box == seen
        decided = abs(part - threshold) > 1e-6
        assert decided.mean() > 0.999
        np.testing.assert_array_equal(mask[decided], (part >= threshold)[decided])


def test_a_large_mask_beside_the_image() -> None:
    box, mask = Crop(Box(900, 0, 3000, 800), 64, 64).reaching(np.ones((64, 64), np.float32), 0.5, 10, 10)
    assert box.width == mask.size == 0
