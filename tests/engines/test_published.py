"""Published checkpoints and their conversions, wherever a model is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import iog
from iog import ModelError
from iog.cli import main
from iog.samples import Sample
from iog.segmenter import Segmenter
from iog.zoo import open_model


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.mark.parametrize("name", ["iog", "refinement"])
def test_the_engines_agree(published_files: Path, name: str, coffee: Sample) -> None:
    by_torch = Segmenter(published_files / f"{name}.pt")
    by_onnx = Segmenter(published_files / f"{name}.encoder.onnx", threads=1)
    assert by_onnx.engine.info.weights_sha256 == by_torch.engine.info.weights_sha256
    assert by_onnx.prompting == by_torch.prompting
    assert by_torch.takes_corrections == (name == "refinement")
    chosen = [iog.Clicks.of(coffee.clicks.corners), coffee.clicks]
    if by_torch.takes_corrections:
        chosen.append(coffee.clicks.with_correction(200, 280, False))
    for one, other in zip(
        *(s.segment_batch([coffee.photo] * len(chosen), chosen) for s in (by_torch, by_onnx)), strict=True
    ):
        assert one.crop.width == 64
        assert one.crop_probability.std() > 1e-3
        assert np.abs(one.probability - other.probability).max() < 1e-3


def test_a_session_with_the_refinement(published_files: Path, coffee: Sample) -> None:
    segmenter = Segmenter(published_files / "refinement.encoder.onnx", threads=1)
    session = segmenter.session(coffee.photo, coffee.clicks.corners)
    preview = session.preview((285, 150))
    states = [session.click(285, 150), session.correct(200, 280, False), session.correct(300, 100, True)]
    np.testing.assert_array_equal(preview.probability, states[0].probability)
    assert not np.array_equal(states[0].crop_probability, states[1].crop_probability)
    session.undo()
    np.testing.assert_array_equal(session.undo().probability, states[0].probability)
    session.redo()
    np.testing.assert_array_equal(session.redo().probability, states[2].probability)
    once = segmenter.segment(coffee.photo, states[2].clicks)
    np.testing.assert_allclose(once.probability, states[2].probability, atol=1e-5)


def test_a_published_file_predicts_at_its_full_size(
    published_files: Path, coffee: Sample, tmp_path: Path
) -> None:
    corners = [f"{x},{y}" for x, y in coffee.clicks.corners]
    call = ["predict", coffee.photo, "--corners", *corners, "--inside", "285,150"]
    result = run(*call, "--model", published_files / "iog.pth", "--out", tmp_path / "mask.png")
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "mask.png") as mask:
        assert mask.size == (600, 400)
    result = run(
        *call, "--add", "9,9", "--model", published_files / "iog.pt", "--out", tmp_path / "second.png"
    )
    assert result.exit_code == 2
    assert "takes no corrections" in result.output
    assert not (tmp_path / "second.png").exists()


def test_exported_pairs_need_no_pytorch(published_files: Path, coffee: Sample) -> None:
    program = f"""
import sys
sys.modules.update(dict.fromkeys(["torch", "torchvision", "timm", "onnx"]))
import iog
p = iog.segment({str(coffee.photo)!r}, {coffee.clicks.corners!r}, (285, 150), [(200, 280, False)],
                model={str(published_files / "refinement.encoder.onnx")!r})
assert p.mask.shape == (400, 600) and p.model == "iog-resnet50-refinement"
""".replace("Pixel", "iog.Pixel")
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_eval(published_files: Path, photo_folder: Path) -> None:
    call = ["eval", "--data", photo_folder, "--limit", 1]
    result = run(*call, "--clicks", 5, "--model", published_files / "refinement.pt")
    assert result.exit_code == 0, result.output
    assert "model iog-resnet50-refinement" in result.output
    (row,) = (line for line in result.output.splitlines() if line.startswith("| coco |"))
    count, *means = (cell.strip() for cell in row.split("|")[2:7])
    assert count == "1"
    assert all(0 <= float(mean) <= 100 for mean in means)
    plain = published_files / "iog.encoder.onnx"
    assert run(*call, "--clicks", 3, "--model", plain).exit_code == 0
    result = run(*call, "--model", plain)
    assert (result.exit_code, "measure it with --clicks 3" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("file", "engine", "message"),
    [
        ("iog.pth", "onnx", "is a checkpoint, which the onnx engine cannot run; iog convert it first"),
        ("iog.encoder.onnx", "torch", "which the onnx engine runs; give PyTorch its checkpoint"),
        ("nowhere.pth", None, "nowhere.pth does not exist"),
        ("nowhere", None, "unknown model"),
        ("mixed.encoder.onnx", None, "come from different models"),
    ],
)
def test_what_cannot_be_opened(
    published_files: Path, tmp_path: Path, file: str, engine: str | None, message: str
) -> None:
    folder = published_files
    if file.startswith("mixed"):
        folder = tmp_path
        (tmp_path / "mixed.encoder.onnx").symlink_to(published_files / "iog.encoder.onnx")
        (tmp_path / "mixed.decoder.onnx").symlink_to(published_files / "refinement.decoder.onnx")
    with pytest.raises(ModelError, match=message) as error:
        open_model(folder / file, engine=engine)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)
