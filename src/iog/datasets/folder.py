"""A user's own photos with one PNG of masks each."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from iog.datasets.listing import BoolArray, Entry, LabelledObjects, ListedLabel
from iog.datasets.pairs import Pair, pair_up, pictures
from iog.datasets.reading import Broken, note, note_empty, read_numbers, require, scanning
from iog.datasets.remembered import remembered
from iog.errors import DataError, IogError

SOURCE = "name a folder with photos and a mask of the same name for each"
VOID = 255
_MARKS = (".mask", "_mask")
_SHADES = 200

Masks = Literal["auto", "binary", "ids"]


class FolderDataset(LabelledObjects):
    """Photos and masks of the same name, in two folders or in one.

        ROOT/images/NAME.jpg    ROOT/masks/NAME.png
        ROOT/NAME.jpg           ROOT/NAME.png, ROOT/NAME.mask.png or ROOT/NAME_mask.png

    A mask is grey or palette: either binary (0 and one other value, one object), or numbers of objects
    (0 background, 1.. the objects, in 8 bits 255 void). "auto" takes the masks as numbers if any of them
    holds two values besides 0. The category of every object is "object", the group the folder's name.

    Parameters
    ----------
    root
        The folder; with `masks_folder`, the folder of the photos.
    masks_folder
        Folder of the masks, where it is not beside the photos.
    masks
        "binary", "ids", or "auto" to tell from the files.
    broken
        Takes what is wrong with single photos, and photos without mask; with None the former raises, and
        the latter are passed over.

    Raises
    ------
    DataError
        If there are no pairs, a mask has no photo or cannot be read, or holds the greys of a soft edge.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        masks_folder: str | Path | None = None,
        masks: Masks = "auto",
        broken: Broken = None,
    ) -> None:
        root = require(Path(root), SOURCE)
        if masks_folder is not None:
            pairs = pair_up(root, Path(masks_folder), SOURCE, broken=broken)
        elif (root / "images").is_dir() and (root / "masks").is_dir():
            pairs = pair_up(root / "images", root / "masks", SOURCE, photo_stem=_without_mark, broken=broken)
        else:
            pairs = _in_one_folder(root, broken)
        if not pairs:
            raise DataError(f"{root} has no photo with a mask of the same name; {SOURCE}")
        values: list[tuple[Pair, list[int]]] = []
        with remembered(_values, "folder", pairs[0].mask.parent) as values_in:
            for pair in scanning(pairs, root.name):
                try:
                    values.append((pair, values_in(pair.mask)))
                except IogError as error:
                    note(broken, error)
        self.binary = masks == "binary" or (masks == "auto" and all(len(found) < 2 for _, found in values))
        entries: list[Entry[ListedLabel]] = []
        for pair, found in values:
            ids = [1] if self.binary else [value for value in found if value != VOID or found[-1] > VOID]
            if not ids:
                note_empty(broken, pair.mask)
            entries += [
                Entry(
                    f"{pair.image.name}#{id_}", root.name, "object", pair.image, ListedLabel(pair.mask, id_)
                )
                for id_ in ids
            ]
        super().__init__(entries)

    def _masks(self, source: ListedLabel) -> tuple[BoolArray, BoolArray | None]:
        labels = self._labels(source.path)
        if self.binary:
            return labels > 0, None
        # Numbers above 255 need 16 bits, where 255 is a number like any other.
        return labels == source.id, labels == VOID if labels.max() <= VOID else None


def has_masks(root: Path) -> bool:
    """Whether a folder holds photos with masks of the same name."""
    return (root / "masks").is_dir() or bool(_in_one_folder(root, []))


def _in_one_folder(root: Path, broken: Broken) -> list[Pair]:
    found = pictures(root)
    photos = {
        path.stem: path
        for path in found
        if _unmarked(path) is None and (path.suffix.lower() != ".png" or not _has_photo(path, found))
    }
    pairs: list[Pair] = []
    for mask in found:
        if mask in photos.values():
            continue
        photo = photos.get(_unmarked(mask) or mask.stem)
        if photo is None:
            note(broken, DataError(f"{mask} has no photo of that name"))
        else:
            pairs.append(Pair(photo, mask))
    if broken is not None:
        used = {pair.image for pair in pairs}
        broken += [f"{path} has no mask of that name" for path in photos.values() if path not in used]
    return pairs


def _has_photo(mask: Path, found: list[Path]) -> bool:
    """Whether a PNG lies beside a photo of another format with its name."""
    return any(path.stem == mask.stem and path.suffix.lower() != ".png" for path in found)


def _unmarked(path: Path) -> str | None:
    """The photo's name, for a PNG whose name says that it is a mask."""
    if path.suffix.lower() != ".png":
        return None
    return next((path.stem.removesuffix(mark) for mark in _MARKS if path.stem.endswith(mark)), None)


def _without_mark(stem: str, photos: set[str]) -> str:
    if stem in photos:
        return stem
    return next((stem.removesuffix(mark) for mark in _MARKS if stem.endswith(mark)), stem)


def _values(path: Path) -> list[int]:
    """The numbers in a mask besides 0, least first."""
    values = [value for value in read_numbers(path) if value != 0]
    if values and values[0] < 0:
        raise DataError(f"{path} has numbers below 0")
    if values and values[-1] <= VOID and len(values) > _SHADES:
        raise DataError(f"{path} has {len(values)} shades: a soft mask. Make it black and white first")
    return values
