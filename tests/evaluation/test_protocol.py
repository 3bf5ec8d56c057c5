from pathlib import Path

import numpy as np
import pytest

from iog.datasets import ObjectSample, PhotoDataset
from iog.evaluation import protocol, tables
from iog.evaluation.metrics import iou
from iog.robot import RobotUser
from iog.segmenter import Segmenter


def test_figures_are_those_of_the_masks(photo_folder: Path, segmenter: Segmenter) -> None:
    """The protocol's figure after 3 and 4 clicks, against the same steps done by hand."""
    objects = PhotoDataset(photo_folder, "val")
    robot = RobotUser()
    for sample, result in zip(
        (objects[i] for i in range(4)), protocol.evaluate(segmenter, objects, clicks=4), strict=True
    ):
        clicks = robot.clicks(sample.mask)
        third = segmenter.segment(sample.image, clicks)
        correction = robot.correction(third.mask, sample.mask, sample.void)
        assert correction is not None
        fourth = segmenter.segment(sample.image, clicks.with_correction(*correction))
        expected = [iou(p.mask, sample.mask, sample.void) for p in (third, fourth)]
        assert result.ious == pytest.approx(expected, abs=1e-4)
        assert result.share == pytest.approx(sample.mask.mean())
        assert 0 < result.box_iou <= 1


def test_a_part_gives_the_figures_of_the_whole(photo_folder: Path, segmenter: Segmenter) -> None:
    objects = PhotoDataset(photo_folder, "val")
    whole = list(protocol.evaluate(segmenter, objects, jitter=0.05, inside_depth=0.5, seed=3))
    part = list(protocol.evaluate(segmenter, objects, jitter=0.05, inside_depth=0.5, seed=3, indices=[2]))
    assert part == whole[2:3]
    other = list(protocol.evaluate(segmenter, objects, jitter=0.05, inside_depth=0.5, seed=4))
    assert other != whole


class Perfect:
    """A data set whose object the model gets exactly right, because the model itself drew it."""

    groups = ("set",)

    def __init__(self, sample: ObjectSample) -> None:
        self.sample = sample

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> ObjectSample:
        return self.sample


def test_nothing_left_to_correct_keeps_the_curve_flat(photo_folder: Path, segmenter: Segmenter) -> None:
    sample = PhotoDataset(photo_folder, "val")[1]
    everything_void = ObjectSample("v", "set", "c", sample.image, sample.mask, ~sample.mask | sample.void)
    mask = segmenter.segment(sample.image, RobotUser().clicks(sample.mask)).mask
    perfect = ObjectSample("p", "set", "c", sample.image, mask, everything_void.void | (mask != sample.mask))
    (result,) = protocol.evaluate(segmenter, Perfect(perfect), clicks=8)
    assert len(result.ious) == 6


def result(group: str, share: float, ious: list[float]) -> protocol.ObjectResult:
    return protocol.ObjectResult("n", group, "c", share, 0.5, tuple(ious), 0.9)


def test_table() -> None:
    results = [
        result("a", 0.1, [0.8, 0.9] + [0.9] * 16),
        result("a", 0.001, [0.6, 0.7] + [0.7] * 16),
        result("b", 0.2, [0.95] * 18),
    ]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in tables.markdown(results).splitlines()]
    header, _, *body = rows
    table = {row[0]: dict(zip(header, row, strict=True)) for row in body}
    assert list(table) == ["a", "a >= 0.5%", "b"]
    assert table["a"]["objects"] == "2"
    assert table["a"]["box only"] == "50.0"
    assert table["a"]["3 clicks"] == "70.0"
    assert table["a"]["4 clicks"] == "80.0"
    assert table["a >= 0.5%"]["3 clicks"] == "80.0"
    # One object reaches 90 % with its 4th click, the other never does and counts 20.
    assert table["a"]["NoC@90"] == "12.00"
    assert table["a"]["failures@90"] == "50.0 %"
    assert table["b"]["NoC@90"] == "3.00"


def test_the_release_bar(shared_data: Path, segmenter: Segmenter) -> None:
    """Mean IoU with 3 clicks on the validation photos: what the first release promises."""
    objects = PhotoDataset(shared_data, "val")
    results = protocol.by_group(list(protocol.evaluate(segmenter, objects, clicks=3)))
    means = {name: 100 * float(np.mean([r.ious[0] for r in group])) for name, group in results.items()}
    assert means["voc_animals"] >= 92.5
    assert means["iseg"] >= 90
    assert means["coco >= 0.5%"] >= 78.5
