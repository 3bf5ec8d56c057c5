"""Large windows: the values of `cv2.resize` with INTER_AREA, bit for bit, and the border beyond the photo."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from iog import Box, averaging
from iog.crop import FILL, Crop
from iog.images import read_image
from iog.samples import Sample

ByteArray = npt.NDArray[np.uint8]


def expected(image: ByteArray, window: Box, size: int) -> ByteArray:
    """What OpenCV makes of the window with its border."""
    seen = window.intersection(Box(0, 0, image.shape[1], image.shape[0]))
    whole = np.full((window.height, window.width, image.shape[2]), FILL, np.uint8)
    rows, columns = (
        slice(seen.y0 - window.y0, seen.y1 - window.y0),
        slice(seen.x0 - window.x0, seen.x1 - window.x0),
    )
    whole[rows, columns] = image[seen.y0 : seen.y1, seen.x0 : seen.x1]
    return cv2.resize(whole, (size, size), interpolation=cv2.INTER_AREA).reshape(size, size, -1)


@settings(max_examples=40)
@given(
    st.tuples(st.integers(40, 700), st.integers(40, 700)),
    st.tuples(st.integers(-200, 30), st.integers(-200, 30)),
    st.tuples(st.integers(50, 900), st.integers(50, 900)),
    st.sampled_from([16, 48, 50]),
    st.booleans(),
    st.sampled_from([1, 3, 4]),
)
def test_the_values_are_opencvs(
    image_size: tuple[int, int],
    corner: tuple[int, int],
    sides: tuple[int, int],
    size: int,
    whole: bool,
    channels: int,
) -> None:
    width, height = (side // size * size if whole else side for side in sides)
    window = Box(*corner, corner[0] + width, corner[1] + height)
    assume(corner[0] + width > 0 and corner[1] + height > 0)
    random = np.random.default_rng(width)
    image = random.integers(0, 256, (*image_size, channels), dtype=np.uint8)
    image[:20] = random.integers(100, 102, (20, image_size[1], channels))  # where halves are frequent
    found = averaging.average(image, window, size, size, FILL)
    assert found is not None
    np.testing.assert_array_equal(found, expected(image, window, size))


@pytest.mark.parametrize(
    "window", [Box(-250, -90, 1350, 1301), Box(301, 57, 1837, 1337), Box(0, 0, 3000, 700)]
)
def test_a_large_crop_of_a_photo_is_what_it_was(sample: Sample, window: Box) -> None:
    image = cv2.resize(read_image(sample.photo), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    image = np.asarray(image, np.uint8)
    assert averaging.suits(image, window, 256, 256)
    np.testing.assert_array_equal(Crop(window, 256, 256).extract(image), expected(image, window, 256))


def test_a_made_up_pattern_is_left_to_opencv() -> None:
    board = (np.indices((1600, 1600)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, 2)
    window = Box(0, 0, 1600, 1600)
    assert averaging.average(board, window, 200, 200, FILL) is None
    np.testing.assert_array_equal(Crop(window, 200, 200).extract(board), expected(board, window, 200))


def test_what_it_does_not_suit(coffee: Sample) -> None:
    image = read_image(coffee.photo)
    large = Box(-600, -600, 1200, 1200)
    assert averaging.suits(image, large, 256, 256)
    assert not averaging.suits(image.astype(np.float32), large, 256, 256)
    assert not averaging.suits(image[..., 0], large, 256, 256)
    assert not averaging.suits(image, Box(0, 0, 600, 400), 256, 256)
    assert not averaging.suits(image, Box(0, 0, 20_000, 200), 256, 256)
    assert not averaging.suits(image, Box(0, 0, 1500, 1500), 1000, 1000)
