"""Files of boxes -> items of a plan. What is wrong with single boxes is noted, never the end.

Photos are not opened here, except by COCO files that do not say how large theirs are.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args

from iog.auto.plan import Item
from iog.datasets.boxes import BoxEntry, from_one_based
from iog.datasets.coco import CocoBoxes
from iog.datasets.imagenet import listed_things
from iog.datasets.open_images import listed_boxes
from iog.datasets.reading import PHOTO_ENDINGS, read_xml, scanning
from iog.errors import DataError, IogError
from iog.extras import require_pyarrow
from iog.places import Folder, Place

Kind = Literal["coco", "voc", "yolo", "imagenet", "open-images", "table"]
KINDS: tuple[Kind, ...] = get_args(Kind)

EDGES = ("x0", "y0", "x1", "y1")
_COLUMNS = "image, x0, y0, x1, y1 and perhaps category"
_NAMES = ("classes.txt", "obj.names")
_NOT_LABELS = (*_NAMES, "train.txt", "val.txt", "test.txt")


def read_boxes(path: Path, place: Place, kind: Kind | None, broken: list[str]) -> list[Item]:
    """The boxes that a file or a folder lists.

    Parameters
    ----------
    path
        COCO's .json; a .csv of Open Images; a .csv or .parquet with the columns image, x0, y0, x1, y1 and
        perhaps category; a folder of VOC's or ImageNet-LOC's .xml; a folder of YOLO's .txt.
    place
        Where the photos lie. Files of a folder are matched with photos of the same relative path. Behind a
        URL photos are not looked for, so only files that name them in full will do: COCO's and tables.
    kind
        What it is; None looks.
    broken
        Takes what is wrong with single boxes, which are then left out.

    Raises
    ------
    DataError
        If it is none of these, or holds no box at all.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist")
    photos = place.path if isinstance(place, Folder) else None
    if photos is not None and not photos.exists():
        raise DataError(f"{photos} does not exist")
    if photos is not None and not photos.is_dir():
        raise DataError(f"{photos} is not a folder; name the folder of the photos")
    kind = kind or guess(path)
    if photos is None and kind not in ("coco", "table"):
        raise DataError(
            f"photos behind a URL need boxes that name them in full, COCO's or a table; {path} is {kind}"
        )
    folder_wanted = kind in ("voc", "yolo", "imagenet")
    if folder_wanted != path.is_dir():
        raise DataError(f"{path}: boxes of kind {kind} are a {'folder' if folder_wanted else 'file'}")
    if photos is not None:
        items = list(_READERS[kind](path, photos, broken))
    elif kind == "coco":
        items = list(_items(CocoBoxes(path, [], broken=broken).entries, Path()))
    else:
        items = list(_table(path, Path(), broken))
    if not items:
        raise DataError(f"{path} lists no usable box" + (f"; the first fault: {broken[0]}" if broken else ""))
    return items


def guess(path: Path) -> Kind:
    """What a path holds, from its ending, its header or its first file.

    Raises
    ------
    DataError
        If nothing tells.
    """
    if path.is_dir():
        database = next(_databases(path), None)
        if database is not None:
            return "imagenet" if database.upper().startswith(("ILSVRC", "IMAGENET")) else "voc"
        if next(_labels(path), None) is not None:
            return "yolo"
        raise DataError(f"{path} has neither .xml (VOC, ImageNet) nor .txt (YOLO)")
    ending = path.suffix.lower()
    if ending == ".json":
        return "coco"
    if ending in (".parquet", ".pq"):
        return "table"
    if ending == ".csv":
        return "open-images" if "ImageID" in next(_csv_rows(path), {}) else "table"
    raise DataError(f"cannot tell what {path} is; it ends in none of .json, .csv, .parquet: give --input")


def _databases(folder: Path) -> Iterator[str]:
    """What the XML files of a folder say where they come from; a broken one tells nothing of the others."""
    fault: IogError | None = None
    for file in _below(folder, ".xml"):
        try:
            yield read_xml(file, "").findtext("source/database") or ""
        except IogError as error:
            fault = fault or error
    if fault is not None:
        raise fault


def _coco(path: Path, photos: Path, broken: list[str]) -> Iterator[Item]:
    source = f"--images names the folder of the photos, now {photos}"
    return _items(CocoBoxes(path, [photos], source=source, broken=broken).entries, photos)


def _open_images(path: Path, photos: Path, broken: list[str]) -> Iterator[Item]:
    by_id = {photo.stem: photo for photo in sorted(photos.iterdir()) if photo.suffix.lower() in PHOTO_ENDINGS}
    return _items(listed_boxes(path, by_id, broken=broken), photos)


def _items(entries: Iterable[BoxEntry], photos: Path) -> Iterator[Item]:
    for entry in entries:
        edges = tuple(float(edge) for edge in entry.box)
        yield Item(
            _relative(entry.image, photos),
            entry.category,
            edges,  # type: ignore[arg-type]  # four of them
            relative=type(entry.box) is tuple,
        )


def _voc(path: Path, photos: Path, broken: list[str]) -> Iterator[Item]:
    return _xml(path, photos, broken, lambda edges: from_one_based(*edges))


def _imagenet(path: Path, photos: Path, broken: list[str]) -> Iterator[Item]:
    return _xml(path, photos, broken, lambda edges: edges)  # counted from 0, see ImageNetBoxes


Edges = tuple[float, float, float, float]


def _xml(path: Path, photos: Path, broken: list[str], convert: Callable[[Edges], Edges]) -> Iterator[Item]:
    for file in scanning(list(_below(path, ".xml")), "boxes"):
        try:
            things = list(listed_things(read_xml(file, ""), file, broken))
        except IogError as error:
            broken.append(str(error))
            continue
        image = _photo_of(file, path, photos)
        for thing in things:
            yield Item(image, thing.name, convert(thing.edges))


def _yolo(path: Path, photos: Path, broken: list[str]) -> Iterator[Item]:
    names = _yolo_names(path)
    for file in scanning(list(_labels(path)), "boxes"):
        image = _photo_of(file, path, photos)
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, ValueError) as error:
            broken.append(f"{file}: {error}")
            continue
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                class_, *values = line.split()
                name = names[int(class_)] if 0 <= int(class_) < len(names) else class_
                yield Item(image, name, _yolo_edges([float(value) for value in values]), relative=True)
            except (ValueError, IndexError) as error:
                broken.append(f"{file}, line {number}: {error}")


def _yolo_edges(values: list[float]) -> Edges:
    if len(values) in (4, 5):  # centre and size, perhaps a confidence
        x, y, width, height = values[:4]
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2
    if len(values) >= 6 and len(values) % 2 == 0:  # an outline: the box around it
        return min(values[::2]), min(values[1::2]), max(values[::2]), max(values[1::2])
    raise ValueError("expected a class and 4 numbers, or a class and the points of an outline")


def _yolo_names(folder: Path) -> list[str]:
    for place in (folder, folder.parent):
        for name in _NAMES:
            if (place / name).is_file():
                lines = (place / name).read_text(encoding="utf-8-sig", errors="replace").splitlines()
                return [line.strip() for line in lines if line.strip()]
    return []


def _labels(folder: Path) -> Iterator[Path]:
    return (file for file in _below(folder, ".txt") if file.name not in _NOT_LABELS)


def _table(path: Path, photos: Path, broken: list[str]) -> Iterator[Item]:
    rows = _parquet_rows(path) if path.suffix.lower() in (".parquet", ".pq") else _csv_rows(path)
    for number, row in enumerate(rows, 1):
        try:
            x0, y0, x1, y1 = (float(row[edge]) for edge in EDGES)
            image, category = row["image"], row.get("category")
            if not isinstance(image, str) or not image:
                raise ValueError("image is empty")
        except KeyError as error:
            raise DataError(f"{path} has no column {error}; expected {_COLUMNS}") from None
        except (ValueError, TypeError) as error:
            broken.append(f"{path}, row {number}: {error}")
            continue
        name = _relative(photos / image.replace("\\", "/"), photos)
        yield Item(name, "" if category is None else str(category), (x0, y0, x1, y1))


def _csv_rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not a CSV file in UTF-8: {error}") from None


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    require_pyarrow(f"reading {path.name}")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            present = [name for name in ("image", *EDGES, "category") if name in file.schema_arrow.names]
            for batch in file.iter_batches(columns=present):
                yield from batch.to_pylist()
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} is not Parquet: {error}") from None


_READERS: dict[Kind, Callable[[Path, Path, list[str]], Iterator[Item]]] = {
    "coco": _coco,
    "voc": _voc,
    "yolo": _yolo,
    "imagenet": _imagenet,
    "open-images": _open_images,
    "table": _table,
}


def _photo_of(file: Path, folder: Path, photos: Path) -> str:
    """The photo with the same relative path and another ending; .jpg if there is none, which then fails."""
    stem = photos / file.relative_to(folder).with_suffix("")
    for ending in PHOTO_ENDINGS:
        for spelling in (ending, ending.upper()):
            if stem.with_name(stem.name + spelling).is_file():
                return _relative(stem.with_name(stem.name + spelling), photos)
    return _relative(stem.with_name(stem.name + ".jpg"), photos)


def _below(folder: Path, ending: str) -> Iterator[Path]:
    """Files with the ending, in an order that does not depend on the system."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        yield from (Path(place) / name for name in sorted(files) if name.lower().endswith(ending))


def _relative(photo: Path, photos: Path) -> str:
    return photo.relative_to(photos).as_posix() if photo.is_relative_to(photos) else photo.as_posix()
