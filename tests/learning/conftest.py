"""A project of a few small photos with accepted objects, and settings with which learning takes seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iog.annotator.store import Store
from iog.annotator.work import Work
from iog.annotator.workbench import Workbench
from iog.clicks import Clicks
from iog.patch import Patch

pytest.importorskip("fastapi", reason="the annotator needs the `annotate` extra")
pytest.importorskip("torch", reason="learning needs the `train` extra")

QUICK = {"samples": 2, "batch": 2, "sizes": [64], "warmup": 1}
SIZE = (120, 90)


def leaf(number: int) -> np.ndarray:
    """(H, W) bool: the object of photo `number`."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    return np.hypot((x - 60) / 1.5, y - 45) < 20 + number


def write_photos(folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        rng = np.random.default_rng(number)
        pixels = rng.integers(90, 130, (SIZE[1], SIZE[0], 3), np.uint8)
        pixels[leaf(number)] = (40, 160, 60)
        Image.fromarray(pixels).save(folder / f"{number}.png")


def accept(store: Store, photo: str, mask: np.ndarray, label: str = "leaf", clicks: int = 2) -> int:
    """An accepted object, which cost three clicks and so many corrections."""
    row = store.photo_at(photo)
    assert row is not None
    patch = Patch.of(mask)
    box = patch.box
    work = Work(Clicks.of(((box.x0, box.y0), (box.x1 - 1, box.y1 - 1)), (60, 45)))
    found = store.create(row.id, work, label=label, kind="corners")
    kinds = ["inside", *["correction"] * clicks]
    for kind in kinds:
        last = kind is kinds[-1]
        found = store.change(
            found.id,
            found.version,
            work,
            label=label,
            state="accepted" if last else "draft",
            mask=patch,
            confidence=0.9,
            seconds=1,
            kind=kind,
        )
    return found.id


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project file with five accepted leaves beside the folder `photos`."""
    write_photos(tmp_path / "photos", 5)
    bench = Workbench(tmp_path / "photos", tmp_path / "mine.iog")
    for number in range(5):
        accept(bench.store, f"{number}.png", leaf(number))
    bench.close()
    return tmp_path / "mine.iog"


@pytest.fixture
def bench(project: Path) -> Iterator[Workbench]:
    workbench = Workbench(project.parent / "photos", project)
    yield workbench
    workbench.close()
