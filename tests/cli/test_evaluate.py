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
        (["--weights", "mine=x.pth"], "--weights mine: not known"),
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
