"""The seconds of a training step, at its smallest."""

import sys

import pytest

from benchmarks import training_step


def test_both_precisions_are_timed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(training_step, "BATCH", 1)
    monkeypatch.setattr(sys, "argv", ["training_step.py", "--sizes", "64"])
    training_step.main()
    assert "64 pixels: fp32 " in capsys.readouterr().out
