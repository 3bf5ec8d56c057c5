from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from iog.engines.onnx import OnnxEngine
from iog.engines.torch import TorchEngine
from iog.networks.export import export, read_exported
from iog.networks.lite import Lite, LiteConfig
from iog.samples import samples
from iog.segmenter import Segmenter


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lite, tuple[Path, Path]]:
    torch.manual_seed(0)
    network = Lite(LiteConfig(backbone="tf_efficientnet_lite0", widths=(8, 16, 24, 32, 40)))
    folder = tmp_path_factory.mktemp("export")
    return network, export(network, folder / "tiny", name="tiny", size=96, margin=0.2, trained={"steps": 3})


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
    again = export(network, tmp_path / "tiny", name="tiny", size=96, margin=0.2, trained={"steps": 3})
    for one, other in zip(files, again, strict=True):
        assert one.read_bytes() == other.read_bytes()
        assert str(Path(torch.__file__).parent).encode() not in one.read_bytes()
        assert str(Path(__file__).parents[2]).encode() not in one.read_bytes()
