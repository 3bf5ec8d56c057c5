from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iog.datasets import ObjectSample
from iog.evaluation.metrics import iou
from iog.training.augment import AugmentSettings, training_crop

STILL = AugmentSettings(flip=0, rotate=0, colour=0, grey=0, blur=0, jpeg=0, noise=0, margin=(0.1, 0.1))


def disc_sample(
    width: int = 200, height: int = 150, x: float = 90, y: float = 70, radius: float = 40
) -> ObjectSample:
    rows, columns = np.mgrid[:height, :width] + 0.5
    mask = (columns - x) ** 2 + (rows - y) ** 2 < radius**2
    image = np.where(mask[..., None], np.uint8(200), np.uint8(50)).repeat(3, 2)
    void = np.zeros_like(mask)
    void[:5] = True
    return ObjectSample("disc", "set", "disc", image, mask, void)


@given(st.integers(0, 2**32 - 1), st.sampled_from([96, 256]))
def test_image_and_mask_move_together(seed: int, size: int) -> None:
    geometry = AugmentSettings(flip=0.5, rotate=1, colour=0, grey=0, blur=0, jpeg=0, noise=0)
    crop = training_crop(disc_sample(), size, geometry, np.random.default_rng(seed))
    assert crop.image.shape == (size, size, 3)
    assert iou(crop.image[..., 0] >= 125, crop.mask) > 0.97
    assert not (crop.mask & crop.void).any()


def test_without_any_change_the_crop_is_the_segmenters() -> None:
    from iog import Box
    from iog.crop import Crop
    from iog.masks import mask_box

    sample = disc_sample()
    crop = training_crop(sample, 128, STILL, np.random.default_rng(0))
    box = mask_box(sample.mask)
    assert box == Box(50, 30, 130, 110)
    seen = Crop.around(box, 0.1, 128).extract(sample.image)
    assert np.abs(crop.image.astype(int) - seen).mean() < 1


def test_an_object_at_the_border_has_void_beyond() -> None:
    crop = training_crop(disc_sample(x=10), 96, STILL, np.random.default_rng(0))
    assert crop.void[:, 0].all()
    assert not crop.void[50, 50]


def test_shrinking_averages() -> None:
    """A fine checkerboard becomes grey, not moire."""
    sample = disc_sample(900, 900, 450, 450, 400)
    board = (np.indices((900, 900)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, 2)
    view = training_crop(
        ObjectSample("b", "s", "c", board, sample.mask, sample.void), 96, STILL, np.random.default_rng(0)
    )
    assert view.image[30:60, 30:60].std() < 20


@pytest.mark.parametrize("name", ["colour", "grey", "blur", "jpeg", "noise"])
def test_colour_changes_keep_the_picture_recognisable(name: str) -> None:
    for seed in range(10):
        changed = training_crop(disc_sample(), 96, replace(STILL, **{name: 1.0}), np.random.default_rng(seed))
        plain = training_crop(disc_sample(), 96, STILL, np.random.default_rng(seed))
        assert changed.image.dtype == np.uint8
        inside, outside = (
            changed.image[changed.mask].mean(),
            changed.image[~changed.mask & ~changed.void].mean(),
        )
        assert inside > outside + 30
        np.testing.assert_array_equal(changed.mask, plain.mask)


def test_the_crop_can_be_cut_around_something_else() -> None:
    """The object leaves the box of another thing as far as it does in the photo."""
    sample, other = disc_sample(), disc_sample(x=110, radius=30)
    view = training_crop(sample, 120, STILL, np.random.default_rng(0), other.mask)
    alone = training_crop(other, 120, STILL, np.random.default_rng(0))
    assert view.frame is not None
    np.testing.assert_array_equal(view.framed, alone.mask)
    np.testing.assert_array_equal(
        view.image,
        training_crop(replace(other, image=sample.image), 120, STILL, np.random.default_rng(0)).image,
    )
    assert view.mask[:, :10].any()
    assert not view.framed[:, :10].any()
    assert alone.framed is alone.mask
