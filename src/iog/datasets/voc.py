"""PASCAL VOC 2012, instance segmentation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from iog.datasets.listing import BoolArray, Entry, LabelledObjects, ListedLabel
from iog.datasets.reading import (
    Broken,
    find_folder,
    note,
    note_empty,
    read_labels,
    read_names,
    read_numbers,
    require,
    scanning,
)
from iog.datasets.remembered import remembered
from iog.errors import DataError, IogError

SOURCE = (
    "PASCAL VOC 2012 is at host.robots.ox.ac.uk/pascal/VOC/voc2012 (VOCtrainval_11-May-2012.tar); "
    "name the folder VOCdevkit, VOC2012 or the one around them"
)
CATEGORIES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable",
    "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
"""Names of the classes 1 to 20."""
SPLITS = ("val", "train", "trainval")
VOID = 255


class VocDataset(LabelledObjects):
    """Each object of VOC 2012's segmentation lists; its white borders and difficult objects (255) are void.

        VOCdevkit/VOC2012/
            ImageSets/Segmentation/{train,val,trainval}.txt     a photo's name a line
            JPEGImages/NAME.jpg
            SegmentationObject/NAME.png                         palette: 0, objects 1.., 255 void
            SegmentationClass/NAME.png                          palette: 0, classes 1 to 20, 255 void

    An object's category is the class that most of its pixels have.

    Parameters
    ----------
    root
        VOC2012, VOCdevkit or the folder around it.
    split
        Name of a list.
    broken
        Takes what is wrong with single photos, which are then left out; None raises instead.

    Raises
    ------
    DataError
        Names the file that is missing and where to get the set, or the file that is broken.
    """

    def __init__(self, root: str | Path, split: str = "val", *, broken: Broken = None) -> None:
        self.folder = voc_folder(Path(root))
        names = voc_names(self.folder, split)
        entries: list[Entry[ListedLabel]] = []
        with remembered(read_numbers, "voc", self.folder) as numbers_in:
            for name in scanning(names, f"VOC 2012 {split}"):
                try:
                    image = require(self.folder / "JPEGImages" / f"{name}.jpg", SOURCE)
                    require(self.folder / "SegmentationClass" / f"{name}.png", SOURCE)
                    path = require(self.folder / "SegmentationObject" / f"{name}.png", SOURCE)
                    ids = numbers_in(path)
                except IogError as error:
                    note(broken, error)
                    continue
                if not any(ids):  # void alone is a difficult thing
                    note_empty(broken, path)
                entries += [
                    Entry(f"{name}#{id_}", "voc2012", "", image, ListedLabel(path, id_))
                    for id_ in ids
                    if id_ not in (0, VOID)
                ]
        super().__init__(entries, [VOID])

    def _category(self, entry: Entry[ListedLabel], mask: BoolArray) -> str:
        path = self.folder / "SegmentationClass" / entry.source.path.name
        classes = read_labels(path)
        if classes.shape != mask.shape:
            raise DataError(f"{path} and {entry.source.path} differ in size")
        counts = np.bincount(classes[mask], minlength=VOID + 1)[1 : len(CATEGORIES) + 1]
        if not counts.any():
            raise DataError(f"{path} has no class where object {entry.source.id} lies")
        return CATEGORIES[int(counts.argmax())]


def voc_folder(root: Path) -> Path:
    """The folder VOC2012 in or under `root`."""
    return find_folder(root, ("VOCdevkit/VOC2012", "VOC2012", ""), "ImageSets", SOURCE)


def voc_names(folder: Path, split: str) -> list[str]:
    """Names of the photos in one of the segmentation lists."""
    return read_names(folder / "ImageSets" / "Segmentation" / f"{split}.txt", SOURCE)
