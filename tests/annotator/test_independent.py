"""Exports as `supervision` reads them, which lives in an environment of its own (`make readers`)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from iog.annotator import exchange
from iog.annotator.photos import Photos
from iog.annotator.store import Store
from iog.annotator.work import Work
from iog.patch import Patch
from tests.annotator.conftest import write_photo

ROOT = Path(__file__).parents[2]
PLACES = [
    os.environ.get("IOG_READERS", ""),
    *(str(ROOT / ".venv" / "readers" / p) for p in ("bin", "Scripts")),
]


def test_supervision_reads_the_same_objects(tmp_path: Path) -> None:
    pythons = [Path(place) / "python" for place in PLACES if place and (Path(place) / "python").exists()]
    if not pythons:
        pytest.skip("EXPORTS NOT READ BY SUPERVISION: `make readers` installs it")
    write_photo(tmp_path / "photos" / "a.png", 300, 200)
    store = Store(tmp_path / "p.iog")
    photos = Photos(tmp_path / "photos", store)
    y, x = np.mgrid[0:200, 0:300] + 0.5
    masks = {"disc": np.hypot(x - 90, y - 100) < 60, "bar": (abs(x - 230) < 40) & (abs(y - 60) < 20)}
    photos.pixels(1)
    for label, mask in masks.items():
        patch = Patch.of(mask)
        store.create(1, Work(imported=patch), label=label, state="accepted", mask=patch)
    for name in ("coco", "coco-rle", "yolo", "voc"):
        exchange.export(store, photos, name, tmp_path / name)
    script = Path(__file__).with_name("read_with_supervision.py")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    result = subprocess.run(
        [pythons[0], script, tmp_path], capture_output=True, text=True, check=False, env=environment
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout.splitlines()[-1])
    for name, objects in found.items():
        assert sorted(label for label, _, _ in objects) == ["bar", "disc"], name
        for label, area, box in objects:
            true = Patch.of(masks[label])
            # Boxes of the first and the last pixel differ by one from those of edges.
            assert np.abs(np.array(box) - true.box).max() <= 1, (name, label)
            if name == "coco-rle":
                assert area == true.area
            elif area >= 0:  # a polygon painted with its border
                assert abs(area / true.area - 1) < 0.05, (name, label)
