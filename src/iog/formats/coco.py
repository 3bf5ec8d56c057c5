"""COCO: one JSON document, several of them in a folder, or a list of results.

Convention: `bbox` is [x, y, width, height] in continuous coordinates; polygons run along the edges of
pixels and are filled as COCO's own tools do. Extra keys `clicks`, `score`, `seconds`, `click_count`,
`attributes`, `group`, `description` are ours (and other tools' too).

Documents of any size are read in bounded memory: annotations wait in a temporary database until their photo's
turn. https://cocodataset.org/#format-data, #format-results
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from operator import index
from pathlib import Path
from typing import IO, Any

from iog.clicks import clicks_from_json
from iog.errors import DataError
from iog.files import replacing
from iog.formats.account import Account
from iog.formats.checking import reason, whole
from iog.formats.jsonstream import walk
from iog.formats.matching import clean
from iog.formats.places import MALFORMED, files_below, part_of, waiting_on_disk
from iog.formats.records import (
    Annotation,
    Class,
    Dataset,
    Edges,
    Picture,
    Polygons,
    Runs,
    Shape,
    Size,
    full_rle,
    numbered,
    outlines,
)
from iog.formats.sniffing import json_kind

FILE = "annotations.json"
_DONE = "done"
"""Somebody looked at a photo that has no objects: COCO has no word for it, other tools skip it."""
_LISTS = frozenset({"images", "annotations", "categories"})
_KNOWN = frozenset(
    {
        *("id", "image_id", "category_id", "bbox", "area", "iscrowd", "segmentation", "keypoints"),
        *("clicks", "score", "seconds", "click_count", "attributes", "group", "description"),
        *("num_keypoints", "file_name"),
    }
)
"""What has a place of its own in an annotation; the rest are attributes."""


def read(source: Path, account: Account) -> Dataset:
    """A document, or all documents below a folder.

    Raises
    ------
    DataError
        If there is no COCO document.
    """
    files = [source] if source.is_file() else documents(source)
    if not files:
        raise DataError(f"{source} has no COCO document: a JSON file with 'images' and 'annotations'")
    read = [_Document(file, source, account) for file in files]
    classes: dict[str, Class] = {}
    for document in read:
        for one in document.classes:
            classes.setdefault(one.name, one)
    return Dataset(
        classes=list(classes.values()),
        pictures=(picture for document in read for picture in document.pictures()),
    )


def documents(folder: Path) -> list[Path]:
    """The COCO documents below a folder; others are left alone."""
    return [file for file in files_below(folder, ".json") if json_kind(file) == "coco"]


class _Document:
    """One file, its annotations sorted by photo in a temporary database."""

    def __init__(self, file: Path, source: Path, account: Account) -> None:
        self._account = account
        self._name = file.name if file == source else file.relative_to(source).as_posix()
        folder = "" if file == source else file.parent.relative_to(source).as_posix()
        self._sections = [folder] if folder not in ("", ".") else []
        # instances_train2017.json, or a folder for each part.
        named = re.findall("[a-z]+", file.stem.lower())
        self._part = part_of("/".join([*self._sections, *named]))
        self._sections += [self._part] if self._part in named else []
        self._images: dict[str, list[tuple[str, Size | None]]] = {}
        self._done: set[str] = set()
        self._categories: dict[str, Class] = {}
        # SQLite moves a nameless database to the disk when it grows.
        self._spill = sqlite3.connect("")
        self._spill.execute("CREATE TABLE a (image TEXT, json TEXT)")
        found: set[str] = set()
        with self._spill, waiting_on_disk(file):
            for key, value in walk(file, _LISTS):
                # A list at the top is one of results if its items name photos.
                if key or (isinstance(value, Mapping) and "image_id" in value):
                    found.add(key)
                try:
                    self._take(key, value)
                except MALFORMED as error:
                    self._account.skip("it cannot be read", f"{self._name}: {reason(error)}")
        self._spill.execute("CREATE INDEX i ON a(image)")
        if not found & {"images", "annotations", ""}:
            raise DataError(f"{file} is not a COCO document: it has neither 'images' nor 'annotations'")

    @property
    def classes(self) -> list[Class]:
        return list(self._categories.values())

    def pictures(self) -> Iterator[Picture]:
        with closing(self._spill) as spill:
            there = {key for (key,) in spill.execute("SELECT DISTINCT image FROM a")}
            # If no object finds its photo, the numbers are wrong, and no photo is known to have none.
            strangers = len(there) if there.isdisjoint(self._images) else 0
            for key, stated in self._images.items():
                rows = spill.execute("SELECT json FROM a WHERE image = ? ORDER BY rowid", (key,))
                name, size = stated[0]
                if len({clean(other) for other, _ in stated}) > 1:
                    names = " and ".join(other for other, _ in stated)
                    reason = "several photos have the id of its photo; which one is meant is not clear"
                    objects = [json.loads(text) for (text,) in rows]
                    self._account.count("photos", len(stated) - 1)
                    self._account.count("objects", len(objects))
                    self._account.skip(reason, f"{self._name}: {names}", max(1, len(objects)))
                    continue
                if len(stated) > 1:
                    self._account.note("a photo is listed twice; its objects are joined", name)
                before = self._account.losses
                annotations = [a for (text,) in rows if (a := self._annotation(text, size))]
                yield Picture(
                    name=name,
                    size=size,
                    annotations=annotations,
                    split=self._part,
                    sections=self._sections,
                    negative=key in self._done and not annotations,
                    lost=self._account.losses - before + strangers,
                )
            listed = set(self._images)
            for key, count, example in spill.execute(
                "SELECT image, count(*), min(json) FROM a GROUP BY image"
            ):
                if key not in listed:
                    number = json.loads(example).get("id")
                    reason = "its photo is not listed in the file"
                    self._account.count("objects", count)
                    self._account.skip(reason, f"{self._name}: annotation {number}, image_id {key}", count)

    def _take(self, key: str, value: Any) -> None:
        if key in (*_LISTS, "") and not isinstance(value, Mapping):
            self._account.skip("it is not an object with named values", f"{self._name}: {str(value)[:40]}")
        elif key == "images":
            name = value.get("file_name") or value.get("coco_url") or value.get("flickr_url") or ""
            self._images.setdefault(_key(value.get("id")), []).append((str(name), _size(value)))
            if value.get(_DONE) is True:
                self._done.add(_key(value.get("id")))
        elif key == "categories":
            number = _whole(value.get("id"))
            name = str(value.get("name") or f"category {value.get('id')}")
            if any(one.name == name and one.number != number for one in self._categories.values()):
                self._account.note("categories of one name become one class", f"{self._name}: {name}")
            named = Class(
                name=name,
                number=number,
                supercategory=str(value.get("supercategory") or ""),
            )
            self._categories[_key(value.get("id"))] = named
        elif key in ("annotations", ""):
            image = _key(value.get("image_id"))
            self._spill.execute("INSERT INTO a VALUES (?, ?)", (image, json.dumps(value)))
            if key == "":  # results name photos by number, or by file where a tool adds it
                name = value.get("file_name") or str(value.get("image_id", ""))
                self._images.setdefault(image, [(str(name), None)])

    def _annotation(self, text: str, size: Size | None) -> Annotation | None:
        self._account.count("objects")
        try:
            a = json.loads(text)
        except RecursionError as error:
            self._account.skip("it cannot be read", f"{self._name}: {reason(error)}")
            return None
        name = f"{self._name}: annotation {a.get('id', '?')}"
        category = self._categories.get(_key(a.get("category_id")))
        if category is None:
            stated = a.get("category_id")
            self._account.note("its category is not listed; the object is named after what is stated", name)
            category = Class(
                name=stated if isinstance(stated, str) and not stated.isdigit() else f"category {stated}"
            )
        try:
            box, shape = _box(a.get("bbox")), _shape(a.get("segmentation"), size)
            if box is None and shape is None:
                raise ValueError("it has neither a usable segmentation nor a usable bbox")
            if any(a.get("keypoints") or ()):
                self._account.note("keypoints are left out", name)
            if a.get("segmentation") and shape is None:
                self._account.note("its segmentation holds no area; the box is used", name)
            return Annotation(
                label=category.name,
                number=_whole(a.get("id")),
                shape=shape,
                box=box,
                clicks=clicks_from_json(a["clicks"]) if a.get("clicks") else None,
                score=_number(a.get("score")),
                crowd=bool(a.get("iscrowd")),
                group=None if a.get("group") is None else str(a["group"]),
                description=str(a.get("description") or ""),
                seconds=_number(a.get("seconds")),
                click_count=_whole(a.get("click_count")),
                **_flags(a),
            )
        except MALFORMED as error:
            self._account.skip("it cannot be read", f"{name}: {reason(error)}")
            return None


def write(
    dataset: Dataset, folder: Path, account: Account, *, tolerance: float = 0, always_rle: bool = False
) -> None:
    """Write `annotations.json`; polygons where an object has no holes, run lengths otherwise."""
    with replacing(folder / FILE, "w") as file:
        write_document(dataset, file, account, tolerance=tolerance, always_rle=always_rle)


def write_document(
    dataset: Dataset,
    file: IO[str],
    account: Account,
    *,
    tolerance: float = 0,
    always_rle: bool = False,
    own_ids: bool = False,
    info: Mapping[str, Any] | None = None,
) -> None:
    """Write a document into an open file.

    Parameters
    ----------
    dataset, account
        As every writer takes them; memory holds the photos' names and one photo's objects.
    file
        Text in UTF-8.
    tolerance
        How far, in pixels, a polygon may stray from the mask's edge.
    always_rle
        Run lengths also where polygons would do.
    own_ids
        The annotations' numbers are their ids; otherwise they are counted from 1.
    info
        What else stands in `info`.
    """
    numbers = numbered(dataset.classes, 1)
    head = {"info": {"description": "made with iog", **(info or {})}, "licenses": []}
    file.write(json.dumps(head, ensure_ascii=False, allow_nan=False)[:-1] + ',\n"categories": ')
    categories = [
        {"id": numbers[c.name], "name": c.name, "supercategory": c.supercategory} for c in dataset.classes
    ]
    json.dump(categories, file, ensure_ascii=False, allow_nan=False)
    images: list[dict[str, Any]] = []
    file.write(',\n"annotations": [')
    written = 0
    for image, picture in enumerate(dataset.pictures, 1):
        assert picture.size is not None, "writers take photos whose size is known"
        width, height = picture.size
        images.append({"id": image, "file_name": picture.name, "width": width, "height": height})
        if picture.negative:
            images[-1][_DONE] = True
        account.make("photos")
        for annotation in picture.annotations:
            record = _record(annotation, picture.size, tolerance, always_rle)
            number = annotation.number if own_ids else written + 1
            ids = {"id": number, "image_id": image, "category_id": numbers[annotation.label]}
            file.write(",\n" if written else "\n")
            file.write(json.dumps({**ids, **record}, ensure_ascii=False, allow_nan=False))
            written += 1
            account.make("boxes" if annotation.shape is None else "masks")
    file.write('\n],\n"images": ')
    json.dump(images, file, ensure_ascii=False, allow_nan=False)
    file.write("}\n")


def _record(a: Annotation, size: Size, tolerance: float, always_rle: bool) -> dict[str, Any]:
    patch = None if a.shape is None else a.shape.patch(size)
    box = a.box.box(size) if patch is None and a.box is not None else patch.box if patch is not None else None
    assert box is not None, "an annotation has a shape or a box"
    record: dict[str, Any] = {
        "bbox": [box.x0, box.y0, box.width, box.height],
        "area": box.width * box.height if patch is None else patch.area,
        "iscrowd": int(a.crowd),
    }
    if patch is not None:
        parts = [] if always_rle or a.crowd else outlines(patch, tolerance)
        plain = bool(parts) and not any(holes for _, holes in parts)
        record["segmentation"] = (
            [[value for point in outer for value in point] for outer, _ in parts]
            if plain
            else full_rle(patch, size)
        )
    else:
        record["segmentation"] = []
    attributes = {**a.attributes, **{name: True for name in a.flags if name != "crowd"}}  # iscrowd says it
    extra = {
        "clicks": a.clicks and a.clicks.to_json(),
        "score": None if a.score is None else round(a.score, 4),
        "seconds": None if a.seconds is None else round(a.seconds, 3),
        "click_count": a.click_count,
        "group": a.group,
        "description": a.description or None,
        "attributes": attributes or None,
    }
    return {**record, **{name: value for name, value in extra.items() if value is not None}}


_FLAGS = ("difficult", "truncated", "occluded")


def _flags(a: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes, also those under names of other tools, and the flags among them."""
    attributes = dict(a["attributes"]) if isinstance(a.get("attributes"), Mapping) else {}
    attributes |= {key: value for key, value in a.items() if key not in _KNOWN}
    flags = {
        name: bool(attributes.pop(name)) for name in _FLAGS if isinstance(attributes.get(name), bool | int)
    }
    return {"attributes": attributes, **flags}


def _key(number: object) -> str:
    """An id, however it is written: 7, 7.0 and "7" are one."""
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    text = str(number).strip()
    try:
        return str(whole(text))
    except ValueError:
        return text.encode("utf-8", "backslashreplace").decode()  # a database takes no lone surrogate


def _whole(number: object) -> int | None:
    try:
        return whole(_key(number))
    except ValueError:
        return None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _size(image: Mapping[str, Any]) -> Size | None:
    sides = [_whole(image.get(side)) for side in ("width", "height")]
    width, height = sides
    return None if width is None or height is None else (width, height)


def _box(bbox: object) -> Edges | None:
    if not isinstance(bbox, Sequence) or len(bbox) != 4:
        return None
    x, y, width, height = (float(value) for value in bbox)
    usable = all(math.isfinite(v) for v in (x, y, width, height)) and width > 0 and height > 0
    return Edges(x, y, x + width, y + height) if usable else None


def _shape(segmentation: object, size: Size | None) -> Shape | None:
    """Run lengths or polygons; None where there are none of any area."""
    if not segmentation:
        return None
    if isinstance(segmentation, Mapping):
        height, width = (int(side) for side in segmentation["size"])
        counts = segmentation["counts"]
        return Runs(counts if isinstance(counts, str) else [index(run) for run in counts], (width, height))
    if not isinstance(segmentation, Sequence) or isinstance(segmentation, str):
        raise ValueError("its segmentation is neither polygons nor run lengths")
    flat = not any(isinstance(part, Sequence) for part in segmentation)
    rings = [_ring(part) for part in ([segmentation] if flat else segmentation)]
    usable = [ring for ring in rings if len(ring) >= 3]
    return Polygons(usable, union=True) if usable else None


def _ring(values: Iterable[Any]) -> list[list[float]]:
    numbers = [float(value) for value in values]
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("a polygon has a coordinate that is not a number")
    if len(numbers) % 2:
        raise ValueError("a polygon has an odd number of coordinates")
    return [list(point) for point in zip(numbers[::2], numbers[1::2], strict=True)]
