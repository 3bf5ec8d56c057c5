"""The Semantic Boundaries Dataset: VOC 2011 photos with more instance masks."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from iog.datasets.listing import Entry, JoinedObjects, LabelArray, LabelledObjects, ListedLabel
from iog.datasets.reading import (
    Broken,
    find_folder,
    note,
    note_empty,
    occurring,
    read_mat,
    read_names,
    require,
    scanning,
)
from iog.datasets.remembered import remembered
from iog.datasets.voc import CATEGORIES, VocDataset, voc_folder, voc_names
from iog.errors import DataError, IogError

SOURCE = (
    "SBD is at home.bharathh.info/pubs/codes/SBD (benchmark.tgz); name the folder benchmark_RELEASE, "
    "its folder dataset, or the one around them"
)
SPLITS = ("val", "train")


class SbdDataset(LabelledObjects):
    """Each object of SBD. It marks no void, and no object is left out for its size.

        benchmark_RELEASE/dataset/
            {train,val}.txt     a photo's name a line
            img/NAME.jpg
            inst/NAME.mat       struct GTinst: Segmentation (H, W), 0 and objects 1..N; Categories (N, 1)

    Parameters
    ----------
    root
        `dataset`, `benchmark_RELEASE` or the folder around it.
    split
        Name of a list.
    without
        Names of photos to leave out.
    broken
        Takes what is wrong with single photos, which are then left out; None raises instead.

    Raises
    ------
    DataError
        Names the file that is missing and where to get the set, or the file that is broken. Needs SciPy.
    """

    def __init__(
        self,
        root: str | Path,
        split: str = "val",
        *,
        without: Collection[str] = (),
        broken: Broken = None,
    ) -> None:
        places = ("benchmark_RELEASE/dataset", "dataset", "")
        folder = find_folder(Path(root), places, "inst", SOURCE)
        names = [n for n in read_names(folder / f"{split}.txt", SOURCE) if n not in without]
        entries: list[Entry[ListedLabel]] = []
        with remembered(_objects, "sbd", folder) as objects_in:
            for name in scanning(names, f"SBD {split}"):
                path = folder / "inst" / f"{name}.mat"
                try:
                    image = require(folder / "img" / f"{name}.jpg", SOURCE)
                    require(path, SOURCE)
                    ids, categories = objects_in(path)
                except IogError as error:
                    note(broken, error)
                    continue
                if not ids:
                    note_empty(broken, path)
                entries += [
                    Entry(f"{name}#{id_}", "sbd", category, image, ListedLabel(path, id_))
                    for id_, category in zip(ids, categories, strict=True)
                ]
        super().__init__(entries)

    @staticmethod
    def read(path: Path) -> LabelArray:
        """The object numbers of a .mat file, (H, W)."""
        return _segmentation(_struct(path), path)


def merged_train(root: str | Path, *, broken: Broken = None) -> JoinedObjects:
    """VOC 2012 train and all of SBD without VOC's val photos: the 10,582 photos of "PASCAL + SBD".

    A photo that both have counts once, with VOC's masks and void.

    Parameters
    ----------
    root
        Folder that holds both VOCdevkit (or VOC2012) and benchmark_RELEASE (or dataset).
    broken
        As for `SbdDataset`.
    """
    root = Path(root)
    folder = voc_folder(root)
    voc = VocDataset(root, "train", broken=broken)
    taken = {*voc_names(folder, "train"), *voc_names(folder, "val")}
    return JoinedObjects(
        [voc, *(SbdDataset(root, split, without=taken, broken=broken) for split in ("train", "val"))]
    )


def _struct(path: Path) -> Any:
    content = np.asarray(read_mat(path, "GTinst")).ravel()
    if content.size != 1 or not hasattr(content[0], "Segmentation") or not hasattr(content[0], "Categories"):
        raise DataError(f"{path}: GTinst is not a struct with Segmentation and Categories")
    return content[0]


def _segmentation(struct: Any, path: Path) -> LabelArray:
    labels = np.asarray(struct.Segmentation)
    if labels.ndim != 2 or labels.dtype.kind not in "iu":
        raise DataError(f"{path}: GTinst.Segmentation is not a picture of whole numbers")
    return labels.astype(np.int64)


def _objects(path: Path) -> tuple[list[int], list[str]]:
    """Numbers and categories of the objects in a file."""
    struct = _struct(path)
    present = [number for number in occurring(_segmentation(struct, path)) if number != 0]
    classes = np.asarray(struct.Categories).ravel()
    try:
        return present, [CATEGORIES[_position(classes[_position(id_)])] for id_ in present]
    except (IndexError, ValueError, TypeError):
        raise DataError(f"{path}: GTinst.Categories does not name a class for each object") from None


def _position(number: Any) -> int:
    """Numbers start at 1, positions in Python at 0."""
    position = int(number) - 1
    if position < 0:
        raise IndexError(number)
    return position
