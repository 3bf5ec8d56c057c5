"""What the documents point to exists, and their tables are what the commands write."""

import re
from pathlib import Path

import pytest

from iog import zoo
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
