"""The bundled network with DEXTR's prompt, from training to a mask."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.evaluation.conftest import OBJECT, made

from iog import ModelError, zoo
from iog.clicks import ExtremeClicks
from iog.networks import checkpoints
from iog.networks.lite import LiteConfig
from iog.robot import RobotUser
from iog.segmenter import Segmenter
from iog.training.dextr import DextrLiteRecipe
from iog.training.lite import LiteRecipe
from iog.training.loop import train

TINY = LiteConfig(
    guidance="extreme-points",
    backbone="tf_efficientnet_lite0",
    widths=(8, 8, 16, 16, 16),
    click_widths=(8, 8, 8, 8, 8),
    fine_width=8,
)


@pytest.fixture(scope="module")
def run(photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dextr")
    recipe = DextrLiteRecipe(
        data=str(photo_folder),
        samples=8,
        batch=4,
        sizes=(64,),
        size_shares=(1.0,),
        rounds=(0.0, 1.0),
        workers=0,
        network=TINY,
    )
    train(recipe, out, settings=asdict(recipe))
    return out / "final.pt"


def test_what_it_trains_takes_extreme_points_and_nothing_else(run: Path) -> None:
    assert checkpoints.load(run).config == replace(TINY, folded=True)
    sample = made("square", OBJECT)
    mask = (
        Segmenter(zoo.open_model(run))
        .segment(sample.image, ExtremeClicks(RobotUser().extreme_points(sample.mask)))
        .mask
    )
    assert mask.shape == OBJECT.shape
    with pytest.raises(ModelError, match="four extreme points"):
        Segmenter(run).session(sample.image, [(40, 30), (71, 61)])


def test_the_points_alone_decide_the_mask(run: Path) -> None:
    network = checkpoints.load(run)
    crop = torch.zeros(1, 3, 64, 64)
    with torch.no_grad():
        features = network.encode(crop)
        none, some = (network.decode(features, torch.full((1, 4, 64, 64), float(v))) for v in (0, 1))
    assert not torch.equal(none, some)


def test_a_start_of_another_guidance_is_adapted(run: Path) -> None:
    start = checkpoints.load(run)
    made = LiteRecipe(start=str(run)).create_network()
    assert made.config == replace(start.config, guidance="inside-outside")
    before, after = (network.decoder.clicks[0][0].weight for network in (start, made))
    # Both know the maps add, remove and previous; all else of the two networks is the same.
    assert torch.equal(before[:, 1:], after[:, 2:])
    rest = [k for k in start.state_dict() if k != "decoder.clicks.0.0.weight"]
    assert all(torch.equal(start.state_dict()[k], made.state_dict()[k]) for k in rest)
    with pytest.raises(ModelError, match="unknown"):
        LiteConfig(guidance="wishes")


def test_jittered_points_stay_near_and_in_the_photo() -> None:
    exact = RobotUser().extreme_points(OBJECT)
    moved = RobotUser(corner_jitter=0.03, seed=1).extreme_points(OBJECT)
    assert moved != exact
    assert moved == RobotUser(corner_jitter=0.03, seed=1).extreme_points(OBJECT)
    assert np.abs(np.subtract(moved, exact)).max() <= 0.15 * max(OBJECT.shape)
    full = np.ones((20, 30), bool)
    for x, y in RobotUser(corner_jitter=0.5, seed=2).extreme_points(full):
        assert full[y, x]
