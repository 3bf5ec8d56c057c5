"""COCO instances 2014 and 2017, and the mini-val of DEXTR."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from iog.datasets import labels
from iog.datasets.labels import Find, LabelledBoxes, LabelledPhotos
from iog.datasets.reading import Broken, find_folder, require
from iog.formats.matching import clean
from iog.formats.records import Picture

SOURCE = (
    "COCO is at cocodataset.org (annotations_trainval2017.zip, val2017.zip and so on); "
    "name the folder that holds annotations/"
)
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


def published(root: str | Path, split: str = "val2017", *, broken: Broken = None) -> LabelledPhotos:
    """Objects of a split; `root` holds annotations/ and the folders of photos, SPLIT/ or images/SPLIT/.

    Crowds are no objects but void, in each object of their photo.
    """
    annotations, find = _published(Path(root), split)
    return LabelledPhotos(
        annotations,
        "coco",
        find=find,
        group=f"coco-{split}",
        order=by_number,
        published=True,
        broken=broken,
    )


def mini(root: str | Path, split: str = "val2014", *, broken: Broken = None) -> LabelledPhotos:
    """DEXTR's mini-val: the first 5,000 photos by their number, objects in the groups seen and unseen.

    That IOG's COCO table has these photos, and "seen" means the 20 classes of VOC, is inferred from DEXTR's
    code. Of val2017 it is the whole list.
    """
    annotations, find = _published(Path(root), split)
    return LabelledPhotos(
        annotations,
        "coco",
        find=find,
        group=lambda category: "seen" if category in SEEN else "unseen",
        order=lambda pictures: by_number(pictures)[:MINI],
        published=True,
        broken=broken,
    )


def published_boxes(root: str | Path, split: str = "val2017", *, broken: Broken = None) -> LabelledBoxes:
    """Boxes of a split of COCO, or of a user's own file when `root` is a JSON file."""
    root = Path(root)
    if root.suffix.lower() == ".json":
        return LabelledBoxes(require(root, labels.SOURCE), "coco", broken=broken)
    annotations, find = _published(root, split)
    return LabelledBoxes(annotations, "coco", find=find, order=by_number, broken=broken)


def by_number(pictures: list[Picture]) -> list[Picture]:
    """In the order of the photos' numbers, which their names hold with leading zeros."""
    return sorted(pictures, key=lambda picture: picture.name)


def _published(root: Path, split: str) -> tuple[Path, Find]:
    folder = find_folder(root, ("", "coco", "COCO"), "annotations", SOURCE)
    annotations = require(folder / "annotations" / f"instances_{split}.json", SOURCE)
    return annotations, partial(_find, [folder / split, folder / "images" / split])


def _find(folders: list[Path], picture: Picture) -> Path:
    places = [folder / clean(picture.name) for folder in folders]
    for place in places:
        if place.is_file():
            return place
    raise LookupError(f"{places[0]} is missing; {SOURCE}")
