"""Each classical method on a tiny picture whose answer is known, and what they are given."""

from __future__ import annotations

import numpy as np
import pytest

from iog import Clicks
from iog.baselines import METHODS, Scribble, UnanswerableError, segment
from iog.baselines.error_tolerant import error_tolerant
from iog.baselines.graph_cut import graph_cut
from iog.baselines.limits import Limited, LimitError
from iog.baselines.task import BACKGROUND, OBJECT, UNKNOWN, Task, task_of
from iog.clicks import Pixel
from iog.errors import DataError
from iog.evaluation.metrics import iou
from iog.robot import RobotUser

SHAPE = (60, 80)


def ellipse(x: float, y: float, a: float, b: float) -> np.ndarray:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return ((columns - x) / a) ** 2 + ((rows - y) / b) ** 2 <= 1


DISC = ellipse(40, 30, 16, 16)


def painted(mask: np.ndarray, object_colour: tuple[int, int, int] = (200, 60, 40)) -> np.ndarray:
    """Two flat colours, with a grain that the seed decides."""
    grain = np.random.default_rng(0).integers(-4, 5, (*mask.shape, 3))
    return np.clip(np.where(mask[..., None], object_colour, (60, 120, 180)) + grain, 0, 255).astype(np.uint8)


CUTTERS = ["graph-cut", "random-walker", "geodesic", "grabcut", "dense-crf", "error-tolerant"]


@pytest.mark.parametrize("prompt", ["seeds", "full"])
@pytest.mark.parametrize("name", CUTTERS)
def test_two_colours_are_told_apart(name: str, prompt) -> None:
    found = segment(name, painted(DISC), RobotUser().clicks(DISC), prompt=prompt)
    assert iou(found.mask, DISC) > 0.94  # a ring one pixel wide is 0.12
    assert found.mask[30, 40]


# Not GrabCut: its colour models hear the many, and one click changes little.
@pytest.mark.parametrize("name", [name for name in CUTTERS if name != "grabcut"])
def test_a_neighbour_of_another_colour_is_left_out_by_a_correction(name: str) -> None:
    """Two discs that touch; the box holds both, a correction takes one of them out."""
    left, right = ellipse(26, 30, 14, 14), ellipse(54, 30, 14, 14)
    picture = np.where(right[..., None], painted(right, (60, 180, 60)), painted(left))
    clicks = Clicks.of(((12, 16), (68, 44)), (26, 30), [(54, 30, False)])
    found = segment(name, picture, clicks, prompt="full").mask
    assert found[right & ~left].mean() < 0.1
    assert found[left].mean() > 0.9


def test_scissors_follow_the_edge() -> None:
    picture, clicks = painted(DISC), RobotUser().clicks(DISC)
    assert iou(segment("scissors", picture, clicks).mask, DISC) > 0.9
    # Its own prompt: clicks on the outline.
    traced = segment("scissors", picture, clicks, anchors=RobotUser().extreme_points(DISC)).mask
    assert iou(traced, DISC) > 0.9


def test_the_lazy_ones_are_their_box() -> None:
    clicks = Clicks.of(((10, 20), (49, 39)))
    box = np.zeros(SHAPE, bool)
    box[20:40, 10:50] = True
    np.testing.assert_array_equal(segment("box", painted(DISC), clicks).mask, box)
    inside = segment("ellipse", painted(DISC), clicks).mask
    assert inside[box].mean() == pytest.approx(np.pi / 4, abs=0.02)
    assert not inside[~box].any()


def test_wrong_scribbles_are_outvoted_by_one_method_and_obeyed_by_the_other() -> None:
    picture = painted(DISC)
    clicks = RobotUser().clicks(DISC)
    # A careless stroke: it begins on the object and slips over its edge into the background.
    stroke = Scribble(tuple(Pixel(x, 30) for x in range(30, 68)), foreground=True)
    task, _ = task_of(picture, clicks, "full", [stroke])
    slipped = (task.seeds == OBJECT) & (np.abs(task.image.astype(int) - (60, 120, 180)).sum(-1) < 40)
    assert slipped.sum() > 5
    assert graph_cut(task)[slipped].min() == 1
    assert (error_tolerant(task)[slipped] < 0.5).mean() > 0.5


def test_seeds_say_what_the_prompt_says() -> None:
    picture, clicks = painted(DISC), RobotUser().clicks(DISC)
    full, crop = task_of(picture, clicks, "full")
    x0, y0, x1, y1 = (int(v) for v in full.box)
    outside = np.ones(full.seeds.shape, bool)
    outside[y0:y1, x0:x1] = False
    assert (full.seeds[outside] == BACKGROUND).all()
    assert full.seeds[30 - crop.window.y0, 40 - crop.window.x0] == OBJECT
    inner = full.seeds[y0 + 1 : y1 - 1, x0 + 1 : x1 - 1]
    assert set(np.unique(inner)) == {UNKNOWN, OBJECT}
    seeds, _ = task_of(picture, clicks, "seeds")
    assert 4 <= (seeds.seeds == BACKGROUND).sum() < 60
    # The newest click wins, also over the box.
    corrected, crop = task_of(picture, clicks.with_correction(5, 5, True), "full")
    assert corrected.seeds[5 - crop.window.y0, 5 - crop.window.x0] == OBJECT


def test_a_large_object_is_made_small_and_a_box_may_leave_the_photo() -> None:
    photo = np.zeros((900, 1400, 3), np.uint8)
    photo[100:800, 200:1200] = 250
    clicks = Clicks.of(((-50, 100), (1450, 799)), (700, 400))
    task, crop = task_of(photo, clicks, "full")
    assert max(task.image.shape) == 320
    assert (crop.window.x0, crop.window.x1) == (0, 1400)
    assert segment("graph-cut", photo, clicks).mask[100:800, 200:1200].mean() > 0.95


def test_a_task_without_seeds_of_both_kinds_is_unanswerable() -> None:
    with pytest.raises(UnanswerableError, match="no seed of the object"):
        segment("graph-cut", painted(DISC), Clicks.of(((24, 14), (56, 46))))
    with pytest.raises(DataError, match="unknown method"):
        segment("wishing", painted(DISC), RobotUser().clicks(DISC))


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "maxflow", None)
    with pytest.raises(DataError, match=r"iog\[baselines-gpl\]"):
        METHODS["graph-cut"].load()


def test_limits_end_a_method_and_the_next_task_is_answered() -> None:
    small, _ = task_of(painted(DISC), RobotUser().clicks(DISC), "full")
    noise = np.random.default_rng(0).integers(0, 256, (1500, 1500, 3)).astype(np.uint8)
    seeds = np.full(noise.shape[:2], BACKGROUND, np.uint8)
    seeds[2:-2, 2:-2] = UNKNOWN
    seeds[700:720, 700:720] = OBJECT
    huge = Task(noise, seeds, (2.0, 2.0, 1498.0, 1498.0))
    with Limited("grabcut", seconds=2.0, megabytes=4000) as limited:
        np.testing.assert_array_equal(limited(small), METHODS["grabcut"].load()(small))
        with pytest.raises(LimitError, match="time limit"):
            limited(huge)
        assert limited(small).shape == small.seeds.shape
    with (
        Limited("dense-crf", seconds=60.0, megabytes=300) as limited,
        pytest.raises(LimitError, match="memory"),
    ):
        limited(huge)
