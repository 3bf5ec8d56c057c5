"""A network of one's own, from its document through training, evaluation, prediction and export."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from iog import ModelError, networks
from iog.cli import main
from iog.networks import checkpoints
from iog.networks.own import OwnConfig, OwnNetwork
from iog.samples import Sample
from iog.segmenter import Segmenter

DOCUMENT = Path(__file__).parents[2] / "docs" / "own-network.md"

OTHERS = '''
import numpy as np
from iog.description import ModelInfo


class Engine:
    """Whatever is bright."""

    info = ModelInfo(name="bright", size=64, margin=0.15, network={}, weights_sha256="1", trained={})

    def encode(self, crops):
        return (crops[..., 0].astype(np.float32) / 255,)

    def decode(self, features, click_maps):
        return features[0]


def nothing():
    return 3


class Wrong(Small):
    def decode(self, features, click_maps):
        return features[0]
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which `my_net.py` lies, as the document has it; it is the current one."""
    text, *_ = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in text.splitlines() if line.strip()]) <= 40
    (tmp_path / "my_net.py").write_text(text + OTHERS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    sys.modules.pop("my_net", None)


def run(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert (result.exit_code, "Traceback" in result.output) == (2, False), result.output
    return result.output


def test_from_training_to_files_that_need_neither_it_nor_pytorch(
    folder: Path, photo_folder: Path, coffee: Sample
) -> None:
    sizes = ["--sizes", 64, "--size-shares", 1, "--samples", 4, "--batch", 2, "--workers", 0]
    training = ["train", "lite", "--network", "my_net:small", "--data", photo_folder, "--out", "run", *sizes]
    told = run(*training, "--shares", "all", "--validate-objects", 1, "--stop-after", 1)
    assert "averaged weights" not in told, "it goes on from there"
    told = run(*training, "--shares", "all", "--validate-objects", 1)
    assert "my_net:small=run/final.pt" in told
    content = checkpoints.read("run/final.pt")
    assert (content["network"], content["config"]["factory"]) == ("own", "my_net:small")

    model = "my_net:small=run/final.pt"
    assert "model final" in run("eval", "--data", photo_folder, "--model", model, "--limit", 1)
    corners = [f"{x},{y}" for x, y in coffee.clicks.corners]
    run("predict", coffee.photo, "--model", model, "--corners", *corners, "--out", "mask.png")
    bench = ["bench", "accuracy", "--data", photo_folder, "--methods", "none", "--model", f"mine={model}"]
    assert "mine: " in run(
        *bench, "--splits", "val", "--limit", 1, "--clicks", 4, "--no-costs", "--out", "results"
    )

    assert "the network of my_net:small" in run("convert", model, "--to", "onnx", "--out", "small")
    by_torch, by_onnx = Segmenter(model), Segmenter("small.encoder.onnx")
    clicks = coffee.clicks.with_correction(200, 280, False)
    one, other = (s.segment(coffee.photo, clicks) for s in (by_torch, by_onnx))
    assert one.crop.width == 64
    assert one.crop_probability.std() > 1e-4
    # Tensors are stored as 16-bit floats.
    assert np.abs(one.probability - other.probability).max() < 5e-3
    program = (
        "import sys; sys.modules.update(dict.fromkeys(['torch', 'my_net'])); import iog;"
        f"p = iog.segment({str(coffee.photo)!r}, {[tuple(c) for c in clicks.corners]!r}, "
        "model='small.encoder.onnx'); assert p.mask.shape == (400, 600)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_no_code_runs_because_a_file_names_it(folder: Path) -> None:
    checkpoints.save("mine.pt", OwnNetwork(networks.load("my_net:small").network, "evil:factory"))
    with pytest.raises(ModelError, match=r"holds the network of evil:factory, .*give evil:factory=mine.pt"):
        networks.load("mine.pt")
    assert "evil" not in sys.modules
    # Whoever types a factory says what runs.
    assert networks.load("my_net:small=mine.pt").config.factory == "my_net:small"


def test_tensors_without_a_record_do_too(folder: Path) -> None:
    torch.manual_seed(3)
    network = networks.load("my_net:small")
    torch.save(network.network.state_dict(), "plain.pth")
    again = networks.load("my_net:small=plain.pth")
    assert again.config == OwnConfig(factory="my_net:small", size=128, margin=0.15)
    assert all(torch.equal(v, again.state_dict()[k]) for k, v in network.state_dict().items())
    torch.save({"other": torch.zeros(1)}, "other.pth")
    with pytest.raises(ModelError, match=r"other.pth does not fit my_net:small: \d+ tensors are missing"):
        networks.load("my_net:small=other.pth")


def test_an_engine_of_any_kind(folder: Path, photo_folder: Path) -> None:
    told = run(
        "eval", "--data", photo_folder, "--model", "my_net:Engine", "--limit", 2, "--out", "lines.jsonl"
    )
    assert "model bright" in told
    assert json.loads(Path("lines.jsonl").read_text().splitlines()[0])["run"]["weights"] == "1"
    assert "brings its own weights" in refused(
        "eval", "--data", photo_folder, "--model", "my_net:Engine=x.pt"
    )


def test_what_cannot_be_a_network_is_one_sentence(folder: Path, photo_folder: Path) -> None:
    call = ["eval", "--data", photo_folder, "--limit", 1, "--model"]
    for model, told in (
        ("nowhere.at_all:net", "there is no module nowhere.at_all"),
        ("my_net:large", "the module my_net has nothing called large"),
        ("my_net:nothing", "my_net:nothing made int: a network is a torch.nn.Module with encode(crop)"),
        ("my_net:Wrong", "decode of my_net:Wrong gave (1, 16, 64, 64); it must give logits (1, 1, 128, 128)"),
        ("my_net:small=nowhere.pt", "nowhere.pt does not exist"),
    ):
        assert told in refused(*call, model)
    assert "name a checkpoint of my_net:small" in refused(
        "train", "finetune", "--network", "my_net:small", "--data", photo_folder, "--out", "run"
    )
