"""`iog auto`, end to end with the bundled model."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from iog.auto.runner import Worker
from iog.cli import main
from iog.samples import samples

PHOTOS = samples()[0].photo.parent


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["auto", *map(str, arguments)])


@pytest.fixture
def boxes(tmp_path: Path) -> Path:
    path = tmp_path / "boxes.csv"
    lines = [",".join([s.photo.name, *map(str, s.clicks.box), s.object]) for s in samples()]
    path.write_text("\n".join(["image,x0,y0,x1,y1,category", *lines]) + "\n")
    return path


def test_masks_then_more_formats_then_another_method(boxes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run(boxes, "--images", PHOTOS, "--out", out, "--shard-size", 3)
    assert result.exit_code == 0, result.output
    assert f"4 masks of 4 boxes -> {out}" in result.output
    data = json.loads((out / "coco.json").read_text())
    assert {category["name"] for category in data["categories"]} == {sample.object for sample in samples()}
    assert min(annotation["score"] for annotation in data["annotations"]) > 0.7

    again = run(boxes, "--images", PHOTOS, "--out", out, "--shard-size", 3, "--format", "png", "--threads", 1)
    assert again.exit_code == 0, again.output
    assert "(4 boxes done before)" in again.output
    assert len(list((out / "png").iterdir())) == 4

    other = run(boxes, "--images", PHOTOS, "--out", out, "--shard-size", 3, "--method", "box")
    assert other.exit_code == 2
    assert "method two-stage -> box" in other.output
    assert "Traceback" not in other.output


def test_failures_are_listed(boxes: Path, tmp_path: Path) -> None:
    with boxes.open("a") as file:
        file.write("gone.jpg,1,2,30,40,cat\nrocket.jpg,a,2,30,40,cat\n" + "rocket.jpg,9,2,3,40,cat\n" * 6)
    result = run(boxes, "--images", PHOTOS, "--out", tmp_path / "out", "--method", "centre")
    assert result.exit_code == 1, result.output
    assert "4 masks of 11 boxes" in result.output
    causes = "6 for an impossible box, 1 for a photo that cannot be read, 1 could not be listed"
    assert f"8 failed: {causes}; all are in" in result.output
    for example in ("is inside out", "gone.jpg does not exist", "could not convert string to float: 'a'"):
        assert example in result.output, "one of each kind is shown"
    assert "and 3 more" in result.output
    assert len((tmp_path / "out" / "failures.jsonl").read_text().splitlines()) == 8


def test_ctrl_c_has_a_status_of_its_own(boxes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(worker: Worker, share: object, batch: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "_solve", stopped)
        result = run(boxes, "--images", PHOTOS, "--out", tmp_path / "out")
    assert result.exit_code == 130, result.output
    assert "the same command resumes" in result.output
    assert run(boxes, "--images", PHOTOS, "--out", tmp_path / "out").exit_code == 0


def test_a_review_queue_of_an_earlier_run_stays(boxes: Path, tmp_path: Path) -> None:
    call = [boxes, "--images", PHOTOS, "--out", tmp_path / "out", "--method", "box", "--review-below"]
    assert "4 masks under 1 to review" in run(*call, 1).output
    assert "4 masks of an earlier run to review" in run(*call, 0.1).output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"--images": "nowhere"}, "does not exist"),
        ({"--model": "huge"}, "unknown model 'huge'"),
        ({"--input": "voc"}, "are a folder"),
        ({"--out": "BOXES"}, "is not a folder"),
        ({"--first": "lite", "--method": "box"}, "--first is for --method two-stage"),
        ({"--workers": "2"}, "are for a cluster"),
        ({"--images": "nothing://photos"}, "nothing://photos cannot be opened"),
    ],
)
def test_bad_input_is_one_sentence(boxes: Path, tmp_path: Path, change: dict[str, str], message: str) -> None:
    options = {"--images": str(PHOTOS), "--out": str(tmp_path / "out")} | change
    pairs = [str(boxes) if part == "BOXES" else part for pair in options.items() for part in pair]
    result = run(boxes, *pairs)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


def test_methods_by_letter_and_a_published_model(boxes: Path, published_files: Path, tmp_path: Path) -> None:
    """The command runs what the paper compares, also with another network first."""
    for method in ("crop", "sim"):
        result = run(boxes, "--images", PHOTOS, "--out", tmp_path / method, "--method", method)
        assert result.exit_code == 0, result.output
    settings = json.loads((tmp_path / "sim" / "plan.json").read_text())
    assert settings["method"] == "sim"
    assert len(settings["calibration"]) == 64
    model = published_files / "iog.encoder.onnx"
    result = run(boxes, "--images", PHOTOS, "--out", tmp_path / "iog", "--model", model, "--first", "lite")
    assert result.exit_code == 0, result.output
    settings = json.loads((tmp_path / "iog" / "plan.json").read_text())
    assert (settings["model"], settings["first_model"]) == ("iog-resnet50", "lite")
    assert settings["calibration"] is None
