from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iog.annotator import photos as photos_module
from iog.annotator.parking import Parking
from iog.annotator.photos import Photos
from iog.annotator.store import Store
from iog.images import read_image
from tests.annotator.conftest import write_photo


def test_parked_pixels_are_the_pixels_and_leave_no_file(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (50, 40, 3), np.uint8)
    parking = Parking(tmp_path)
    parked = parking.park((50, 40), (pixels[top : top + 16] for top in range(0, 50, 16)))
    parking.rest()
    np.testing.assert_array_equal(parked, pixels)
    assert list(tmp_path.iterdir()) == []


def test_large_photos_are_parked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos_module, "_PARKED_PIXELS", 1000)
    write_photo(tmp_path / "photos" / "large.png")
    store = Store(tmp_path / "project.iog")
    photos = Photos(tmp_path / "photos", store)
    (number,) = store.paths().values()
    pixels = photos.pixels(number)
    assert not pixels.flags.owndata and not pixels.flags.writeable
    np.testing.assert_array_equal(pixels, read_image(tmp_path / "photos" / "large.png"))
    assert photos.display(number)
    photos.close()
    store.close()


def test_without_room_on_the_disk_memory_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos_module, "_PARKED_PIXELS", 1000)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    write_photo(tmp_path / "photos" / "large.png")
    store = Store(tmp_path / "project.iog")
    photos = Photos(tmp_path / "photos", store)
    assert photos.pixels(next(iter(store.paths().values()))).flags.owndata
    photos.close()
    store.close()
