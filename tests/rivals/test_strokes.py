"""Networks that take strokes: how they are trained and measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from iog.bench.accuracy import PlannedObject, measured
from iog.bench.settings import BenchSettings
from iog.bench.subjects import opened
from iog.cli import main
from iog.clicks import Stroke
from iog.errors import ModelError, TrainingError
from iog.images import read_image
from iog.networks import checkpoints
from iog.networks.iog import IOG, IOGConfig
from iog.networks.lite import Lite, LiteConfig
from iog.rivals.clicks_lite import ClicksLiteRecipe
from iog.samples import samples
from iog.segmenter import Segmenter
from iog.training.lite import LiteRecipe
from iog.training.lite.objective import corrected, prepared
from iog.training.packed import PackedRecipe
from tests.evaluation.conftest import OBJECT, made

SMALL = LiteConfig(backbone="tf_efficientnet_lite0", widths=(8,) * 5, click_widths=(8,) * 5, folded=True)


def test_training_draws_strokes_first_and_for_corrections(photo_folder: Path) -> None:
    recipe = ClicksLiteRecipe(data=str(photo_folder), sizes=(64,), strokes=1.0, stray_correction=0.0)
    example = recipe.examples()[0]
    (first,) = example["clicks"].corrections
    assert isinstance(first, Stroke) and first.foreground
    assert (example["maps"][0] == 1).sum() >= len(set(first.path))
    mask = example["mask"] > 0
    more = corrected(example["clicks"], np.zeros_like(mask), mask, mask & False, 0.0, (1, 2), 1.0)
    assert isinstance(more.corrections[1], Stroke)
    plain = ClicksLiteRecipe(data=str(photo_folder), sizes=(64,)).examples()[0]
    assert not isinstance(plain["clicks"].corrections[0], Stroke)
    assert not isinstance(
        corrected(plain["clicks"], mask & False, mask, mask & False, 0.0, (1, 2)).corrections[1], Stroke
    )


def test_a_network_with_a_box_is_corrected_by_strokes(photo_folder: Path) -> None:
    recipe = LiteRecipe(
        data=str(photo_folder), sizes=(64,), size_shares=(1,), strokes=1.0, stray_correction=0.0, batch=2
    )
    examples = recipe.examples()
    batch = examples.collate([examples[0], examples[1]])
    _, correct = prepared(recipe, batch)
    maps = correct(torch.zeros(2, 1, 64, 64), 0)
    added = maps[:, 2]
    assert (added == 1).any(dim=(1, 2)).all() or ((added > 0.5).sum((1, 2)) > 20).all()


def test_a_pack_takes_none() -> None:
    with pytest.raises(TrainingError, match=r"`strokes` 0\.5: a pack is trained with clicks alone"):
        PackedRecipe(strokes=0.5)


@pytest.mark.parametrize("guidance", ["points", "inside-outside"])
def test_the_bench_measures_with_strokes(guidance: str, tmp_path: Path) -> None:
    network = Lite(replace(SMALL, guidance=guidance))
    checkpoints.save(tmp_path / "net.pt", network, settings={"sizes": [64], "strokes": 0.5})
    sample = made("exact", OBJECT)
    model = ("net", f"strokes:{tmp_path / 'net.pt'}")
    with opened([], [model]) as (one,), opened([], [("net", str(tmp_path / "net.pt"))]) as (clicked,):
        assert one.identity != clicked.identity and one.subject.last is None
        drawn, plain = (
            measured(each, PlannedObject("val", 0, 0.0), sample, BenchSettings(clicks=4))
            for each in (one, clicked)
        )
    assert drawn.first == plain.first == (1 if guidance == "points" else 2)
    assert drawn.ious != plain.ious, "the line says more than its middle"


def test_strokes_need_a_network_that_is_corrected(tmp_path: Path) -> None:
    network = IOG(IOGConfig(backbone="tf_efficientnet_lite0", fine=False))
    checkpoints.save(tmp_path / "iog.pt", network, settings={"size": 64})
    with (
        pytest.raises(ModelError, match="takes no corrections"),
        opened([], [("a", f"strokes:{tmp_path}/iog.pt")]),
    ):
        pass


def test_a_session_takes_a_stroke(tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "net.pt", Lite(replace(SMALL, guidance="points")), settings={"sizes": [64]})
    session = Segmenter(tmp_path / "net.pt").session(made("exact", OBJECT).image)
    session.stroke([(30, 40), (60, 50)], True)
    (stroke,) = session.clicks.corrections
    assert isinstance(stroke, Stroke) and stroke.path == ((30, 40), (60, 50))
    session.undo()
    assert session.clicks.corrections == ()


def test_the_command_line_takes_strokes(tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "net.pt", Lite(replace(SMALL, guidance="points")), settings={"sizes": [64]})
    photo, masks = samples()[0].photo, []
    for number, line in enumerate(("100,100", "100,100:140,120", "100,100:140,120:200,100")):
        out, overlay = tmp_path / f"{number}.png", tmp_path / "overlay.png"
        call = ["predict", str(photo), "--model", str(tmp_path / "net.pt"), "--add", line]
        result = CliRunner().invoke(
            main, [*call, "--remove", "5,5", "--out", str(out), "--overlay", str(overlay)]
        )
        assert result.exit_code == 0, result.output
        masks.append(read_image(overlay))
    assert (masks[1] != masks[2]).any()
    result = CliRunner().invoke(main, ["predict", str(photo), "--add", "1,2:3", "--out", str(out)])
    assert result.exit_code == 2 and "'3' is not a pixel" in result.output
