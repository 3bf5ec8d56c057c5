"""What holds for every rival: it trains, resumes exactly, is asked, measured and shipped like any network."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from iog.bench.accuracy import PlannedObject, measured
from iog.bench.settings import BenchSettings
from iog.bench.subjects import opened
from iog.cli import main
from iog.clicks import ExtremeClicks
from iog.evaluation.protocol import evaluate
from iog.evaluation.settings import Settings
from iog.factories import named
from iog.images import read_image
from iog.networks import checkpoints
from iog.networks.families import FAMILIES, build
from iog.rivals import RIVALS
from iog.samples import samples
from iog.segmenter import Segmenter
from iog.training.loop import train
from tests.evaluation.conftest import OBJECT, Objects, made
from tests.rivals.conftest import TINY

EXPORTED = ("itis", "iog-light-refinement")
"""Of networks with the same parts one is enough: an export takes long."""


def recipe_of(name: str, data: Path) -> Any:
    recipe = named(RIVALS[name])()
    known = {field.name for field in fields(recipe.network)}
    small = {key: value for key, value in {**TINY, "click_widths": (8,) * 5}.items() if key in known}
    brief = {"samples": 8, "batch": 4, "sizes": (64,), "workers": 0, "warmup": 1, "settling": 8}
    if name in ("brs", "f-brs"):  # they refine a trained network
        small["steps"] = 5
        base = data.parent / f"{data.name}-itis.pt"
        if not base.exists():
            checkpoints.save(base, build("itis", TINY), settings={"sizes": [64]})
        brief["start"] = str(base)
    offline = {"pretrained": False} if hasattr(recipe, "pretrained") else {}
    return replace(recipe, data=str(data), network=replace(recipe.network, **small), **brief, **offline)


@pytest.fixture(scope="module", params=RIVALS)
def trained(
    request: pytest.FixtureRequest, photo_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A run of two steps, stopped between them."""
    out = tmp_path_factory.mktemp(request.param)
    recipe = recipe_of(request.param, photo_folder)
    train(recipe, out, settings=asdict(recipe), stop_after=1)
    torch.manual_seed(99)  # another process would start from other random numbers
    train(recipe, out, settings=asdict(recipe))
    return out / "final.pt"


def test_a_stopped_run_goes_on_exactly(trained: Path, photo_folder: Path, tmp_path: Path) -> None:
    name = checkpoints.read(trained)["settings"]
    kind = trained.parent.name.rstrip("0123456789")
    recipe = recipe_of(kind, photo_folder)
    assert name["samples"] == recipe.samples
    train(recipe, tmp_path, settings=asdict(recipe))
    whole, parts = (checkpoints.read(path)["state_dict"] for path in (tmp_path / "final.pt", trained))
    assert all(torch.equal(value, parts[key]) for key, value in whole.items())
    again = replace(recipe, start=str(trained)).create_network().state_dict()
    assert all(torch.equal(value, again[key]) for key, value in parts.items())


def test_it_is_asked_and_measured_by_its_own_prompt(trained: Path, tmp_path: Path) -> None:
    segmenter = Segmenter(trained)
    first = 4  # of extreme points, which `iog eval` does not click
    if segmenter.prompting.takes is not ExtremeClicks:
        results = list(evaluate(segmenter, Objects([made("exact", OBJECT)]), Settings(clicks=3)))
        assert results[0].last == 3
        first = results[0].first
    with opened([], [("rival", str(trained))]) as (one,):
        settings = BenchSettings(splits=("val",), clicks=4)
        found = measured(one, PlannedObject("val", 0, 0.0), made("exact", OBJECT), settings)
    assert found.first == first
    assert found.milliseconds
    photo = samples()[0].photo
    asked = {
        1: ["--add", "100,100", "--remove", "5,5"],
        2: ["--corners", "20,20", "200,200"],
        4: ["--extreme", "20,90", "80,20", "200,90", "80,200"],
    }[first]
    out = tmp_path / "mask.png"
    result = CliRunner().invoke(
        main, ["predict", str(photo), "--model", str(trained), *asked, "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    assert read_image(out).shape == read_image(photo).shape


@pytest.mark.parametrize("name", EXPORTED)
def test_exported_files_answer_as_the_checkpoint(name: str, photo_folder: Path, tmp_path: Path) -> None:
    recipe = recipe_of(name, photo_folder)
    network = recipe.create_network()
    entrance = network.clicks if name == "itis" else network.heatmaps
    entrance.weight.data.normal_(0, 0.1)
    checkpoints.save(tmp_path / "it.pt", network, settings={"sizes": [64]})
    call = ["convert", str(tmp_path / "it.pt"), "--to", "onnx", "--out", str(tmp_path / "it")]
    result = CliRunner().invoke(main, call)
    assert result.exit_code == 0, result.output
    sample = made("exact", OBJECT)
    answers = []
    for file in ("it.pt", "it.encoder.onnx"):
        corners = None if name == "itis" else [(20, 20), (90, 80)]
        session = Segmenter(tmp_path / file).session(sample.image, corners)
        session.correct(50, 40, True)
        answers.append(session.correct(5, 5, False).crop_probability)
    assert np.abs(answers[0] - answers[1]).max() < 0.01


def test_every_rival_has_a_recipe_a_family_and_a_short_file() -> None:
    for name, recipe in RIVALS.items():
        path = Path(named(recipe.partition(":")[0] + ":__file__"))
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 160, path
        assert named(recipe)().network.kind in FAMILIES, name
