"""What the documents point to exists, and their tables are what the commands write."""

import re
import shlex
from pathlib import Path

import click
import pytest

from iog import zoo
from iog.cli import main
from iog.evaluation.quoting import markers

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_tests_and_files_that_are_named(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for file, test in re.findall(r"`(tests/[\w/.]+\.py)(?:::(\w+))?`", text):
        assert (ROOT / file).is_file(), file
        if test:
            assert f"def {test}(" in (ROOT / file).read_text(), f"{file}::{test}"
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (document.parent / target).exists(), target


def test_every_demand_of_a_fair_evaluation_names_its_tests() -> None:
    text = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    table = text.partition("## What makes it fair")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \|.*\| (.*) \|$", table, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 11))
    assert all("::test_" in tests for _, tests in rows)


def test_the_tables_of_the_calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import calibration_tables

    text = calibration_tables.PAGE.read_text(encoding="utf-8")
    assert markers(calibration_tables.NAME)[0] in text
    assert calibration_tables.filled(text) == text, "python benchmarks/calibration_tables.py"
    assert calibration_tables.plot() == calibration_tables.PLOT.read_text(encoding="utf-8")


def test_the_figures_of_large_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import scale

    text = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert markers(scale.NAME)[0] in text
    if not list(scale.RESULTS.glob("run-*.json")):
        pytest.skip("no run was measured yet: python benchmarks/scale.py run")
    assert scale.filled(text) == text, "python benchmarks/scale.py page"


@pytest.fixture(scope="module")
def shipped() -> str:
    return zoo.open_model("lite").info.weights_sha256[:12]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_figures_are_of_the_weights_that_ship(document: Path, shipped: str) -> None:
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- figures: .*?<!-- end of figures", text, re.DOTALL)
    for block in blocks:
        assert set(re.findall(r"weights ([0-9a-f]{12})\b", block)) <= {shipped}, "make figures"


def _calls(text: str) -> list[list[str]]:
    """The words of each `iog ...` that stands in a block of code, without its comment."""
    joined = re.sub(r"\\\n\s*", " ", text)
    fenced = "\n".join(re.findall(r"^```(?:sh|bash|text)?\n(.*?)^```", joined, re.MULTILINE | re.DOTALL))
    lines = re.findall(r"^ {4}(iog [a-z].*)$", joined, re.MULTILINE)
    lines += re.findall(r"^(iog [a-z].*)$", fenced, re.MULTILINE)
    return [shlex.split(re.split(r" {3,}|\s#\s", line)[0]) for line in lines]


def _options(command: click.Command, words: list[str]) -> set[str]:
    """What `words` may name: the options of the command that they call."""
    inner = getattr(command, "commands", {})  # a command may have some beside its own arguments
    if words and words[0] in inner:
        return _options(inner[words[0]], words[1:])
    if isinstance(command, click.Group):
        chosen = command.get_command(click.Context(command), words[0]) if words else None
        if chosen is not None:
            return _options(chosen, words[1:])
        # Other groups have commands that are called without their name, and tell how.
        assert type(command) is not click.Group and command is not main, words
        told = set(re.findall(r"--[a-z-]+", command.help or ""))
        return told.union(*(_options(each, []) for each in command.commands.values()))
    return {option for part in command.params for option in (*part.opts, *part.secondary_opts)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_options_that_are_shown_exist(document: Path) -> None:
    for words in _calls(document.read_text(encoding="utf-8")):
        named = {word.partition("=")[0] for word in words if re.match("--[a-z]", word)}
        known = _options(main, [word for word in words[1:] if word != "--help"])
        assert named <= known | {"--help", "--version"}, f"{' '.join(words)}: {named - known}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 110


def test_the_readmes_table_is_of_the_published_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import publish

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert publish.summary(ROOT / "docs" / "benchmark") in text, "make benchmark"
