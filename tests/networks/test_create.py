from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from iog import networks
from iog.errors import ModelError


@pytest.mark.parametrize("name", [name for name in networks.NAMES if name != "lite"])
def test_configuration_knows_its_name(name: str) -> None:
    with torch.device("meta"):
        network = networks.create(name)
    assert network.config.name == name  # type: ignore[union-attr]
    assert not network.training


def test_lite_is_built_too() -> None:
    assert type(networks.create("lite")).__name__ == "Lite"


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"unknown network 'iog-resnet34'; known: lite, iog-resnet50.*dextr"):
        networks.create("iog-resnet34")


def test_importing_the_package_imports_no_pytorch() -> None:
    code = "import sys, iog.networks; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
