"""The formats by name: which reader, which writer, and how a path is recognised."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from iog.errors import DataError
from iog.formats import (
    coco,
    cvat,
    label_studio,
    labelme,
    open_images,
    png,
    tables,
    voc,
    xanylabeling,
    yolo,
    yolo_layout,
)
from iog.formats.account import Account
from iog.formats.places import PARTS, files_below
from iog.formats.records import Dataset

ReadName = Literal[
    "coco",
    "yolo",
    "voc",
    "labelme",
    "cvat",
    "label-studio",
    "png",
    "parquet",
    "csv",
    "imagenet",
    "open-images",
]
WriteName = Literal[
    "coco",
    "coco-rle",
    "yolo",
    "voc",
    "labelme",
    "x-anylabeling",
    "cvat",
    "label-studio",
    "png",
    "png-photo",
    "parquet",
]

Reader = Callable[[Path, Account], Dataset]


class Writer(Protocol):
    """Writes a dataset into an empty folder."""

    def __call__(self, dataset: Dataset, folder: Path, account: Account) -> None:
        """Photos without a stated size cannot be written."""
        ...


READERS: dict[ReadName, Reader] = {
    "coco": coco.read,
    "yolo": yolo.read,
    "voc": voc.read,
    "labelme": labelme.read,
    "cvat": cvat.read,
    "label-studio": label_studio.read,
    "png": png.read,
    "parquet": tables.read_parquet,
    "csv": tables.read_csv,
    "imagenet": voc.read_imagenet,
    "open-images": open_images.read,
}


READ_AS: dict[WriteName, ReadName] = {"coco-rle": "coco", "png-photo": "png", "x-anylabeling": "labelme"}
"""Which reader takes what a writer of another name wrote."""

WITH_PARTS: frozenset[str] = frozenset({"yolo"})
"""Formats that say themselves which photo is of `train` and which of `val`; others get a folder each."""


def writer(name: WriteName, tolerance: float = 0) -> Writer:
    """The writer of a format; polygons are within `tolerance` pixels of the mask's edge."""
    writers: dict[WriteName, Any] = {
        "coco": partial(coco.write, tolerance=tolerance),
        "coco-rle": partial(coco.write, always_rle=True),
        "yolo": partial(yolo.write, tolerance=tolerance),
        "voc": voc.write,
        "labelme": labelme.write,
        "x-anylabeling": partial(xanylabeling.write, tolerance=tolerance),
        "cvat": cvat.write,
        "label-studio": label_studio.write,
        "png": png.write_objects,
        "png-photo": png.write_photos,
        "parquet": tables.write_parquet,
    }
    found: Writer = writers[name]
    return found


def read(source: Path, account: Account, name: ReadName | None = None) -> Dataset:
    """What a file or a folder holds; without a name the format is found out.

    Raises
    ------
    DataError
        If the path is missing, or holds nothing that can be read.
    """
    if not source.exists():
        raise DataError(f"{source} does not exist")
    name, place = located(source, name)
    return READERS[name](place, account)


def located(source: Path, name: ReadName | None) -> tuple[ReadName, Path]:
    """The format of a path, and the file or folder that its reader takes.

    A folder that holds one folder, as ZIP files often do, stands for that, unless the inner one's name may
    say where the photos lie.
    """
    if source.is_file():
        return name or _of_file(source), source
    place = _inner(source)
    name = name or _of_folder(place)
    if place != source and _tells(place, name):
        place = source if name in ("labelme", "voc") else place.parent
    if name in ("parquet", "csv"):
        file = next(files_below(place, f".{name}"), None)
        if file is None:
            raise DataError(f"{source} has no .{name} file")
        return name, file
    return name, place


def _tells(folder: Path, name: ReadName) -> bool:
    """Whether a folder's name says of which part of the dataset its labels are, or where their photos lie."""
    if folder.name.lower() in PARTS:
        return name in ("coco", "yolo", "voc", "labelme")
    if name == "yolo":
        return yolo_layout.description(folder) is None and not (folder / "labels").is_dir()
    return name == "labelme" or (name == "voc" and not (folder / "Annotations").is_dir())


def _of_file(file: Path) -> ReadName:
    ending = file.suffix.lower()
    if ending == ".json":
        if labelme.looks_like(file):
            return "labelme"
        return "label-studio" if label_studio.looks_like(file) else "coco"
    if ending == ".csv":
        return "open-images" if open_images.looks_like(file) else "csv"
    if ending == ".xml" and cvat.looks_like(file):
        return "cvat"
    by_ending: dict[str, ReadName] = {
        ".parquet": "parquet",
        ".pq": "parquet",
        ".yaml": "yolo",
        ".yml": "yolo",
    }
    if ending in by_ending:
        return by_ending[ending]
    raise DataError(
        f"{file.name} is not a file of labels that can be read: these are .json (COCO, LabelMe, "
        "Label Studio), .xml (CVAT), .csv, .parquet, data.yaml (YOLO), "
        "and .zip of the folder of another format"
    )


def _of_folder(folder: Path) -> ReadName:
    """The format of a folder, the surest sign first."""
    if (folder / png.LISTING).is_file():
        return "png"
    if (folder / label_studio.FILE).is_file():
        return "label-studio"
    if (xml := next(files_below(folder, cvat.FILE), None)) is not None and cvat.looks_like(xml):
        return "cvat"
    if (folder / "Annotations").is_dir() and next(files_below(folder / "Annotations", ".xml"), None):
        return "voc"
    json = next(files_below(folder, ".json"), None)
    if json is not None and coco.documents(folder):
        return "coco"
    if next(files_below(folder, ".parquet"), None):
        return "parquet"
    if any(labelme.looks_like(file) for file in files_below(folder, ".json")):
        return "labelme"
    if next(files_below(folder, ".xml"), None):
        return "imagenet" if voc.database(folder).upper().startswith(("ILSVRC", "IMAGENET")) else "voc"
    if next(files_below(folder, ".csv"), None):
        return "csv"
    if next(files_below(folder, ".txt"), None):
        return "yolo"
    raise DataError(f"{folder} holds no labels that can be read; they are {', '.join(READERS)}")


def _inner(folder: Path) -> Path:
    entries = [
        entry for entry in folder.iterdir() if not entry.name.startswith(".") and entry.name != "__MACOSX"
    ]
    if len(entries) == 1 and entries[0].is_dir() and entries[0].name not in ("labels", "Annotations"):
        return _inner(entries[0])
    return folder
