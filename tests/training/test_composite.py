from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.training.plain import plain_recipe

from iog.datasets import ObjectSample
from iog.training.augment import TrainingCrop, training_crop
from iog.training.composite import on_background, with_distractor
from iog.training.lite import examples as examples_of_lite


def square(low: int, high: int, level: int) -> TrainingCrop:
    mask = np.zeros((96, 96), bool)
    mask[low:high, low:high] = True
    image = np.where(mask[..., None], np.uint8(level), np.uint8(0)).repeat(3, 2)
    void = np.zeros_like(mask)
    void[:2] = True
    return TrainingCrop(image, mask, void)


@given(st.integers(0, 2**32 - 1))
def test_a_distractor_is_never_part_of_the_object(seed: int) -> None:
    view, other = square(15, 80, 100), square(20, 76, 250)
    mixed = with_distractor(view, other, np.random.default_rng(seed))
    assert not (mixed.mask & ~view.mask).any()
    assert mixed.mask.sum() >= 0.6 * view.mask.sum()
    # What shows the distractor's level is not object; what is object shows its own.
    assert (mixed.image[mixed.mask] < 180).all()
    assert (mixed.image[..., 0] > 200).any()
    changed = (mixed.image != view.image).any(axis=2)
    assert not (mixed.void & (mixed.image[..., 0] > 200)).any()
    assert changed.any()


def test_another_photo_behind_the_object() -> None:
    view, other = square(30, 60, 200), square(0, 96, 90)
    moved = on_background(view, other)
    np.testing.assert_array_equal(moved.mask, view.mask)
    assert (moved.image[40:50, 40:50] == 200).all()
    assert (moved.image[:20] == 90).all()
    assert not moved.void.any(), "what was unknown in the old photo is gone"


@pytest.mark.parametrize("alike", [0.0, 1.0])
def test_a_distractor_can_be_the_same_object_once_more(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch, alike: float
) -> None:
    recipe = replace(plain_recipe(str(photo_folder)), distractor=1.0, alike=alike)
    seen: list[str] = []

    def noted(sample: ObjectSample, *rest: Any) -> TrainingCrop:
        seen.append(sample.name)
        return training_crop(sample, *rest)

    monkeypatch.setattr(examples_of_lite, "training_crop", noted)
    examples = recipe.examples()
    pairs = []
    for number in range(8):
        seen.clear()
        examples[number]
        pairs.append((seen[0], seen[-1]))
        assert len(seen) >= 2
    assert all(a == b for a, b in pairs) == (alike == 1.0)
