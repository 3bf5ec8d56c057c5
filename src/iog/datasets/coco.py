"""COCO instances 2014 and 2017, the mini-val of DEXTR, and anyone's own masks in COCO's JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from iog.datasets.boxes import BoxEntry, BoxList, pixels_of
from iog.datasets.listing import BoolArray, Entry, ListedObjects
from iog.datasets.rasters import decode_segmentation
from iog.datasets.reading import Broken, find_folder, note, photo_size, read_json, require
from iog.errors import DataError
from iog.images import MAXIMUM_PIXELS

SOURCE = (
    "COCO is at cocodataset.org (annotations_trainval2017.zip, val2017.zip and so on); "
    "name the folder that holds annotations/"
)
OWN = "name a JSON file in COCO's format; photos lie beside it or in a folder images/ beside it"
SPLITS = ("val2017", "train2017", "val2014", "train2014")

SEEN = frozenset(
    (
        "airplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "dining table",
        "dog", "horse", "motorcycle", "person", "potted plant", "sheep", "couch", "train", "tv",
    )
)  # fmt: skip
"""COCO's names of the 20 classes of PASCAL VOC; the other 60 are unseen by models trained on VOC."""

MINI = 5000
"""How many photos DEXTR's mini-val has."""


class Segmentation(NamedTuple):
    """An object of a COCO file, as it stands there."""

    id: int
    outline: Any
    width: int
    height: int
    crowds: tuple[Any, ...]
    """Outlines of the crowds in the same photo."""


class CocoDataset(ListedObjects[Segmentation]):
    """Objects of a JSON file in COCO's format: polygons, and both kinds of run lengths.

    Crowds (`iscrowd` 1) are no objects but void, in each object of their photo. Polygons fill the pixels that
    pycocotools fills. Objects without `segmentation` are broken here; `CocoBoxes` reads them.

        annotations/instances_SPLIT.json
        SPLIT/FILE_NAME        or images/SPLIT/FILE_NAME

    Parameters
    ----------
    annotations
        The JSON file.
    folders
        Where to look for photos, in this order.
    group
        Name of the stratum, or a function from the category to it.
    first
        Keep only the photos with so many least ids; None keeps all.
    source
        Where to get the set, for errors.
    broken
        Takes what is wrong with single photos or objects, which are then left out; None raises instead.

    Raises
    ------
    DataError
        If the file is missing or not COCO's JSON, or a photo is missing.
    """

    def __init__(
        self,
        annotations: str | Path,
        folders: Sequence[Path],
        *,
        group: str | Callable[[str], str] = "coco",
        first: int | None = None,
        source: str = OWN,
        broken: Broken = None,
    ) -> None:
        listing = _Listing(Path(annotations), folders, source, broken)
        crowds: dict[int, list[Any]] = defaultdict(list)
        for a in listing.annotations:
            if a.get("iscrowd") and a.get("segmentation"):
                crowds[a["image_id"]].append(a["segmentation"])
        kept = frozenset(listing.ids[:first])
        entries: list[Entry[Segmentation]] = []
        for a in listing.annotations:
            if a.get("iscrowd") or (first is not None and a["image_id"] not in kept):
                continue
            photo = listing.photo(a)
            if photo is None:
                continue
            if not a.get("segmentation"):
                error = (
                    f"{annotations}, annotation {a['id']} has no segmentation; coco-boxes reads boxes alone"
                )
                note(broken, DataError(error))
                continue
            try:
                width, height = listing.size(a["image_id"], photo)
            except DataError as error:
                note(broken, error)
                continue
            category = listing.categories.get(a["category_id"], str(a["category_id"]))
            entries.append(
                Entry(
                    f"{photo.name}#{a['id']}",
                    group if isinstance(group, str) else group(category),
                    category,
                    photo,
                    Segmentation(
                        a["id"], a["segmentation"], width, height, tuple(crowds.get(a["image_id"], ()))
                    ),
                )
            )
        self.annotations = Path(annotations)
        super().__init__(entries)

    def _masks(self, source: Segmentation) -> tuple[BoolArray, BoolArray | None]:
        try:
            mask = decode_segmentation(source.outline, source.width, source.height)
            crowds = [decode_segmentation(c, source.width, source.height) for c in source.crowds]
        except (ValueError, TypeError, OverflowError) as error:
            raise DataError(f"{self.annotations}, annotation {source.id} or a crowd: {error}") from error
        return mask, np.logical_or.reduce(crowds) if crowds else None


def published(root: str | Path, split: str = "val2017", *, broken: Broken = None) -> CocoDataset:
    """A split of COCO 2014 or 2017; `root` holds annotations/ and the folders of photos."""
    annotations, folders = _published(Path(root), split)
    return CocoDataset(annotations, folders, group=f"coco-{split}", source=SOURCE, broken=broken)


def mini(root: str | Path, split: str = "val2014", *, broken: Broken = None) -> CocoDataset:
    """DEXTR's mini-val: the first 5,000 image ids in numeric order, objects in the groups seen and unseen.

    That IOG's COCO table has these photos, and "seen" means the 20 classes of VOC, is inferred from DEXTR's
    code. Of val2017 it is the whole list.
    """
    annotations, folders = _published(Path(root), split)
    return CocoDataset(
        annotations,
        folders,
        group=lambda category: "seen" if category in SEEN else "unseen",
        first=MINI,
        source=SOURCE,
        broken=broken,
    )


def own(path: str | Path, *, broken: Broken = None) -> CocoDataset:
    """A user's own COCO JSON; photos lie beside it or in images/ beside it."""
    path = Path(path)
    return CocoDataset(path, _beside(path), group=path.stem, source=OWN, broken=broken)


class CocoBoxes(BoxList):
    """Boxes of a JSON file in COCO's format; crowds are left out.

    COCO's [x, y, width, height] in fractions becomes the smallest half-open box of whole pixels around it.

    Parameters
    ----------
    annotations, folders, source, broken
        As for `CocoDataset`. Without folders photos are not looked for, and have the names of the file.
    """

    def __init__(
        self, annotations: str | Path, folders: Sequence[Path], *, source: str = OWN, broken: Broken = None
    ) -> None:
        listing = _Listing(Path(annotations), folders, source, broken)
        entries: list[BoxEntry] = []
        for a in listing.annotations:
            photo = None if a.get("iscrowd") else listing.photo(a)
            if photo is None:
                continue
            try:
                x, y, width, height = (float(value) for value in a["bbox"])
                box = pixels_of(x, y, x + width, y + height, listing.size(a["image_id"], photo))
            except (KeyError, ValueError, TypeError) as error:
                note(broken, DataError(f"{annotations}, annotation {a['id']}: bbox: {error}"))
                continue
            category = listing.categories.get(a["category_id"], str(a["category_id"]))
            entries.append(BoxEntry(photo, category, box))
        super().__init__(entries)


def published_boxes(root: str | Path, split: str = "val2017", *, broken: Broken = None) -> CocoBoxes:
    """Boxes of a split of COCO, or of a user's own file when `root` is a JSON file."""
    root = Path(root)
    if root.suffix.lower() == ".json":
        return CocoBoxes(root, _beside(root), broken=broken)
    annotations, folders = _published(root, split)
    return CocoBoxes(annotations, folders, source=SOURCE, broken=broken)


class _Listing:
    """A checked COCO file: categories by id, photos by id, annotations photo by photo."""

    def __init__(self, path: Path, folders: Sequence[Path], source: str, broken: Broken) -> None:
        self._folders, self._source, self._broken = folders, source, broken
        data = read_json(path, source)
        try:
            self.categories = {
                _field(c, "id", int): _field(c, "name", str) for c in _records(data, "categories")
            }
            self._images = {_field(i, "id", int): i for i in _records(data, "images")}
            for image in self._images.values():
                _field(image, "file_name", str)
            self.annotations = _records(data, "annotations")
            for annotation in self.annotations:
                for key in ("id", "image_id", "category_id"):
                    _field(annotation, key, int)
        except ValueError as error:
            raise DataError(f"{path}: {error}") from None
        self.ids = sorted(self._images)
        self.annotations.sort(key=lambda a: (a["image_id"], a["id"]))
        self._photos: dict[int, Path | None] = {}
        self._sizes: dict[int, tuple[int, int]] = {}

    def photo(self, annotation: dict[str, Any]) -> Path | None:
        """The photo of an annotation; None once it was noted as missing."""
        id_ = annotation["image_id"]
        if id_ not in self._photos:
            self._photos[id_] = self._find(id_)
        return self._photos[id_]

    def _find(self, id_: int) -> Path | None:
        if id_ not in self._images:
            note(self._broken, DataError(f"annotations name image {id_}, which images does not list"))
            return None
        name: str = self._images[id_]["file_name"].replace("\\", "/")
        if not self._folders:
            return Path(name)
        for folder in self._folders:
            if (folder / name).is_file():
                return folder / name
        note(self._broken, DataError(f"{self._folders[0] / name} is missing; {self._source}"))
        return None

    def size(self, id_: int, photo: Path) -> tuple[int, int]:
        """(width, height) of a photo: as the file says, or from the photo itself."""
        if id_ not in self._sizes:
            image = self._images[id_]
            match image.get("width"), image.get("height"):
                case int(width), int(height) if min(width, height) > 0 and width * height <= MAXIMUM_PIXELS:
                    self._sizes[id_] = width, height
                case _:
                    self._sizes[id_] = photo_size(photo)
        return self._sizes[id_]


def _published(root: Path, split: str) -> tuple[Path, list[Path]]:
    folder = find_folder(root, ("", "coco", "COCO"), "annotations", SOURCE)
    annotations = require(folder / "annotations" / f"instances_{split}.json", SOURCE)
    return annotations, [folder / split, folder / "images" / split]


def _beside(path: Path) -> list[Path]:
    return [path.parent, path.parent / "images"]


def _records(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    records = data.get(key)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise DataError(f"not a COCO file: {key!r} is not a list of objects")
    return records


def _field(record: dict[str, Any], key: str, type_: type) -> Any:
    value = record.get(key)
    if not isinstance(value, type_):
        raise ValueError(f"{key!r} is {value!r}, not {type_.__name__}, in {str(record)[:80]}")
    return value
