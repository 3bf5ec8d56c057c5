from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from iog.samples import samples
from tests.auto.stub import PHOTOS


@pytest.fixture(scope="session")
def small_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample photos at 96 x 64 pixels, in folders."""
    folder = tmp_path_factory.mktemp("small")
    for name, sample in zip(PHOTOS, samples(), strict=True):
        (folder / name).parent.mkdir(exist_ok=True)
        with Image.open(sample.photo) as picture:
            picture.convert("RGB").resize((96, 64)).save(folder / name)
    return folder
