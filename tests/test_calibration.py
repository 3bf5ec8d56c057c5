"""Curves, their file, and that the bundled model has one of its own."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import iog
from iog import ModelError, zoo
from iog.calibration import Calibration, ConfidenceCurve, read_calibration
from iog.samples import Sample
from iog.segmenter import Segmenter

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@example([2.3e-309], [1.0], [0.0, 5e-324])
@example([2.3e-313], [0.5], [0.5, 5e-324])
@given(SHARES, SHARES, st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_a_curve_never_falls_and_keeps_its_ends(x: list[float], y: list[float], at: list[float]) -> None:
    count = min(len(x), len(y))
    curve = ConfidenceCurve(tuple(sorted(x[:count])), tuple(sorted(y[:count])))
    values = curve(sorted(at))
    assert (np.diff(values) >= 0).all()
    assert values.min() >= 0
    assert values.max() <= 1
    assert curve(1.0) == 1 or 1.0 in curve.estimates


def test_the_file_keeps_everything(tmp_path: Path) -> None:
    calibration = Calibration("ab", {"box": ConfidenceCurve((0.5, 0.9), (0.4, 0.7))}, {"objects": 7})
    calibration.write(tmp_path / "x.calibration.json")
    again = read_calibration(tmp_path / "x.calibration.json")
    assert again == calibration
    assert again.sha256 == calibration.sha256
    assert again.confidence("box", 0.7) == pytest.approx(0.55)
    assert again.confidence("inside", 0.7) == 0.7


@pytest.mark.parametrize(
    "change",
    [
        {"curves": {"box": {"estimates": [0.9, 0.5], "ious": [0.1, 0.2]}}},
        {"curves": {"box": {"estimates": [0.5], "ious": [1.5]}}},
        {"curves": {"box": {"estimates": [0.5, 0.6], "ious": ["x"]}}},
        {"curves": []},
        {"measured": 3},
        {"format": "iog-calibration-9"},
    ],
)
def test_other_files_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "x.calibration.json"
    Calibration("ab", {"box": ConfidenceCurve((0.5,), (0.4,))}, {}).write(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelError, match=r"x\.calibration\.json") as error:
        read_calibration(path)
    assert "\n" not in str(error.value)


def test_the_bundled_model_is_calibrated_for_its_own_weights(segmenter: Segmenter) -> None:
    """Fails after a release of weights without `iog calibrate` (CONTRIBUTING.md)."""
    assert segmenter.calibration is not None
    assert segmenter.calibration.weights_sha256 == segmenter.engine.info.weights_sha256
    prompts = segmenter.calibration.measured["prompts"]
    assert {"box", "inside", "corrections", "crop", "centre", "sim", "two-stage"} == set(prompts)
    for name, measured in prompts.items():
        assert measured["error"] < 0.05, name
        # One curve for all sets: each is off by what sets it apart from the others, most without any click.
        for group, part in measured["groups"].items():
            assert part["error"] < (0.06 if name == "crop" else 0.05), (name, group)


def test_a_prediction_says_what_was_measured(sample: Sample, segmenter: Segmenter) -> None:
    session = segmenter.session(iog.images.read_image(sample.photo), sample.clicks.corners)
    box = session.prediction
    assert sample.clicks.inside is not None
    inside = session.click(*sample.clicks.inside)
    corrected = session.correct(*sample.clicks.inside, True)
    assert segmenter.calibration is not None
    for prompt, prediction in (("box", box), ("inside", inside), ("corrections", corrected)):
        assert prediction.prompt == prompt
        expected = segmenter.calibration.curves[prompt](prediction.estimate)
        assert prediction.confidence == pytest.approx(float(expected))


def test_a_calibration_of_other_weights_is_not_used(tmp_path: Path) -> None:
    for path in zoo.MODELS["lite"].files:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    model = tmp_path / "lite.encoder.onnx"
    assert Segmenter(model).calibration is None
    file = zoo.calibration_file(model)
    assert file == tmp_path / "lite.calibration.json"
    Calibration("0" * 64, {"box": ConfidenceCurve((0.5,), (0.4,))}, {}).write(file)
    assert Segmenter(model).calibration is None
    file.write_text("{}")
    with pytest.raises(ModelError, match="make it again: iog calibrate"):
        Segmenter(model)


def test_where_a_calibration_lies() -> None:
    assert zoo.calibration_file("a/b.pth") == Path("a/b.calibration.json")
    assert zoo.calibration_file("a/b.encoder.onnx") == Path("a/b.calibration.json")
