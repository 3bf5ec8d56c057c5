"""Points of Curve-GCN's curve, dragged by the robot user, on the bench and in `iog eval`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iog.bench.accuracy import PlannedObject, measured
from iog.bench.settings import BenchSettings
from iog.bench.subjects import opened
from iog.datasets import ObjectSample
from iog.errors import DataError, ModelError
from iog.evaluation.measure import measure
from iog.evaluation.protocol import evaluate
from iog.evaluation.settings import Settings
from iog.evaluation.subjects import CurveNetwork, subject_of
from iog.masks import outline_points
from iog.networks import checkpoints
from iog.networks.families import build
from iog.robot import Drag, RobotUser
from iog.segmenter import Segmenter
from tests.evaluation.conftest import Objects, made
from tests.rivals.conftest import TINY


@pytest.fixture(scope="module")
def curve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("curve") / "curve.pt"
    checkpoints.save(path, build("curve-gcn", {**TINY, "widths": (8, 8, 8, 16, 8)}), settings={"sizes": [64]})
    return path


@pytest.fixture(scope="module")
def sample() -> ObjectSample:
    mask = np.zeros((100, 120), bool)
    mask[20:80, 30:90] = True
    return made("square", mask)


def test_the_robot_drags_the_farthest_point_to_its_place() -> None:
    mask = np.zeros((100, 120), bool)
    mask[20:80, 30:90] = True
    points = outline_points(mask, 40)
    assert RobotUser().drag(points, mask) is None, "it fits"
    off = np.roll(points, 3, axis=0)
    off[7] += (9, 4)
    dragged = RobotUser().drag(off, mask)
    assert dragged is not None and dragged.point == 7
    assert np.abs(points[4] - 0.5 - dragged[1:]).max() <= 1, "the place that was its own"


def test_a_dragged_point_lies_where_it_was_put_and_each_counts_one_click(
    curve: Path, sample: ObjectSample
) -> None:
    subject = subject_of(Segmenter(curve))
    assert isinstance(subject, CurveNetwork) and (subject.first, subject.last) == (2, None)
    attempt = subject.begin(sample.image, sample.mask, RobotUser())
    before = attempt.step(None).mask
    asked = attempt.ask(RobotUser(), sample.mask)  # type: ignore[attr-defined]
    assert isinstance(asked, Drag)
    after = attempt.drag(asked).mask  # type: ignore[attr-defined]
    np.testing.assert_allclose(attempt.points[asked.point], (asked.x + 0.5, asked.y + 0.5), atol=0.01)  # type: ignore[attr-defined]
    assert (before != after).any()
    found = measure(subject, sample, RobotUser(), 12)
    assert found.first == 2 and 2 < len(found.ious) <= 11
    assert found.ious[-1] > found.ious[0], "dragging helps"


def test_features_are_kept_between_drags(curve: Path, sample: ObjectSample) -> None:
    segmenter = Segmenter(curve)
    calls = []
    encode = segmenter.engine.encode
    segmenter.engine.encode = lambda inputs: calls.append(1) or encode(inputs)  # type: ignore[method-assign]
    measure(subject_of(segmenter), sample, RobotUser(), 6)
    assert len(calls) == 1


def test_it_is_measured_to_as_many_clicks_as_others(curve: Path, sample: ObjectSample) -> None:
    with opened([], [("curve", str(curve))]) as (one,):
        found = measured(one, PlannedObject("val", 0, 0.0), sample, BenchSettings(clicks=5))
    assert found.at(5) is not None and found.milliseconds
    results = list(evaluate(Segmenter(curve), Objects([sample]), Settings(clicks=5)))
    assert results[0].ious == tuple(measure(one.subject, sample, RobotUser(), 5).ious[1:])
    replayed = {r.index: r for r in results}
    with pytest.raises(DataError, match="holds no points that were dragged"):
        list(evaluate(Segmenter(curve), Objects([sample]), Settings(clicks=3), recorded=replayed))
    with pytest.raises(ModelError, match="takes no corrections"), opened([], [("c", f"strokes:{curve}")]):
        pass
