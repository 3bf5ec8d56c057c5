"""Open Images: boxes in CSV files."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from iog.datasets.boxes import BoxEntry, BoxList
from iog.datasets.reading import Broken, note, require
from iog.errors import DataError

SOURCE = (
    "Open Images is at storage.googleapis.com/openimages (V4 to V7); name the folder that holds the CSV "
    "files and a folder of photos for each split"
)
SPLITS = ("validation", "train", "test")
CLASSES = ("class-descriptions-boxable.csv", "oidv7-class-descriptions-boxable.csv")


class OpenImagesBoxes(BoxList):
    """Boxes of the photos that are there; boxes around groups (`IsGroupOf` 1) are left out.

        ROOT/
            SPLIT-annotations-bbox.csv          or oidv6-SPLIT-annotations-bbox.csv, with a header:
                                                ImageID, LabelName, XMin, XMax, YMin, YMax, IsGroupOf, ...
            class-descriptions-boxable.csv      /m/011k07,Tortoise  (or oidv7-...; codes are kept without it)
            SPLIT/IMAGEID.jpg

    Edges are shares of width and height; a box takes each pixel that it touches. Few people have all
    photos, so lines of photos that are not there are passed over.

    Parameters
    ----------
    root
        The folder as above.
    split
        "train", "validation" or "test".
    broken
        Takes lines that are wrong, which are then left out; None raises instead.

    Raises
    ------
    DataError
        Names the file that is missing and where to get the set, or the line that is wrong.
    """

    def __init__(self, root: str | Path, split: str = "validation", *, broken: Broken = None) -> None:
        root = Path(root)
        names = [f"{split}-annotations-bbox.csv", f"oidv6-{split}-annotations-bbox.csv"]
        listing = next((root / name for name in names if (root / name).is_file()), root / names[0])
        require(listing, SOURCE)
        photos = {path.stem: path for path in require(root / split, SOURCE).glob("*.jpg")}
        if not photos:
            raise DataError(f"{root / split} has no IMAGEID.jpg; {SOURCE}")
        entries = listed_boxes(listing, photos, broken=broken)
        super().__init__(sorted(entries, key=lambda entry: entry.image))


def listed_boxes(listing: Path, photos: Mapping[str, Path], *, broken: Broken = None) -> list[BoxEntry]:
    """The boxes of one CSV file on the photos that are there, in the order of the file.

    Parameters
    ----------
    listing
        SPLIT-annotations-bbox.csv; the descriptions of classes may lie beside it.
    photos
        Photos by ImageID.
    broken
        Takes lines that are wrong, which are then left out; None raises instead.
    """
    categories = _categories(listing.parent)
    entries: list[BoxEntry] = []
    for number, row in enumerate(_rows(listing), 2):
        try:
            photo = photos.get(row["ImageID"])
            if photo is None or row.get("IsGroupOf") == "1":
                continue
            x0, x1, y0, y1 = (float(row[edge]) for edge in ("XMin", "XMax", "YMin", "YMax"))
            if not (0 <= x0 <= x1 <= 1 and 0 <= y0 <= y1 <= 1):  # also catches NaN
                raise ValueError("edges must be shares of the photo, least first")
            label = row["LabelName"]
        except (KeyError, ValueError, TypeError) as error:
            note(broken, DataError(f"{listing}, line {number}: {type(error).__name__}: {error}"))
            continue
        entries.append(BoxEntry(photo, categories.get(label, label), (x0, y0, x1, y1)))
    return entries


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """The lines of a CSV file by the names in its header."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not a CSV file: {error}") from None


def _categories(root: Path) -> dict[str, str]:
    for name in CLASSES:
        if (root / name).is_file():
            # The file has no header.
            lines = (root / name).read_text(encoding="utf-8", errors="replace").splitlines()
            return {row[0]: row[1] for row in csv.reader(lines) if len(row) == 2}
    return {}
