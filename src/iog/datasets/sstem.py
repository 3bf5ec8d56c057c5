"""ssTEM: electron microscopy of a fruit fly's nerve cord; mitochondria (or synapses) as objects."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from iog.datasets.listing import Entry, LabelArray, LabelledObjects, ListedLabel
from iog.datasets.pairs import pair_up
from iog.datasets.parts import large_parts, read_parts
from iog.datasets.reading import Broken, find_folder, note
from iog.errors import IogError

SOURCE = (
    "the ssTEM stack (Gerhard and others, 2013) is at github.com/unidesigner/groundtruth-drosophila-vnc "
    "and figshare.com (doi 10.6084/m9.figshare.856713)"
)
SPLITS = ("mitochondria", "synapses")


class SsTemDataset(LabelledObjects):
    """Each 8-connected part of a section's mask is an object; no void. The group is the split.

        stack1/
            raw/NN.tif                  sections 00 to 19, 8-bit grey
            mitochondria/NN.png         binary, the mitochondria not black
            synapses/NN.png

    Which sections and what least size the paper took is not known: all sections and parts are here by
    default. That the structures are the bright pixels is taken from the read-me's wording.

    Parameters
    ----------
    root
        stack1 or the folder around it.
    split
        Which structure: "mitochondria" or "synapses".
    sections
        Names of sections ("00" to "19"); None takes all.
    minimum_area
        Parts of fewer pixels are left out.
    broken
        Takes what is wrong with single sections, which are then left out; None raises instead.

    Raises
    ------
    DataError
        Names the folder that is missing and where to get the set, or the file that is broken.
    """

    def __init__(
        self,
        root: str | Path,
        split: str = "mitochondria",
        *,
        sections: Collection[str] | None = None,
        minimum_area: int = 1,
        broken: Broken = None,
    ) -> None:
        folder = find_folder(Path(root), ("stack1", ""), "raw", SOURCE)
        entries: list[Entry[ListedLabel]] = []
        for image, path in pair_up(folder / "raw", folder / split, SOURCE, broken=broken):
            if sections is not None and path.stem not in sections:
                continue
            try:
                numbers = large_parts(read_parts(path), minimum_area)
            except IogError as error:
                note(broken, error)
                continue
            entries += [
                Entry(f"{image.name}#{number}", f"sstem-{split}", split, image, ListedLabel(path, number))
                for number in numbers
            ]
        super().__init__(entries)

    @staticmethod
    def read(path: Path) -> LabelArray:
        """The parts of a mask, (H, W)."""
        return read_parts(path)
