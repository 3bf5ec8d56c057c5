"""`iog convert`: what a file is, and its other forms."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from tests.networks.conftest import constant, golden_state

from iog import networks
from iog.cli import main
from iog.networks import checkpoints
from iog.networks.dextr import DEXTR, DEXTRConfig
from iog.networks.iog import IOG, IOGConfig
from iog.networks.lite import Lite, LiteConfig
from iog.samples import Sample
from iog.segmenter import Segmenter


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_it_says_what_a_published_file_is_and_writes_nothing(published_files: Path) -> None:
    before = sorted(published_files.iterdir())
    path = published_files / "refinement.pth"
    result = run("convert", path)
    assert result.exit_code == 0, result.output
    assert "IOG refinement with ResNet-50 (takes corrections)" in result.output
    assert "34,441,418" in result.output
    assert hashlib.sha256(path.read_bytes()).hexdigest() in result.output
    assert sorted(published_files.iterdir()) == before


def test_our_checkpoint_has_the_tensors_and_remembers_its_crop(published_files: Path) -> None:
    network = networks.load(published_files / "refinement.pt")
    assert network.config == IOGConfig(depth=50, refinement=True)
    expected = golden_state("iog-resnet50-refinement")
    assert all(torch.equal(value, expected[key]) for key, value in network.state_dict().items())
    assert Segmenter(published_files / "refinement.pt").prompting.settings.size == 64  # type: ignore[attr-defined]


@pytest.fixture
def lite(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = Lite(LiteConfig(backbone="tf_efficientnet_lite0", widths=(8, 16, 24, 32, 40)))
    settings = {"data": "some/where", "sizes": (64, 96), "seed": 1}
    checkpoints.save(tmp_path / "lite.pt", network, settings=settings, step=7)
    return tmp_path / "lite.pt"


def test_a_lite_checkpoint_round_trips(lite: Path, coffee: Sample) -> None:
    folder = lite.parent
    result = run("convert", lite, "--to", "checkpoint", "--out", folder / "mine")
    assert result.exit_code == 0, result.output
    assert "lite with tf_efficientnet_lite0" in result.output
    # As ONNX: test_commands.py, after training.
    direct, again = (Segmenter(folder / name) for name in ("lite.pt", "mine.pt"))
    assert (direct.model, again.model) == ("lite", "mine")
    clicks = coffee.clicks.with_correction(200, 280, False)
    answers = [s.segment(coffee.photo, clicks) for s in (direct, again)]
    assert {answer.crop.width for answer in answers} == {96}
    np.testing.assert_array_equal(answers[0].probability, answers[1].probability)
    trained = again.engine.info.trained  # type: ignore[union-attr]
    assert (trained["steps"], "data" in trained) == (7, False)


def test_crop_of_a_lite_checkpoint_can_be_changed(lite: Path) -> None:
    out = lite.parent / "wide"
    assert (
        run("convert", lite, "--to", "checkpoint", "--margin", 0.3, "--size", 128, "--out", out).exit_code
        == 0
    )
    assert Segmenter(f"{out}.pt").prompting.view == "128 x 128 pixels, box and 30% around it"


def test_a_lite_checkpoint_in_8_bits(lite: Path, coffee: Sample, photo_folder: Path) -> None:
    out = lite.parent / "small"
    result = run("convert", lite, "--to", "onnx", "--int8", photo_folder, "--out", out)
    assert result.exit_code == 0, result.output
    floats, eighths = (Segmenter(path) for path in (lite, f"{out}.encoder.onnx"))
    one, other = (s.segment(coffee.photo, coffee.clicks).probability for s in (floats, eighths))
    assert 0 < np.abs(one - other).max() < 0.2


def test_8_bits_are_for_onnx_files_of_lite_networks(
    lite: Path, published_files: Path, photo_folder: Path, tmp_path: Path
) -> None:
    out = ["--out", tmp_path / "small", "--int8"]
    for call, message in (
        ([lite, "--to", "checkpoint", *out, photo_folder], "add --to onnx"),
        ([lite, "--to", "onnx", *out, tmp_path], "train.jsonl"),
        ([lite, "--to", "onnx", *out, tmp_path / "none"], "none"),
        ([published_files / "iog.pth", "--to", "checkpoint", "--to", "onnx", *out, photo_folder], "drop it"),
    ):
        result = run("convert", *call)
        assert (result.exit_code, message in result.output) == (2, True), result.output
        assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == [lite]


def test_dextr_and_ablations_convert_and_want_their_own_clicks(tmp_path: Path, coffee: Sample) -> None:
    dextr = constant(lambda: DEXTR(DEXTRConfig(depth=50)))
    torch.save(dextr.state_dict(), tmp_path / "dextr.pth")
    result = run("convert", tmp_path / "dextr.pth", "--to", "checkpoint")
    assert result.exit_code == 0, result.output
    assert "DEXTR with ResNet-50 (wants extreme points)" in result.output
    assert networks.load(tmp_path / "dextr.pt").config == dextr.config
    call = ["predict", coffee.photo, "--corners", "9,9", "90,90", "--out", tmp_path / "m.png"]
    for name in ("dextr.pth", "dextr.pt"):
        result = run(*call, "--model", tmp_path / name)
        assert (result.exit_code, "iog predict --extreme" in result.output) == (2, True), result.output
    ablation = constant(lambda: IOG(IOGConfig(depth=50, fine=False, guidance="extreme-points")))
    torch.save(ablation.state_dict(), tmp_path / "x.pth")
    output = run("convert", tmp_path / "x.pth").output
    assert "(takes no corrections, without FineNet, wants extreme points)" in output


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (None, [], "does not exist"),
        (b"<html>Quota exceeded</html>", [], "is a web page"),
        (b"PK\x03", ["--to", "onnx"], "is truncated"),
        (b"x", ["--out", "nowhere/x"], "make it first"),
        (b"x", ["--to", "checkpoint", "--out", "x"], "would replace the file that is read"),
        (b"x", ["--size", "100"], "multiple of 32"),
        (b"x", ["--to", "jpeg"], "'jpeg' is not one of"),
    ],
)
def test_bad_input_is_one_sentence(
    tmp_path: Path, content: bytes | None, arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("x.pt")
    if content is not None:
        path.write_bytes(content)
    result = run("convert", path, *arguments)
    assert (result.exit_code, message in result.output) == (2, True), result.output
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == ([] if content is None else [tmp_path / "x.pt"])


def test_a_fixed_margin_and_a_foreign_description_are_named(published_files: Path, lite: Path) -> None:
    result = run("convert", published_files / "iog.pt", "--margin", 0.2)
    assert (result.exit_code, "is fixed (30 pixels)" in result.output) == (2, True)
    content = torch.load(published_files / "iog.pt", weights_only=True)
    network = networks.load(lite)
    for description, message in ((content["description"], "of another network"), ("{", "not a model of iog")):
        checkpoints.save(lite, network, description=description)
        result = run("convert", lite)
        assert (result.exit_code, message in result.output) == (2, True), result.output


def test_a_failure_while_writing_leaves_the_old_file(lite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = lite.parent / "mine.pt"
    old.write_bytes(b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    result = run("convert", lite, "--to", "checkpoint", "--out", lite.parent / "mine")
    assert (result.exit_code, "the disk is full" in result.output) == (2, True)
    assert old.read_bytes() == b"old"
    assert sorted(p.name for p in lite.parent.iterdir()) == ["lite.pt", "mine.pt"]
