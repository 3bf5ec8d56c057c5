"""`iog doctor`, and completion in shells."""

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import iog
from iog import zoo
from iog.cli import main

ROOT = Path(__file__).parents[2]


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments])


def test_says_what_a_bug_report_needs() -> None:
    result = doctor()
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"iog        {iog.__version__}\n")
    assert "CPUExecutionProvider" in result.output
    assert iog.Segmenter().engine.info.weights_sha256 in result.output
    assert result.output.endswith("All is well.\n")


def test_json_has_every_package_and_extra() -> None:
    report = json.loads(doctor("--json").output)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {line.partition(">")[0] for line in project["dependencies"]} >= set(report["packages"])
    assert {"numpy", "onnxruntime"} <= set(report["packages"])
    assert set(report["extras"]) == set(project["optional-dependencies"])
    assert report["extras"]["serve"]["fastapi"]["wanted"].startswith(">=")
    assert report["models"]["lite"]["error"] is None
    assert report["problems"] == []


def _with_version(monkeypatch: pytest.MonkeyPatch, package: str, version: str | None) -> None:
    real = metadata.version

    def told(name: str) -> str:
        if name != package:
            return real(name)
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(metadata, "version", told)


def test_an_old_package_is_a_problem_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_version(monkeypatch, "numpy", "1.20.0")
    result = doctor()
    assert result.exit_code == 1
    assert "PROBLEM    numpy 1.20.0 does not fit >=1.26: pip install --upgrade 'numpy>=1.26'" in result.output


def test_a_missing_package_is_a_problem_only_where_iog_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_version(monkeypatch, "pillow", None)
    result = doctor()
    assert result.exit_code == 1
    assert "PROBLEM    pillow is missing" in result.output
    _with_version(monkeypatch, "pillow-heif", None)
    assert "heif: not installed (pip install 'iog[heif]')" in doctor().output
    assert "PROBLEM    pillow-heif" not in doctor().output


def test_a_damaged_model_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(zoo.MODELS, "lite", replace(zoo.MODELS["lite"], encoder_sha256="0" * 64))
    result = doctor()
    assert result.exit_code == 1
    assert "PROBLEM    model lite: " in result.output
    assert "damaged" in result.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands(shell: str) -> None:
    asked = {
        "COMP_WORDS": "iog doc" if shell != "fish" else "doc",
        "COMP_CWORD": "doc" if shell == "fish" else "1",
    }
    words = subprocess.run(
        [sys.executable, "-c", "from iog.cli import main; main(prog_name='iog')"],
        env={**os.environ, "_IOG_COMPLETE": f"{shell}_complete", **asked},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "doctor" in words
