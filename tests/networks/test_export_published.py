from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from iog.description import info_from_json
from iog.networks.describe import of_published
from iog.networks.dextr import DEXTR, DEXTRConfig
from iog.networks.export_published import export_published
from iog.networks.families import build
from iog.published import PublishedSettings
from tests.networks.conftest import constant, golden_network


def session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("name", ["iog-resnet50", "iog-resnet50-refinement"])
def test_onnx_runtime_answers_as_torch(name: str, tmp_path: Path) -> None:
    network = golden_network(name)
    # A small crop keeps the test short; the graphs of 512 differ in their sizes only.
    info = of_published(network, {"settings": {"size": 64}}, "model")
    paths = export_published(network, tmp_path / "model", info)
    assert [path.name for path in paths] == ["model.encoder.onnx", "model.decoder.onnx"]
    encoder, decoder = map(session, paths)
    names = [node.name for node in decoder.get_inputs()]
    for batch in (1, 3):
        rng = np.random.default_rng(batch)
        x = rng.uniform(0, 255, (batch, 5, 64, 64)).astype(np.float32)
        maps = rng.uniform(0, 255, (batch, 2, 64, 64)).astype(np.float32)
        extra = [maps] if network.config.refinement else []
        with torch.inference_mode():
            expected = network.encode(torch.from_numpy(x))
            probability = network.probability(expected, *map(torch.from_numpy, extra))
        features = encoder.run(None, {"network_input": x})
        for ours, theirs in zip(features, expected, strict=True):
            assert np.abs(ours - theirs.numpy()).max() < 1e-3 * theirs.std().item()
        (answer,) = decoder.run(None, dict(zip(names, (*extra, *features), strict=True)))
        assert answer.shape == (batch, 64, 64)
        assert np.abs(answer - probability.numpy()).max() < 1e-3 * probability.std().item()
    description = encoder.get_modelmeta().custom_metadata_map["iog"]
    assert description == decoder.get_modelmeta().custom_metadata_map["iog"]
    data = json.loads(description)
    assert info_from_json(description, "model") == info
    with torch.device("meta"):
        assert build(data["network"], data["config"]).config == network.config
    assert PublishedSettings(**data["settings"]) == PublishedSettings(size=64)


def test_dextr_exports_too(tmp_path: Path) -> None:
    network = constant(lambda: DEXTR(DEXTRConfig(depth=50))).train()
    info = of_published(network, {"settings": {"size": 64}}, "model")
    paths = export_published(network, tmp_path / "model", info)
    assert network.training
    encoder, decoder = map(session, paths)
    features = encoder.run(None, {"network_input": np.ones((3, 4, 64, 64), np.float32)})
    inputs = {node.name: value for node, value in zip(decoder.get_inputs(), features, strict=True)}
    assert decoder.run(None, inputs)[0].shape == (3, 64, 64)
