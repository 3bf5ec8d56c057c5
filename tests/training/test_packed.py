"""The recipe for a GPU, on the CPU: its pictures and clicks are those of the recipe from photos."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.training.plain import TINY

from iog import TrainingError
from iog.clicks import Clicks
from iog.datasets import ObjectSample, PhotoDataset
from iog.datasets.pack import PackSettings, write_pack
from iog.evaluation.metrics import iou
from iog.guidance import gaussians
from iog.networks import checkpoints
from iog.robot import depth as exact_depth
from iog.training.augment import AugmentSettings
from iog.training.lite.maps import crop_maps
from iog.training.loop import train
from iog.training.packed import PackedRecipe
from iog.training.packed.hand import corrected_maps, deep_pixel, depth, first_maps
from iog.training.packed.render import bounds

CPU = torch.device("cpu")
STILL = AugmentSettings(flip=0, rotate=0, colour=0, grey=0, blur=0, jpeg=0, noise=0, margin=(0.15, 0.15))


@pytest.fixture(scope="session")
def pack(photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("pack")
    objects = PhotoDataset(photo_folder, "train")
    write_pack(objects, range(len(objects)), folder, settings=PackSettings(side=128))
    return str(folder)


@pytest.fixture
def recipe(pack: str) -> PackedRecipe:
    return PackedRecipe(
        data=pack,
        samples=24,
        batch=4,
        sizes=(64, 96),
        size_shares=(0.5, 0.5),
        warmup=2,
        rounds=(0.3, 0.4, 0.3),
        settling=8,
        workers=0,
        precision="fp32",
        cache_side=128,
        rival=0.2,
        occluder=0.2,
        keep=1.0,
        network=TINY,
    )


def blobs(seed: int, size: int = 64) -> np.ndarray:
    """Masks whose pixels come in twos, so that half the resolution loses nothing."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[: size // 2, : size // 2]
    found = np.zeros((size // 2, size // 2), bool)
    for _ in range(3):
        y, x, radius = random.uniform((4, 4, 2), (size // 2 - 4, size // 2 - 4, 9))
        found |= (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    return found.repeat(2, 0).repeat(2, 1)


def test_depths_are_the_robots() -> None:
    masks = np.stack([blobs(seed) for seed in range(6)] + [np.ones((64, 64), bool), np.zeros((64, 64), bool)])
    found = depth(torch.from_numpy(masks)).numpy()
    for mask, mine in zip(masks, found, strict=True):
        np.testing.assert_allclose(mine, exact_depth(mask[::2, ::2]), atol=1e-5)


def test_clicks_are_as_deep_as_they_are_told() -> None:
    masks = torch.from_numpy(np.stack([blobs(seed) for seed in range(8)]))
    for share in (0.3, 1.0):
        at, found = deep_pixel(masks, torch.full((8,), share), torch.rand(8, 4))
        assert found.all()
        for mask, (x, y) in zip(masks.numpy(), at.tolist(), strict=True):
            depths = exact_depth(mask[::2, ::2])
            assert depths[y // 2, x // 2] >= share * depths.max() - 1e-5
    _, found = deep_pixel(torch.zeros_like(masks), torch.ones(8), torch.rand(8, 4))
    assert not found.any()


def test_first_maps_are_those_of_the_clicks() -> None:
    mask = torch.from_numpy(blobs(3))[None]
    hand = torch.tensor([[0, 0, 0, 0, 1.0, 1]])
    maps = first_maps(mask, mask, hand, torch.rand(1, 4))[0].numpy()
    x0, y0, x1, y1 = bounds(mask)[0].tolist()
    y, x = np.unravel_index(int(maps[0].argmax()), maps[0].shape)
    clicks = Clicks.of(((x0, y0), (x1 - 1, y1 - 1)), (int(x), int(y)))
    np.testing.assert_allclose(maps, crop_maps(clicks, 64), atol=1e-5)
    assert mask[0, y, x]
    without = first_maps(mask, mask, torch.tensor([[0, 0, 0, 0, 1.0, 0]]), torch.rand(1, 4))[0]
    assert not without[0].any()
    loose = first_maps(mask, mask, torch.tensor([[-0.1, -0.1, 0.1, 0.1, 1.0, 1]]), torch.rand(1, 4))[0]
    assert loose[1].sum() < maps[1].sum()


def test_corrections_lie_in_the_deepest_error() -> None:
    mask = torch.zeros(1, 64, 64, dtype=torch.bool)
    mask[0, 8:48, 8:48] = True
    maps = first_maps(mask, mask, torch.tensor([[0, 0, 0, 0, 1.0, 1]]), torch.rand(1, 4))
    answer = mask.float()[:, None].clone()
    answer[..., 20:40, 20:40] = 0.2  # missing
    answer[..., 52:60, 52:60] = 0.9  # surplus, not as deep
    void = torch.zeros_like(mask)
    found = corrected_maps(maps, answer, mask, void, 0.0, torch.rand(1, 4))[0]
    y, x = divmod(int(found[2].argmax()), 64)
    assert 20 <= x < 40
    assert 20 <= y < 40
    np.testing.assert_allclose(found[2], gaussians([(x + 0.5, y + 0.5)], 64, 64, 0.03 * 64), atol=1e-5)
    assert not found[3].any()
    assert torch.equal(found[4], answer[0, 0])
    assert torch.equal(found[:2], maps[0, :2])
    # What is unknown is not wrong: then the surplus is the deepest.
    void[0, 16:44, 16:44] = True
    found = corrected_maps(maps, answer, mask, void, 0.0, torch.rand(1, 4))[0]
    y, x = divmod(int(found[3].argmax()), 64)
    assert 52 <= x < 60
    assert not found[2].any()
    # Nothing wrong: a click that may do no harm, on the one or the other.
    for adds, channel in ((0.0, 2), (0.9, 3)):
        seeds = torch.tensor([[0.4, 0.7, 0.9, adds]])
        found = corrected_maps(maps, mask.float()[:, None], mask, torch.zeros_like(mask), 0.0, seeds)[0]
        y, x = divmod(int(found[channel].argmax()), 64)
        assert bool(mask[0, y, x]) == (channel == 2)


def test_without_any_change_the_crop_is_the_segmenters(pack: str, photo_folder: Path) -> None:
    from iog.crop import Crop
    from iog.masks import mask_box

    recipe = PackedRecipe(
        data=pack, start="lite", batch=1, sizes=(96,), size_shares=(1.0,), distractor=0, background=0,
        workers=0, cache_side=128, corner_jitter=0, box_only=0, augment=STILL,
    )  # fmt: skip
    examples = recipe.examples()
    objects = PhotoDataset(photo_folder, "train")
    for number in range(4):
        batch = examples.collate([examples[number]])
        rendered, maps = recipe.prompted(batch, CPU)
        sample: ObjectSample = objects[batch["index"][0]]
        box = mask_box(sample.mask)
        assert box is not None
        crop = Crop.around(box, 0.15, 96)
        seen = crop.extract(sample.image)
        truth = crop.extract(sample.mask.astype(np.uint8) * 255, fill=0) >= 128
        assert iou(rendered.mask[0].numpy(), truth) > 0.9
        known = ~rendered.void[0].numpy()
        assert np.abs(rendered.image[0].permute(1, 2, 0).numpy() - seen)[known].mean() < 12
        # The box has the margin around it.
        assert (maps[0, 1] < 0.5).float().mean().item() == pytest.approx((1 / 1.3) ** 2, abs=0.06)


def test_an_example_does_not_depend_on_its_batch(recipe: PackedRecipe) -> None:
    recipe = replace(recipe, rival=0.3, occluder=0.3, distractor=0.2, background=0.2)
    examples = recipe.examples()
    together, maps = recipe.prompted(examples.collate([examples[i] for i in range(8)]), CPU)
    for i in range(8):
        alone, own_maps = recipe.prompted(examples.collate([recipe.examples()[i]]), CPU)
        for one, many in zip(alone, together, strict=True):
            torch.testing.assert_close(one[0], many[i], atol=1e-2, rtol=0)
        torch.testing.assert_close(own_maps[0], maps[i], atol=1e-4, rtol=0)


def test_pasted_things(recipe: PackedRecipe) -> None:
    """Every kind of composite leaves an object to learn, and what is meant is what was clicked."""
    for kind in ("rival", "occluder", "distractor", "background"):
        shares = dict.fromkeys(("rival", "occluder", "distractor", "background"), 0.0)
        chosen = replace(recipe, **{**shares, kind: 1.0}, box_only=0.0, corner_jitter=0.0)
        examples = chosen.examples()
        rendered, maps = chosen.prompted(examples.collate([examples[i] for i in range(12)]), CPU)
        plain = replace(recipe, **shares).examples()
        assert rendered.mask.any((1, 2)).all()
        assert not (rendered.mask & rendered.void).any()
        assert len(plain.collate([plain[i] for i in range(2)])["kinds"]) == 1
        for mask, inside in zip(rendered.mask, maps[:, 0], strict=True):
            y, x = divmod(int(inside.argmax()), inside.shape[-1])
            assert mask[y : y + 2, x : x + 2].any()
        assert rendered.image.min() >= 0
        assert rendered.image.max() <= 255


def test_a_killed_run_resumes_to_the_same_weights(recipe: PackedRecipe, tmp_path: Path) -> None:
    settings = asdict(recipe)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(recipe, whole, settings=settings)
    for stop in (3, None):
        torch.manual_seed(99)
        train(recipe, parts, settings=settings, stop_after=stop)
    one, other = (checkpoints.read(folder / "final.pt")["state_dict"] for folder in (whole, parts))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_a_run_stops_when_its_time_is_up(recipe: PackedRecipe, tmp_path: Path) -> None:
    measured = []

    def validate(network, writer, step):
        measured.append(step)
        return {"step": float(step)}

    train(recipe, tmp_path, settings=asdict(recipe), validate=validate, minutes=0)
    assert measured == [1]
    assert int(checkpoints.read(tmp_path / "last.pt")["step"]) == 1
    assert not (tmp_path / "final.pt").exists()
    train(recipe, tmp_path, settings=asdict(recipe), minutes=10)
    assert (tmp_path / "final.pt").exists()


def test_training_learns_to_segment(recipe: PackedRecipe, tmp_path: Path) -> None:
    """Six objects are learned by heart: the losses of the first prompt fall."""
    recipe = replace(
        recipe, samples=8 * 40, batch=8, sizes=(64,), size_shares=(1.0,), rounds=(1.0,), rival=0.0,
        occluder=0.0, distractor=0.0, background=0.0, warmup=5, ema=0.9, augment=STILL,
    )  # fmt: skip
    losses = []
    original = PackedRecipe.loss

    def noted(self, network, batch, step):
        loss, scalars = original(self, network, batch, step)
        losses.append(float(scalars["soft_iou/0"]))
        return loss, scalars

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PackedRecipe, "loss", noted)
        train(recipe, tmp_path, settings=asdict(recipe))
    assert np.mean(losses[-5:]) > np.mean(losses[:5]) + 0.15


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prompt": "box"}, "`prompt` box: a pack is trained with clicks alone"),
        ({"sizes": (100,), "size_shares": (1.0,)}, "`sizes` 100: multiples of 32"),
        ({"cache_side": 8}, "`cache_side` 8: at least 32"),
    ],
)
def test_settings_that_a_pack_cannot_keep(recipe: PackedRecipe, changes: dict, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        replace(recipe, **changes)
