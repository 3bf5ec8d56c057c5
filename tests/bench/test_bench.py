"""The benchmark from photos to the page, on the sample photos."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from iog.bench.accuracy import PlannedObject, measured, plan, run
from iog.bench.costs import arithmetic, costs_of, read_costs
from iog.bench.results import MethodFile, MethodResult, read_methods
from iog.bench.settings import BenchSettings
from iog.bench.speed import interleaved, scene, speed_tables
from iog.bench.subjects import Participant, opened
from iog.bench.summary import every_click, summary
from iog.bench.tables import NONE, Table, common, number_of_clicks, tables
from iog.cli import main
from iog.clicks import Clicks, Correction
from iog.errors import DataError
from iog.evaluation.metrics import iou
from iog.evaluation.subjects import BoxedNetwork, NoAnswerError
from iog.robot import BoolArray, RobotUser
from iog.segmenter import Segmenter
from tests.evaluation.conftest import OBJECT, Objects, made

QUICK = BenchSettings(splits=("val",), clicks=4, classical_clicks=3, jitter=(0.05,), jitter_every=2)


class Scripted:
    """A subject whose masks are given; an exception in their place is raised."""

    def __init__(self, first: int, last: int | None, masks: Sequence[BoolArray | Exception]) -> None:
        self.first, self.last, self._masks = first, last, iter(masks)
        self.prompt = max(first, 3)
        self.seen: list[Correction | None] = []
        self.clicks = Clicks.of([(0, 0), (9, 9)])

    def begin(self, image: np.ndarray, mask: BoolArray, user: RobotUser) -> Scripted:
        return self

    def step(self, correction: Correction | None) -> SimpleNamespace:
        self.seen.append(correction)
        mask = next(self._masks)
        if isinstance(mask, Exception):
            raise mask
        return SimpleNamespace(mask=mask)


def taking_part(subject: Scripted) -> Participant:
    return Participant("scripted", "Scripted", "classical", "1", subject)


def record(**changes: object) -> MethodResult:
    plain = MethodResult(
        split="val", index=0, name="a#1", group="cats", category="cat", area=2000, share=0.1, jitter=0.0,
        first=3, ious=(0.5, 0.86, 0.92), boundary_ious=(0.4, 0.5, 0.6), failures=(), prompt={},
    )  # fmt: skip
    return replace(plain, **changes)


def test_corrections_begin_after_the_prompt_and_a_perfect_mask_ends_the_curve() -> None:
    half = OBJECT.copy()
    half[:, : OBJECT.shape[1] // 2] = False
    subject = Scripted(2, None, [np.zeros_like(OBJECT), half, OBJECT])
    planned, settings = PlannedObject("val", 0, 0.0), replace(QUICK, clicks=20)
    found = measured(taking_part(subject), planned, made("exact", OBJECT), settings)
    assert subject.seen[:2] == [None, None]
    assert subject.seen[2] == RobotUser().correction(half, OBJECT)
    assert found.ious == (0.0, round(iou(half, OBJECT), 5), 1.0)
    # Nothing is wrong any more: the mask stays to the end.
    assert found.at(20) == 1.0
    assert found.at(1) is None


def test_a_failure_counts_as_an_empty_mask_and_the_next_click_is_made() -> None:
    subject = Scripted(3, None, [NoAnswerError("no seeds"), OBJECT])
    found = measured(taking_part(subject), PlannedObject("val", 0, 0.0), made("exact", OBJECT), QUICK)
    assert found.ious == (0.0, 1.0)
    assert found.failures == ((3, "no seeds"),)


@pytest.mark.parametrize("name", ["lite", "grabcut-full", "geodesic-seeds", "scissors-outline"])
def test_a_jittered_box_that_misses_a_thin_object_has_no_inside_click(name: str) -> None:
    """What needs one has no mask, what takes a box keeps the box's; nothing is given up."""
    thin = np.zeros((100, 120), bool)
    thin[20:80, 40:42] = thin[78:80, 40:100] = True  # an L two pixels wide
    sample = replace(made("thin", thin), mask=thin)
    seeds = range(100)
    missed = [i for i in seeds if RobotUser(corner_jitter=0.1, seed=(0, i)).clicks(thin).inside is None]
    assert missed, "the robot's box misses it now and then"
    with opened([name], limited=False) as (one,):
        found = measured(one, PlannedObject("val", missed[0], 0.1), sample, QUICK)
    assert len(found.ious) == 3 - min(3, one.subject.first) + 1
    assert bool(found.failures) == (name == "geodesic-seeds")
    if name == "lite":
        assert found.ious[0] == found.ious[1]


def test_a_zero_measures_no_jitter() -> None:
    objects = Objects([made("exact", OBJECT)])
    assert {item.jitter for item in plan({"val": objects}, replace(QUICK, jitter_every=0))} == {0.0}


def test_the_plan_spreads_over_each_set_and_is_the_seed_s() -> None:
    objects = Objects([made(f"{i}", OBJECT) for i in range(10)])
    items = plan({"val": objects}, replace(QUICK, limit=5))
    exact = [i.index for i in items if i.jitter == 0]
    assert len(exact) == 5
    assert set(np.diff(exact)) == {2}
    assert [i.index for i in items if i.jitter] == exact[::2]
    assert plan({"val": objects}, replace(QUICK, limit=5)) == items
    with pytest.raises(DataError, match="no objects"):
        plan({"val": objects}, replace(QUICK, sets=("nowhere",)))


def test_lines_of_other_weights_are_measured_anew_and_a_torn_line_is_dropped(tmp_path: Path) -> None:
    run_ = {"title": "T", "family": "classical", "identity": "1"}
    with MethodFile(tmp_path, "m", run_) as file:
        file.add(record())
    with file.path.open("ab") as torn:
        torn.write(b'{"split": "va')
    with MethodFile(tmp_path, "m", run_) as file:
        assert list(file.results.values()) == [record()]
    with MethodFile(tmp_path, "m", {**run_, "identity": "2"}) as file:
        assert not file.results
        assert file.dropped == 1


def test_noc_counts_failures_with_the_last_click(tmp_path: Path) -> None:
    with MethodFile(tmp_path, "m", {"title": "T", "family": "classical", "identity": "1"}) as file:
        file.add(record())
        file.add(record(index=1, ious=(0.1, 0.2, 0.3)))
    methods = read_methods(tmp_path)
    (table,) = number_of_clicks(methods, common(methods))
    row = dict(zip(table.header, table.rows[0], strict=True))
    # 0.86 at 4 and never: (4 + 5) / 2, one failure.
    assert (row["NoC@85"], row["failures@85"]) == ("4.50", "1")
    assert row["NoC@95"] == "5.00"


def test_methods_with_fewer_clicks_are_compared_to_their_last(tmp_path: Path) -> None:
    curves = {"short": (0.5, 0.6, 0.7), "long": (0.5, 0.6, 0.7, 0.8, 0.9), "box": (0.4,)}
    for name, ious in curves.items():
        with MethodFile(tmp_path, name, {"title": name, "family": "classical", "identity": "1"}) as file:
            file.add(record(ious=ious, boundary_ious=ious, first=2 if name == "box" else 3))
    methods = read_methods(tmp_path)
    short, long = number_of_clicks(methods, common(methods))
    assert [row[0] for row in long.rows] == ["long"]
    reached = {row[0]: row[short.header.index("NoC@90")] for row in short.rows}
    assert reached == {"short": "5.00", "long": "5.00", "box": "5.00"}
    assert long.rows[0][long.header.index("NoC@90")] == "7.00"


def test_a_table_says_the_same_in_every_form() -> None:
    table = Table("t", "100 % & more", "note", ["method", "kind", "IoU", "NoC@90"], [
        ["a_b", "x", "90.0", "5.0"], ["c", "x", "80.0", "3.0"], ["d", "x", "–", "9.0"],
    ])  # fmt: skip
    assert "| a_b | x | 90.0 | 5.0 |" in table.markdown()
    assert table.csv().splitlines()[1] == "a_b,x,90.0,5.0"
    assert r"a\_b & x & 90.0 & 5.0 \\" in table.latex()
    assert r"100 \% \& more" in table.latex()
    best = re.findall(r'<td class="n best">([^<]+)', table.html())
    assert best == ["90.0", "3.0"]  # IoU: the most; clicks: the least


@pytest.fixture(scope="module")
def results(photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two methods and the bundled model on the sample photos, measured in two calls."""
    out = tmp_path_factory.mktemp("results")
    call = ["bench", "accuracy", "--data", str(photo_folder), "--out", str(out), "--splits", "val"]
    call += ["--clicks", "4", "--classical-clicks", "3", "--jitter", "0.05"]
    for methods in ("box,geodesic-full", "box,lite,scissors-outline,geodesic-clicks"):
        result = CliRunner().invoke(main, [*call, "--methods", methods])
        assert result.exit_code == 0, result.output
    assert "box: 0 of 6 measured now" in result.output
    assert "lite: 6 of 6 measured now" in result.output
    assert "lite: costs measured" in result.output
    assert "| iog lite | 2 |" in result.output and "| box" in result.output, "a table of both calls"
    refused = CliRunner().invoke(main, [*call, "--methods", "box", "--clicks", "9"])
    assert refused.exit_code == 2
    assert "other settings (clicks 4 there and 9 now)" in refused.output
    return out


def test_the_page_holds_everything_and_asks_nobody(results: Path, photo_folder: Path) -> None:
    result = CliRunner().invoke(main, ["bench", "report", str(results), "--data", str(photo_folder)])
    assert result.exit_code == 0, result.output
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "{{" not in page
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page.replace("xlink:", ""))
    assert page.count('class="shot"') == 5 * 6
    methods = {m.name: m for m in read_methods(results)}
    assert set(methods) == {"box", "geodesic-clicks", "geodesic-full", "lite", "scissors-outline"}
    assert len(methods["lite"].results) == 4
    for name in ("iou_at_3", "iou_by_clicks", "failures", "noc"):
        for ending in ("md", "csv", "tex"):
            assert (results / "tables" / f"{name}.{ending}").stat().st_size
    # The masks of these photos are the model's own, so it must come first.
    assert tables(list(methods.values()))[0].rows[0][0] == "iog lite"
    assert (results / "plots" / "curves.svg").read_text(encoding="utf-8").startswith("<?xml")
    environment = json.loads((results / "environment.json").read_text(encoding="utf-8"))
    assert set(environment["methods"]) == set(methods)


def test_the_table_has_figures_and_costs_side_by_side(results: Path) -> None:
    table = summary(results)
    rows = {row[0]: dict(zip(table.header, row, strict=True)) for row in table.rows}
    lite, geodesic = (
        rows["iog lite"],
        next(row for name, row in rows.items() if "eodesic" in name and row["first"] != "1"),
    )
    assert lite["first"] == "2" and lite["1"] == NONE and lite["2"] != NONE
    # The masks of these photos are the model's own.
    assert float(lite["3"]) > 95 and 2 <= float(lite["NoC@90"]) < 4 and lite["failures@90"] == "0"
    assert 4 < float(lite["M parameters"]) < 7
    assert float(lite["GMAC, prompt"]) > float(lite["GMAC, click"]) > 0.1
    assert int(lite["peak MB"]) > 100 and float(lite["ms, click"]) > 0
    assert geodesic["M parameters"] == NONE and geodesic["2"] == NONE
    assert read_costs(results)["lite"].identity.startswith("weights ")
    again = replace(read_costs(results)["lite"], identity="other weights")
    assert costs_of({"lite": again}, "lite", "weights 1") is None, "of other weights they say nothing"
    methods = read_methods(results)
    each = every_click(methods, common(methods))
    assert each.header[2:] == [str(k) for k in range(1, 21)]
    assert dict(zip(each.header, each.rows[0], strict=True))["5"] == NONE, "four clicks were made"


def test_costs_count_the_gradients_and_the_drags(tmp_path: Path) -> None:
    from iog.networks import checkpoints
    from iog.networks.families import build

    tiny = {"backbone": "tf_efficientnet_lite0", "widths": (8, 8, 8, 8, 8)}
    kinds = {"itis": tiny, "brs": {**tiny, "steps": 3}, "curve-gcn": tiny}
    for kind, settings in kinds.items():
        network = build(kind, settings)
        for name, value in network.state_dict().items():
            if name.endswith("head.bias"):
                value.fill_(-5)  # no pixel is object, so that a click has to be satisfied
            elif name.endswith("clicks.weight"):
                value.normal_(0, 0.2)
        checkpoints.save(tmp_path / f"{kind}.pt", network, settings={"sizes": [64]})
    found = {}
    with opened([], [(kind, str(tmp_path / f"{kind}.pt")) for kind in kinds]) as participants:
        for one in participants:
            found[one.name] = arithmetic(one, one.subject.segmenter)  # type: ignore[attr-defined]
    (count, first, click), (brs_count, brs_first, _) = found["itis"], found["brs"]
    assert count == brs_count and count > 1e6
    assert first == click and brs_first > 2 * first, "it asks its network more than once"
    _, prompt, drag = found["curve-gcn"]
    assert drag < 0.5 * prompt, ("the photo's features are kept", drag, prompt)


def test_the_benchmark_agrees_with_the_evaluation(
    results: Path, photo_folder: Path, segmenter: Segmenter
) -> None:
    from iog.datasets import PhotoDataset
    from iog.evaluation.protocol import evaluate
    from iog.evaluation.settings import Settings as Protocol

    lite = next(m for m in read_methods(results) if m.name == "lite")
    for there, here in zip(
        evaluate(segmenter, PhotoDataset(photo_folder, "val"), Protocol(clicks=4)), lite.results, strict=True
    ):
        np.testing.assert_allclose([here.at(k) for k in (2, 3, 4)], there.curve, atol=1e-5)


def test_unknown_methods_and_empty_folders_are_one_sentence(tmp_path: Path) -> None:
    for call, told in (
        (
            ["accuracy", "--data", str(tmp_path), "--out", str(tmp_path), "--methods", "wish"],
            "unknown method 'wish'",
        ),
        (["accuracy", "--data", str(tmp_path), "--out", str(tmp_path), "--model", "x"], "is not NAME=FILE"),
        (["report", str(tmp_path)], "holds no results"),
        (["speed", "--out", str(tmp_path), "--megapixels", "many"], "is not a list of numbers"),
    ):
        result = CliRunner().invoke(main, ["bench", *call])
        assert result.exit_code == 2
        assert told in result.output
        assert "Traceback" not in result.output


def test_a_scene_grows_around_its_object_or_with_it() -> None:
    small, large = (scene(size, enlarged=False) for size in (0.3, 1.2))
    assert large[0].shape[0] * large[0].shape[1] == pytest.approx(1.2e6, rel=0.01)
    assert large[1].sum() == small[1].sum()
    assert scene(1.2, enlarged=True)[1].sum() == pytest.approx(
        4 * scene(0.3, enlarged=True)[1].sum(), rel=0.02
    )


def test_rounds_take_turns_after_one_to_warm_up() -> None:
    calls: list[str] = []
    found = interleaved({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 2)
    assert calls == ["a", "b"] * 3
    assert found["a"]["least"] <= found["a"]["median"]


def test_speed_is_measured_and_reported(tmp_path: Path) -> None:
    call = ["bench", "speed", "--out", str(tmp_path), "--methods", "box,lite", "--rounds", "1"]
    result = CliRunner().invoke(main, [*call, "--megapixels", "0.3", "--threads", "1"])
    assert result.exit_code == 0, result.output
    speed = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    by_name = {m["name"]: m for m in speed["methods"]}
    assert by_name["lite"]["encode"]["least"] > 0
    assert "encode" not in by_name["box"]
    # Each in a process of its own: what PyTorch takes in this one is not counted.
    assert 50 < by_name["lite"]["peak_mb"] < 700
    assert [p["megapixels"] for p in speed["photos"]] == [0.3]
    assert {a["half"] for a in speed["arithmetic"]} == {"encode", "decode"}
    assert [t.name for t in speed_tables(speed)] == ["speed", "scaling", "arithmetic"]


def test_extreme_point_networks_are_asked_by_their_prompt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from iog.networks import checkpoints
    from iog.networks.lite import Lite, LiteConfig

    config = LiteConfig(
        guidance="extreme-points", backbone="tf_efficientnet_lite0", widths=(8, 8, 8, 8, 8),
        click_widths=(8, 8, 8, 8, 8), fine_width=8,
    )  # fmt: skip
    checkpoints.save(tmp_path / "dextr.pt", Lite(config))
    with opened(["lite"], [("mine", str(tmp_path / "dextr.pt"))]) as (lite, mine):
        assert isinstance(lite.subject, BoxedNetwork)
        assert (mine.subject.first, mine.subject.last, mine.family) == (4, 4, "extreme points")
        found = measured(mine, PlannedObject("val", 0, 0.0), made("exact", OBJECT), QUICK)
        assert len(found.ious) == 1
        assert len(found.prompt["points"]) == 4


def test_the_run_goes_on_where_it_stopped(photo_folder: Path, tmp_path: Path) -> None:
    class InterruptedRunError(Exception):
        pass

    class Breaking(Scripted):
        def begin(self, image: np.ndarray, mask: BoolArray, user: RobotUser) -> Scripted:
            if not self.left:
                raise InterruptedRunError
            self.left -= 1
            return Scripted(2, 2, [mask])

    breaking = Breaking(2, 2, [])
    breaking.left = 2
    with pytest.raises(InterruptedRunError):
        list(run(tmp_path, photo_folder, [taking_part(breaking)], QUICK))
    breaking.left = 100
    assert list(run(tmp_path, photo_folder, [taking_part(breaking)], QUICK)) == [
        "scripted: 4 of 6 measured now, 0 with failures"
    ]
