from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from iog import networks
from iog.errors import ModelError
from iog.networks.iog import HEATMAPS, IOG, IOGConfig
from tests.networks.conftest import FILES, constant, golden_logits, golden_network, published_layout

PARAMETERS = {
    "iog-resnet50": 33_131_978,
    "iog-resnet101": 52_124_106,
    "iog-resnet50-refinement": 34_441_418,
    "iog-resnet101-refinement": 53_433_546,
}
CLOSE = 1e-4
"""Greatest difference from the published code's logits, as a share of their standard deviation."""
LOGITS = ("coarse_1", "coarse_2", "coarse_3", "coarse_4", "fine")


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("name", FILES)
def test_state_dict_has_the_published_keys_order_and_shapes(name: str) -> None:
    with torch.device("meta"):
        network = networks.create(name)
    ours = [(key, list(value.shape)) for key, value in network.state_dict().items()]
    assert ours == list(published_layout(name).items())
    assert count(network) == PARAMETERS[name]


@pytest.mark.parametrize(("refinement", "psp"), [(False, 6_296_576), (True, 6_628_480)])
def test_parts_have_the_published_sizes(refinement: bool, psp: int) -> None:
    with torch.device("meta"):
        network = IOG(IOGConfig(depth=50, refinement=refinement))
    assert count(network.backbone) == 23_514_304
    assert count(network.Coarse_net) == 1_063_432
    assert count(network.Coarse_net.upsamples[0]) == 66_048
    assert count(network.Fine_net) == 2_257_666
    assert count(network.psp4) == psp
    if refinement:
        assert count(network.iog_points) == 977_536


@pytest.mark.parametrize(
    ("name", "sides", "steps"),
    [("iog-resnet50", 512, (8, 8, 8, 8, 4)), ("iog-resnet50-refinement", 128, (2, 2, 2, 2, 1))],
)
def test_logits_answer_the_published_network(
    name: str, sides: int, steps: tuple[int, ...], network_input: torch.Tensor
) -> None:
    network = golden_network(name)
    maps = (network_input[:, 3:],) if network.config.refinement else ()
    with torch.inference_mode():
        logits = network(network_input, *maps)
    golden = golden_logits(name)
    assert [tuple(logit.shape) for logit in logits] == [(1, 1, sides, sides)] * 5
    for key, logit, step in zip(LOGITS, logits, steps, strict=True):
        difference = np.abs(logit[0, 0, ::step, ::step].numpy() - golden[key]).max()
        assert difference < CLOSE * golden[key].std(), key


def test_the_document_says_how_close_they_are() -> None:
    text = (Path(__file__).parents[2] / "docs" / "published.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"less\s+than\s+(\S+)\s+of\s+the\s+output's\s+standard\s+deviation", text)
    assert float(told) == CLOSE


@pytest.mark.parametrize(
    ("guidance", "fine", "refinement"),
    [
        (guidance, fine, refinement)
        for guidance, fine, refinement in itertools.product(HEATMAPS, (True, False), (True, False))
        if guidance == "inside-outside" or not refinement
    ],
)
def test_ablations_run(guidance: str, fine: bool, refinement: bool) -> None:
    config = IOGConfig(depth=50, guidance=guidance, fine=fine, refinement=refinement)
    network = constant(lambda: IOG(config))
    x = torch.rand(2, 3 + HEATMAPS[guidance], 64, 96) * 255
    maps = torch.rand(2, 2, 64, 96) * 255 if refinement else None
    with torch.inference_mode():
        features = network.encode(x)
        logits = network.decode(features, maps)
        probability = network.probability(features, maps)
    assert [f.shape[1:] for f in features] == [(2048, 4, 6), (1024, 4, 6), (512, 8, 12), (256, 16, 24)]
    assert [tuple(logit.shape) for logit in logits] == [(2, 1, 16, 24) if refinement else (2, 1, 64, 96)] * (
        5 if fine else 4
    )
    assert probability.shape == (2, 64, 96)
    assert probability.min() >= 0 and probability.max() <= 1


def test_every_parameter_but_the_idle_one_learns() -> None:
    network = constant(lambda: IOG(IOGConfig(depth=50, refinement=True))).train()
    logits = network(torch.rand(2, 5, 64, 64), torch.rand(2, 2, 64, 64))
    torch.stack([logit.square().sum() for logit in logits]).sum().backward()
    idle = {key for key, parameter in network.named_parameters() if parameter.grad is None}
    assert idle == {f"Coarse_net.upsamples.0.{key}" for key in ("1.weight", "2.weight", "2.bias")}


def test_refinement_without_maps_takes_the_clicks_of_the_input() -> None:
    network = golden_network("iog-resnet50-refinement")
    x = torch.rand(1, 5, 64, 64) * 255
    with torch.inference_mode():
        assert torch.equal(network(x)[-1], network(x, x[:, 3:])[-1])
        assert not torch.equal(network(x)[-1], network(x, torch.zeros(1, 2, 64, 64))[-1])


def test_click_maps_belong_to_the_refinement() -> None:
    with torch.device("meta"):
        plain, refinement = (IOG(IOGConfig(depth=50, refinement=r)).eval() for r in (False, True))
        features = plain.encode(torch.empty(1, 5, 64, 64))
        with pytest.raises(ModelError, match="no click branch"):
            plain.decode(features, torch.empty(1, 2, 64, 64))
        with pytest.raises(ModelError, match="needs click maps"):
            refinement.decode(features)


@pytest.mark.parametrize("shape", [(1, 4, 64, 64), (1, 5, 64, 60), (5, 64, 64)])
def test_inputs_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with torch.device("meta"), pytest.raises(ModelError, match=r"\(batch, 5, height, width\)"):
        IOG(IOGConfig(depth=50)).encode(torch.empty(shape))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth": 34}, "ResNet-34"),
        ({"guidance": "scribbles"}, "scribbles"),
        ({"guidance": "extreme-points", "refinement": True}, "inside and outside"),
    ],
)
def test_impossible_configurations_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        IOGConfig(**settings)  # type: ignore[arg-type]
