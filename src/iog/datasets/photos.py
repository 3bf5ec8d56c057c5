"""Photos listed in a JSON-lines file, each with one PNG that holds the masks of all its objects.

    ROOT/SPLIT.jsonl     {"image": path, "mask": path, "set": name, "kind": kind,
                          "objects": [{"id": 1.., "area": pixels, "category": name, "rle": whole mask}]}
                         a line a photo
    the mask             8-bit PNG: 0 background, 1..N the objects, 255 void

Paths are relative to ROOT. A photo of kind "salient" or "region" is read like any other. Objects of a PNG
cannot overlap: where one covers another, `rle` may hold the whole mask, COCO's compressed run lengths at the
size of the PNG. It is then the object, and void is what the PNG has as void outside it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from iog.datasets.base import ObjectSample
from iog.errors import DataError, ImageError
from iog.images import open_picture
from iog.masks import RLE, decode_rle

VOID = 255


class _Entry(NamedTuple):
    image: Path
    mask: Path
    group: str
    id: int
    category: str
    rle: RLE | None


class PhotoDataset:
    """The objects of one split.

    Parameters
    ----------
    root, split
        Folder and name of the list: `root/split.jsonl`.
    groups
        Only these sets; None takes all.
    minimum_area
        Objects of fewer pixels are left out.
    minimum_share
        Objects that cover less than this share of their photo are left out.
    cached_photos
        How many decoded photos to keep in memory (each about a megabyte here).

    Raises
    ------
    DataError
        If the list or a photo is missing, or a line does not have the layout above.
    """

    def __init__(
        self,
        root: str | Path,
        split: str,
        *,
        groups: Collection[str] | None = None,
        minimum_area: int = 0,
        minimum_share: float = 0.0,
        cached_photos: int = 2,
    ) -> None:
        self.root = Path(root)
        self.entries: list[_Entry] = []
        self._photos: list[range] = []
        listing = self.root / f"{split}.jsonl"
        if not listing.is_file():
            raise DataError(f"{listing} is missing; name the folder that holds {split}.jsonl")
        with listing.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    photo = json.loads(line)
                    if groups is not None and photo["set"] not in groups:
                        continue
                    self._add(photo, minimum_area, minimum_share)
                except (ValueError, KeyError, TypeError) as error:
                    raise DataError(f"{listing}, line {number}: {type(error).__name__}: {error}") from error
        self.groups = [entry.group for entry in self.entries]
        self._photo = lru_cache(cached_photos)(_read_photo)

    def _add(self, photo: dict[str, Any], minimum_area: int, minimum_share: float) -> None:
        objects = [o for o in photo["objects"] if o["area"] >= minimum_area]
        if objects and minimum_share > 0:
            with open_picture(self.root / photo["mask"]) as mask:
                pixels = mask.width * mask.height
            objects = [o for o in objects if o["area"] >= minimum_share * pixels]
        image, mask, first = self.root / photo["image"], self.root / photo["mask"], len(self.entries)
        self.entries += [
            _Entry(image, mask, photo["set"], o["id"], o["category"], _whole(o)) for o in objects
        ]
        self._photos += [range(first, len(self.entries))] * len(objects)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> ObjectSample:
        entry = self.entries[index]
        image, ids = self._photo(entry.image, entry.mask)
        mask = ids == entry.id if entry.rle is None else _decoded(entry, ids.shape)
        return ObjectSample(
            name=f"{entry.image.relative_to(self.root)}#{entry.id}",
            group=entry.group,
            category=entry.category,
            image=image,
            mask=mask,
            void=(ids == VOID) & ~mask,
        )

    def same_photo(self, index: int) -> range:
        """The numbers of all objects of the photo of object `index`, itself among them."""
        return self._photos[index]


def _whole(item: dict[str, Any]) -> RLE | None:
    """An object's whole mask as the list has it, if it has one."""
    if (rle := item.get("rle")) is None:
        return None
    (height, width), counts = rle["size"], rle["counts"]
    if not isinstance(counts, str):
        raise ValueError("rle: counts is not a text of compressed run lengths")
    return {"size": [int(height), int(width)], "counts": counts}


def _decoded(entry: _Entry, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """The whole mask of an object that has one, (H, W)."""
    assert entry.rle is not None
    named = f"{entry.image}, object {entry.id}: rle"
    if tuple(entry.rle["size"]) != shape:
        height, width = entry.rle["size"]
        raise DataError(f"{named} is {width} x {height} pixels but the photo's mask {shape[1]} x {shape[0]}")
    try:
        return decode_rle(entry.rle)
    except ValueError as error:
        raise DataError(f"{named}: {error}") from error


def _read_photo(image: Path, mask: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    try:
        with open_picture(image) as picture:
            rgb = np.asarray(picture.convert("RGB"))
        with open_picture(mask) as picture:
            ids = np.asarray(picture)
    except (ImageError, OSError) as error:
        raise DataError(f"cannot read a photo of the dataset: {error}") from error
    if ids.shape != rgb.shape[:2]:
        raise DataError(f"{mask} is {ids.shape[::-1]} pixels but {image} is {rgb.shape[1::-1]}")
    return rgb, ids
