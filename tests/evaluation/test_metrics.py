import numpy as np
import pytest

from iog.evaluation.metrics import clicks_to_reach, iou, mean_interval


def test_iou() -> None:
    one, other = np.zeros((2, 10), bool), np.zeros((2, 10), bool)
    one[0, :6] = True
    other[0, 3:9] = True
    assert iou(one, other) == pytest.approx(3 / 9)
    assert iou(one, one) == 1
    assert iou(one, ~one) == 0
    void = np.zeros_like(one)
    void[0, :3] = True
    assert iou(one, other, void) == pytest.approx(3 / 6)
    assert iou(one & False, one & False) == 1
    assert iou(one & False, one) == 0


def test_clicks_to_reach() -> None:
    assert clicks_to_reach([0.5, 0.86, 0.84, 0.91], 0.85, first=3) == 4
    assert clicks_to_reach([0.9], 0.9, first=3) == 3
    assert clicks_to_reach([0.5, 0.6], 0.9, first=3) is None


def test_interval_holds_the_mean_and_narrows() -> None:
    values = np.random.default_rng(0).normal(0.8, 0.1, 4000)
    low, high = mean_interval(values.tolist())
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * 0.1 / np.sqrt(4000), rel=0.1)
    few_low, few_high = mean_interval(values[:100].tolist())
    assert few_high - few_low > 3 * (high - low)
