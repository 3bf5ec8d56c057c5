"""Open Images: boxes in CSV files."""

from __future__ import annotations

from pathlib import Path

from iog.datasets.labels import LabelledBoxes
from iog.datasets.reading import Broken, require
from iog.errors import DataError

SOURCE = (
    "Open Images is at storage.googleapis.com/openimages (V4 to V7); name the folder that holds the CSV "
    "files and a folder of photos for each split"
)
SPLITS = ("validation", "train", "test")


def open_images_boxes(root: str | Path, split: str = "validation", *, broken: Broken = None) -> LabelledBoxes:
    """Boxes of the photos that are there; boxes around groups (`IsGroupOf` 1) are left out.

        ROOT/
            SPLIT-annotations-bbox.csv          or oidv6-SPLIT-annotations-bbox.csv
            class-descriptions-boxable.csv      /m/011k07,Tortoise  (or oidv7-...; codes are kept without it)
            SPLIT/IMAGEID.jpg

    A box takes each pixel that it touches. Few people have all photos, so lines of photos that are not there
    are passed over.

    Raises
    ------
    DataError
        Names the file that is missing and where to get the set, or the line that is wrong.
    """
    root = Path(root)
    names = [f"{split}-annotations-bbox.csv", f"oidv6-{split}-annotations-bbox.csv"]
    listing = next((root / name for name in names if (root / name).is_file()), root / names[0])
    require(listing, SOURCE)
    photos = {path.stem: path for path in require(root / split, SOURCE).glob("*.jpg")}
    if not photos:
        raise DataError(f"{root / split} has no IMAGEID.jpg; {SOURCE}")
    return LabelledBoxes(
        listing,
        "open-images",
        find=lambda picture: photos[picture.name],
        order=lambda pictures: sorted((p for p in pictures if p.name in photos), key=lambda p: p.name),
        broken=broken,
    )
