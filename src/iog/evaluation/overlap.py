"""Do photos of the test set occur in the training set? Found by name and by look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from iog.errors import DataError, ImageError
from iog.images import PHOTO_ENDINGS, read_image

NEAR = 3
"""Fingerprints that differ in at most so many of 64 bits are of one photo (resized, recompressed)."""


def fingerprint(image: npt.NDArray[np.uint8]) -> str:
    """16 hexadecimal digits that hardly change when a photo, (H, W, 3) RGB, is resized or recompressed.

    Bit by bit, whether the photo gets brighter from one of 8 x 9 areas to the next on its right.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = np.asarray(cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA))
    return np.packbits(small[:, 1:] > small[:, :-1]).tobytes().hex()


def shared_photos(photos: Mapping[str, str], training: Path) -> dict[str, str]:
    """Which photos (by name) also lie in the folder of training photos, and as which file.

    Crops and mirrored copies are not found.

    Parameters
    ----------
    photos
        Name by fingerprint; names are compared by their file stem.
    training
        Folder whose pictures (at any depth) a model was trained on.

    Raises
    ------
    DataError
        If the folder holds no picture.
    """
    files = sorted(p for p in training.rglob("*") if p.suffix.lower() in PHOTO_ENDINGS)
    if not files:
        raise DataError(f"{training} holds no pictures; `trained_on` names the folder of training photos")
    names = list(photos.values())
    stems = {_stem(name): name for name in names}
    wanted = _bits(photos)
    found: dict[str, str] = {}
    for file in files:
        if file.stem in stems:
            found.setdefault(stems[file.stem], f"{file} (same name)")
            continue
        try:
            own = _bits([fingerprint(read_image(file))])
        except ImageError:
            continue  # not a photo that anything was trained on
        for i in np.flatnonzero(np.count_nonzero(wanted != own, axis=1) <= NEAR):
            found.setdefault(names[i], f"{file} (looks the same)")
    return found


def _stem(name: str) -> str:
    """The file stem in an object's name, `folder/photo.jpg#3`."""
    return Path(name.split("#")[0]).stem


def _bits(fingerprints: Iterable[str]) -> npt.NDArray[np.uint8]:
    """(N, 64) of 0 and 1."""
    rows = [np.frombuffer(bytes.fromhex(text), np.uint8) for text in fingerprints]
    return np.unpackbits(np.stack(rows), axis=1)
