"""Whoever shares a batch, its gradient is that of the whole."""

import subprocess
import sys
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.plain import PlainRecipe, plain_iog_recipe, plain_recipe

from iog import ModelError, TrainingError
from iog.networks import checkpoints
from iog.networks.lite import Lite
from iog.training.loop import Batch, train


@dataclass(frozen=True, slots=True, kw_only=True)
class Diverging(PlainRecipe):
    """Its second step has a loss and no gradient."""

    def loss(self, network: Lite, batch: Batch, step: int) -> tuple[torch.Tensor, dict[str, float]]:
        """The root of zero has no slope."""
        loss, scalars = PlainRecipe.loss(self, network, batch, step)
        weights = next(p for p in network.parameters() if p.requires_grad)
        if step == 1:
            loss = loss + (weights - weights.detach()).square().sum().sqrt()
        return loss, scalars


@pytest.fixture(scope="module")
def whole(photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of one process that takes each batch at once."""
    out = tmp_path_factory.mktemp("whole")
    recipe = plain_recipe(str(photo_folder))
    train(recipe, out, settings=asdict(recipe))
    return out / "final.pt"


def assert_same_weights(one: Path, other: Path, data: Path) -> None:
    states = [checkpoints.read(path)["state_dict"] for path in (one, other)]
    recipe = plain_recipe(str(data))
    torch.manual_seed(recipe.seed)
    start = recipe.create_network().state_dict()
    moved = 0
    for name, value in states[0].items():
        torch.testing.assert_close(states[1][name], value, atol=1e-5, rtol=1e-4, msg=name)
        moved += int(not torch.equal(value, start[name]))
    assert moved > 50, "the run must have trained something"


def test_two_processes_have_the_gradients_of_one(whole: Path, photo_folder: Path, tmp_path: Path) -> None:
    program = Path(__file__).with_name("plain.py")
    call = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run(
        [*call, program, "lite", photo_folder, tmp_path], check=True, capture_output=True, timeout=300
    )
    assert_same_weights(whole, tmp_path / "final.pt", photo_folder)


def test_two_processes_train_the_published_network_as_one(photo_folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = plain_iog_recipe(str(photo_folder)).create_network()
    start = network.state_dict()
    recipe = plain_iog_recipe(str(photo_folder))
    train(recipe, tmp_path / "one", settings=asdict(recipe))
    program = Path(__file__).with_name("plain.py")
    call = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    call += [str(program), "iog", str(photo_folder), str(tmp_path / "two")]
    subprocess.run(call, check=True, capture_output=True, timeout=300)
    one, two = (checkpoints.read(tmp_path / name / "final.pt")["state_dict"] for name in ("one", "two"))
    changes = {name: (one[name] - value, two[name] - value) for name, value in start.items()}
    moved = {name: pair for name, pair in changes.items() if pair[0].any()}
    # All that learns has moved, but for the module that nothing calls.
    assert {name for name, _ in network.named_parameters()} - set(moved) == {
        "Coarse_net.upsamples.0.1.weight"
    }
    for name, (alone, together) in moved.items():
        assert (alone - together).norm() < 1e-2 * alone.norm(), name


def test_parts_of_a_batch_add_up(whole: Path, photo_folder: Path, tmp_path: Path) -> None:
    recipe = plain_recipe(str(photo_folder), accumulate=2)
    train(recipe, tmp_path, settings=asdict(recipe))
    assert_same_weights(whole, tmp_path / "final.pt", photo_folder)


def test_an_uneven_share_is_refused(photo_folder: Path, tmp_path: Path) -> None:
    recipe = plain_recipe(str(photo_folder), accumulate=3)
    with pytest.raises(ModelError, match="a batch of 4 cannot be shared evenly"):
        train(recipe, tmp_path, settings=asdict(recipe))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"precision": "int8"}, "`precision` int8: choose fp32, bf16, fp16"),
        ({"batch": 0}, "`batch` 0: at least 1"),
        ({"accumulate": 0}, "`accumulate` 0: at least 1"),
        ({"ema": 1.0}, "`ema` 1: from 0 to below 1"),
        ({"workers": -1}, "`workers` -1: at least 0"),
        ({"samples": 3}, "a run without a step"),
    ],
)
def test_settings_that_make_no_sense_are_one_sentence(
    changes: dict[str, Any], told: str, photo_folder: Path, tmp_path: Path
) -> None:
    recipe = replace(plain_recipe(str(photo_folder)), **changes)
    with pytest.raises(TrainingError, match=told):
        train(recipe, tmp_path, settings=asdict(recipe))
    assert not list(tmp_path.glob("*.pt"))


def test_a_run_that_diverges_keeps_the_weights_before(photo_folder: Path, tmp_path: Path) -> None:
    """A broken gradient raises before it gets into weights that a checkpoint then holds."""
    plain = plain_recipe(str(photo_folder))
    recipe = Diverging(**{field.name: getattr(plain, field.name) for field in fields(plain)})
    with pytest.raises(TrainingError, match="the gradient's norm of step 1 is nan"):
        train(recipe, tmp_path, settings=asdict(recipe), checkpoint_every=1)
    state = checkpoints.read(tmp_path / "last.pt")
    assert state["step"] == 1
    assert all(torch.isfinite(value).all() for value in state["state_dict"].values())


def test_mixed_precision_trains(photo_folder: Path, tmp_path: Path) -> None:
    recipe = replace(plain_recipe(str(photo_folder)), precision="bf16", samples=4)
    network = train(recipe, tmp_path, settings=asdict(recipe))
    assert all(torch.isfinite(p).all() for p in network.parameters())
    assert {p.dtype for p in network.parameters()} == {torch.float32}
