"""The speed table: encoder and click apart, least and median of rounds."""

import sys

import pytest

from benchmarks import speed


def test_encoder_and_click_are_timed_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(speed, "FACTORS", {"0.2 MP": 1})
    monkeypatch.setattr(speed, "LARGE", {"1 MP": 2})
    monkeypatch.setattr(sys, "argv", ["speed.py", "--rounds", "2", "--threads", "1"])
    speed.main()
    lines = capsys.readouterr().out.splitlines()
    assert "threads 1" in lines[0]
    assert lines[1].split() == ["step", "least", "ms", "median", "ms", "processor", "ms"]
    for step in (
        "encode (once per box)",
        "decode (once per click)",
        "paste, 0.2 MP",
        "open and click, 1 MP, large object",
        "open and click, 1 MP, large object, before",
    ):
        (line,) = (line for line in lines if line.startswith(f"{step}  "))
        least, median, processor = map(float, line.split()[-3:])
        assert 0 <= least <= median
        assert processor >= 0
