"""`iog eval` and `iog reproduce`, end to end."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.datasets import layouts

from iog.cli import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_ritm_with_everything(photo_folder: Path, tmp_path: Path) -> None:
    call = [
        "eval",
        "--data",
        photo_folder,
        "--protocol",
        "ritm",
        "--clicks",
        5,
        "--by",
        "size",
        "--by",
        "group",
    ]
    result = run(*call, "--out", tmp_path / "o.jsonl", "--gallery", tmp_path / "worst", "--worst", 2)
    assert result.exit_code == 0, result.output
    assert "protocol ritm, 5 clicks (box 2, inside 1), threshold 0.5" in result.output
    assert "NoC@95" in result.output
    assert "| coco | 4 |" in result.output
    assert "| large |" in result.output
    assert (tmp_path / "worst" / "index.html").is_file()
    records = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    assert [len(r["ious"]) for r in records] == [3] * 4
    assert all(len(r["clicks"]["corrections"]) <= 2 for r in records)
    assert {r["run"]["protocol"] for r in records} == {"ritm"}

    again = run(*call, "--out", tmp_path / "o.jsonl", "--resume")
    assert again.exit_code == 0, again.output
    assert "NoC@95" in again.output
    for arguments, told in (
        (["--out", tmp_path / "o.jsonl"], "add --resume"),
        (["--out", tmp_path / "o.jsonl", "--resume", "--seed", 9], "seed 0 there and 9 now"),
        (["--resume"], "name it with --out"),
    ):
        refused = run(*call, *arguments)
        assert refused.exit_code == 2
        assert told in refused.output


def test_one_table_into_a_document(photo_folder: Path, tmp_path: Path) -> None:
    document = tmp_path / "report.md"
    call = ["eval", "--data", photo_folder, "--protocol", "all", "--clicks", 6, "--table", document]
    refused = run(*call)
    assert refused.exit_code == 2
    assert "report.md is missing" in refused.output
    document.write_text("before\n<!-- figures: photos-val -->\n<!-- end of figures: photos-val -->\nafter\n")
    result = run(*call, "--limit", 2, "--trained-on", photo_folder)
    assert result.exit_code == 0, result.output
    text = document.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "failures@80/85/90/95 at 6" in text
    assert "photos that the model was trained on: 2 of 2" in text
    assert "2 of 4 objects" in text
    for line in text.splitlines()[2:-2]:
        assert line in result.output
    assert str(photo_folder) in result.output
    assert str(photo_folder) not in text
    # A hand that errs has figures of its own, beside those of the perfect one.
    refused = run(*call, "--jitter", 0.05)
    assert refused.exit_code == 2
    assert "<!-- figures: photos-val-jitter -->" in refused.output


def test_the_published_choices_are_options(photo_folder: Path) -> None:
    result = run("eval", "--data", photo_folder, "--clicks", 3, "--limit", 1, "--sweep-thresholds")
    assert result.exit_code == 0, result.output
    assert "no figure to report" in result.output
    assert "| set | 0.1 | 0.2 |" in result.output
    result = run("eval", "--data", photo_folder, "--limit", 1, "--stretch-to-full-range")
    assert result.exit_code == 2
    assert "quirk of published models" in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--sets", "coco,tpyo"], "has no objects of tpyo; it has coco"),
        (["--jitter", "-0.1"], "Invalid value for '--jitter'"),
        (["--seed", "-1"], "Invalid value for '--seed'"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(
    arguments: list[str], told: str, photo_folder: Path
) -> None:
    """A set that is not there must not be left out of the figures in silence."""
    result = run("eval", "--data", photo_folder, *arguments)
    assert result.exit_code == 2
    assert told in result.output


TABLES = ["table1", "table2", "table4", "table5", "table6", "table8", "guidance"]


@pytest.mark.parametrize("table", TABLES)
def test_every_table_in_a_smoke_run(table: str) -> None:
    result = run("reproduce", table, "--smoke", "--limit", 2)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("SMOKE RUN")
    assert "give --data" not in result.output
    assert "give --weights" not in result.output
    assert "| photos |" in result.output


def test_table8_on_photos(photo_folder: Path) -> None:
    result = run("reproduce", "table8", "--data", f"photos={photo_folder}", "--limit", 2)
    assert result.exit_code == 0, result.output
    for method in ("(A) crop", "(B) box centre, (C) the same", "(D) box only", "(E) two-stage"):
        assert f"| photos | {method} |" in result.output
    assert "give --data voc=FOLDER" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "voc"], "'voc' is not NAME=PATH"),
        (["--data", "voc=nowhere"], "is missing"),
        (["--data", "mine=nowhere"], "--data mine: not known; known are voc, grabcut"),
        (["--weights", "mine=x.pth"], "--weights mine: not known"),
        (["--weights", "iog-resnet101=x.pth"], "--weights iog-resnet101: x.pth is missing"),
        (["--model", "nothing"], "unknown model"),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[str], message: str) -> None:
    result = run("reproduce", "table1", *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_weights_that_are_no_model(tmp_path: Path) -> None:
    layouts.voc(tmp_path)
    file = tmp_path / "w.pth"
    file.write_bytes(b"<html>")
    given = ["--data", f"voc={tmp_path}", "--weights", f"iog-resnet101={file}"]
    result = run("reproduce", "table2", *given)
    assert result.exit_code == 2
    assert "w.pth" in result.output
    assert "Traceback" not in result.output
