import json
import shlex
import shutil
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.cli.parsing import parsed
from tests.training.plain import plain_recipe

from iog import DataError, TrainingError
from iog.datasets import PhotoDataset
from iog.masks import encode_rle
from iog.segmenter import Segmenter
from iog.training.lite import LiteRecipe
from iog.training.lite.objective import thinned


def test_the_bundled_weights_say_how_make_weights_trained_them() -> None:
    """Its last run; the first has the defaults."""
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    options = makefile.partition("\nBROADER = ")[2].partition("\nweights:")[0].replace("\\\n", " ")
    told = parsed(LiteRecipe(), shlex.split(options))
    assert isinstance(told, LiteRecipe), told
    trained = dict(Segmenter().engine.info.trained)
    assert trained.pop("steps") == told.steps
    # An option that is younger than the files did what it does by default.
    defaults, recipe = (json.loads(json.dumps(asdict(r))) for r in (LiteRecipe(), told))
    # Paths on the machine that trained are not told.
    assert recipe.pop("data") == defaults.pop("data") == "data"
    trained = {**defaults, **trained}
    assert trained.pop("start") == Path(recipe.pop("start")).name
    assert recipe == trained


@pytest.fixture
def two_sets(photo_folder: Path, tmp_path: Path) -> str:
    """The photos of `photo_folder`, the first of them as a set of its own."""
    folder = tmp_path / "photos"
    shutil.copytree(photo_folder, folder)
    listing = folder / "train.jsonl"
    first, *others = map(json.loads, listing.read_text().splitlines())
    listing.write_text("\n".join(map(json.dumps, [{**first, "set": "own"}, *others])))
    return str(folder)


def drawn(recipe: LiteRecipe, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each set was drawn in 60 examples."""
    seen: Counter[str] = Counter()
    read = PhotoDataset.__getitem__

    def counted(objects: PhotoDataset, number: int) -> object:
        seen[objects.groups[number]] += 1
        return read(objects, number)

    with monkeypatch.context() as patched:
        patched.setattr(PhotoDataset, "__getitem__", counted)
        examples = recipe.examples()
        for number in range(60):
            examples[number]
    return seen


def test_shares_say_how_often_a_set_is_drawn(two_sets: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = replace(plain_recipe(two_sets), minimum_area=0)
    assert set(drawn(replace(recipe, shares=("own=1",)), monkeypatch)) == {"own"}
    few = drawn(replace(recipe, shares=("own=1", "coco=9")), monkeypatch)
    many = drawn(replace(recipe, shares=("own=9", "coco=1")), monkeypatch)
    assert few["own"] < 20 < 40 < many["own"]
    both = drawn(replace(recipe, shares=("all",)), monkeypatch)
    assert 0 < both["own"] < both["coco"]


def test_shares_say_what_is_wrong(two_sets: str) -> None:
    recipe = plain_recipe(two_sets)
    for wrong in ("coco", "coco=0", "coco=-1", "coco=many", "=3"):
        with pytest.raises(TrainingError, match="SET=SHARE with a share above 0"):
            replace(recipe, shares=(wrong,))
    with pytest.raises(DataError, match=r"no cats in .* its sets are coco, own"):
        replace(recipe, shares=("own=1", "cats=2")).examples()
    with pytest.raises(DataError, match="no objects to train on"):
        replace(recipe, minimum_area=10**9).examples()


def test_a_share_of_deep_channels_is_missing() -> None:
    full = tuple(torch.ones(2, channels, 3, 3) for channels in (16, 48, 64, 400, 400))
    found = thinned(full, [5, 6], 0.25, seed=1)
    assert all(torch.equal(*levels) for levels in zip(found[:2], full[:2], strict=True))
    for level in found[2:]:
        # A channel is missing as a whole; the others make up for it.
        assert torch.equal(level, level[:, :, :1, :1].expand_as(level))
        assert level.unique().tolist() == [0, pytest.approx(4 / 3)]
    kept = found[3][:, :, 0, 0] > 0
    assert kept.float().mean().item() == pytest.approx(0.75, abs=0.05)
    assert not torch.equal(kept[0], kept[1])
    # It is the example that decides, whatever it shares a batch with.
    assert torch.equal(thinned(tuple(level[:1] for level in full), [6], 0.25, seed=1)[3], found[3][1:])


def test_dropping_all_features_is_an_error() -> None:
    with pytest.raises(TrainingError, match="`feature_dropout` 1: from 0"):
        LiteRecipe(feature_dropout=1)


def test_the_rate_ends_where_it_is_told_to() -> None:
    recipe = LiteRecipe(samples=1600, batch=16, warmup=10)
    flat = replace(recipe, final_rate=0.5)
    for step in (0, 4):
        assert recipe.rate(step) == pytest.approx((step + 1) / 10, abs=0.01)
        assert flat.rate(step) == pytest.approx((step + 1) / 10, abs=0.01)
    assert recipe.rate(50) == pytest.approx(0.5)
    assert flat.rate(50) == pytest.approx(0.75)
    assert recipe.rate(100) == pytest.approx(0)
    assert flat.rate(100) == pytest.approx(0.5)
    with pytest.raises(TrainingError, match=r"`final_rate` 1\.5: from 0 to 1"):
        replace(recipe, final_rate=1.5)


@pytest.fixture
def two_things(tmp_path: Path) -> str:
    """A photo of a dark and a bright bar that cross, and one of a bar alone."""
    ids = np.zeros((60, 80), np.uint8)
    ids[10:50, 20:32] = 1
    across = np.zeros_like(ids, bool)
    across[18:42, 8:60] = True
    ids[across] = 2
    upright = np.zeros_like(across)
    upright[10:50, 20:44] = True
    things = [
        {"id": 1, "area": int(upright.sum()), "category": "upright", "rle": encode_rle(upright)},
        {"id": 2, "area": int(across.sum()), "category": "across"},
    ]
    image = np.where(upright, 200, 60).astype(np.uint8)
    Image.fromarray(ids).save(tmp_path / "a.mask.png")
    Image.fromarray(np.where(across, 120, image).astype(np.uint8)).convert("RGB").save(tmp_path / "a.png")
    line = {"image": "a.png", "mask": "a.mask.png", "set": "x", "kind": "instance", "objects": things}
    (tmp_path / "train.jsonl").write_text(json.dumps(line) + "\n")
    return str(tmp_path)


def test_one_box_and_two_truths(two_things: str) -> None:
    """With the same box either thing is the answer, and there is always a click that tells which."""
    recipe = replace(plain_recipe(two_things), rival=1.0, minimum_area=0, box_only=1.0, corner_jitter=0.0)
    examples = recipe.examples()
    assert [examples._neighbours.of(i) for i in (0, 1)] == [[1], [0]]
    truths = [examples[number] for number in range(40)]
    for example in truths:
        inside = example["clicks"].inside
        assert inside is not None
        assert example["mask"][inside.y, inside.x]
    beyond = 0
    for example in truths:
        x0, y0, x1, y1 = example["clicks"].box
        outside = example["mask"].copy()
        outside[y0:y1, x0:x1] = 0
        beyond += outside.sum() > 20
    assert beyond > 5, "with the other's box the mask leaves it"


def test_a_correction_may_spoil_nothing(photo_folder: Path) -> None:
    recipe = replace(plain_recipe(str(photo_folder)), rounds=(0.0, 1.0), keep=1.0)
    torch.manual_seed(0)
    network = recipe.create_network()
    examples = recipe.examples()
    batch = examples.collate([examples[i] for i in range(2)])
    loss, scalars = recipe.loss(network, batch, 0)
    assert "worse/0" not in scalars
    plain, _ = replace(recipe, keep=0.0).loss(network, batch, 0)
    assert (loss - plain).item() == pytest.approx(float(scalars["worse/1"]) / 2, abs=1e-5)


def test_boxes_are_drawn_too_large_on_average(photo_folder: Path) -> None:
    recipe = replace(plain_recipe(str(photo_folder)), corner_jitter=0.0)
    tight, loose = recipe.examples(), replace(recipe, corner_offset=0.08).examples()
    for number in range(6):
        small, large = tight[number]["clicks"].box, loose[number]["clicks"].box
        assert small.union(large) == large
        assert large.width <= 1.16 * small.width + 2


def test_settings_between_none_and_all(photo_folder: Path) -> None:
    for name in ("rival", "occluder"):
        with pytest.raises(TrainingError, match=f"`{name}` 1.5: from 0 to 1"):
            LiteRecipe(**{name: 1.5})  # type: ignore[arg-type]
    for name in ("thin_strength", "keep", "corner_offset"):
        with pytest.raises(TrainingError, match=f"`{name}` -1: at least 0"):
            LiteRecipe(**{name: -1.0})  # type: ignore[arg-type]
