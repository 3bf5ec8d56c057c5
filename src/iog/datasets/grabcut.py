"""GrabCut and Berkeley: small sets of photos with one object each and a band of unknown pixels around it."""

from __future__ import annotations

from pathlib import Path

from iog.datasets.listing import BoolArray, Entry, ListedObjects
from iog.datasets.pairs import pair_up
from iog.datasets.reading import Broken, find_folder, read_labels

UNKNOWN = 128


class TrimapObjects(ListedObjects[Path]):
    """One object a mask: grey values above 128 are the object, 128 is void, below is background.

    Parameters
    ----------
    images, masks
        The two folders.
    group
        Name of the set.
    source
        Where to get it.
    broken
        Takes masks without photo and photos without mask; None raises for the former, ignores the latter.
    """

    def __init__(self, images: Path, masks: Path, group: str, source: str, broken: Broken = None) -> None:
        pairs = pair_up(images, masks, source, photo_stem=_photo_stem, broken=broken)
        super().__init__([Entry(f"{pair.image.name}#{pair.mask.stem}", group, "", *pair) for pair in pairs])

    def _masks(self, source: Path) -> tuple[BoolArray, BoolArray | None]:
        grey = read_labels(source)
        return grey > UNKNOWN, grey == UNKNOWN


class GrabCutDataset(TrimapObjects):
    """GrabCut's 50 photos.

        GrabCut/
            data_GT/NAME.{jpg,JPG,bmp}
            boundary_GT/NAME.bmp            0 background, 128 unknown, 255 object

    Parameters
    ----------
    root
        The folder that holds data_GT, or the one around it.
    broken
        As for `TrimapObjects`.

    Raises
    ------
    DataError
        Names the folder that is missing and where to get the set, or the mask without photo.
    """

    SOURCE = (
        "GrabCut's ground truth is at Microsoft Research Cambridge (data_GT.zip, boundary_GT.zip), "
        "and with the releases of RITM (github.com/SamsungLabs/ritm_interactive_segmentation)"
    )

    def __init__(self, root: str | Path, *, broken: Broken = None) -> None:
        folder = find_folder(Path(root), ("", "GrabCut"), "boundary_GT", self.SOURCE)
        super().__init__(folder / "data_GT", folder / "boundary_GT", "grabcut", self.SOURCE, broken)


class BerkeleyDataset(TrimapObjects):
    """Berkeley: 100 objects in 96 photos of BSDS, in the layout of RITM's release.

        Berkeley/
            images/NAME.jpg
            masks/NAME.png                  grey; NAMEa.png is a second object of photo NAME

    The masks are read as GrabCut's are (128 void), as RITM does; whether any has such pixels is not known.

    Parameters
    ----------
    root
        The folder that holds masks, or the one around it.
    broken
        As for `TrimapObjects`.

    Raises
    ------
    DataError
        Names the folder that is missing and where to get the set, or the mask without photo.
    """

    SOURCE = (
        "Berkeley's 100 objects (McGuinness and O'Connor, 2010) come with the releases of RITM "
        "(github.com/SamsungLabs/ritm_interactive_segmentation)"
    )

    def __init__(self, root: str | Path, *, broken: Broken = None) -> None:
        folder = find_folder(Path(root), ("", "Berkeley"), "masks", self.SOURCE)
        super().__init__(folder / "images", folder / "masks", "berkeley", self.SOURCE, broken)


def _photo_stem(stem: str, photos: set[str]) -> str:
    """A mask's own name, or without the letter that tells two objects of one photo apart."""
    return stem if stem in photos or not stem[-1:].isalpha() else stem[:-1]
