from __future__ import annotations

import numpy as np
import pytest

from iog.datasets import ObjectSample
from iog.images import read_image
from iog.learning.compare import PROMPT, Cost, Verdict, cost_of, folds_of, probability_of_noise
from iog.samples import Sample
from iog.segmenter import Segmenter


def test_noise_is_the_share_of_sign_changes() -> None:
    assert probability_of_noise([1, 1, 1, 1, 1]) == 1 / 32
    assert probability_of_noise([1, 1, 0, 0]) == 1 / 4
    assert probability_of_noise([0, 0]) == 1
    assert probability_of_noise([-1, -1, -1]) == 1
    assert probability_of_noise([2] * 20) < 0.001


@pytest.mark.parametrize(
    ("before", "after", "better"),
    [
        ([5, 5, 5, 5, 5], [3, 3, 4, 4, 3], True),
        ([5, 5, 5], [3, 3, 3], False),  # one in eight would be so by chance
        ([3, 3, 3, 3, 3], [3, 3, 3, 3, 3], False),
        ([3] * 10, [4] * 10, False),
        ([12, 3, 3, 3, 3, 3], [3, 3, 3, 3, 3, 3], False),  # a single object
    ],
)
def test_only_what_is_beyond_noise_is_better(before: list[int], after: list[int], better: bool) -> None:
    verdict = Verdict.of([Cost(n, 0.8) for n in before], [Cost(n, 0.8) for n in after])
    assert verdict.better is better
    assert (verdict.held, verdict.before, verdict.after) == (
        len(before),
        np.mean(before),
        np.mean(after),
    )
    assert verdict.low <= verdict.before - verdict.after <= verdict.high


def test_better_masks_after_three_clicks_tell_it_too_but_not_for_more_clicks() -> None:
    before = [Cost(4, 0.80), Cost(3, 0.91), Cost(3, 0.92), Cost(3, 0.93), Cost(3, 0.90)]
    after = [Cost(3, cost.iou + 0.01) for cost in before]
    assert Verdict.of(before, after).better
    assert Verdict.of(after, after).better is False
    assert Verdict.of(before, [*after[:4], Cost(4, 0.95)]).better
    assert not Verdict.of(before, [*after[:3], Cost(4, 0.95), Cost(4, 0.95)]).better


def test_an_easy_object_costs_the_prompt(segmenter: Segmenter, coffee: Sample) -> None:
    image = read_image(coffee.photo)
    mask = segmenter.segment(image, coffee.clicks).mask
    sample = ObjectSample("cup#1", "learned", "cup", image, mask, np.zeros_like(mask))
    assert cost_of(segmenter, sample, seed=1).clicks == PROMPT


def test_folds_keep_photos_together() -> None:
    photos = ["a", "a", "a", "b", "b", "c"]
    folds = folds_of(photos, range(6))
    assert len(folds) == 2
    assert sorted(i for fold in folds for i in fold.held) == list(range(6))
    for fold in folds:
        assert not {photos[i] for i in fold.held} & {photos[i] for i in fold.train}


def test_one_photo_is_split_by_objects() -> None:
    folds = folds_of(["a"] * 5, range(5))
    assert [fold.held for fold in folds] == [(0, 2, 4), (1, 3)]
    assert [fold.train for fold in folds] == [(1, 3), (0, 2, 4)]


def test_only_unseen_objects_are_held_back() -> None:
    folds = folds_of(list("abcdef"), [4, 5])
    assert [fold.held for fold in folds] == [(4,), (5,)]
    assert folds[0].train == (0, 1, 2, 3, 5)


def test_many_objects_need_one_copy_alone() -> None:
    photos = [str(i) for i in range(60)]
    (fold,) = folds_of(photos, range(60))
    assert len(fold.held) == 20 and len(fold.train) == 40
