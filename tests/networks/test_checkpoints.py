from __future__ import annotations

from pathlib import Path

import pytest
import torch

from iog.errors import ModelError
from iog.networks import checkpoints
from iog.networks.base import Network
from iog.networks.dextr import DEXTR, DEXTRConfig
from iog.networks.iog import IOG, IOGConfig
from iog.networks.lite import Lite, LiteConfig
from tests.networks.conftest import constant

SMALL_LITE = LiteConfig(backbone="tf_efficientnet_lite0")


@pytest.mark.parametrize(
    "build",
    [
        lambda: Lite(SMALL_LITE),
        lambda: constant(lambda: IOG(IOGConfig(depth=50, fine=False, refinement=True))),
        lambda: constant(lambda: DEXTR(DEXTRConfig(depth=50, multi_grid=(1, 2, 4), output_stride=16))),
    ],
    ids=["lite", "iog", "dextr"],
)
def test_a_checkpoint_carries_its_whole_configuration(build: object, tmp_path: Path) -> None:
    network: Network = build()  # type: ignore[operator]
    path = tmp_path / "mine.pt"
    checkpoints.save(path, network, step=7, settings={"seed": 1})
    content = checkpoints.read(path)
    assert (content["step"], content["settings"]) == (7, {"seed": 1})
    loaded = checkpoints.load(path)
    assert type(loaded) is type(network) and not loaded.training
    assert loaded.config == network.config
    state = network.state_dict()
    assert all(torch.equal(value, state[key]) for key, value in loaded.state_dict().items())


def test_tensors_of_another_configuration_are_refused(tmp_path: Path) -> None:
    network = constant(lambda: IOG(IOGConfig(depth=50)))
    checkpoints.save(tmp_path / "x.pt", network)
    content = checkpoints.read(tmp_path / "x.pt")
    for config in ({"depth": 101}, {"depth": 50, "refinement": True}, {"depth": 34}, {"colour": "red"}):
        with pytest.raises(ModelError, match="do not fit") as error:
            checkpoints.network_of({**content, "config": config}, "x.pt")
        assert "\n" not in str(error.value)


def test_a_published_file_is_no_checkpoint_to_resume_from(tmp_path: Path) -> None:
    torch.save({"Coarse_net.x": torch.zeros(1)}, tmp_path / "x.pth")
    with pytest.raises(ModelError, match="is not a checkpoint of iog"):
        checkpoints.read(tmp_path / "x.pth")
