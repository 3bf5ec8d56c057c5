"""Grey pictures: one an object (255 the object), or one a photo (n the n-th object).

`objects.json` says which value of which file is what, and of which photo. Where objects overlap, the
picture of a photo gives the pixel to the later one. Boxes without a mask have no place here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from iog.errors import DataError
from iog.files import replacing, write_json
from iog.formats.account import Account
from iog.formats.checking import reason
from iog.formats.places import files_below, named_pictures, read_text
from iog.formats.records import Annotation, Dataset, Painting, Picture, Size
from iog.formats.sniffing import json_kind
from iog.images import MAXIMUM_PIXELS, write_mask
from iog.patch import Patch

LISTING = "objects.json"


def read(source: Path, account: Account) -> Dataset:
    """A folder that either writer wrote, or that holds several of them: one for each part of a dataset.

    Raises
    ------
    DataError
        If the listing is missing or malformed.
    """
    files = [file for file in files_below(source, ".json") if json_kind(file) == "png"]
    listings = [(file.parent, _listing(file, source)) for file in files or [source / LISTING]]
    return Dataset(
        classes=[],
        pictures=(picture for folder, listing in listings for picture in _pictures(listing, folder, account)),
    )


def _listing(file: Path, source: Path) -> list[Any]:
    try:
        listing = json.loads(read_text(file))
        if not isinstance(listing, list):
            raise ValueError("it is not a list")
    except (ValueError, OSError, RecursionError) as error:
        name = file.relative_to(source).as_posix()
        raise DataError(f"{source.name}/{name} cannot be read: {reason(error)}") from None
    return listing


def _pictures(listing: list[Any], folder: Path, account: Account) -> Iterator[Picture]:
    for photo, entries in groupby(
        listing, lambda e: str(e.get("photo", "")) if isinstance(e, Mapping) else ""
    ):
        annotations, size = [], None
        before = account.losses
        for entry in entries:
            account.count("objects")
            try:
                size = _picture_size(_path(folder, entry))
                shape = _Value(_path(folder, entry), int(entry["value"]))
                annotations.append(Annotation(label=str(entry["label"]), shape=shape))
            except Exception as error:  # Pillow's readers raise many kinds for broken data
                account.skip("an entry cannot be read", f"{LISTING}: {reason(error)}")
        yield Picture(name=photo, size=size, annotations=annotations, lost=account.losses - before)


def _path(folder: Path, entry: Mapping[str, Any]) -> Path:
    path = (folder / str(entry["mask"])).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{entry['mask']} lies outside of the folder")
    return path


def _picture_size(path: Path) -> Size:
    with Image.open(path, formats=("PNG",)) as picture:
        return picture.size


@dataclass(frozen=True)
class _Value:
    """The pixels of one value in a picture of numbers."""

    path: Path
    value: int

    def patch(self, size: Size) -> Patch:
        try:
            with Image.open(self.path, formats=("PNG",)) as picture:
                if picture.width * picture.height > MAXIMUM_PIXELS:
                    raise ValueError("it is too large")
                values = np.asarray(picture)
        except Exception as error:  # Pillow's decoders raise many kinds for broken data
            raise ValueError(f"{self.path.name} cannot be read: {reason(error)}") from None
        if values.ndim != 2 or values.shape[::-1] != size:
            raise ValueError(f"{self.path.name} is not a grey picture of the photo's size")
        return Patch.of(values == self.value)


def write_objects(dataset: Dataset, folder: Path, account: Account) -> None:
    """Write `PHOTO_001.png` and so on, at the photo's place in its folder."""
    taken: set[str] = set()
    listing = []
    for stem, picture in named_pictures(dataset):
        account.make("photos", int(any(a.shape is not None for a in picture.annotations)))
        for number, (label, patch) in enumerate(_masks(picture, account), 1):
            name = f"{stem}_{number:03d}"
            while name in taken:  # another photo is called so
                name += "_"
            taken.add(name)
            assert picture.size is not None
            path = folder / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_mask(path, patch.full(*picture.size))
            listing.append({"mask": f"{name}.png", "value": 255, "photo": picture.name, "label": label})
    write_json(folder / LISTING, listing)


def write_photos(dataset: Dataset, folder: Path, account: Account) -> None:
    """Write `PHOTO.png`, 8 bits or 16 for over 255 objects, at the photo's place in its folder."""
    listing = []
    for stem, picture in named_pictures(dataset):
        assert picture.size is not None, "writers take photos whose size is known"
        path = folder / f"{stem}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        account.make("photos")
        painting = Painting(picture.size, np.uint8 if len(picture.annotations) < 256 else np.uint16)
        for number, (label, patch) in enumerate(_masks(picture, account), 1):
            painting.paint(patch, number)
            listing.append({"mask": f"{stem}.png", "value": number, "photo": picture.name, "label": label})
        if painting.overlaps:
            account.note("objects overlap; a picture gives a shared pixel to the later one", picture.name)
        with replacing(path) as file:
            Image.fromarray(painting.values).save(file, "PNG")
    write_json(folder / LISTING, listing)


def _masks(picture: Picture, account: Account) -> Iterator[tuple[str, Patch]]:
    assert picture.size is not None, "writers take photos whose size is known"
    for a in picture.annotations:
        if a.shape is None:
            account.skip("pictures of masks hold no boxes", picture.name)
        else:
            account.make("masks")
            yield a.label, a.shape.patch(picture.size)
