"""The formats by name: which reader, which writer, and how a path is recognised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from iog.formats.checking import checked
from iog.formats.places import PARTS, files_below, no_files_below
from iog.formats.records import Dataset
from iog.formats.sniffing import csv_kind, json_kind, xml_kind

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


_ENDINGS = (".json", ".xml", ".csv", ".parquet", ".pq", ".txt", ".yaml", ".yml", ".zip")


def read(source: Path, account: Account, name: ReadName | None = None) -> Dataset:
    """What a file or a folder holds; without a name the format is found out.

    Raises
    ------
    DataError
        If the path is missing, or holds nothing that can be read.
    """
    if not source.exists():
        raise DataError(f"{source} does not exist")
    found, place = located(source, name)
    if place.is_dir():
        for path in no_files_below(place, *_ENDINGS):
            told = path.relative_to(place).as_posix()
            account.skip("a file cannot be read: it is a link that leads nowhere, or a pipe", told)
    if name is None and place.is_dir():
        for kind, file in _others(place, found):
            example = f"{kind}: {file.relative_to(place).as_posix()}"
            account.skip("labels of another format are there too, and are not read", example)
    return read_as(found, place, account)


def read_as(name: ReadName, place: Path, account: Account) -> Dataset:
    """What a file or a folder that `located` named holds, checked: see `iog.formats.checking`."""
    return checked(READERS[name](place, account), account)


def located(source: Path, name: ReadName | None) -> tuple[ReadName, Path]:
    """The format of a path, and the file or folder that its reader takes.

    A folder that holds one folder, as ZIP files often do, stands for that, unless the inner one's name may
    say where the photos lie.
    """
    if source.is_file():
        return name or _of_file(source), source
    if not source.is_dir():
        raise DataError(f"{source} is neither a file nor a folder; name a file or a folder of labels")
    place = _inner(source)
    name = name or _of_folder(place)
    if place != source and _tells(place, name):
        place = source if name in ("labelme", "voc") else place.parent
    return name, place


def _tells(folder: Path, name: ReadName) -> bool:
    """Whether a folder's name says of which part of the dataset its labels are, or where their photos lie."""
    if folder.name.lower() in PARTS:
        return name in ("coco", "yolo", "voc", "labelme")
    if name == "yolo":
        return yolo_layout.description(folder) is None and not (folder / "labels").is_dir()
    return name == "labelme" or (name == "voc" and not (folder / "Annotations").is_dir())


def _of_file(file: Path) -> ReadName:
    kind = _kind(file)
    if kind is not None:
        return kind
    if file.suffix.lower() == ".json":
        return "coco"  # whose reader says what is wrong
    if file.suffix.lower() == ".xml" and xml_kind(file) == "voc":
        return "voc"
    raise DataError(
        f"{file.name} is not a file of labels that can be read: these are .json (COCO, LabelMe, "
        "Label Studio), .xml (CVAT, VOC), .csv, .parquet, data.yaml (YOLO), "
        "and .zip of the folder of another format"
    )


def _kind(file: Path) -> ReadName | None:
    """The format of a file that is a set of labels by itself."""
    ending = file.suffix.lower()
    if ending == ".json":
        return json_kind(file)
    if ending == ".csv":
        return csv_kind(file) or "csv"
    if ending == ".xml":
        return "cvat" if xml_kind(file) == "cvat" else None
    by_ending: dict[str, ReadName] = {".parquet": "parquet", ".pq": "parquet"}
    by_ending |= {".yaml": "yolo", ".yml": "yolo"}
    return by_ending.get(ending)


def _of_folder(folder: Path) -> ReadName:
    """The format of a folder, the surest sign first."""
    json = set(map(json_kind, files_below(folder, ".json")))
    xml = next(filter(None, map(xml_kind, files_below(folder, ".xml"))), None)
    if "png" in json:
        return "png"
    if "label-studio" in json:
        return "label-studio"
    if xml == "cvat":
        return "cvat"
    if (folder / "Annotations").is_dir() and next(files_below(folder / "Annotations", ".xml"), None):
        return "voc"
    if "coco" in json:
        return "coco"
    if next(files_below(folder, ".parquet", ".pq"), None):
        return "parquet"
    if "labelme" in json:
        return "labelme"
    if next(files_below(folder, ".xml"), None):
        return "imagenet" if voc.database(folder).upper().startswith(("ILSVRC", "IMAGENET")) else "voc"
    if next(files_below(folder, ".csv"), None):
        return "csv"
    if next(files_below(folder, ".txt"), None):
        return "yolo"
    raise DataError(f"{folder} holds no labels that can be read; they are {', '.join(READERS)}")


_TAKEN: dict[ReadName, frozenset[str]] = {
    "voc": frozenset({".xml"}),
    "imagenet": frozenset({".xml"}),
    "labelme": frozenset({".json"}),
    "csv": frozenset({".csv"}),
    "parquet": frozenset({".parquet", ".pq"}),
    "yolo": frozenset({".txt"}),
}
"""Endings whose files a reader takes, or says that it does not."""


def _others(folder: Path, name: ReadName) -> Iterator[tuple[str, Path]]:
    """The other formats of which a folder holds labels, each with a file."""
    taken = _TAKEN.get(name, frozenset())
    endings = [e for e in (".json", ".xml", ".csv", ".parquet", ".pq", ".txt") if e not in taken]
    found: set[str | None] = {None, name}
    for file in files_below(folder, *endings):
        ending = file.suffix.lower()
        if ending == ".txt" and "yolo" in found:
            continue
        kind: str | None = csv_kind(file) if ending == ".csv" else _kind(file)
        if ending == ".xml":
            kind = xml_kind(file)
        if ending == ".txt":
            kind = "yolo" if yolo_layout.holds_labels(file) else None
        if kind not in found:
            found.add(kind)
            yield str(kind), file


def _inner(folder: Path) -> Path:
    entries = [
        entry for entry in folder.iterdir() if not entry.name.startswith(".") and entry.name != "__MACOSX"
    ]
    if len(entries) == 1 and entries[0].is_dir() and entries[0].name not in ("labels", "Annotations"):
        return _inner(entries[0])
    return folder
