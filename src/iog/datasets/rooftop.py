"""Rooftop: aerial photos of rural buildings with polygonal outlines."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from iog.datasets.listing import BoolArray, Entry, ListedObjects
from iog.datasets.pairs import pictures
from iog.datasets.reading import Broken, note, photo_size, read_mat, require
from iog.errors import DataError, IogError
from iog.masks import fill

SOURCE = (
    "the Rooftop set belongs to Sun, Christoudias and Fua, Free-Shape Polygonal Object Localization "
    "(ECCV 2014), EPFL; its photos and outlines lie together in one folder"
)
SPLITS = ("all", "train", "val", "test")


class RoofOutline(NamedTuple):
    """A roof, (N, 2) corners as MATLAB counts them, and the size of its photo."""

    path: Path
    corners: npt.NDArray[np.float64]
    width: int
    height: int


class RooftopDataset(ListedObjects[RoofOutline]):
    """Each roof: 65 photos of 1000 x 750 pixels.

        ROOT/                       or ROOT/SPLIT/
            NAME.{jpg,png,...}
            NAME.mat                cell `gt`: an (N, 2) outline, (x, y), for each roof

    The layout is that of the set's read-me. Not known for sure, and so assumed: that x comes first and that
    (1, 1) is the centre of the first pixel (MATLAB's convention); and how others split it, so "all" takes
    every photo in the folder and any other split the folder of that name. There is no void.

    Parameters
    ----------
    root
        The folder.
    split
        "all", or the name of a folder inside.
    broken
        Takes what is wrong with single photos, which are then left out; None raises instead.

    Raises
    ------
    DataError
        Names the file that is missing and where to get the set, or the file that is broken. Needs SciPy.
    """

    def __init__(self, root: str | Path, split: str = "all", *, broken: Broken = None) -> None:
        folder = require(Path(root) if split == "all" else Path(root) / split, SOURCE)
        photos = {path.stem: path for path in pictures(folder)}
        outlines = {path.stem: path for path in sorted(folder.glob("*.mat"))}
        if not outlines:
            raise DataError(f"{folder} has no NAME.mat; {SOURCE}")
        entries: list[Entry[RoofOutline]] = []
        for name, path in outlines.items():
            try:
                if name not in photos:
                    raise DataError(f"{path} has no photo of that name")
                width, height = photo_size(photos[name])
                entries += [
                    Entry(
                        f"{photos[name].name}#{number}",
                        "rooftop",
                        "rooftop",
                        photos[name],
                        RoofOutline(path, corners, width, height),
                    )
                    for number, corners in enumerate(_outlines(path), 1)
                ]
            except IogError as error:
                note(broken, error)
        if broken is not None:
            broken += [
                f"{path} has no .mat file of that name"
                for name, path in photos.items()
                if name not in outlines
            ]
        super().__init__(entries)

    def _masks(self, source: RoofOutline) -> tuple[BoolArray, BoolArray | None]:
        try:
            # MATLAB's (1, 1) is the centre of our pixel (0, 0), which is (0.5, 0.5).
            return fill([(source.corners - 0.5).tolist()], source.width, source.height), None
        except ValueError as error:
            raise DataError(f"{source.path}: {error}") from error


def _outlines(path: Path) -> list[npt.NDArray[np.float64]]:
    outlines: list[npt.NDArray[np.float64]] = []
    for cell in np.asarray(read_mat(path, "gt"), object).ravel():
        corners = np.asarray(cell)
        if corners.ndim != 2 or corners.shape[1] != 2 or corners.dtype.kind not in "iuf":
            raise DataError(f"{path}: gt has a cell that is not an (N, 2) outline")
        outlines.append(corners.astype(np.float64))
    return outlines
