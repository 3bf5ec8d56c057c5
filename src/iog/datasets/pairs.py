"""Folders of photos and of masks with the same names, as most small test sets are published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from iog.datasets.reading import Broken, note, require
from iog.errors import DataError
from iog.images import PHOTO_ENDINGS


class Pair(NamedTuple):
    """A photo and the mask that belongs to it."""

    image: Path
    mask: Path


def pictures(folder: Path) -> list[Path]:
    """The pictures in a folder, by name; hidden files are none."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in PHOTO_ENDINGS and not path.name.startswith(".") and path.is_file()
    )


def pair_up(
    images: Path,
    masks: Path,
    source: str,
    *,
    photo_stem: Callable[[str, set[str]], str] = lambda stem, photos: stem,
    broken: Broken = None,
) -> list[Pair]:
    """Masks with their photos, in the order of the masks' names.

    Parameters
    ----------
    images, masks
        The two folders.
    source
        Where to get the set, for the error when a folder is missing.
    photo_stem
        Name of the photo (without ending) for the name of a mask, given the names of all photos.
    broken
        Takes a line for each mask without photo, which raises `DataError` otherwise, and for each photo
        without mask, which is left out otherwise.
    """
    photos = {path.stem: path for path in pictures(require(images, source))}
    names = set(photos)
    pairs: list[Pair] = []
    for mask in pictures(require(masks, source)):
        photo = photos.get(photo_stem(mask.stem, names))
        if photo is None:
            note(broken, DataError(f"{mask} has no photo of that name in {images}"))
        else:
            pairs.append(Pair(photo, mask))
    if broken is not None:
        used = {pair.image for pair in pairs}
        broken += [f"{path} has no mask in {masks}" for path in photos.values() if path not in used]
    return pairs
