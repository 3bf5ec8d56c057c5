"""The other commands, end to end."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import iog
from iog.cli import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_version_and_help() -> None:
    assert run("--version").output.split() == ["iog,", "version", iog.__version__]
    overview = run("--help").output
    for command in main.commands:
        assert command in overview
        assert run(command, "--help").exit_code == 0
    assert "--augment.angle" in run("train", "lite", "--help").output


def test_models() -> None:
    output = run("models").output
    assert "lite" in output
    assert iog.Segmenter().engine.info.weights_sha256[:16] in output


def test_demo(tmp_path: Path) -> None:
    result = run("demo", "--out", tmp_path / "demo")
    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / "demo").glob("*.mask.png"))) == 4
    for photo in iog.samples.samples():
        assert photo.object in result.output
        with (
            Image.open(photo.photo) as original,
            Image.open(tmp_path / "demo" / f"{photo.photo.stem}.overlay.png") as o,
        ):
            assert original.size == o.size


def test_eval(photo_folder: Path, tmp_path: Path) -> None:
    result = run("eval", "--data", photo_folder, "--clicks", 5, "--out", tmp_path / "objects.jsonl")
    assert result.exit_code == 0, result.output
    assert "| coco | 4 |" in result.output
    records = [json.loads(line) for line in (tmp_path / "objects.jsonl").read_text().splitlines()]
    assert [len(r["ious"]) for r in records] == [3] * 4
    # The masks are the model's own, so its figures on them must be close to perfect.
    assert min(r["ious"][0] for r in records) > 0.9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["eval", "--data", "nowhere"], "val.jsonl is missing"),
        (["eval", "--data", "FOLDER", "--sets", "cars"], "has no objects of cars; it has coco"),
        (["eval", "--data", "FOLDER", "--split", "moon"], "moon.jsonl is missing"),
        (["train", "lite", "--data", "nowhere", "--out", "OUT"], "train.jsonl is missing"),
        (["train", "lite", "--sizes", "a,b", "--out", "OUT"], "'a,b' is not int"),
        (["train", "heavy"], "No such command"),
        (["convert", "nowhere.pt", "--out", "OUT/x"], "does not exist"),
        (["convert", "nowhere.pt", "--out", "OUT/x", "--size", "100"], "multiple of 32"),
    ],
)
def test_bad_input_is_one_sentence(
    photo_folder: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    places = {"FOLDER": str(photo_folder), "OUT": str(tmp_path), "OUT/x": str(tmp_path / "x")}
    result = run(*(places.get(a, a) for a in arguments))
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_train_then_convert_then_predict(photo_folder: Path, tmp_path: Path) -> None:
    """A user's whole way from photos to an own model."""
    out = tmp_path / "run"
    settings = ["--data", photo_folder, "--samples", 8, "--batch", 4, "--sizes", 64, "--size-shares", 1]
    tiny = ["--network.widths", "8,8,16,16,16", "--network.backbone", "tf_efficientnet_lite0", "--workers", 0]
    call = ["train", "lite", *settings, *tiny, "--validate-objects", 2, "--out", out]
    assert run(*call, "--network.backbone", "vgg").exit_code == 2
    result = run(*call, "--backbone-factor", 0.1)
    assert result.exit_code == 0, result.output
    result = run("convert", out / "final.pt", "--out", tmp_path / "mine", "--size", 64)
    assert result.exit_code == 0, result.output
    assert str(photo_folder).encode() not in (tmp_path / "mine.encoder.onnx").read_bytes()
    photo, _, clicks = iog.samples.samples()[1]
    prediction = iog.segment(photo, clicks.corners, clicks.inside, model=tmp_path / "mine.encoder.onnx")
    assert prediction.crop.width == 64
    assert prediction.model == "mine"
    direct = iog.segment(photo, clicks.corners, clicks.inside, model=out / "final.pt")
    assert (direct.crop, direct.model) == (prediction.crop, "final")
    # ONNX files hold 16-bit floats.
    assert np.abs(direct.probability - prediction.probability).max() < 5e-3
    unfinished = iog.segment(photo, clicks.corners, clicks.inside, model=out / "last.pt")
    np.testing.assert_array_equal(unfinished.probability, direct.probability)


def test_settings_that_are_true_or_false() -> None:
    from iog.cli.settings import _Converter

    convert = _Converter(bool).convert
    assert [convert(text, None, None) for text in ("false", "no", "0", "True", "yes")] == [False] * 3 + [
        True
    ] * 2
    result = run("train", "iog", "--out", "x", "--network.fine", "perhaps")
    assert result.exit_code == 2
    assert "'perhaps' is not a valid boolean" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["iog", "--dataset", "nothing"], "no dataset 'nothing' with masks; known are photos"),
        (["iog", "--dataset", "voc"], "ImageSets is missing; PASCAL VOC 2012 is at"),
        (["iog", "--dataset", "photos"], "train.jsonl is missing; name the folder"),
        (["lite"], "train.jsonl is missing; name the folder"),
        (["finetune"], "nowhere is missing; name a folder of photos with masks, or labels"),
    ],
)
def test_training_without_its_data_is_one_sentence(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    result = run("train", *arguments, "--data", tmp_path / "nowhere", "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert "--validate-objects" not in result.output
    assert not (tmp_path / "run").exists()


def test_wrong_settings_of_a_training_name_the_option(photo_folder: Path, tmp_path: Path) -> None:
    result = run("train", "lite", "--data", photo_folder, "--out", tmp_path / "run", "--start-share", "0.3")
    assert (result.exit_code, "--start-share keeps trained weights: give --start, too" in result.output) == (
        2,
        True,
    )


def test_training_without_validation_photos_says_how(photo_folder: Path, tmp_path: Path) -> None:
    for name in ("coffee.png", "coffee.mask.png"):
        (tmp_path / name).write_bytes((photo_folder / name).read_bytes())
    lines = (photo_folder / "train.jsonl").read_text().splitlines()
    (tmp_path / "train.jsonl").write_text(next(line for line in lines if "coffee" in line))
    result = run("train", "finetune", "--data", tmp_path, "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert "val.jsonl is missing" in result.output
    assert "add --validate-objects 0" in " ".join(result.output.split())


@pytest.mark.parametrize("command", [["models"], ["data", "list"]])
def test_a_reader_that_has_enough_is_no_error(command: list[str]) -> None:
    """As with `| head`: the pipe is gone before the first line is written."""
    with subprocess.Popen(
        [sys.executable, "-m", "iog", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


def test_no_command_tells_of_a_broken_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    for name, command in main.commands.items():
        monkeypatch.setattr(command, "invoke", broken)
        assert "Broken pipe" not in run(name).output
