"""Grey pictures: one an object (255 the object), or one a photo (n the n-th object).

`objects.json` says which value of which file is what, and of which photo. Where objects overlap, the picture
of a photo gives the pixel to the later one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from iog.annotator.exchange.base import Found, Picture, stems
from iog.annotator.patch import Patch
from iog.errors import DataError
from iog.files import replacing
from iog.formats import write_json, write_mask
from iog.images import MAXIMUM_PIXELS

LISTING = "objects.json"


def write_objects(pictures: Sequence[Picture], folder: Path) -> None:
    """Write `PHOTO_001.png` and so on, at the photo's place in its folder."""
    listing = []
    for stem, picture in zip(stems(pictures), pictures, strict=True):
        for number, item in enumerate(picture.items, 1):
            path = folder / f"{stem}_{number:03d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_mask(path, item.mask.full(picture.width, picture.height))
            name = path.relative_to(folder).as_posix()
            listing.append({"mask": name, "value": 255, "photo": picture.path, "label": item.label})
    write_json(folder / LISTING, listing)


def write_photos(pictures: Sequence[Picture], folder: Path) -> None:
    """Write `PHOTO.png`, 8 bits or 16 for over 255 objects, at the photo's place in its folder."""
    listing = []
    for stem, picture in zip(stems(pictures), pictures, strict=True):
        path = folder / f"{stem}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        depth = np.uint8 if len(picture.items) < 256 else np.uint16
        values = np.zeros((picture.height, picture.width), depth)
        for number, item in enumerate(picture.items, 1):
            values[item.mask.full(picture.width, picture.height)] = number
            name = path.relative_to(folder).as_posix()
            listing.append({"mask": name, "value": number, "photo": picture.path, "label": item.label})
        with replacing(path) as file:
            Image.fromarray(values).save(file, "PNG")
    write_json(folder / LISTING, listing)


def read(folder: Path) -> Iterator[tuple[str, tuple[int, int], list[Found]]]:
    """(photo path, (width, height), objects) of what either writer wrote.

    Raises
    ------
    DataError
        If the listing or a picture is missing or malformed.
    """
    try:
        listing = json.loads((folder / LISTING).read_text(encoding="utf-8"))
        for entry in listing:
            path = (folder / str(entry["mask"])).resolve()
            if not path.is_relative_to(folder.resolve()):
                raise ValueError(f"{entry['mask']} lies outside of the folder")
            with Image.open(path) as picture:
                if picture.width * picture.height > MAXIMUM_PIXELS:
                    raise ValueError(f"{entry['mask']} has over {MAXIMUM_PIXELS:,} pixels")
                mask = np.asarray(picture) == int(entry["value"])
            if mask.ndim != 2:
                raise ValueError(f"{entry['mask']} is no grey picture")
            found = [Found(label=str(entry["label"]), mask=Patch.of(mask))] if mask.any() else []
            yield str(entry["photo"]), mask.shape[::-1], found
    except (KeyError, TypeError, ValueError, OSError, Image.DecompressionBombError) as error:
        raise DataError(f"{folder.name}/{LISTING} cannot be read: {error}") from None
