"""Tables in docs are what their command writes."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_the_tables_of_the_calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import calibration_tables

    text = calibration_tables.PAGE.read_text(encoding="utf-8")
    assert calibration_tables.BEGIN in text
    assert calibration_tables.filled(text) == text, "python benchmarks/calibration_tables.py"
    assert calibration_tables.plot() == calibration_tables.PLOT.read_text(encoding="utf-8")


def test_the_figures_of_large_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import scale

    text = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert scale.BEGIN in text
    if not list(scale.RESULTS.glob("run-*.json")):
        pytest.skip("no run was measured yet: python benchmarks/scale.py run")
    assert scale.filled(text) == text, "python benchmarks/scale.py page"
