import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iog import Box, Clicks
from iog.crop import Crop
from iog.guidance import CHANNELS, click_maps, gaussians, outside_of_box


def test_width_is_the_full_width_at_half_maximum() -> None:
    heat = gaussians([(50.5, 50.5)], 101, 101, fwhm=10)
    assert heat[50, 50] == 1
    assert heat[50, 55] == pytest.approx(0.5)
    assert heat[45, 50] == pytest.approx(0.5)


def test_maps_combine_by_maximum() -> None:
    points = [(20.5, 20.5), (24.5, 20.5)]
    both = gaussians(points, 64, 64, 8)
    np.testing.assert_array_equal(both, np.maximum(*(gaussians([p], 64, 64, 8) for p in points)))
    assert not gaussians([], 8, 8, 3).any()


@given(st.floats(2, 20), st.floats(2, 20), st.floats(5, 25), st.floats(5, 25))
def test_inside_of_the_box_has_its_exact_area(x0: float, y0: float, w: float, h: float) -> None:
    outside = outside_of_box([(x0, y0), (x0 + w, y0 + h)], 64, 64)
    assert (1 - outside).sum() == pytest.approx(w * h, rel=1e-4)
    assert outside.min() >= 0


def test_channels_in_their_order() -> None:
    crop = Crop(Box(0, 0, 100, 100), 200, 200)
    clicks = Clicks.of(((20, 20), (79, 79)), (50, 30), [(10, 60, False), (70, 70, True)])
    previous = np.full((200, 200), 0.25, np.float32)
    maps = click_maps(clicks, crop, previous)
    assert maps.shape == (len(CHANNELS), 200, 200)
    assert maps.dtype == np.float32
    # The centre of pixel (50, 30) is at (101, 61) in the crop, on the corner of four of its pixels.
    for channel, (x, y) in {0: (101, 61), 2: (141, 141), 3: (21, 121)}.items():
        row, column = np.unravel_index(maps[channel].argmax(), (200, 200))
        assert (column, row) == (x - 1, y - 1)
    assert maps[1][:40].all()
    assert not maps[1][40:160, 40:160].any()
    assert (maps[4] == 0.25).all()
    assert not click_maps(Clicks.of(((20, 20), (79, 79))), crop)[[0, 2, 3, 4]].any()
