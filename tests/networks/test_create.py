from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from iog import networks, zoo
from iog.errors import ModelError
from iog.networks.export import read_exported


@pytest.mark.parametrize("name", [name for name in networks.NAMES if name != "lite"])
def test_configuration_knows_its_name(name: str) -> None:
    with torch.device("meta"):
        network = networks.create(name)
    assert network.config.name == name  # type: ignore[union-attr]
    assert not network.training


def test_lite_is_the_network_that_ships() -> None:
    """Its tensors have the names and shapes of the bundled files' network before its norms were folded."""
    made, shipped = networks.create("lite"), read_exported(*zoo.files_of("lite"))[0]
    own, theirs = (dict(n.named_parameters()) for n in (made, shipped))
    kernels = {name for name, value in theirs.items() if value.ndim > 1}
    assert kernels == {name for name, value in own.items() if value.ndim > 1}
    assert all(own[name].shape == theirs[name].shape for name in kernels)


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"unknown network 'iog-resnet34'; known: lite, iog-resnet50.*dextr"):
        networks.create("iog-resnet34")


def test_importing_the_package_imports_no_pytorch() -> None:
    code = "import sys, iog.networks; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
