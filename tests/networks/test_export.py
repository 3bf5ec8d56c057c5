from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from iog.description import ModelInfo
from iog.engines.onnx import OnnxEngine
from iog.engines.torch import TorchEngine
from iog.networks.export import Question, export, read_exported
from iog.networks.lite import Lite, LiteConfig
from iog.samples import samples
from iog.segmenter import Segmenter

TINY = ModelInfo(name="tiny", size=96, margin=0.2, network={}, weights_sha256="", trained={"steps": 3})


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lite, tuple[Path, Path]]:
    torch.manual_seed(0)
    network = Lite(LiteConfig(backbone="tf_efficientnet_lite0", widths=(8, 16, 24, 32, 40)))
    folder = tmp_path_factory.mktemp("export")
    return network, export(network, folder / "tiny", TINY)


def test_answers_stay_the_same(exported: tuple[Lite, tuple[Path, Path]]) -> None:
    network, files = exported
    onnx, torch_ = OnnxEngine(*files), TorchEngine.from_files(*files)
    original = TorchEngine(network, onnx.info)
    random = np.random.default_rng(0)
    for batch in (1, 3):
        crops = random.integers(0, 256, (batch, 96, 96, 3), dtype=np.uint8)
        maps = random.random((batch, 5, 96, 96), dtype=np.float32)
        answers = [engine.decode(engine.encode(crops), maps) for engine in (onnx, torch_, original)]
        assert answers[0].shape == (batch, 96, 96)
        assert np.abs(answers[0] - answers[1]).max() < 1e-4
        # Tensors are stored as 16-bit floats, hence the wider margin to the network as trained.
        assert np.abs(answers[0] - answers[2]).max() < 5e-3


def test_the_files_describe_themselves(exported: tuple[Lite, tuple[Path, Path]]) -> None:
    network, files = exported
    rebuilt, info = read_exported(*files)
    assert rebuilt.config == replace(network.config, folded=True)
    assert (info.name, info.size, info.margin, dict(info.trained)) == ("tiny", 96, 0.2, {"steps": 3})
    assert Segmenter(files[0]).model == "tiny"
    photo, _, clicks = samples()[0]
    assert Segmenter(files[0]).segment(photo, clicks).crop.width == 96


def test_export_is_deterministic_and_tells_nothing_of_the_machine(
    exported: tuple[Lite, tuple[Path, Path]], tmp_path: Path
) -> None:
    network, files = exported
    again = export(network, tmp_path / "tiny", TINY)
    for one, other in zip(files, again, strict=True):
        assert one.read_bytes() == other.read_bytes()
        assert str(Path(torch.__file__).parent).encode() not in one.read_bytes()
        assert str(Path(__file__).parents[2]).encode() not in one.read_bytes()


@pytest.fixture(scope="module")
def in_8_bits(
    exported: tuple[Lite, tuple[Path, Path]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The same network with 8-bit arithmetic."""
    return exported_in_8_bits(exported[0], tmp_path_factory.mktemp("int8"))


def exported_in_8_bits(network: Lite, folder: Path) -> tuple[Path, Path]:
    stem = folder / "tiny"
    return export(network, stem, TINY, asked())


def asked() -> list[Question]:
    random = np.random.default_rng(1)
    return [
        Question(
            random.integers(0, 256, (96, 96, 3), dtype=np.uint8),
            random.random((1, 5, 96, 96), dtype=np.float32),
        )
        for _ in range(3)
    ]


def test_8_bits_answer_nearly_the_same(
    exported: tuple[Lite, tuple[Path, Path]], in_8_bits: tuple[Path, Path]
) -> None:
    floats, eighths = (OnnxEngine(*files) for files in (exported[1], in_8_bits))
    differences = []
    for crop, maps in asked():
        one, other = (e.decode(e.encode(crop[None]), maps) for e in (floats, eighths))
        differences.append(np.abs(one - other).max() / np.ptp(one))
    assert 0 < max(differences) < 0.2
    # The answer to one object does not depend on others in the batch.
    crops = np.stack([question.crop for question in asked()])
    maps = np.concatenate([question.click_maps for question in asked()])
    together = eighths.decode(eighths.encode(crops), maps)
    np.testing.assert_array_equal(together[2:], eighths.decode(eighths.encode(crops[2:]), maps[2:]))


@pytest.mark.parametrize(("half", "in_floats"), [(0, 0), (1, 1)])
def test_8_bits_are_computed_in_8_bits(
    in_8_bits: tuple[Path, Path], tmp_path: Path, half: int, in_floats: int
) -> None:
    """All convolutions but the one that makes the logits, as ONNX Runtime arranges the graph on loading."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "arranged.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(in_8_bits[half], options, providers=["CPUExecutionProvider"])
    operators = [node.op_type for node in onnx.load(tmp_path / "arranged.onnx").graph.node]
    assert operators.count("QLinearConv") > 40
    assert sum(operators.count(name) for name in ("Conv", "FusedConv")) == in_floats
    assert "Pad" not in operators


def test_pytorch_reads_8_bit_files_as_the_network_in_floats(
    exported: tuple[Lite, tuple[Path, Path]], in_8_bits: tuple[Path, Path], tmp_path: Path
) -> None:
    (floats, info), (eighths, other) = read_exported(*exported[1]), read_exported(*in_8_bits)
    assert replace(other, weights_sha256=info.weights_sha256) == info
    assert other.weights_sha256 != info.weights_sha256  # a measured figure names what was measured
    expected = floats.state_dict()
    assert all(
        torch.equal(value, expected[name])
        for name, value in eighths.state_dict().items()
        if not name.startswith("decoder.sides.")
    )
    for one, again in zip(in_8_bits, exported_in_8_bits(exported[0], tmp_path), strict=True):
        assert one.read_bytes() == again.read_bytes()
