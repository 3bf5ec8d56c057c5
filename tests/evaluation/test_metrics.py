import numpy as np
import pytest

from iog.evaluation.metrics import boundary_iou, clicks_to_reach, iou, mean_interval


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


def rectangle(x0: int, y0: int, x1: int, y1: int, width: int = 40, height: int = 30) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def test_boundary_iou_against_figures_made_by_hand() -> None:
    """The diagonal is 50 pixels: at 2 % the boundary region is 1 pixel wide, at 4 % 2 pixels."""
    one, moved = rectangle(5, 5, 15, 15), rectangle(6, 5, 16, 15)
    # Two rings of 36 pixels, which share 2 x 9 in the upper and lower rows.
    assert boundary_iou(one, moved) == pytest.approx(18 / 54)
    # Rings of 100 - 36 = 64; shared are rows 5, 6, 13, 14 (9 each), and in the 6 rows between column 6 and
    # column 14: 48.
    assert boundary_iou(one, moved, ratio=0.04) == pytest.approx(48 / 80)
    # So wide that nothing is left inside: the plain IoU.
    assert boundary_iou(one, moved, ratio=0.5) == pytest.approx(iou(one, moved))
    assert boundary_iou(one, one) == 1
    assert boundary_iou(one, one & False) == 0
    assert boundary_iou(one & False, one & False) == 1


def test_the_image_border_is_a_boundary() -> None:
    whole, inner = rectangle(0, 0, 8, 6, 8, 6), rectangle(1, 1, 7, 5, 8, 6)
    assert boundary_iou(whole, inner) == 0  # rings of 24 and 16 pixels, one inside the other


def test_boundary_iou_leaves_void_out() -> None:
    one, wider = rectangle(5, 5, 15, 15), rectangle(5, 5, 17, 15)
    void = rectangle(14, 0, 20, 30)
    assert boundary_iou(wider, one, void) == 1
    assert boundary_iou(rectangle(5, 5, 15, 14), one, void) < 1


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


def test_objects_of_one_photo_count_as_one_draw() -> None:
    """Ten like objects in each of 40 photos tell no more than 40 photos do."""
    per_photo = np.random.default_rng(1).normal(0.8, 0.1, 40)
    values, photos = np.repeat(per_photo, 10).tolist(), np.repeat(np.arange(40), 10).tolist()
    by_photo, alone = mean_interval(values, photos), mean_interval(values)
    assert by_photo == pytest.approx(mean_interval(per_photo.tolist()))
    assert by_photo[1] - by_photo[0] > 2.5 * (alone[1] - alone[0])
    assert mean_interval(values, list(range(400))) == pytest.approx(alone)


def test_photos_with_many_objects_weigh_as_many() -> None:
    low, high = mean_interval([1.0, 1.0, 1.0, 0.0], ["a", "a", "a", "b"])
    assert (low, high) == (0.0, 1.0)
    assert mean_interval([0.5] * 7, ["a"] * 7) == (0.5, 0.5)
