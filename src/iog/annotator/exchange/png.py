"""One 8-bit grey picture an object, 255 the object; `objects.json` says which file is what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from iog.annotator.exchange.base import Picture, stems
from iog.formats import write_json, write_mask


def write(pictures: Sequence[Picture], folder: Path) -> None:
    """Write `PHOTO_001.png` and so on, at the photo's place in its folder."""
    listing = []
    for stem, picture in zip(stems(pictures), pictures, strict=True):
        for number, item in enumerate(picture.items, 1):
            path = folder / f"{stem}_{number:03d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_mask(path, item.mask.full(picture.width, picture.height))
            name = path.relative_to(folder).as_posix()
            listing.append({"mask": name, "photo": picture.path, "label": item.label})
    write_json(folder / "objects.json", listing)
