"""Clicks without a box: how they are given to a model, drawn, measured and told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from iog.bench.accuracy import PlannedObject, measured
from iog.bench.settings import BenchSettings
from iog.bench.subjects import Participant, opened
from iog.cli import main
from iog.clicks import Clicks, Correction, PointClicks, clicks_from_json
from iog.crop import Crop
from iog.description import ModelInfo
from iog.errors import ClickError, ModelError
from iog.evaluation import tables
from iog.evaluation.measure import measure
from iog.evaluation.protocol import ObjectResult, evaluate
from iog.evaluation.settings import Settings
from iog.evaluation.subjects import PointNetwork, subject_of
from iog.guidance import GUIDANCE, point_maps
from iog.robot import RobotUser
from iog.segmenter import Segmenter
from tests.evaluation.conftest import HEIGHT, OBJECT, WIDTH, Objects, RedEngine, made

POINTS = PointClicks((WIDTH, HEIGHT), (Correction(50, 40, True), Correction(10, 10, False)))


class RedPoints(RedEngine):
    """What is red is the object once a click is on it; a click sets the pixels around it."""

    info = replace(RedEngine.info, network={"guidance": "points"})

    def decode(self, features: tuple[np.ndarray, ...], click_maps: np.ndarray) -> np.ndarray:
        add, remove, previous = click_maps[:, 0], click_maps[:, 1], click_maps[:, 2]
        with_box = np.stack([np.zeros_like(add)] * 2 + [add, remove, previous], 1)
        answers = super().decode(features, with_box)
        answers[add.max((1, 2)) < 1] = 0
        return answers


@pytest.fixture(scope="module")
def points() -> Segmenter:
    return Segmenter(RedPoints())


def test_points_check_themselves_and_come_back_from_json() -> None:
    assert clicks_from_json(json.loads(json.dumps(POINTS.to_json()))) == POINTS
    assert len(POINTS) == 2
    with pytest.raises(ClickError, match="120 x 100 pixels, not of 50 x 50"):
        POINTS.check_inside_image(50, 50)
    with pytest.raises(ClickError, match="point 3"):
        POINTS.with_correction(500, 3, True).check_inside_image(WIDTH, HEIGHT)
    with pytest.raises(ClickError, match="'size' is missing"):
        clicks_from_json({"points": [[1, 2, True]]})


@pytest.mark.parametrize("guidance", ["points", "distances", "first-point"])
def test_a_map_is_one_at_clicked_pixels_alone(guidance: str) -> None:
    clicks = POINTS.with_correction(70, 60, True)
    maps = dict(zip(GUIDANCE[guidance], point_maps(guidance, clicks, Crop(clicks.box, 64, 48)), strict=True))
    kind = " distance" if guidance == "distances" else ""
    # Pixel (50, 40) of 120 x 100 lies at column 26 of 64, row 19 of 48.
    assert np.argwhere(maps[f"add{kind}"] == 1).tolist() == [[19, 26], [29, 37]]
    assert np.argwhere(maps[f"remove{kind}"] == 1).tolist() == [[5, 5]]
    if guidance == "first-point":
        assert np.argwhere(maps["first"] == 1).tolist() == [[19, 26]]
    if guidance == "distances":
        assert maps["add distance"][19, 26 + 8] == pytest.approx(1 - 8 / 32)
        assert maps["add distance"].min() == 0


def test_a_session_without_a_box_is_the_mask_of_all_its_clicks(points: Segmenter) -> None:
    sample = made("half", OBJECT)
    session = points.session(sample.image)
    for click in POINTS.corrections:
        prediction = session.correct(*click)
    assert session.clicks == POINTS
    assert np.array_equal(prediction.mask, points.segment(sample.image, POINTS).mask)
    assert prediction.prompt == "points"
    assert session.undo().clicks == replace(POINTS, corrections=POINTS.corrections[:1])
    with pytest.raises(ModelError, match="no inside click"):
        session.click(50, 40)


def test_a_model_says_which_clicks_it_takes(points: Segmenter, red: Segmenter) -> None:
    image = made("exact", OBJECT).image
    with pytest.raises(ModelError, match="takes only clicks, without a box"):
        points.session(image, [(40, 30), (71, 61)])
    with pytest.raises(ModelError, match="needs a box"):
        red.session(image)


def test_the_first_click_is_the_deepest_and_corrects_an_empty_mask(points: Segmenter) -> None:
    subject = subject_of(points)
    assert isinstance(subject, PointNetwork)
    sample = made("exact", OBJECT)
    curve = measure(subject, sample, RobotUser(), 5)
    first = RobotUser().correction(np.zeros_like(OBJECT), OBJECT)
    assert curve.clicks.corrections[0] == first
    assert first is not None and first[:2] == RobotUser().clicks(OBJECT).inside
    assert curve.first == 1
    assert curve.prompted is not None


def test_evaluation_counts_from_one_click(points: Segmenter) -> None:
    objects = Objects([made("exact", OBJECT), made("half", OBJECT & (np.arange(WIDTH) < 56))])
    results = list(evaluate(points, objects, Settings(clicks=4)))
    for result in results:
        again = ObjectResult.from_json(json.loads(json.dumps(result.to_json())))
        assert again == result
        assert (result.first, result.last, len(result.curve)) == (1, 4, 4)
    table = tables.iog_table(results)
    assert "| 1 click | 2 clicks | 3 clicks | 4 clicks |" in table
    assert tables.curve_table(results).splitlines()[0] == "| set | 1 | 2 | 3 | 4 |"
    replayed = {r.index: r for r in results}
    assert list(evaluate(points, objects, Settings(clicks=4), recorded=replayed)) == results


@pytest.mark.parametrize("name", ["graph-cut-clicks", "random-walker-clicks", "geodesic-clicks"])
def test_classical_methods_take_clicks_alone(name: str) -> None:
    """One click on the object says of nothing that it is background: all is object; the next click says."""
    with opened([name], limited=False) as (one,):
        assert one.subject.first == 1
        settings = BenchSettings(splits=("val",), classical_clicks=4)
        found = measured(one, PlannedObject("val", 0, 0.0), made("exact", OBJECT), settings)
    assert not found.failures
    assert found.ious[0] == pytest.approx(OBJECT.mean(), abs=1e-4)
    assert found.prompt["points"][1][2] is False
    assert max(found.ious) > 0.5


def test_the_benchmark_takes_a_network_without_a_box(points: Segmenter) -> None:
    one = Participant("points", "points", "clicks alone", "1", subject_of(points))
    found = measured(one, PlannedObject("val", 0, 0.0), made("exact", OBJECT), BenchSettings(clicks=3))
    assert found.first == 1
    assert found.at(1) is not None


def test_predict_without_corners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "red_points.py").write_text(
        "from tests.evaluation.test_points import RedPoints\ndef make():\n    return RedPoints()\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    Image.fromarray(made("exact", OBJECT).image).save("photo.png")
    call = [
        "predict",
        "photo.png",
        "--model",
        "red_points:make",
        "--out",
        "mask.png",
        "--overlay",
        "look.png",
    ]
    result = CliRunner().invoke(main, [*call, "--add", "50,40", "--remove", "10,10"])
    assert result.exit_code == 0, result.output
    assert (np.array(Image.open("mask.png")) > 0)[40, 50]
    refused = CliRunner().invoke(main, [*call, "--corners", "40,30", "71,61"])
    assert refused.exit_code == 2
    assert "takes only clicks" in refused.output
    wrong = CliRunner().invoke(main, ["predict", "photo.png", "--out", "mask.png", "--add", "50,40"])
    assert wrong.exit_code == 2
    assert "needs a box" in wrong.output


def test_boxes_cannot_be_replayed_from_points(points: Segmenter, red: Segmenter) -> None:
    objects = Objects([made("exact", OBJECT)])
    recorded = {r.index: r for r in evaluate(points, objects, Settings(clicks=3))}
    assert not isinstance(recorded[0].clicks, Clicks)
    with pytest.raises(Exception, match="no boxes"):
        list(evaluate(red, objects, Settings(clicks=3), recorded=recorded))


def test_the_description_tells_the_prompt() -> None:
    info = ModelInfo(
        name="x", size=64, margin=0, network={"guidance": "distances"}, weights_sha256="", trained={}
    )
    assert info.guidance == "distances"
