from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from tests.datasets import layouts

from iog import ModelError, zoo
from iog.cli import main
from iog.datasets import PhotoDataset, known
from iog.engines.torch import TorchEngine
from iog.errors import TrainingError
from iog.evaluation.protocol import evaluate
from iog.evaluation.settings import Settings
from iog.networks import checkpoints
from iog.networks.base import Network
from iog.segmenter import Segmenter
from iog.training.finetune import FinetuneRecipe
from iog.training.loop import train


def test_starts_from_the_bundled_model_and_keeps_what_it_knows(
    photo_folder: Path, tmp_path: Path, segmenter: Segmenter
) -> None:
    recipe = FinetuneRecipe(
        data=str(photo_folder), samples=8, batch=4, sizes=(96,), warmup=1, learning_rate=1e-5, workers=0
    )
    network = train(recipe, tmp_path, settings=asdict(recipe))
    tuned = Segmenter(TorchEngine(network, segmenter.engine.info))
    results = list(evaluate(tuned, PhotoDataset(photo_folder, "val"), Settings(clicks=3)))
    assert np.mean([r.ious[0] for r in results]) > 0.9


def test_starts_from_a_checkpoint(photo_folder: Path, tmp_path: Path) -> None:
    start = str(zoo.MODELS["lite"].files[0])
    recipe = FinetuneRecipe(data=str(photo_folder), start=start, samples=4, batch=4, sizes=(64,), workers=0)
    train(recipe, tmp_path / "first", settings=asdict(recipe))
    final = tmp_path / "first" / "final.pt"
    network = FinetuneRecipe(start=str(final)).create_network()
    state = network.state_dict()
    saved = checkpoints.read(final)["state_dict"]
    assert all(torch.equal(value, state[name]) for name, value in saved.items())
    # What was fine-tuned can be shipped like any other.
    result = CliRunner().invoke(
        main, ["convert", str(final), "--out", str(tmp_path / "mine"), "--size", "64"]
    )
    assert result.exit_code == 0, result.output
    tuned = Segmenter(tmp_path / "mine.encoder.onnx").engine.info
    assert tuned.name == "mine"
    # The record names what it started from, not where on this machine that lay.
    assert tuned.trained["start"] == Path(start).name


def test_the_encoder_can_stay_as_it_is(photo_folder: Path, tmp_path: Path) -> None:
    recipe = FinetuneRecipe(
        data=str(photo_folder), samples=8, batch=4, sizes=(64,), workers=0, decoder_only=True
    )
    before = recipe.create_network().state_dict()
    after = train(recipe, tmp_path, settings=asdict(recipe)).state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and all(name.startswith("decoder.") for name in changed)


def test_the_start_can_keep_a_share(photo_folder: Path, tmp_path: Path) -> None:
    recipe = FinetuneRecipe(
        data=str(photo_folder), samples=8, batch=4, sizes=(64,), workers=0, start_share=0.25
    )
    torch.manual_seed(recipe.seed)
    start = recipe.create_network().state_dict()
    measured: list[dict[str, torch.Tensor]] = []

    def validate(network: Network, _writer: object, _step: int) -> dict[str, float]:
        measured.append(network.state_dict())
        return {}

    train(recipe, tmp_path, settings=asdict(recipe), validate=validate)
    final = checkpoints.read(tmp_path / "final.pt")["state_dict"]
    averaged = checkpoints.read(tmp_path / "last.pt")["averaged"]
    for name, value in final.items():
        alone = averaged[f"module.{name}"]
        assert torch.allclose(value, 0.75 * alone + 0.25 * start[name], atol=1e-6), name
        assert torch.equal(measured[-1][name], value), name
    assert any(not torch.equal(final[name], averaged[f"module.{name}"]) for name in final)


def test_a_share_of_the_start_needs_a_start() -> None:
    with pytest.raises(TrainingError, match="give `start`"):
        FinetuneRecipe(start="", start_share=0.3)
    with pytest.raises(TrainingError, match="`start_share` 1: from 0"):
        FinetuneRecipe(start_share=1)


def test_an_encoder_by_chance_is_not_kept() -> None:
    with pytest.raises(TrainingError, match="give `start`"):
        FinetuneRecipe(start="", decoder_only=True)


def test_an_unknown_start_is_one_sentence() -> None:
    with pytest.raises(ModelError, match="does not exist"):
        FinetuneRecipe(start="nowhere.pt").create_network()
    with pytest.raises(ModelError, match="no model 'iog-light': name a bundled one"):
        FinetuneRecipe(start="iog-light").create_network()


@pytest.mark.parametrize(
    ("make", "layout"),
    [
        (layouts.folder, "folder"),
        (layouts.labelme, "labels"),
        (lambda root: layouts.photos(root) or (root / "val.jsonl").rename(root / "train.jsonl"), "photos"),
    ],
)
def test_the_layout_is_told_from_the_files(tmp_path: Path, make: object, layout: str) -> None:
    make(tmp_path)
    assert known.layout_of(tmp_path) == layout
    assert len(FinetuneRecipe(data=str(tmp_path)).open_objects()) > 0


def test_coco_json_and_where_to_start(tmp_path: Path) -> None:
    layouts.own_coco(tmp_path)
    (file,) = tmp_path.glob("*.json")
    assert known.layout_of(file) == "labels"
    recipe = FinetuneRecipe(data=str(file))
    assert len(recipe.open_objects()) > 0
    assert recipe.validation_objects() is None
    call = ["train", "finetune", "--data", str(file), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(main, [*call, "--from", "nowhere.pt"])
    assert result.exit_code == 2
    assert "nowhere.pt does not exist" in result.output
    assert "--start, --from" in CliRunner().invoke(main, ["train", "finetune", "--help"]).output


def test_a_run_is_as_long_as_its_objects_are_many(photo_folder: Path) -> None:
    """Two objects need no 4,000 samples."""
    few = FinetuneRecipe(data=str(photo_folder))
    assert len(few.open_objects()) < 16
    assert few.steps == 320 // few.batch
    assert FinetuneRecipe(data=str(photo_folder), samples=64).steps == 64 // few.batch
