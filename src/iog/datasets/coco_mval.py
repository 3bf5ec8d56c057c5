"""COCO_MVal: 800 objects of COCO, ten a category, as benchmarks after iFCN have them."""

from __future__ import annotations

import re
from pathlib import Path

from iog.datasets.listing import BoolArray, Entry, ListedObjects
from iog.datasets.pairs import Pair, pair_up
from iog.datasets.reading import Broken, find_folder, read_foreground

SOURCE = "COCO_MVal comes with the releases of RITM (github.com/SamsungLabs/ritm_interactive_segmentation)"


class CocoMvalDataset(ListedObjects[Path]):
    """One object a mask; no void. The category is the name up to its two digits.

        COCO_MVal/
            img/airplane00_000000281693.jpg
            gt/airplane00_000000281693.png      0 and the object

    Parameters
    ----------
    root
        COCO_MVal or the folder around it.
    broken
        Takes masks without photo and photos without mask; None raises for the former, ignores the latter.

    Raises
    ------
    DataError
        Names the folder that is missing and where to get the set, or the mask without photo.
    """

    def __init__(self, root: str | Path, *, broken: Broken = None) -> None:
        folder = find_folder(Path(root), ("", "COCO_MVal"), "gt", SOURCE)
        pairs = pair_up(folder / "img", folder / "gt", SOURCE, broken=broken)
        super().__init__([_entry(pair) for pair in pairs])

    def _masks(self, source: Path) -> tuple[BoolArray, BoolArray | None]:
        return read_foreground(source), None


def _entry(pair: Pair) -> Entry[Path]:
    name = re.match(r"(.+?)\d\d_\d+$", pair.mask.stem)
    return Entry(f"{pair.image.name}#1", "coco-mval", name[1] if name else "", pair.image, pair.mask)
