import json
from pathlib import Path

import numpy as np
import pytest

from iog import Clicks
from iog.datasets import ObjectSample, PhotoDataset
from iog.description import PublishedInfo
from iog.engines import Features
from iog.errors import DataError, ModelError
from iog.evaluation import tables
from iog.evaluation.metrics import iou
from iog.evaluation.protocol import ObjectResult, evaluate, measured_as
from iog.evaluation.settings import Settings
from iog.evaluation.strata import by_group
from iog.published import PublishedSettings
from iog.robot import RobotUser
from iog.segmenter import Segmenter
from tests.evaluation.conftest import NOTHING, OBJECT, Objects, RedEngine, made

FIRST = {"corners": [[40, 30], [71, 61]], "inside": [55, 45]}


def test_figures_are_those_of_the_masks(photo_folder: Path, segmenter: Segmenter) -> None:
    """The protocol's figure after 3 and 4 clicks, against the same steps done by hand."""
    objects = PhotoDataset(photo_folder, "val")
    robot = RobotUser()
    for sample, result in zip(
        (objects[i] for i in range(4)), evaluate(segmenter, objects, Settings(clicks=4)), strict=True
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


@pytest.mark.parametrize(("protocol", "clicks"), [("iog", 5), ("ritm", 8)])
def test_golden_clicks_and_figures(red: Segmenter, objects: Objects, protocol: str, clicks: int) -> None:
    """Every click and figure up to the fifth was found by hand; both protocols click alike."""
    settings = Settings(protocol=protocol, clicks=clicks)
    exact, half, surplus, nothing, void_half = evaluate(red, objects, settings)
    assert [len(r.curve) for r in (exact, half, surplus, nothing, void_half)] == [clicks - 1] * 5

    for unerring in (exact, void_half):  # nothing is wrong, or only in void: no click, a flat curve
        assert unerring.clicks.to_json() == {**FIRST, "corrections": []}
        assert set(unerring.curve) == set(unerring.boundary_ious) == {1}

    # The 16 x 32 pixels that are missing are 8 deep; each correction fills 15 x 15 of them.
    assert half.clicks.to_json()["corrections"][:2] == [[63, 37, True], [63, 52, True]]
    assert half.curve[:4] == pytest.approx([512 / 1024, 512 / 1024, 737 / 1024, 962 / 1024])
    # Regions 3 pixels wide (2 % of 156): of 1024 - 26 x 26 and 512 - 10 x 26 pixels they share 174.
    assert half.box_boundary_iou == half.boundary_ious[0] == pytest.approx(174 / (348 + 252 - 174))
    assert [half.noc(t) for t in (80, 85, 90)] == [5, 5, 5]

    # 9 x 9 pixels too many; the correction takes 3 x 15 of the object with them.
    assert surplus.clicks.to_json()["corrections"][0] == [76, 44, False]
    assert surplus.curve[:3] == pytest.approx([1024 / 1105, 1024 / 1105, 979 / 1024])
    assert [surplus.noc(t) for t in (80, 85, 90, 95)] == [2, 2, 2, 4]

    # What was clicked always obeys: a dot of diameter 6 holds 29 pixels around the clicked one.
    assert nothing.curve[:2] == pytest.approx([0, 29 / 1024])


def test_noc_is_none_when_never_reached(red: Segmenter, objects: Objects) -> None:
    *_, nothing, _ = evaluate(red, objects, Settings(clicks=4))
    assert nothing.noc(80) is None
    assert nothing.to_json()["noc"] == {"80": None, "85": None, "90": None, "95": None}
    assert nothing.last == 4


def test_a_part_gives_the_figures_of_the_whole(red: Segmenter, objects: Objects) -> None:
    settings = Settings(clicks=6, jitter=0.1, inside_depth=0.5, correction_depth=0.5, seed=3)
    whole = list(evaluate(red, objects, settings))
    assert list(evaluate(red, objects, settings, indices=[2])) == whole[2:3]
    other = list(evaluate(red, objects, Settings(clicks=6, jitter=0.1, inside_depth=0.5, seed=4)))
    assert [r.clicks for r in other] != [r.clicks for r in whole]


def test_objects_without_a_pixel_are_left_out(red: Segmenter) -> None:
    full = made("full", OBJECT)
    empty = ObjectSample("empty", "g", "c", full.image, NOTHING, NOTHING)
    assert [r.index for r in evaluate(red, Objects([empty, full]))] == [1]


def test_a_result_survives_its_line(red: Segmenter, objects: Objects) -> None:
    for result in evaluate(red, objects):
        assert ObjectResult.from_json(result.to_json()) == result
        times = result.milliseconds
        assert times["encode"] >= 0
        assert len(times["clicks"]) == len(result.clicks) - 1  # the two corners are one step
    with pytest.raises(DataError, match="not a result line"):
        ObjectResult.from_json({"name": "x"})


def test_recorded_clicks_give_the_same_figures(red: Segmenter, objects: Objects) -> None:
    settings = Settings(clicks=6, jitter=0.1, inside_depth=0.3, seed=5)
    recorded = {r.index: r for r in evaluate(red, objects, settings)}
    again = evaluate(red, objects, Settings(clicks=6), recorded=recorded)
    assert list(again) == list(recorded.values())
    with pytest.raises(DataError, match="no object 3"):
        list(evaluate(red, objects, recorded={}, indices=[3]))
    with pytest.raises(DataError, match=r"object 1 is half.png#1 but exact.png#1"):
        list(evaluate(red, objects, recorded={1: recorded[0]}, indices=[1]))


def test_a_missed_object_gets_no_inside_click(red: Segmenter) -> None:
    """The robot's box may miss the object altogether; the box's mask then stands for three clicks, too."""
    sample = made("exact", OBJECT)
    (result,) = evaluate(red, Objects([sample]))
    without = ObjectResult(
        **{name: getattr(result, name) for name in result.__dataclass_fields__ if name != "clicks"},
        clicks=Clicks(result.clicks.corners),
    )
    (again,) = evaluate(red, Objects([sample]), recorded={0: without})
    assert again.clicks.inside is None
    assert again.ious[0] == again.box_iou


def test_the_release_bar(shared_data: Path, segmenter: Segmenter) -> None:
    """Mean IoU with 3 clicks on the validation photos: what the first release promises."""
    objects = PhotoDataset(shared_data, "val")
    results = by_group(list(evaluate(segmenter, objects, Settings(clicks=3))))
    means = {name: 100 * float(np.mean([r.ious[0] for r in group])) for name, group in results.items()}
    assert means["voc_animals"] >= 92.5
    assert means["iseg"] >= 90
    assert means["coco >= 0.5%"] >= 78.5


class Faint(RedEngine):
    """As sure as 65 % at most."""

    def decode(self, features: Features, click_maps: np.ndarray) -> np.ndarray:
        return super().decode(features, click_maps) * np.float32(0.65)


def test_thresholds_are_swept_only_when_asked() -> None:
    objects = Objects([made("exact", OBJECT)])
    (plain,) = evaluate(Segmenter(Faint()), objects, Settings(clicks=3))
    assert plain.swept == ()
    (result,) = evaluate(Segmenter(Faint()), objects, Settings(clicks=3, sweep_thresholds=True))
    assert result.swept == pytest.approx([1] * 6 + [0] * 3)
    assert result.ious == plain.ious
    assert ObjectResult.from_json(json.loads(json.dumps(result.to_json()))) == result
    text = tables.sweep_table([result])
    assert "| 0.1 | 0.2 |" in text
    assert "| 100.0 | 0.0 | 0.0 | 0.0 |" in text


class FaintPublished:
    """A model of the published kind: 0.4 where it is red, 0.1 elsewhere."""

    info = PublishedInfo(
        name="faint",
        network="iog",
        config={"guidance": "inside-outside", "refinement": False},
        settings=PublishedSettings(size=92),  # a box of 32 pixels and 30 around it
        weights_sha256="0" * 64,
    )

    def encode(self, inputs: np.ndarray) -> Features:
        return (np.where(inputs[:, 0] > 200, 0.4, 0.1).astype(np.float32),)

    def decode(self, features: Features, click_maps: np.ndarray | None) -> np.ndarray:
        return features[0]


def test_the_quirk_of_stretched_masks() -> None:
    objects = Objects([made("exact", OBJECT)])
    (plain,) = evaluate(Segmenter(FaintPublished()), objects, Settings(clicks=3))
    assert plain.ious[0] < 0.01  # the clicked pixel alone
    settings = Settings(clicks=3, stretch_to_full_range=True)
    (quirk,) = evaluate(Segmenter(FaintPublished()), objects, settings)
    # Pictures of what was measured are made the same way.
    shown = measured_as(Segmenter(FaintPublished()), settings).segment(objects[0].image, quirk.clicks)
    assert iou(shown.mask, objects[0].mask, objects[0].void) == quirk.ious[0]
    assert quirk.ious[0] == 1
    with pytest.raises(ModelError, match="quirk of published models, which red is not"):
        list(evaluate(Segmenter(RedEngine()), objects, Settings(stretch_to_full_range=True)))
