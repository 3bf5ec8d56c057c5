"""What other tools read, made from finished shards; nothing here needs the network or the photos.

    OUT/
        coco.json               COCO's JSON with compressed run lengths
        yolo/                   data.yaml, classes.txt and labels/PHOTO.txt: one outline a line
        png/PHOTO.png           Pixel-ImageNet's layout: 0 background, else the number of the instance
        parquet/00000.parquet   one file a shard

Each file is written whole or not at all, and one that is there already is left alone: the folder belongs to
one plan, and a plan gives the same bytes every time. Masks without a pixel are in COCO and Parquet only.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image
from pycocotools import mask as coco

from iog.auto.plan import FORMAT
from iog.auto.store import Record, Store
from iog.extras import require_pyarrow
from iog.formats.tables import PARQUET_COLUMNS
from iog.masks import decode_rle, polygons

OutputFormat = Literal["coco", "yolo", "png", "parquet"]
FORMATS: tuple[OutputFormat, ...] = get_args(OutputFormat)

_TOLERANCE = 0.5
"""How far, in pixels, YOLO's simplified outlines may stray."""


def check_format(format_: OutputFormat) -> None:
    """Raise `DataError` before the run if something is missing to write this format after it."""
    if format_ == "parquet":
        require_pyarrow("--format parquet")


def write_output(format_: OutputFormat, store: Store) -> None:
    """Make one output of a complete store.

    Raises
    ------
    DataError
        If the format needs a package that is missing.
    """
    check_format(format_)
    _WRITERS[format_](store)


def _coco(store: Store) -> None:
    if store.place.exists("coco.json"):
        return
    # Twice through the shards, so that memory holds names alone however many masks there are.
    with store.place.writing("coco.json", "w") as file:
        settings = store.plan.settings | {"config": store.plan.config}
        file.write(f'{{"info": {json.dumps({"description": "masks made from boxes by iog"} | settings)},\n')
        file.write('"licenses": [],\n"images": [')
        categories: set[str] = set()
        images: dict[str, int] = {}
        for image, records in _photos(store):
            first = records[0]
            categories |= {record["category"] for record in records}
            images[image] = len(images) + 1
            entry = {
                "id": images[image],
                "file_name": image,
                "width": first["width"],
                "height": first["height"],
            }
            file.write(_item(entry, len(images) == 1))
        ids = {name: number for number, name in enumerate(sorted(categories), 1)}
        listed = [{"id": n, "name": name or "object", "supercategory": ""} for name, n in ids.items()]
        file.write(f'],\n"categories": {json.dumps(listed, ensure_ascii=False)},\n"annotations": [')
        for number, record in enumerate(store.all_records(), 1):
            annotation = {
                "id": record["id"] + 1,
                "image_id": images[record["image"]],
                "category_id": ids[record["category"]],
                "bbox": [int(edge) for edge in coco.toBbox(record["rle"])],
                "area": record["area"],
                "iscrowd": 0,
                "segmentation": record["rle"],
                "score": record["confidence"],
                "box": record["box"],
                "click": record["click"],
                "note": record["note"],
            }
            file.write(_item(annotation, number == 1))
        file.write("]}\n")


def _item(entry: dict[str, Any], first: bool) -> str:
    return ("\n" if first else ",\n") + json.dumps(entry, ensure_ascii=False)


def _yolo(store: Store) -> None:
    names = sorted({item.category for item in store.plan.items})
    ids = {name: number for number, name in enumerate(names)}
    places = _places(store, ".txt")
    there = set(store.place.names())
    for image, records in _photos(store):
        name = f"yolo/labels/{places[image]}"
        if name in there:
            continue
        with store.place.writing(name, "w") as file:
            for record in records:
                ring = one_ring(decode_rle(record["rle"]))
                if ring is not None:
                    shares = ring / (record["width"], record["height"])
                    points = " ".join(f"{value:.6f}" for value in shares.ravel())
                    file.write(f"{ids[record['category']]} {points}\n")
    shown = [" ".join(name.split()) or "object" for name in names]
    with store.place.writing("yolo/classes.txt", "w") as file:
        file.writelines(f"{name}\n" for name in shown)
    # Last, so that it says that the labels are complete.
    with store.place.writing("yolo/data.yaml", "w") as file:
        file.write("names:\n")
        file.writelines(
            f"  {number}: {json.dumps(name, ensure_ascii=False)}\n" for number, name in enumerate(shown)
        )


def one_ring(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64] | None:
    """All outlines and holes of a mask (H, W) as one closed ring (N, 2) of x, y; None for an empty mask.

    YOLO's labels have one ring an object, so parts and holes are joined by cuts without width: there and
    back on the same line, which leaves the area as it is.
    """
    parts = polygons(mask, _TOLERANCE)
    rings = [np.array(ring) for part in parts for ring in (part["outer"], *part["holes"])]
    if not rings:
        return None
    joined = rings[0]
    for ring in rings[1:]:
        distances = ((joined[:, None] - ring[None]) ** 2).sum(axis=2)
        here, there = np.unravel_index(int(distances.argmin()), distances.shape)
        turned = np.roll(ring, -int(there), axis=0)
        joined = np.concatenate([joined[: here + 1], turned, turned[:1], joined[here:]])
    return joined


def _png(store: Store) -> None:
    write_pngs(store, "png/")


def write_pngs(store: Store, below: str) -> None:
    """A PNG a photo, see `instance_map`; `below` comes before the photo's own path."""
    places = _places(store, ".png")
    there = set(store.place.names())
    for image, records in _photos(store):
        name = f"{below}{places[image]}"
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


def _parquet(store: Store) -> None:
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


_WRITERS: dict[OutputFormat, Callable[[Store], None]] = {
    "coco": _coco,
    "yolo": _yolo,
    "png": _png,
    "parquet": _parquet,
}


def _photos(store: Store) -> Iterator[tuple[str, list[Record]]]:
    """Each photo that has masks, with all of them; a plan has them side by side, also across shards."""
    for image, records in groupby(store.all_records(), lambda record: record["image"]):
        yield image, list(records)


def _places(store: Store, ending: str) -> dict[str, str]:
    """Relative path of each photo's file; the photo's own ending stays only where two would meet."""
    bare = {image: _bare(image) for image in dict.fromkeys(item.image for item in store.plan.items)}
    taken = Counter(path.with_suffix("") for path in bare.values())
    return {
        image: str(path.with_suffix(ending) if taken[path.with_suffix("")] == 1 else f"{path}{ending}")
        for image, path in bare.items()
    }


def _bare(image: str) -> PurePosixPath:
    """The path without what would lead out of the output folder."""
    path = PurePosixPath(image)
    return PurePosixPath(
        *(part for part in path.parts if part not in (path.anchor, "..") and ":" not in part)
    )
