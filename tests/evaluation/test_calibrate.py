"""Fitting on some photos, judging on others."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from iog.calibration import read_calibration
from iog.cli import main
from iog.errors import DataError
from iog.evaluation.calibrate import Measured, _never_falling, calibrate, fit, measure, reliability_plot
from iog.segmenter import Segmenter
from tests.evaluation.conftest import LEFT, OBJECT, Objects, made


def objects(count: int, shift: float, seed: int = 0) -> list[Measured]:
    """Estimates that are too high by `shift`, with noise; two objects a photo."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(count):
        iou = float(random.uniform(0.2, 0.8))
        estimate = float(np.clip(iou + shift + random.normal(0, 0.05), 0, 1))
        found.append(Measured(f"photo{number // 2}", "ab"[number % 2], {"box": (estimate, iou)}))
    return found


def test_a_shift_is_found_and_taken_back() -> None:
    calibration = calibrate(objects(800, 0.15), "w", {"data": "test"})
    measured = calibration.measured["prompts"]["box"]
    assert measured["error_of_estimate"] == pytest.approx(0.15, abs=0.02)
    assert measured["error"] < 0.03
    assert measured["rank_correlation"] > 0.9
    assert calibration.confidence("box", 0.75) == pytest.approx(0.6, abs=0.03)
    assert set(measured["groups"]) == {"a", "b"}
    assert measured["objects"] == sum(b["objects"] for b in measured["bins"]) == 800


def test_photos_are_judged_by_curves_that_never_saw_them() -> None:
    """Noise alone: a curve that had seen its own objects would look better than chance."""
    random = np.random.default_rng(1)
    noise = [
        Measured(f"p{i}", "a", {"box": (e, u)}) for i, (e, u) in enumerate(random.uniform(size=(200, 2)))
    ]
    within = fit(*np.array([m.answers["box"] for m in noise]).T)
    values = np.array([m.answers["box"] for m in noise])
    own = np.abs(within(values[:, 0]) - values[:, 1]).mean()
    calibration = calibrate(noise, "w", {})
    assert calibration.measured["prompts"]["box"]["error"] > 0.005
    assert own < 0.3


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 9)), min_size=1, max_size=12))
def test_the_nearest_rising_sequence(pairs: list[tuple[float, int]]) -> None:
    values, weights = zip(*pairs, strict=True)
    found = _never_falling(values, weights)
    assert all(a <= b + 1e-12 for a, b in pairwise(found))
    assert np.average(found, weights=weights) == pytest.approx(np.average(values, weights=weights))
    if list(values) == sorted(values):
        assert found == pytest.approx(list(values))


def test_too_few_objects() -> None:
    with pytest.raises(DataError, match="3 objects are too few"):
        calibrate(objects(3, 0), "w", {})


def test_every_way_of_asking_is_measured(red: Segmenter) -> None:
    first, second = measure(red, Objects([made("cat", OBJECT), made("dog", LEFT)]), range(2))
    ways = {"box", "crop", "centre", "sim", "two-stage", "inside"}
    assert set(first.answers) == ways, "nothing is wrong, so there is no correction"
    assert set(second.answers) == ways | {"corrections"}
    assert first.answers["box"][1] == 1
    assert second.answers["corrections"][1] > second.answers["inside"][1]


def test_the_command_and_the_plot(photo_folder: Path, tmp_path: Path) -> None:
    few = ["calibrate", "--data", photo_folder, "--out", tmp_path / "c.json"]
    result = CliRunner().invoke(main, [str(argument) for argument in few])
    assert result.exit_code == 2
    assert "4 objects are too few to calibrate" in result.output
    assert not (tmp_path / "c.json").exists()
    calibration = calibrate(objects(200, 0.1), "w", {"data": "test"})
    drawn = reliability_plot(calibration, ["box"])
    root = ElementTree.fromstring(drawn)
    assert len(root.findall(".//{*}circle")) >= 8
    assert "box: error" in drawn
    calibration.write(tmp_path / "c.json")
    assert read_calibration(tmp_path / "c.json") == calibration
