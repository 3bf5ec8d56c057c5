from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.training.plain import plain_recipe

from iog.datasets import ObjectSample
from iog.masks import mask_box
from iog.training.augment import TrainingCrop, training_crop
from iog.training.composite import (
    any_frame,
    on_background,
    with_distractor,
    with_occluder,
    with_rival,
)
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


@given(st.integers(0, 2**32 - 1))
def test_a_thing_in_front_hides_half_at_most(seed: int) -> None:
    view, other = square(15, 80, 100), square(20, 76, 250)
    covered = with_occluder(view, other, np.random.default_rng(seed))
    assert not (covered.mask & ~view.mask).any()
    assert covered.mask.sum() >= 0.5 * view.mask.sum()
    assert (covered.image[covered.mask] < 180).all()
    hidden = view.mask & ~covered.mask
    assert hidden.any()
    assert np.median(covered.image[hidden]) > 180


@given(st.integers(0, 2**32 - 1))
def test_of_two_things_in_one_box_one_is_meant(seed: int) -> None:
    view, other = square(20, 70, 100), square(10, 80, 250)
    both = with_rival(view, other, np.random.default_rng(seed))
    if both is None:
        return
    box, frame = mask_box(both.mask), mask_box(both.framed)
    assert box is not None
    assert frame is not None
    # But for the blended edge its pixels show one of the two.
    shades = both.image[both.mask][:, 0]
    assert not 0.2 < (shades < 180).mean() < 0.8
    inside = both.mask[frame.y0 : frame.y1, frame.x0 : frame.x1]
    assert inside.sum() >= 0.25 * both.mask.sum()
    assert not (both.void & both.mask).any()


def test_either_of_two_things_is_meant_and_any_box_is_drawn() -> None:
    view, other = square(20, 70, 100), square(10, 80, 250)
    drawn = [with_rival(view, other, np.random.default_rng(seed)) for seed in range(300)]
    found = [both for both in drawn if both is not None]
    assert len(found) > 100
    pasted = [(both.image[both.mask] > 180).mean() > 0.5 for both in found]
    assert 0.4 < np.mean(pasted) < 0.6
    own = [mask_box(both.framed) == mask_box(both.mask) for both in found]
    assert 0.2 < np.mean(own) < 0.6


def test_a_box_in_which_little_of_the_thing_lies_is_not_drawn() -> None:
    mask, rest = square(40, 90, 0).mask, square(0, 46, 0).mask
    for seed in range(20):
        frame = any_frame(mask, rest, np.random.default_rng(seed))
        assert mask_box(frame) in {mask_box(mask), mask_box(mask | rest)}


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
