"""The paper's recipes on the sample photos, with a small crop."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.datasets import layouts
from torch.utils.tensorboard import SummaryWriter

from iog.datasets import known
from iog.errors import ModelError, TrainingError
from iog.networks.iog import IOGConfig
from iog.training.loop import train
from iog.training.published import IOGRecipe, IOGRefinementRecipe, summed_loss
from iog.training.validation import Validation


def recipe_at(folder: Path, **changes: object) -> IOGRecipe:
    settings = {"network": IOGConfig(depth=50), "size": 128, "workers": 0, "batch": 2, "epochs": 1, **changes}
    settings |= {"dataset": "photos"}
    return IOGRecipe(data=str(folder), **settings)


def test_examples_have_the_published_layout(photo_folder: Path) -> None:
    example = recipe_at(photo_folder).examples()[1]
    assert example["input"].shape == (5, 128, 128)
    inside, outside = example["input"][3:]
    assert inside.max() == outside.max() == pytest.approx(255, abs=1)
    # The inside click lies on the object, the four outside clicks around it.
    assert example["mask"][np.unravel_index(inside.argmax(), inside.shape)]
    assert not example["mask"][outside > 254].any()
    assert example["input"][:3].min() > -60
    assert example["input"][:3].max() < 320


def test_an_epoch_holds_every_object_once_in_its_own_order(photo_folder: Path) -> None:
    recipe = recipe_at(photo_folder, angle=0, scale=(1.0, 1.0), flip=0.0)
    examples = recipe.examples()
    epochs = [[examples[4 * epoch + i]["mask"].sum() for i in range(4)] for epoch in range(3)]
    assert len({tuple(sorted(epoch)) for epoch in epochs}) == 1
    assert len({tuple(epoch) for epoch in epochs}) > 1
    assert recipe.steps == 2


def test_the_loss_is_a_sum_over_pixels_and_outputs() -> None:
    mask = torch.zeros(2, 8, 8, dtype=torch.uint8)
    void = torch.zeros_like(mask)
    void[:, 0] = 1
    outputs = (torch.zeros(2, 1, 8, 8), torch.zeros(2, 1, 2, 2))
    loss = summed_loss(outputs, {"mask": mask, "void": void})
    assert loss.item() == pytest.approx(2 * 56 * np.log(2), rel=1e-5)


@pytest.mark.parametrize("guidance", ["inside-outside", "extreme-points"])
def test_training_lowers_the_loss(photo_folder: Path, tmp_path: Path, guidance: str) -> None:
    recipe = recipe_at(
        photo_folder,
        network=IOGConfig(depth=50, guidance=guidance, fine=guidance == "inside-outside"),
        epochs=4,
        batch=4,
        learning_rate=3e-7,
    )
    torch.manual_seed(recipe.seed)
    examples = recipe.examples()
    batch = examples.collate([examples[i] for i in range(4)])
    before = recipe.loss(recipe.create_network(), batch, 0)[0].item()
    trained = train(recipe, tmp_path, settings=asdict(recipe)).train()
    assert recipe.loss(trained, batch, 0)[0].item() < 0.9 * before


@pytest.mark.parametrize("kind", [IOGRecipe, IOGRefinementRecipe])
def test_one_object_at_a_time_is_refused(kind: type[IOGRecipe], photo_folder: Path, tmp_path: Path) -> None:
    """The paper's batch of two, in two parts or two processes, is one object each."""
    refinement = kind is IOGRefinementRecipe
    recipe = kind(
        dataset="photos",
        data=str(photo_folder),
        network=IOGConfig(depth=50, fine=False, refinement=refinement),
        size=64,
        batch=2,
        accumulate=2,
        workers=0,
    )
    with pytest.raises(TrainingError, match="two objects or more at once"):
        train(recipe, tmp_path, settings=asdict(recipe))


def test_the_refinement_trains_on_a_correction(photo_folder: Path, tmp_path: Path) -> None:
    recipe = IOGRefinementRecipe(
        dataset="photos",
        data=str(photo_folder),
        network=IOGConfig(depth=50, refinement=True),
        size=128,
        workers=0,
        epochs=1,
    )
    examples = recipe.examples()
    batch = examples.collate([examples[i] for i in range(2)])
    network = recipe.create_network()
    loss, scalars = recipe.loss(network, batch, 0)
    assert loss.item() == pytest.approx((scalars["loss/0"] + scalars["loss/1"]) / 2, rel=1e-5)
    loss.backward()
    branch = [p.grad for name, p in network.named_parameters() if name.startswith("iog_points")]
    assert all(gradient is not None and gradient.any() for gradient in branch)


def test_a_correction_joins_the_map_of_its_label(photo_folder: Path) -> None:
    recipe = IOGRefinementRecipe(dataset="photos", data=str(photo_folder), size=64)
    mask = np.zeros((1, 64, 64), bool)
    mask[0, 10:40, 30:60] = True
    nothing = np.zeros((1, 2, 64, 64), np.float32)
    maps = recipe._corrected(nothing, np.zeros_like(mask), mask).numpy()[0]
    assert maps[0].max() == 255
    assert not maps[1].any()
    row, column = np.unravel_index(maps[0].argmax(), (64, 64))
    assert mask[0, row, column]
    surplus = recipe._corrected(nothing, ~mask, mask & False).numpy()[0]
    assert not surplus[0].any()
    assert surplus[1].max() == 255


@pytest.mark.parametrize(
    ("changes", "figures"),
    [
        ({"guidance": "extreme-points"}, {"coco/extreme points"}),
        ({"refinement": True}, {"coco/box", "coco/3", "coco/4"}),
    ],
)
def test_validation_measures_every_kind(
    photo_folder: Path, tmp_path: Path, changes: dict[str, object], figures: set[str]
) -> None:
    recipe = recipe_at(photo_folder, network=IOGConfig(depth=50, fine=False, **changes), size=64)
    validation = Validation(recipe.validation_objects(), size=recipe.validation_size, count=2)
    with SummaryWriter(tmp_path) as writer:
        measured = validation(recipe.create_network().eval(), writer, 1)
    assert set(measured) == figures
    assert all(0 <= value <= 100 for value in measured.values())


@pytest.mark.parametrize(
    ("name", "split", "expected"),
    [
        ("voc", "train", ("voc", "val")),
        ("voc", "trainval", None),
        ("voc-sbd", None, ("voc", "val")),
        ("coco", "train2017", ("coco", "val2017")),
        ("photos", "train", ("photos", "val")),
        ("folder", None, None),
    ],
)
def test_which_set_validates(name: str, split: str | None, expected: tuple[str, str] | None) -> None:
    assert known.validation_of(name, split) == expected


def test_the_merged_set_trains(tmp_path: Path) -> None:
    """It has no splits, so none must be named."""
    layouts.voc_sbd(tmp_path)
    recipe = IOGRecipe(dataset="voc-sbd", data=str(tmp_path))
    assert len(recipe.open_objects()) == 6
    assert len(recipe.validation_objects()) == 2


def test_fine_tuning_starts_from_a_checkpoint(published_files: Path, photo_folder: Path) -> None:
    start = published_files / "iog.pth"
    recipe = recipe_at(photo_folder, start=str(start), share=0.5)
    network = recipe.create_network()
    tensors = torch.load(start, weights_only=True)
    assert all(torch.equal(value, tensors[name]) for name, value in network.state_dict().items())
    assert len(recipe.open_objects()) == 2
    assert recipe.steps == 1
    assert recipe.open_objects().indices == recipe.open_objects().indices
    with pytest.raises(ModelError, match="choose the recipe and the `network` settings that fit it"):
        recipe_at(photo_folder, start=str(published_files / "refinement.pth")).create_network()


def test_prompts_for_masks_from_boxes(photo_folder: Path) -> None:
    """Methods A, B and D of table 8: no click, the box's centre, no inside click; photo and mask stay."""
    plain, crop, centre, box = (
        recipe_at(photo_folder, prompt=prompt).examples()[1] for prompt in ("inside", "crop", "centre", "box")
    )
    for other in (crop, centre, box):
        np.testing.assert_array_equal(other["input"][:3], plain["input"][:3])
        np.testing.assert_array_equal(other["mask"], plain["mask"])
    assert not crop["input"][3:].any()
    assert not box["input"][3].any()
    np.testing.assert_array_equal(box["input"][4], plain["input"][4])
    np.testing.assert_array_equal(centre["input"][4], plain["input"][4])
    rows, columns = np.nonzero(plain["mask"])
    row, column = np.unravel_index(centre["input"][3].argmax(), plain["mask"].shape)
    assert abs(2 * row - rows.min() - rows.max()) <= 4
    assert abs(2 * column - columns.min() - columns.max()) <= 4
