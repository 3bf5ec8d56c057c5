"""Cityscapes: street scenes with the fine annotations' instances."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from iog.datasets.listing import Entry, LabelArray, LabelledObjects, ListedLabel
from iog.datasets.reading import (
    Broken,
    find_folder,
    note,
    occurring,
    read_json,
    read_labels,
    require,
    scanning,
)
from iog.datasets.remembered import remembered
from iog.errors import DataError, IogError
from iog.images import MAXIMUM_PIXELS

SOURCE = (
    "Cityscapes is at cityscapes-dataset.com after registration (gtFine_trainvaltest.zip, "
    "leftImg8bit_trainvaltest.zip); name the folder that holds gtFine/ and leftImg8bit/"
)
SPLITS = ("val", "train")

LABELS = {
    "unlabeled": 0, "ego vehicle": 1, "rectification border": 2, "out of roi": 3, "static": 4, "dynamic": 5,
    "ground": 6, "road": 7, "sidewalk": 8, "parking": 9, "rail track": 10, "building": 11, "wall": 12,
    "fence": 13, "guard rail": 14, "bridge": 15, "tunnel": 16, "pole": 17, "polegroup": 18,
    "traffic light": 19, "traffic sign": 20, "vegetation": 21, "terrain": 22, "sky": 23, "person": 24,
    "rider": 25, "car": 26, "truck": 27, "bus": 28, "caravan": 29, "trailer": 30, "train": 31,
    "motorcycle": 32, "bicycle": 33,
}  # fmt: skip
"""The published label numbers; an instance is 1000 * label + its number."""
COUNTED = frozenset(range(24, 34))
"""Labels whose things have numbers of their own."""
CATEGORIES = ("person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")
"""The eight categories of the instance benchmark; caravans and trailers are left out."""
VOID = (0, 1, 2, 3, *sorted(COUNTED))
"""Unlabelled, the own car, borders, and groups of things that were not told apart (their label alone)."""


class CityscapesDataset(LabelledObjects):
    """Each instance of the eight categories, from the picture of instance numbers or else the polygons.

        leftImg8bit/SPLIT/CITY/CITY_N_N_leftImg8bit.png
        gtFine/SPLIT/CITY/CITY_N_N_gtFine_instanceIds.png     16 bits: label, or 1000 * label + number
        gtFine/SPLIT/CITY/CITY_N_N_gtFine_polygons.json       used where the picture is not there

    Polygons are drawn over each other in their order, with Pillow, as the published pictures were.
    The group is the split. Which instances the paper chose (size, categories) is not known; all are here.

    Parameters
    ----------
    root
        The folder that holds gtFine and leftImg8bit.
    split
        "train" or "val" (the test split has no labels).
    broken
        Takes what is wrong with single photos, which are then left out; None raises instead.

    Raises
    ------
    DataError
        Names the file that is missing and where to get the set, or the file that is broken.
    """

    def __init__(self, root: str | Path, split: str = "val", *, broken: Broken = None) -> None:
        folder = find_folder(Path(root), ("", "cityscapes", "Cityscapes"), "gtFine", SOURCE)
        photos = sorted(require(folder / "leftImg8bit" / split, SOURCE).glob("*/*_leftImg8bit.png"))
        if not photos:
            raise DataError(f"{folder / 'leftImg8bit' / split} has no CITY/*_leftImg8bit.png; {SOURCE}")
        entries: list[Entry[ListedLabel]] = []
        with remembered(lambda path: occurring(self.read(path)), "cityscapes", folder) as numbers_in:
            for image in scanning(photos, f"Cityscapes {split}"):
                stem = image.name.removesuffix("_leftImg8bit.png")
                annotations = folder / "gtFine" / split / image.parent.name / f"{stem}_gtFine"
                path = annotations.with_name(f"{annotations.name}_instanceIds.png")
                if not path.is_file():
                    path = annotations.with_name(f"{annotations.name}_polygons.json")
                try:
                    ids = numbers_in(path)
                except IogError as error:
                    note(broken, error)
                    continue
                entries += [
                    Entry(f"{stem}#{id_}", f"cityscapes-{split}", category, image, ListedLabel(path, id_))
                    for id_ in ids
                    if id_ >= 1000 and (category := _NAMES.get(id_ // 1000)) in CATEGORIES
                ]
        super().__init__(entries, VOID)

    @staticmethod
    def read(path: Path) -> LabelArray:
        """Instance numbers, (H, W), of either kind of file."""
        return read_labels(path) if path.suffix == ".png" else _draw(path)


_NAMES = {number: name for name, number in LABELS.items()}


def _draw(path: Path) -> LabelArray:
    data = read_json(path, SOURCE)
    try:
        width, height = int(data["imgWidth"]), int(data["imgHeight"])
        if not 0 < width * height <= MAXIMUM_PIXELS:
            raise ValueError(f"a photo of {width} x {height} pixels")
        canvas = Image.new("I", (width, height))
        draw = ImageDraw.Draw(canvas)
        numbers: Counter[int] = Counter()
        for thing in data["objects"]:
            if thing.get("deleted"):
                continue
            label, single = _label(thing["label"])
            if label is None:
                continue
            if single and label in COUNTED:
                numbers[label] += 1
                label = 1000 * label + numbers[label] - 1
            draw.polygon([(float(x), float(y)) for x, y in thing["polygon"]], fill=label)
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise DataError(f"{path}: {type(error).__name__}: {error}") from error
    return np.asarray(canvas).astype(np.int64)


def _label(name: str) -> tuple[int | None, bool]:
    """Number of a label, and whether it means a single thing; None for what is not drawn (licence plates)."""
    if name in LABELS:
        return LABELS[name], True
    return LABELS.get(name.removesuffix("group")), False
