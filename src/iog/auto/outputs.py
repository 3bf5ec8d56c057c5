"""What other tools read, made from finished shards; nothing here needs the network or the photos.

    OUT/
        coco.json               COCO's JSON with compressed run lengths
        yolo/                   data.yaml and labels/PHOTO.txt: one outline a line
        png/PHOTO.png           Pixel-ImageNet's layout: 0 background, else the number of the instance
        parquet/00000.parquet   one file a shard

Each file is written whole or not at all, and one that is there already is left alone: the folder belongs to
one plan, and a plan gives the same bytes every time. Masks without a pixel are in COCO and Parquet only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image

from iog.auto.plan import FORMAT
from iog.auto.store import MaskStore, Record
from iog.extras import require_pyarrow
from iog.formats import coco, yolo
from iog.formats.account import Account
from iog.formats.places import distinct_stems
from iog.formats.records import Annotation, Class, Dataset, Picture, Runs
from iog.formats.tables import PARQUET_COLUMNS
from iog.masks import decode_rle

OutputFormat = Literal["coco", "yolo", "png", "parquet"]
FORMATS: tuple[OutputFormat, ...] = get_args(OutputFormat)

_TOLERANCE = 0.5
"""How far, in pixels, YOLO's simplified outlines may stray."""


def check_format(format_: OutputFormat) -> None:
    """Raise `DataError` before the run if something is missing to write this format after it."""
    if format_ == "parquet":
        require_pyarrow("an output in Parquet")


def write_output(format_: OutputFormat, store: MaskStore, classes: Sequence[Class] = ()) -> None:
    """Make one output of a complete store; `classes` keep their numbers and order, also where none is used.

    Raises
    ------
    DataError
        If the format needs a package that is missing.
    """
    check_format(format_)
    _WRITERS[format_](store, classes)


def _coco(store: MaskStore, classes: Sequence[Class]) -> None:
    if store.place.exists("coco.json"):
        return
    info = (
        {"description": "masks made from boxes by iog"} | store.plan.settings | {"config": store.plan.config}
    )
    dataset = Dataset(classes=_classes(store, classes), pictures=map(_picture, _photos(store)))
    with store.place.writing("coco.json", "w") as file:
        coco.write_document(dataset, file, Account(), always_rle=True, own_ids=True, info=info)


def _yolo(store: MaskStore, classes: Sequence[Class]) -> None:
    numbers = yolo.class_numbers(_classes(store, classes), Account())
    places = _places(store, ".txt")
    there = set(store.place.names())
    for photo in _photos(store):
        name = f"yolo/labels/{places[photo[0]['image']]}"
        if name in there:
            continue
        with store.place.writing(name, "w") as file:
            file.writelines(yolo.lines(_picture(photo, seen=True), numbers, _TOLERANCE, Account()))
    # Last, so that it says that the labels are complete.
    with store.place.writing("yolo/data.yaml", "w") as file:
        file.write(yolo.names_document(numbers))


def _classes(store: MaskStore, stated: Sequence[Class]) -> list[Class]:
    """Those of the input in its order, then others that boxes have."""
    classes = {_label(one.name): replace(one, name=_label(one.name)) for one in stated}
    used = sorted({_label(item.category) for item in store.plan.items})
    return [*classes.values(), *(Class(name) for name in used if name not in classes)]


def _label(category: str) -> str:
    return " ".join(category.split()) or "object"


def _picture(records: list[Record], *, seen: bool = False) -> Picture:
    """A photo's masks as the formats take them; `seen`: those with a pixel."""
    first = records[0]
    return Picture(
        name=first["image"],
        size=(first["width"], first["height"]),
        annotations=[
            Annotation(
                label=_label(record["category"]),
                number=record["id"] + 1,
                shape=Runs(record["rle"]["counts"], (record["width"], record["height"])),
                score=record["confidence"],
                attributes={key: record[key] for key in ("box", "click", "note")},
            )
            for record in records
            if record["area"] or not seen
        ],
    )


def _png(store: MaskStore, classes: Sequence[Class]) -> None:
    write_pngs(store, "png/")


def write_pngs(store: MaskStore, below: str) -> None:
    """A PNG a photo, see `instance_map`; `below` comes before the photo's own path."""
    places = _places(store, ".png")
    there = set(store.place.names())
    for records in _photos(store):
        name = f"{below}{places[records[0]['image']]}"
        if name in there:
            continue
        with store.place.writing(name) as file:
            Image.fromarray(instance_map(records)).save(file, format="PNG")


def instance_map(records: list[Record]) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    """(H, W): the number of the instance at each pixel, 0 where there is none.

    Where masks overlap the smaller one is on top. 8 bits, or 16 where an instance has a number over 255.
    """
    shape = records[0]["height"], records[0]["width"]
    wide = max(record["instance"] for record in records) > 255
    ids: npt.NDArray[Any] = np.zeros(shape, np.uint16 if wide else np.uint8)
    for record in sorted(records, key=lambda record: (-record["area"], record["instance"])):
        ids[decode_rle(record["rle"])] = record["instance"]
    return ids


def _parquet(store: MaskStore, classes: Sequence[Class]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            *PARQUET_COLUMNS,
            ("click_x", pa.int32()),
            ("click_y", pa.int32()),
            ("confidence", pa.float64()),
            ("area", pa.int64()),
            ("note", pa.string()),
            ("rle", pa.string()),
            ("method", pa.string()),
            ("model", pa.string()),
            ("weights_sha256", pa.string()),
            ("config", pa.string()),
        ],
        metadata={"format": FORMAT},
    )
    plan = store.plan
    same = {key: plan.settings[key] for key in ("method", "model", "weights_sha256")}
    same["config"] = plan.config
    there = set(store.place.names())
    for shard in range(plan.shards):
        name = f"parquet/{shard:05d}.parquet"
        if name in there:
            continue
        rows = [_flat(record) | same for record in store.records(shard)]
        with store.place.writing(name) as file:
            pq.write_table(pa.Table.from_pylist(rows, schema), file, compression="zstd")


def _flat(record: Record) -> dict[str, Any]:
    """A record with one value a column."""
    row: dict[str, Any] = {**record}
    row |= zip(("x0", "y0", "x1", "y1"), row.pop("box"), strict=True)
    row["click_x"], row["click_y"] = row.pop("click") or (None, None)
    row["rle"] = record["rle"]["counts"]
    return row


_WRITERS: dict[OutputFormat, Callable[[MaskStore, Sequence[Class]], None]] = {
    "coco": _coco,
    "yolo": _yolo,
    "png": _png,
    "parquet": _parquet,
}


def _photos(store: MaskStore) -> Iterator[list[Record]]:
    """The masks of each photo that has some; a plan has them side by side, also across shards."""
    return (list(records) for _, records in groupby(store.all_records(), lambda record: record["image"]))


def _places(store: MaskStore, ending: str) -> dict[str, str]:
    """Relative path of each photo's file."""
    images = list(dict.fromkeys(item.image for item in store.plan.items))
    stems = distinct_stems([str(_bare(image)) for image in images])
    return {image: f"{stem}{ending}" for image, stem in zip(images, stems, strict=True)}


def _bare(image: str) -> PurePosixPath:
    """The path without what would lead out of the output folder."""
    path = PurePosixPath(image)
    return PurePosixPath(
        *(part for part in path.parts if part not in (path.anchor, "..") and ":" not in part)
    )
