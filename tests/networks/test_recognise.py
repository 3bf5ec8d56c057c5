from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision

from iog import networks
from iog.errors import ModelError
from iog.networks import recognise
from iog.networks.dextr import DEXTR, DEXTRConfig
from iog.networks.iog import IOG, IOGConfig
from tests.networks.conftest import constant, golden_network, golden_state

State = dict[str, torch.Tensor]


def shapes(name: str) -> State:
    with torch.device("meta"):
        return networks.create(name).state_dict()


def imagenet(depth: int) -> State:
    with torch.device("meta"):
        state: State = getattr(torchvision.models, f"resnet{depth}")(weights=None).state_dict()
    return {key: torch.full(value.shape, 0.5) for key, value in state.items()}


@pytest.mark.parametrize("name", [name for name in networks.NAMES if name != "lite"])
def test_each_network_is_recognised_from_its_keys(name: str) -> None:
    found = recognise.recognise(shapes(name))
    kind, depth = ("dextr" if "dextr" in name else "iog"), int(name.split("-")[1].removeprefix("resnet"))
    assert (found.kind, found.depth) == (kind + ("-refinement" if "refinement" in name else ""), depth)


@pytest.mark.parametrize("depth", [50, 101])
def test_backbones_are_told_from_classifiers(depth: int) -> None:
    keys = list(imagenet(depth))
    assert str(recognise.recognise(keys)) == f"an ImageNet ResNet-{depth}"
    bare = [key for key in keys if not key.startswith("fc.")]
    assert str(recognise.recognise(bare)) == f"a bare ResNet-{depth}"
    assert str(recognise.recognise(f"backbone.{key}" for key in bare)) == f"a bare ResNet-{depth}"


def without_counters(state: State) -> State:
    return {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}


def prefixed(state: State) -> State:
    return {f"module.{key}": value for key, value in state.items()}


@pytest.mark.parametrize(
    ("change", "legacy"),
    [
        (lambda state: state, False),
        (lambda state: prefixed(without_counters(state)), True),
        (lambda state: {"state_dict": prefixed(prefixed(state)), "epoch": 99, "name": "iog"}, False),
    ],
    ids=["plain", "prefixed, without counters, old file format", "wrapped"],
)
def test_published_files_load(tmp_path: Path, change: Any, legacy: bool) -> None:
    state = golden_state("iog-resnet50-refinement")
    path = tmp_path / "model.pth"
    torch.save(change(state), path, _use_new_zipfile_serialization=not legacy)
    network = networks.load(path)
    assert isinstance(network, IOG) and not network.training
    assert network.config == IOGConfig(depth=50, refinement=True)
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())


@pytest.mark.parametrize(
    "config",
    [IOGConfig(depth=50, fine=False), IOGConfig(depth=50, guidance="extreme-points")],
    ids=["coarse only", "extreme points"],
)
def test_ablations_are_recognised(config: IOGConfig) -> None:
    network = recognise.network_of(constant(lambda: IOG(config)).state_dict(), "x.pth")
    assert network.config == config


def test_dextr_takes_what_tensors_cannot_tell_from_the_caller() -> None:
    state = constant(lambda: DEXTR(DEXTRConfig(depth=50))).state_dict()
    network = recognise.network_of(state, "x.pth", dextr=DEXTRConfig(output_stride=16))
    assert network.config == DEXTRConfig(depth=50, output_stride=16)
    assert recognise.network_of(state, "x.pth").config == DEXTRConfig(depth=50)


def test_backbone_fills_rgb_and_leaves_the_heatmaps_zero(tmp_path: Path) -> None:
    torch.save(imagenet(50), tmp_path / "resnet50.pth")
    for network in (
        constant(lambda: IOG(IOGConfig(depth=50))),
        constant(lambda: DEXTR(DEXTRConfig(depth=50))),
    ):
        recognise.load_backbone_file(network, tmp_path / "resnet50.pth")
        backbone = network if isinstance(network, DEXTR) else network.backbone
        assert (backbone.conv1.weight[:, :3] == 0.5).all()
        assert (backbone.conv1.weight[:, 3:] == 0).all()
        assert (backbone.layer4[2].conv3.weight == 0.5).all()
        assert (backbone.layer4[2].bn3.running_mean == 0.5).all()
    assert (network.layer5.final.weight == 0.01).all()


def test_backbone_of_the_other_depth_or_a_whole_network_is_refused(tmp_path: Path) -> None:
    network = constant(lambda: IOG(IOGConfig(depth=50)))
    torch.save({key: torch.zeros(1) for key in imagenet(101)}, tmp_path / "resnet101.pth")
    with pytest.raises(ModelError, match="is an ImageNet ResNet-101; the network needs a ResNet-50"):
        recognise.load_backbone_file(network, tmp_path / "resnet101.pth")
    torch.save({key: torch.zeros(1) for key in shapes("iog-resnet50")}, tmp_path / "iog.pth")
    with pytest.raises(ModelError, match="a whole network"):
        recognise.load_backbone_file(network, tmp_path / "iog.pth")


def one_sentence(error: pytest.ExceptionInfo[ModelError]) -> str:
    text = str(error.value)
    assert "\n" not in text and len(text) < 400
    return text


def written(content: object, **options: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


def linear() -> State:
    return {"weight": torch.zeros(64, 64), "bias": torch.zeros(64)}


class Program:
    """Unpickled the careless way, it stops the tests."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.abort, ()


FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "web page": (b"<!DOCTYPE html><html>Quota exceeded</html>", "is a web page"),
    "truncated": (written(linear())[:9000], "is truncated"),
    "truncated, old format": (written(linear(), _use_new_zipfile_serialization=False)[:9000], "is truncated"),
    "a few bytes": (b"PK\x03", "is truncated"),
    "text": (b"weights: none", "no PyTorch checkpoint"),
    "pickle": (pickle.dumps({"a": 1}), "no PyTorch checkpoint"),
    "pickled path": (pickle.dumps(Path("x")), "is truncated or no PyTorch|holds Python objects"),
    "whole module": (written(torch.nn.Linear(2, 2)), "holds Python objects"),
    "pickled program": (pickle.dumps(Program()), "holds Python objects"),
    "program among tensors": (written({**linear(), "b": Program()}), "holds Python objects"),
    "another network around a ResNet": (
        written(
            {
                "backbone.conv1.weight": torch.zeros(1),
                "classifier.0.weight": torch.zeros(1),
                **{f"backbone.layer3.{i}.conv3.weight": torch.zeros(1) for i in range(6)},
            }
        ),
        "no network that iog knows .for example 'classifier.0.weight'.",
    ),
    "list": (written([1, 2]), "no tensors with names"),
    "no tensors": (written({}), "no tensors with names"),
    "numbers": (written({"a": 1.0}), "holds float under 'a'"),
    "other network": (written(linear()), "tensors of no network that iog knows .for example 'bias'."),
    "later format": (written({"format": "iog-checkpoint-9"}), "install the newer iog"),
    "unknown kind": (
        written({"format": "iog-checkpoint-1", "network": "x", "config": {}, "state_dict": {}}),
        "kind 'x' are unknown",
    ),
    "ResNet-152": (
        written(
            {"conv1.weight": torch.zeros(1)} | {f"layer3.{i}.conv3.weight": torch.zeros(1) for i in range(36)}
        ),
        "ResNet that iog does not have",
    ),
    "ResNet-34": (
        written(
            {"conv1.weight": torch.zeros(1)} | {f"layer3.{i}.conv1.weight": torch.zeros(1) for i in range(6)}
        ),
        "ResNet that iog does not have",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_other_files_get_one_sentence(name: str, tmp_path: Path) -> None:
    content, message = FILES[name]
    path = tmp_path / "some.pth"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=message) as error:
        networks.load(path)
    assert "some.pth" in one_sentence(error)


def test_missing_files_and_backbones_get_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        networks.load(tmp_path / "none.pth")
    (tmp_path / "a.encoder.onnx").write_bytes(b"onnx")
    with pytest.raises(ModelError, match="is an ONNX file"):
        networks.load(tmp_path / "a.encoder.onnx")
    torch.save({key: torch.zeros(1) for key in imagenet(101)}, tmp_path / "resnet101.pth")
    with pytest.raises(ModelError, match=r"is an ImageNet ResNet-101: a backbone .* not a segm") as error:
        networks.load(tmp_path / "resnet101.pth")
    one_sentence(error)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda s: s.pop("psp4.bottleneck.0.weight"),
            "1 tensors are missing, the first is psp4.bottleneck.0",
        ),
        (lambda s: s.update(extra=torch.zeros(1)), "1 tensors are unknown, the first is extra"),
        (
            lambda s: s.update({"backbone.bn1.bias": torch.zeros(3)}),
            r"backbone.bn1.bias has shape \(3,\), expected \(64,\)",
        ),
        (
            lambda s: s.update({"backbone.conv1.weight": torch.zeros(64, 3, 7, 7)}),
            r"shape \(64, 3, 7, 7\), expected \(64, 5, 7, 7\)",
        ),
    ],
    ids=["missing", "surplus", "shape", "stem"],
)
def test_tensors_that_do_not_fit_are_named(change: Any, message: str) -> None:
    state = dict(golden_network("iog-resnet50").state_dict())
    change(state)
    with pytest.raises(ModelError, match=message):
        recognise.network_of(state, "x.pth")
