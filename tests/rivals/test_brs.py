"""BRS obeys its clicks, changes little else, and learns nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from iog.cli import main
from iog.errors import ModelError
from iog.networks import checkpoints
from iog.networks.families import build
from iog.rivals.base import clicked
from iog.rivals.brs import BRSRecipe
from iog.rivals.f_brs import FBRSRecipe
from tests.rivals.conftest import SIDE, TINY, maps

CLICKS = [(30, 30, True), (10, 10, False), (50, 20, True)]


def network_of(kind: str, base: str = "itis") -> torch.nn.Module:
    network = build(kind, {**TINY, "base": base}).eval()
    network.base.clicks.weight.data.normal_(0, 0.2)
    network.base.head.bias.data.fill_(-1.0)  # everything is background to it
    return network


@pytest.mark.parametrize("base", ["itis", "ifcn"])
@pytest.mark.parametrize("kind", ["brs", "f-brs"])
def test_clicked_pixels_get_their_labels(kind: str, base: str) -> None:
    network = network_of(kind, base)
    guidance = network.config.guidance
    seen = maps(guidance, *CLICKS)
    crop = torch.rand(1, 3, SIDE, SIDE)
    with torch.inference_mode():
        before = network.decode((crop,), seen).sigmoid()[:, 0]
        after = network.probability((crop,), seen)
    where, label = clicked(guidance, seen)
    wrong = [(where[:, 0] * (p - label[:, 0])).abs().max().item() for p in (before, after)]
    assert wrong[0] > 0.5
    assert wrong[1] < 0.5 if kind == "brs" else wrong[1] < wrong[0]
    assert not after.requires_grad


@pytest.mark.parametrize("kind", ["brs", "f-brs"])
def test_an_answer_that_obeys_is_left_alone(kind: str) -> None:
    network = network_of(kind)
    seen, crop = maps("points", (10, 10, False)), torch.rand(1, 3, SIDE, SIDE)
    with torch.inference_mode():
        plain = network.decode((crop,), seen).sigmoid()[:, 0]
        torch.testing.assert_close(network.probability((crop,), seen), plain)


def test_what_is_free_is_the_maps_or_one_layer() -> None:
    crop, seen = torch.rand(1, 3, SIDE, SIDE), maps("points", *CLICKS)
    (offset,), _ = network_of("brs").freedom(crop, seen)
    assert offset.shape == (1, 2, SIDE, SIDE)
    free, answer = network_of("f-brs").freedom(crop, seen)
    assert [change.shape for change in free] == [(1, 8, 1, 1)] * 2
    network = network_of("f-brs")
    _, answer = network.freedom(crop, seen)
    torch.testing.assert_close(answer(), network.decode((crop,), seen))


def test_it_takes_the_weights_of_start_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="give `start`"):
        BRSRecipe().create_network()
    base = build("itis", TINY)
    checkpoints.save(tmp_path / "itis.pt", base)
    network = FBRSRecipe(start=str(tmp_path / "itis.pt")).create_network()
    state = network.state_dict()
    assert all(torch.equal(value, state[f"base.{name}"]) for name, value in base.state_dict().items())
    checkpoints.save(tmp_path / "ifcn.pt", build("ifcn", TINY))
    with pytest.raises(ModelError, match=r"set `network\.base`"):
        BRSRecipe(start=str(tmp_path / "ifcn.pt")).create_network()


def test_it_is_not_exported(tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "brs.pt", build("brs", TINY))
    result = CliRunner().invoke(
        main, ["convert", str(tmp_path / "brs.pt"), "--to", "onnx", "--out", str(tmp_path / "x")]
    )
    assert (result.exit_code, "PyTorch alone" in result.output) == (2, True), result.output
