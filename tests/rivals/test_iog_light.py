"""The published IOG on the light backbone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from iog.clicks import Clicks
from iog.crop import Crop
from iog.errors import ModelError
from iog.networks.families import build
from iog.networks.iog import IOG, IOGConfig
from iog.networks.recognise import load_backbone_file
from iog.prompting import PublishedPrompting
from iog.rivals.iog_light import IOGLightExtremeRecipe, IOGLightRefinementRecipe
from iog.training.published import IOGRecipe
from tests.rivals.conftest import SIDE

LIGHT = "tf_efficientnet_lite0"


def light(**settings: object) -> IOG:
    network = build("iog", {"backbone": LIGHT, **settings}).eval()
    assert isinstance(network, IOG)
    network.heatmaps.weight.data.normal_(0, 0.2)
    return network


@pytest.mark.parametrize("fine", [True, False])
@pytest.mark.parametrize(("guidance", "channels"), [("inside-outside", 5), ("extreme-points", 4)])
def test_the_heads_are_the_papers(fine: bool, guidance: str, channels: int) -> None:
    network, paper = (
        light(fine=fine, guidance=guidance),
        IOG(IOGConfig(depth=50, fine=fine, guidance=guidance)),
    )
    inputs = 255 * torch.rand(1, channels, SIDE, SIDE)
    with torch.no_grad():
        features = network.encode(inputs)
        logits = network.decode(features)
    assert [f.shape[-1] for f in features] == [SIDE // 16, SIDE // 16, SIDE // 8, SIDE // 4]
    assert [tuple(each.shape) for each in logits] == [(1, 1, SIDE, SIDE)] * (4 + fine)

    def heads(of: IOG) -> list[str]:
        return [key for key in of.state_dict() if not key.startswith(("backbone.", "heatmaps."))]

    assert heads(network) == heads(paper)


def test_the_prompt_enters_the_encoder_and_corrections_do_not() -> None:
    network = light(refinement=True)
    photo, prompt = 255 * torch.rand(1, 3, SIDE, SIDE), torch.zeros(1, 2, SIDE, SIDE)
    there, more = prompt.clone(), prompt.clone()
    there[:, 0, 30, 30] = more[:, 0, 50, 50] = 255
    with torch.no_grad():
        without, with_click = (network.encode(torch.cat([photo, maps], 1)) for maps in (prompt, there))
        assert (without[0] - with_click[0]).abs().max() > 1e-4
        before, after = (network.decode(with_click, maps)[-1] for maps in (there, more))
    assert (before - after).abs().max() > 1e-4


def test_it_sees_what_lite_sees() -> None:
    settings = replace(IOGConfig(backbone=LIGHT).settings, size=SIDE)
    prompting = PublishedPrompting(settings)
    clicks = Clicks.of([(20, 10), (59, 49)], (40, 30))
    image = np.random.default_rng(0).integers(0, 256, (80, 100, 3)).astype(np.uint8)
    crop = prompting.crop(clicks)
    assert crop == Crop.around(clicks.box, 0.15, SIDE)
    assert np.array_equal(prompting.cut(image, crop), crop.extract(image))
    assert prompting.view == "64 x 64 pixels, box and 15% around it"
    assert IOGConfig(depth=50).settings.context == 0, "the paper's own sees 30 pixels"


def test_training_draws_the_heatmaps_that_are_used() -> None:
    clicks = Clicks.of([(10, 12), (50, 52)], (30, 30)).with_correction(5, 5, False)
    drawn = IOGLightRefinementRecipe().maps(clicks, SIDE)
    assert drawn.shape == (2, SIDE, SIDE) and drawn.max() == 255
    assert drawn[0, 30, 30] == 255 and drawn[1, 5, 5] == 255
    points = [(10, 30), (30, 12), (50, 30), (30, 52)]
    (extreme,) = IOGLightExtremeRecipe().maps(clicks, SIDE, points=points)  # type: ignore[arg-type]
    assert all(extreme[y, x] == 255 for x, y in points)


def test_what_does_not_fit_is_refused(tmp_path: Path, photo_folder: Path) -> None:
    with pytest.raises(ModelError, match="unknown backbone 'vgg'; known: resnet, "):
        IOGConfig(backbone="vgg")
    with pytest.raises(ModelError, match="multiples of 32"):
        light().encode(torch.zeros(1, 5, 48, 48))
    with pytest.raises(ModelError, match="no ResNet but tf_efficientnet_lite0"):
        load_backbone_file(light(), tmp_path / "resnet50.pth")


def test_the_papers_own_recipe_takes_it(photo_folder: Path) -> None:
    recipe = IOGRecipe(
        dataset="photos",
        data=str(photo_folder),
        size=SIDE,
        batch=2,
        workers=0,
        network=IOGConfig(backbone=LIGHT, fine=False),
    )
    examples = recipe.examples()
    batch = examples.collate([examples[0], examples[1]])
    network = recipe.create_network().train()
    loss, _ = recipe.loss(network, batch, 0)
    loss.backward()
    assert network.heatmaps.weight.grad.abs().sum() > 0  # type: ignore[union-attr]
