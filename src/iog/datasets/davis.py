"""DAVIS 2016: frames of videos with one object each."""

from __future__ import annotations

from pathlib import Path

from iog.datasets.listing import BoolArray, Entry, ListedObjects
from iog.datasets.pairs import pair_up
from iog.datasets.reading import Broken, find_folder, note, read_foreground, read_names, require
from iog.errors import DataError

SOURCE = (
    "DAVIS 2016 is at davischallenge.org (DAVIS-data.zip, 480p); the 345 frames that click benchmarks use "
    "(split frames) come with the releases of RITM (github.com/SamsungLabs/ritm_interactive_segmentation)"
)
SPLITS = ("val", "train", "trainval")
FRAMES = "frames"
"""The split of the 345 frames, which are in two plain folders."""


class DavisDataset(ListedObjects[Path]):
    """A frame's object is every pixel that is not black in its mask; no void. The category is the video.

        DAVIS/
            ImageSets/480p/{train,val,trainval}.txt     "/JPEGImages/480p/V/N.jpg /Annotations/480p/V/N.png"
            JPEGImages/480p/VIDEO/NNNNN.jpg
            Annotations/480p/VIDEO/NNNNN.png

    or, for click benchmarks (split "frames"):

        DAVIS/
            img/NNN.jpg
            gt/NNN.png

    In some frames the object is out of sight; their masks are empty.

    Parameters
    ----------
    root
        The folder as above, or the one around it.
    split
        Name of a list, or "frames".
    every
        Take each so-manieth frame of the list (each tenth gives about what benchmarks before RITM used).
    broken
        Takes what is wrong with single frames, which are then left out; None raises instead.

    Raises
    ------
    DataError
        Names the file that is missing and where to get the set.
    """

    def __init__(
        self, root: str | Path, split: str = "val", *, every: int = 1, broken: Broken = None
    ) -> None:
        if split == FRAMES:
            folder = find_folder(Path(root), ("", "DAVIS"), "gt", SOURCE)
            pairs = pair_up(folder / "img", folder / "gt", SOURCE, broken=broken)
            entries = [Entry(f"{p.image.name}#1", "davis-frames", "", p.image, p.mask) for p in pairs]
        else:
            entries = _listed(Path(root), split, broken)
        super().__init__(entries[::every])

    def _masks(self, source: Path) -> tuple[BoolArray, BoolArray | None]:
        return read_foreground(source), None


def _listed(root: Path, split: str, broken: Broken) -> list[Entry[Path]]:
    folder = find_folder(root, ("", "DAVIS"), "ImageSets", SOURCE)
    listing = folder / "ImageSets" / "480p" / f"{split}.txt"
    entries: list[Entry[Path]] = []
    for line in read_names(listing, SOURCE):
        paths = [folder / part.lstrip("/") for part in line.split()]
        if len(paths) != 2:
            raise DataError(f"{listing}: expected a photo and a mask in each line, got {line!r}")
        try:
            image, mask = (require(path, SOURCE) for path in paths)
        except DataError as error:
            note(broken, error)
            continue
        video = image.parent.name
        entries.append(Entry(f"{video}/{image.name}#1", f"davis-{split}", video, image, mask))
    return entries
