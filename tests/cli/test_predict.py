"""`iog predict` as a person calls it."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import iog
from iog.cli import main
from iog.masks import decode_rle
from iog.samples import FOLDER, Sample


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def corners(sample: Sample) -> list[str]:
    return ["--corners", *(f"{x},{y}" for x, y in sample.clicks.corners)]


def inside(sample: Sample) -> list[str]:
    assert sample.clicks.inside is not None
    return ["--inside", "{},{}".format(*sample.clicks.inside)]


def expected(sample: Sample) -> np.ndarray:
    return iog.segment(sample.photo, sample.clicks.corners, sample.clicks.inside).mask


def test_png_and_overlay(sample: Sample, tmp_path: Path) -> None:
    out, overlay = tmp_path / "mask.png", tmp_path / "overlay.jpg"
    result = run(
        "predict", sample.photo, *corners(sample), *inside(sample), "--out", out, "--overlay", overlay
    )
    assert result.exit_code == 0, result.output
    assert "confidence 0." in result.output
    with Image.open(out) as picture:
        assert picture.mode == "L"
        np.testing.assert_array_equal(np.asarray(picture) == 255, expected(sample))
    with Image.open(overlay) as picture:
        assert picture.format == "JPEG"
        assert np.asarray(picture).shape == (*expected(sample).shape, 3)


def test_coco_and_polygon(coffee: Sample, tmp_path: Path) -> None:
    clicks = tmp_path / "clicks.json"
    clicks.write_text(json.dumps(coffee.clicks.to_json()))
    run("predict", coffee.photo, "--clicks", clicks, "--out", tmp_path / "a.json")
    coco = json.loads((tmp_path / "a.json").read_text())
    np.testing.assert_array_equal(decode_rle(coco["annotations"][0]["segmentation"]), expected(coffee))
    run("predict", coffee.photo, "--clicks", clicks, "--format", "polygon", "--out", tmp_path / "b.json")
    assert json.loads((tmp_path / "b.json").read_text())["polygons"]


def test_corrections_are_obeyed(coffee: Sample, tmp_path: Path) -> None:
    out = tmp_path / "m.png"
    call = ["predict", coffee.photo, *corners(coffee), *inside(coffee), "--out", out]
    result = run(*call, "--remove", "285,150", "--add", "180,290")
    assert result.exit_code == 0, result.output
    with Image.open(out) as picture:
        assert (picture.getpixel((285, 150)), picture.getpixel((180, 290))) == (0, 255)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--inside", "5,5"], "where is the object? Give --corners"),
        (["--corners", "1,1", "3,3"], "each side needs at least 4"),
        (["--corners", "1,1", "a,3"], "'a,3' is not a pixel; write x,y"),
        (["--corners", "10,10", "90,90", "--inside", "95,5"], "inside click (95, 5) lies outside the box"),
        (["--corners", "1000,1000", "1100,1100"], "lies outside the image of 600 x 400"),
        (["--corners", "10,10", "90,90", "--add", "601,5"], "correction 1 (601, 5) lies outside the image"),
        (["--corners", "10,10", "90,90", "--clicks", "x.json"], "not both"),
        (["--clicks", "nowhere.json"], "nowhere.json does not exist"),
        (["--corners", "10,10", "90,90", "--model", "heavy"], "unknown model 'heavy'"),
    ],
)
def test_bad_input_is_one_sentence(
    coffee: Sample, tmp_path: Path, arguments: list[str], message: str
) -> None:
    result = run("predict", coffee.photo, *arguments, "--out", tmp_path / "m.png")
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_bad_files_are_one_sentence(coffee: Sample, tmp_path: Path) -> None:
    box = ["--corners", "10,10", "90,90"]
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff nothing")
    for photo, out, message in (
        (tmp_path / "no.jpg", tmp_path / "m.png", "no.jpg does not exist"),
        (broken, tmp_path / "m.png", "broken.jpg is not a picture"),
        (coffee.photo, tmp_path / "no" / "m.png", "does not exist; make it first"),
        (coffee.photo, tmp_path / "mask.tiff", "cannot tell the format of mask.tiff"),
    ):
        result = run("predict", photo, *box, "--out", out)
        assert (result.exit_code, message in result.output) == (2, True), result.output
    (tmp_path / "bad.json").write_text("{")
    result = run("predict", coffee.photo, "--clicks", tmp_path / "bad.json", "--out", tmp_path / "m.png")
    assert "is not JSON" in result.output
    assert run("predict", coffee.photo, *box).exit_code == 2
    assert run("predict", "--out", "x.png").exit_code == 2


def test_batch_png(tmp_path: Path) -> None:
    result = run("predict", "--batch", FOLDER / "clicks.jsonl", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    records = [json.loads(line) for line in (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()]
    assert [r["image"] for r in records] == ["chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png"]
    for record, sample in zip(records, iog.samples.samples(), strict=True):
        with Image.open(tmp_path / "out" / record["mask"]) as picture:
            np.testing.assert_array_equal(np.asarray(picture) == 255, expected(sample))


@pytest.fixture
def mixed_batch(tmp_path: Path) -> Path:
    """Two good lines around three bad ones: a missing photo, a box too small, a box outside."""
    photo = str(FOLDER / "coffee.png")
    lines = [
        {"image": photo, "corners": [[172, 17], [411, 308]], "inside": [285, 150]},
        {"image": "missing.png", "corners": [[0, 0], [50, 50]]},
        {"image": photo, "corners": [[0, 0], [1, 1]]},
        {"image": photo, "corners": [[900, 900], [950, 950]]},
        {"image": photo, "corners": [[172, 17], [411, 308]], "corrections": [[420, 60, False]]},
    ]
    path = tmp_path / "clicks.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + "\n")
    return path


@pytest.mark.parametrize("name", ["folder", "out.json", "out.jsonl"])
def test_a_failure_in_a_batch_is_recorded_and_the_rest_is_done(mixed_batch: Path, name: str) -> None:
    out = mixed_batch.parent / name
    result = run("predict", "--batch", mixed_batch, "--out", out)
    assert result.exit_code == 1
    assert "2 masks" in result.output
    assert "3 failed" in result.output
    assert "line 2: " in result.output
    if name == "out.json":
        assert len(json.loads(out.read_text())["annotations"]) == 2
        return
    listing = out / "predictions.jsonl" if name == "folder" else out
    records = [json.loads(line) for line in listing.read_text().splitlines()]
    assert [r["line"] for r in records if "error" in r] == [2, 3, 4]
    assert [r["line"] for r in records if "confidence" in r] == [1, 5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no lines"),
        ("{", "line 1 is not JSON"),
        ("[]", "line 1: expected"),
        ('{"image": 3}', "line 1"),
    ],
)
def test_a_batch_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "b.jsonl").write_text(text)
    result = run("predict", "--batch", tmp_path / "b.jsonl", "--out", tmp_path / "out")
    assert (result.exit_code, message in result.output) == (2, True), result.output
    assert not (tmp_path / "out").exists()


def test_batch_needs_out_and_nothing_else(coffee: Sample) -> None:
    batch = FOLDER / "clicks.jsonl"
    assert "--batch needs --out" in run("predict", "--batch", batch).output
    assert "alone" in run("predict", coffee.photo, "--batch", batch, "--out", "x").output
    assert "does not exist" in run("predict", "--batch", "no.jsonl", "--out", "x").output
