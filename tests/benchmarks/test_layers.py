"""The table of layers and the ways to run them, at their smallest."""

import sys

import pytest

from benchmarks import layers


def test_every_layer_is_counted_and_every_way_timed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(layers, "SIDE", 64)
    monkeypatch.setattr(sys, "argv", ["layers.py", "--rounds", "1"])
    layers.main()
    lines = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]
    for half in ("encoder", "decoder"):
        rows = [line for line in lines if line[0] == half]
        *kinds, whole = rows
        assert whole[1] == "all"
        assert sum(int(row[2]) for row in kinds) == int(whole[2])
        # 745 and 439 million: 3 x 3 kernels count nine times their channels.
        assert int(whole[4]) == {"encoder": 745, "decoder": 439}[half]
    ways = {line[0]: float(line[1]) for line in lines if line[0].startswith(("ONNX Runtime, a", "two", "IO"))}
    assert len(ways) == 3
    assert min(ways.values()) > 0
