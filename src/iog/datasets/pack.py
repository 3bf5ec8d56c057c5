"""A dataset packed to travel: a crop of each object at training size, in a few files of even size.

    OUT/NAME-000.iogpack    "IOGPACK1", length of the head (8 bytes, little-endian), head, pictures
    the head                UTF-8 JSON: {"crops": [{"name", "set", "category", "size": [width, height],
                            "picture": [offset, length], "mask", "void", "beside": [...]}]}

A crop is the object's box and `margin` of its sides on each side, as far as the photo goes, scaled down
(never up) to the area of a square of `side` pixels; its aspect stays. Pictures are WebP, masks COCO's run
lengths. `beside` holds the masks of other objects of the photo whose boxes overlap that of the object. Each
part is whole in itself: a training takes as many as there are. Parts are mapped into memory, and nothing in
them is executed.
"""

from __future__ import annotations

import io
import json
import math
import mmap
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from iog.clicks import Box
from iog.crop import resize
from iog.datasets.base import ObjectDataset, ObjectSample
from iog.datasets.neighbours import Neighbours
from iog.errors import DataError, ImageError
from iog.files import replacing
from iog.images import open_picture
from iog.masks import decode_rle, encode_rle, mask_box

_MAGIC = b"IOGPACK1"
_MOST_BESIDE = 3
_SMALLEST = 16
"""Objects of fewer pixels in their crop are left out."""

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackSettings:
    """How objects are packed."""

    side: int = 320
    """A crop has at most as many pixels as a square of this side."""
    margin: float = 0.35
    """What a crop shows around the box, as a share of its sides: more than a training crop does."""
    quality: int = 80
    """WebP's, 1 to 100."""
    part_mib: float = 40.0
    """Greatest size of a part in MiB."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What a pack came to."""

    parts: tuple[Path, ...]
    objects: int
    left_out: int
    """Objects without a mask, or too small."""
    size: int
    """Bytes of all parts."""


def write_pack(
    objects: ObjectDataset,
    indices: Iterable[int],
    out: Path,
    name: str = "train",
    settings: PackSettings | None = None,
) -> Packed:
    """Pack the objects `indices` into parts `out/name-000.iogpack`, ...; each is written whole or not at all.

    Raises
    ------
    DataError
        If `out` holds parts of that name already, or there is nothing to pack.
    """
    settings = settings or PackSettings()
    out.mkdir(parents=True, exist_ok=True)
    if list(out.glob(f"{name}-*.iogpack")):
        raise DataError(f"{out} holds parts of {name} already; choose another folder, or remove them")
    limit = int(settings.part_mib * 2**20)
    neighbours = Neighbours(objects)
    part = _Part()
    parts: list[Path] = []
    count = left_out = 0

    def close() -> None:
        parts.append(out / f"{name}-{len(parts):03d}.iogpack")
        part.write(parts[-1])

    for index in indices:
        found = _crop(objects[index], neighbours.masks(index), settings)
        if found is None:
            left_out += 1
            continue
        picture, entry = found
        if part.crops and part.size_with(picture, entry) > limit:
            close()
            part = _Part()
        part.add(picture, entry)
        count += 1
    if not count:
        raise DataError("there is no object to pack")
    close()
    return Packed(tuple(parts), count, left_out, sum(path.stat().st_size for path in parts))


class _Part:
    """Crops that go into one file."""

    def __init__(self) -> None:
        self.crops: list[dict[str, Any]] = []
        self._pictures: list[bytes] = []
        self._bytes = self._text = 0

    def size_with(self, picture: bytes, entry: dict[str, Any]) -> int:
        """Bytes of the file with one crop more, or a few more than that."""
        return 64 + self._bytes + self._text + len(picture) + len(json.dumps(entry)) + 48

    def add(self, picture: bytes, entry: dict[str, Any]) -> None:
        entry["picture"] = [self._bytes, len(picture)]
        self.crops.append(entry)
        self._pictures.append(picture)
        self._bytes += len(picture)
        self._text += len(json.dumps(entry)) + 2

    def write(self, path: Path) -> None:
        head = json.dumps({"crops": self.crops}).encode()
        with replacing(path) as file:
            file.write(_MAGIC + struct.pack("<Q", len(head)) + head)
            file.writelines(self._pictures)


def _crop(
    sample: ObjectSample, beside: Sequence[BoolArray], settings: PackSettings
) -> tuple[bytes, dict[str, Any]] | None:
    """The object's picture and its line of the head; None where too little of the object is left."""
    box = mask_box(sample.mask)
    if box is None:
        return None
    dx, dy = math.ceil(settings.margin * box.width), math.ceil(settings.margin * box.height)
    height, width = sample.mask.shape
    window = Box(box.x0 - dx, box.y0 - dy, box.x1 + dx, box.y1 + dy).intersection(Box(0, 0, width, height))
    scale = min(1.0, settings.side / math.sqrt(window.width * window.height))
    size = (max(1, round(scale * window.width)), max(1, round(scale * window.height)))
    seen = (slice(window.y0, window.y1), slice(window.x0, window.x1))

    def small(mask: BoolArray) -> BoolArray:
        return np.asarray(resize(mask[seen].astype(np.uint8) * 255, *size) >= 128)

    mask = small(sample.mask)
    if np.count_nonzero(mask) < _SMALLEST:
        return None
    others = [other for other in map(small, beside[:_MOST_BESIDE]) if other.any()]
    stream = io.BytesIO()
    picture = np.ascontiguousarray(resize(sample.image[seen], *size))
    Image.fromarray(picture).save(stream, "WEBP", quality=settings.quality, method=4)
    return stream.getvalue(), {
        "name": sample.name,
        "set": sample.group,
        "category": sample.category,
        "size": list(size),
        "mask": encode_rle(mask)["counts"],
        "void": encode_rle(small(sample.void) & ~mask)["counts"],
        "beside": [encode_rle(other)["counts"] for other in others],
    }


class PackDataset:
    """The crops of parts, each as a small photo with one object.

    Parameters
    ----------
    parts
        Files, or folders that hold them.
    minimum_area
        Objects of fewer pixels in their crop are left out.

    Raises
    ------
    DataError
        If there is no part, or a file is none or is cut off.
    """

    def __init__(self, parts: Iterable[str | Path], *, minimum_area: int = 0) -> None:
        self._crops: list[tuple[memoryview, dict[str, Any]]] = []
        for path in _files(parts):
            self._crops += _read_part(path)
        if minimum_area:
            self._crops = [c for c in self._crops if np.count_nonzero(_mask(c[1], "mask")) >= minimum_area]
        self.groups = [str(entry["set"]) for _, entry in self._crops]

    def __len__(self) -> int:
        return len(self._crops)

    def __getitem__(self, index: int) -> ObjectSample:
        picture, entry = self._crops[index]
        try:
            with open_picture(io.BytesIO(picture), "its picture") as opened:
                image = np.asarray(opened.convert("RGB"))
        except (ImageError, OSError) as error:
            raise DataError(f"the picture of {entry['name']} in the pack is broken: {error}") from error
        return ObjectSample(
            name=entry["name"],
            group=entry["set"],
            category=entry["category"],
            image=image,
            mask=_mask(entry, "mask"),
            void=_mask(entry, "void"),
        )

    def mask(self, index: int) -> BoolArray:
        """The mask of object `index` without its picture, (H, W)."""
        return _mask(self._crops[index][1], "mask")

    def beside(self, index: int) -> list[BoolArray]:
        """Masks of other objects of the photo whose boxes overlap that of object `index`, in its crop."""
        entry = self._crops[index][1]
        return [_decoded(entry, counts) for counts in entry["beside"]]


def _files(parts: Iterable[str | Path]) -> list[Path]:
    found: list[Path] = []
    for part in map(Path, parts):
        inside = sorted(part.glob("*.iogpack")) if part.is_dir() else [part]
        if not inside:
            raise DataError(f"{part} holds no parts (.iogpack); `iog data pack` writes them")
        found += inside
    return found


def _read_part(path: Path) -> list[tuple[memoryview, dict[str, Any]]]:
    try:
        with path.open("rb") as file:
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path}: {error}") from error
    if bytes(content[:8]) != _MAGIC or len(content) < 16:
        raise DataError(f"{path} is not a part of a pack; `iog data pack` writes them")
    (length,) = struct.unpack("<Q", content[8:16])
    pictures = content[16 + length :]
    try:
        crops = json.loads(bytes(content[16 : 16 + length]))["crops"]
        found = []
        for entry in crops:
            offset, size = entry["picture"]
            if not 0 <= offset <= offset + size <= len(pictures):
                raise ValueError("it is cut off")
            found.append((pictures[offset : offset + size], entry))
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is broken ({type(error).__name__}: {error}); pack it again") from error
    return found


def _mask(entry: dict[str, Any], name: str) -> BoolArray:
    return _decoded(entry, entry[name])


def _decoded(entry: dict[str, Any], counts: str) -> BoolArray:
    width, height = entry["size"]
    try:
        return decode_rle({"size": [height, width], "counts": counts})
    except ValueError as error:
        raise DataError(f"a mask of {entry['name']} in the pack is broken: {error}") from error
