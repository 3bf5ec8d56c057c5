"""COCO: one JSON document.

Convention: `bbox` is [x, y, width, height] in continuous coordinates; polygons run along the edges of
pixels; `iscrowd` is 0 also for run lengths. Extra keys `clicks`, `score`, `seconds`, `click_count` are ours.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from iog.annotator.exchange.base import Found, Item, Picture, from_rle, moved_polygons
from iog.annotator.patch import Patch
from iog.clicks import Box, Clicks
from iog.errors import DataError
from iog.formats import write_json
from iog.masks import BoolArray, encode_rle, rasterize


def write(
    pictures: Sequence[Picture], labels: Sequence[str], folder: Path, tolerance: float, *, always_rle: bool
) -> None:
    """Write `annotations.json`; polygons where an object has no holes, run lengths otherwise."""
    numbers = {label: number for number, label in enumerate(labels, 1)}
    annotations: list[dict[str, Any]] = []
    for image, picture in enumerate(pictures, 1):
        for item in picture.items:
            box = item.mask.box
            annotation = {
                "id": len(annotations) + 1,
                "image_id": image,
                "category_id": numbers[item.label],
                "bbox": [box.x0, box.y0, box.width, box.height],
                "area": item.mask.area,
                "iscrowd": 0,
                "segmentation": _segmentation(item, picture, tolerance, always_rle),
                "seconds": round(item.seconds, 3),
                "click_count": item.click_count,
            }
            if item.clicks is not None:
                annotation["clicks"] = item.clicks.to_json()
            if item.confidence is not None:
                annotation["score"] = round(item.confidence, 4)
            annotations.append(annotation)
    write_json(
        folder / "annotations.json",
        {
            "info": {"description": "made with the iog annotator"},
            "licenses": [],
            "images": [
                {"id": number, "file_name": p.path, "width": p.width, "height": p.height}
                for number, p in enumerate(pictures, 1)
            ],
            "categories": [{"id": n, "name": label, "supercategory": ""} for label, n in numbers.items()],
            "annotations": annotations,
        },
    )


def _segmentation(item: Item, picture: Picture, tolerance: float, always_rle: bool) -> Any:
    if not always_rle:
        parts = moved_polygons(item.mask, tolerance)
        if parts and not any(holes for _, holes in parts):
            return [[value for point in outer for value in point] for outer, _ in parts]
    return encode_rle(item.mask.full(picture.width, picture.height))


def read(text: str | bytes) -> Iterator[tuple[str, tuple[int, int] | None, list[Found]]]:
    """(file name, (width, height) or None, objects) of each image of a document.

    Raises
    ------
    DataError
        If the text is not a COCO document; says which annotation breaks which rule.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise DataError(f"the file is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise DataError("the file is not a COCO document: it has no 'images' and 'annotations'")
    images, annotations, categories = (
        _records(document, name) for name in ("images", "annotations", "categories")
    )
    labels = {c.get("id"): str(c.get("name", "object")) for c in categories}
    by_image: dict[Any, list[Mapping[str, Any]]] = {}
    for annotation in annotations:
        by_image.setdefault(annotation.get("image_id"), []).append(annotation)
    for image in images:
        size = (image["width"], image["height"]) if _is_size(image) else None
        found = [_found(a, labels, size) for a in by_image.get(image.get("id"), [])]
        yield str(image.get("file_name", "")), size, found


def _records(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    records = document.get(name)
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise DataError(f"the file is not a COCO document: {name!r} is not a list of objects")
    return records


def _is_size(image: Mapping[str, Any]) -> bool:
    return all(isinstance(image.get(side), int) and 0 < image[side] < 10**6 for side in ("width", "height"))


def _found(annotation: Mapping[str, Any], labels: Mapping[Any, str], size: tuple[int, int] | None) -> Found:
    name = f"annotation {annotation.get('id')}"
    try:
        label = labels.get(annotation.get("category_id"), "object")
        clicks = Clicks.from_json(annotation["clicks"]) if annotation.get("clicks") else None
        score = annotation.get("score")
        mask = _mask(annotation.get("segmentation"), size)
        if mask is not None:
            return Found(
                label=label, mask=mask, clicks=clicks, confidence=None if score is None else float(score)
            )
        x, y, width, height = (float(v) for v in annotation["bbox"])
        box = Box(math.floor(x), math.floor(y), math.ceil(x + width), math.ceil(y + height))
        return Found(label=label, box=box)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{name} cannot be read: {error or type(error).__name__}") from None


def _mask(segmentation: Any, size: tuple[int, int] | None) -> Patch | None:
    if not segmentation:
        return None
    if isinstance(segmentation, dict):
        height, width = segmentation["size"]
        if size is not None and (width, height) != size:
            raise ValueError("its run lengths are not of the image's size")
        counts = segmentation["counts"]
        if isinstance(counts, str):
            return Patch.of(from_rle(counts, width, height))
        return Patch.of(_from_counts(counts, width, height))
    if size is None:
        raise ValueError("the image has no width and height")
    union = np.zeros(size[::-1], bool)
    for flat in segmentation:
        union |= rasterize([np.array(flat, np.float64).reshape(-1, 2).tolist()], *size)
    return Patch.of(union)


def _from_counts(counts: Any, width: int, height: int) -> BoolArray:
    runs = np.asarray(counts, np.int64)
    if runs.ndim != 1 or (runs < 0).any() or int(runs.sum()) != width * height:
        raise ValueError(f"its run lengths do not cover {width} x {height} pixels")
    values = np.arange(len(runs)) % 2 == 1
    mask: BoolArray = np.repeat(values, runs).reshape(width, height).T
    return mask
