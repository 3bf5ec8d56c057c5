"""The scripts that look at trained rivals, on untrained ones."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import rival_pictures, rival_traits
from iog.networks import checkpoints
from iog.networks.families import build
from tests.rivals.conftest import TINY


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rivals")
    for name in ("itis", "curve-gcn", "fca-net", "latent-diversity", "ris-net"):
        (folder / name).mkdir()
        settings = {"sizes": [64], "samples": 8, "batch": 4}
        checkpoints.save(folder / name / "final.pt", build(name, TINY), settings=settings)
    return folder


def test_edges_that_cross_are_counted() -> None:
    square = np.array([(0, 0), (4, 0), (4, 4), (0, 4)], float)
    assert rival_traits.crossings(square) == 0
    assert rival_traits.crossings(square[[0, 2, 1, 3]]) == 1, "a bow tie"
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], 1)
    assert rival_traits.crossings(circle) == 0
    circle[[3, 4]] = circle[[4, 3]]
    assert rival_traits.crossings(circle) > 0


def test_every_trait_is_looked_for(
    runs: Path,
    photo_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    call = ["rival_traits", str(runs), "--data", str(photo_folder), "--limit", "1"]
    monkeypatch.setattr(sys, "argv", call)
    rival_traits.main()
    told = capsys.readouterr().out
    for name in rival_traits.TRAITS:
        assert f"| {name} |" in told, name
    assert "8 objects at 64 pixels, batches of 4" in told


def test_networks_that_refine_are_made_of_the_one_they_refine(runs: Path, tmp_path: Path) -> None:
    found = rival_pictures.files(runs, tmp_path)
    assert set(found) == {"itis", "curve-gcn", "fca-net", "latent-diversity", "ris-net", "brs", "f-brs"}
    refined, base = checkpoints.load(found["brs"]), checkpoints.load(found["itis"])
    assert all((refined.base.state_dict()[k] == v).all() for k, v in base.state_dict().items())  # type: ignore[union-attr]
    with pytest.raises(SystemExit, match="make rivals trains them"):
        rival_pictures.files(tmp_path, tmp_path)
