"""The real recipe on real photos, as small as it can be."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from iog import ModelError
from iog.datasets import PhotoDataset
from iog.networks import checkpoints
from iog.networks.base import normalised
from iog.networks.blocks import fold_batch_norms
from iog.networks.iog import IOG, IOGConfig
from iog.networks.lite import Lite, LiteConfig
from iog.training.augment import AugmentSettings
from iog.training.lite import LiteRecipe
from iog.training.lite.start import open_lite
from iog.training.loop import train
from iog.training.validation import Validation

TINY = LiteConfig(
    backbone="tf_efficientnet_lite0", widths=(8, 8, 16, 16, 16), click_widths=(8, 8, 8, 8, 8), fine_width=8
)


@pytest.fixture
def recipe(photo_folder: Path) -> LiteRecipe:
    return LiteRecipe(
        data=str(photo_folder),
        samples=24,
        batch=4,
        sizes=(64, 96),
        size_shares=(0.5, 0.5),
        warmup=2,
        rounds=(0.4, 0.3, 0.3),
        feature_dropout=0.2,
        settling=16,
        workers=0,
        network=TINY,
    )


def state(path: Path) -> dict[str, torch.Tensor]:
    return checkpoints.read(path)["state_dict"]


def test_a_killed_run_resumes_to_the_same_weights(recipe: LiteRecipe, tmp_path: Path) -> None:
    settings = asdict(recipe)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(recipe, whole, settings=settings)
    for stop in (2, 4, None):
        torch.manual_seed(99)  # another process would start from other random numbers
        train(recipe, parts, settings=settings, stop_after=stop, keep_every=3)
    for name, value in state(whole / "final.pt").items():
        assert torch.equal(value, state(parts / "final.pt")[name]), name
    # Six steps: the weights after the third stayed, and those after the last are the final ones.
    assert sorted(path.name for path in parts.glob("step-*")) == ["step-3.pt", "step-6.pt"]
    kept = [state(parts / f"step-{step}.pt") for step in (3, 6)]
    assert all(torch.equal(value, kept[1][name]) for name, value in state(parts / "final.pt").items())
    assert not all(torch.equal(value, kept[1][name]) for name, value in kept[0].items())
    assert (whole / "final.pt").stat().st_size < (whole / "last.pt").stat().st_size


def test_zero_is_never(recipe: LiteRecipe, tmp_path: Path) -> None:
    def validate(*_: object) -> dict[str, float]:
        raise AssertionError("nothing is measured")

    every = {"validate_every": 0, "checkpoint_every": 0, "keep_every": 0}
    train(recipe, tmp_path, settings=asdict(recipe), validate=validate, stop_after=1, **every)
    assert {path.name for path in tmp_path.glob("*.pt")} == {"last.pt"}


def test_another_recipe_does_not_resume(recipe: LiteRecipe, tmp_path: Path) -> None:
    train(recipe, tmp_path, settings=asdict(recipe), stop_after=1)
    changed = replace(recipe, learning_rate=1.0)
    with pytest.raises(ModelError, match=r"other settings \(learning_rate\)"):
        train(changed, tmp_path, settings=asdict(changed))


def test_training_learns_to_segment(photo_folder: Path, tmp_path: Path) -> None:
    """The cat, the cup, the rocket and the astronaut, from nothing to recognisable in a minute."""
    still = AugmentSettings(flip=0, rotate=0, colour=0, grey=0, blur=0, jpeg=0, noise=0, margin=(0.15, 0.15))
    recipe = LiteRecipe(
        data=str(photo_folder),
        samples=8 * 60,
        batch=8,
        sizes=(96,),
        size_shares=(1.0,),
        warmup=5,
        ema=0.9,
        rounds=(0.7, 0.2, 0.1),
        corner_jitter=0.01,
        settling=64,
        workers=0,
        network=TINY,
        augment=still,
    )
    figures = []
    validation = Validation(PhotoDataset(photo_folder, "val"), size=96, count=4)

    def validate(network, writer, step):
        figures.append(validation(network, writer, step))
        return figures[-1]

    train(recipe, tmp_path, settings=asdict(recipe), validate=validate, validate_every=5)
    assert figures[-1]["coco/3"] > 80
    assert figures[-1]["coco/3"] > figures[0]["coco/3"] + 20
    assert any(path.name.startswith("events.out.tfevents") for path in tmp_path.iterdir())


def test_a_small_recipe_learns_real_objects(shared_data: Path, tmp_path: Path) -> None:
    """From ImageNet features to animals that it was never shown, in a minute."""
    recipe = LiteRecipe(
        data=str(shared_data),
        samples=12 * 60,
        batch=12,
        sizes=(96,),
        size_shares=(1.0,),
        warmup=5,
        learning_rate=4e-3,
        ema=0.9,
        rounds=(1.0,),
        box_only=0.0,
        workers=0,
        network=TINY,
    )
    animals = PhotoDataset(shared_data, "val", groups=["voc_animals"])
    validation = Validation(animals, size=96, count=24)
    figures = []

    def validate(network, writer, step):
        figures.append(validation(network, writer, step)["voc_animals/3"])
        return {"voc_animals/3": figures[-1]}

    train(recipe, tmp_path, settings=asdict(recipe), validate=validate, validate_every=2, stop_after=2)
    train(recipe, tmp_path, settings=asdict(recipe), validate=validate, validate_every=60)
    assert figures[-1] > 60
    assert figures[-1] > figures[0] + 20


def test_sizes_follow_their_shares() -> None:
    recipe = LiteRecipe(samples=1600, batch=16, sizes=(256, 320), size_shares=(0.6, 0.4))
    assert [recipe.size_at(step) for step in (0, 59, 60, 99)] == [256, 256, 320, 320]


def test_examples_are_functions_of_their_number(recipe: LiteRecipe) -> None:
    one, other = recipe.examples(), recipe.examples()
    first, second = one[5], other[5]
    for key in ("image", "mask", "void", "maps"):
        assert (first[key] == second[key]).all(), key
    assert first["clicks"] == second["clicks"]
    assert (one[6]["image"] != first["image"]).any()
    assert one[20]["image"].shape == (3, 96, 96)


def test_batch_norms_only_set_the_scale(recipe: LiteRecipe) -> None:
    """Folded with the statistics of first prompts, the network starts with the answers that they gave."""
    recipe = replace(recipe, batch=8, sizes=(64,), size_shares=(1.0,), settling=64)
    torch.manual_seed(0)
    normed = Lite(recipe.network, pretrained=True).train()
    torch.manual_seed(0)
    network = recipe.create_network()
    assert network.config == replace(recipe.network, folded=True)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())
    examples = recipe.examples()
    batch = examples.collate([examples[i] for i in range(32)])
    with torch.no_grad():
        crop = normalised(batch["image"])
        by_batch = normed.decode(normed.encode(crop), batch["maps"])
        folded = network.eval().decode(network.encode(crop), batch["maps"])
        unsettled = fold_batch_norms(Lite(recipe.network, pretrained=True))
        without = unsettled.decode(unsettled.encode(crop), batch["maps"])
    difference = torch.nn.functional.mse_loss
    assert difference(folded, by_batch) < 0.3 * difference(without, by_batch)


def test_only_lite_networks_go_on(tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "iog.pt", IOG(IOGConfig(depth=50)))
    with pytest.raises(ModelError, match="training starts from lite networks only"):
        open_lite(str(tmp_path / "iog.pt"))
