"""Agriculture-Vision: aerial photos of fields with patches of anomalies."""

from __future__ import annotations

from pathlib import Path

from iog.datasets.listing import BoolArray, Entry, LabelArray, LabelledObjects, ListedLabel
from iog.datasets.pairs import pictures
from iog.datasets.parts import large_parts, read_parts
from iog.datasets.reading import Broken, find_folder, note, read_foreground, require, scanning
from iog.datasets.remembered import remembered
from iog.errors import DataError, IogError

SOURCE = (
    "Agriculture-Vision is at agriculture-vision.com on request (challenges of 2020 and 2021); "
    "name the folder that holds train/ and val/"
)
SPLITS = ("val", "train")


class AgricultureDataset(LabelledObjects):
    """Each 8-connected part of a photo's pattern is an object; patterns may overlap.

        SPLIT/
            images/rgb/NAME.jpg         512 x 512; images/nir is not read
            boundaries/NAME.png         not black: the field
            masks/NAME.png              not black: valid pixels
            labels/PATTERN/NAME.png     not black: the pattern (2020: six patterns, 2021: nine)

    Pixels outside of the field or not valid are void: the challenge leaves them out. They belong to no
    object. What the paper counted as an object is not known (its figure is qualitative).

    Parameters
    ----------
    root
        The folder that holds the splits.
    split
        "train" or "val" (the test split has no labels).
    minimum_area
        Parts of fewer pixels are left out.
    broken
        Takes what is wrong with single photos, which are then left out; None raises instead.

    Raises
    ------
    DataError
        Names the file that is missing and where to get the set, or the file that is broken.
    """

    def __init__(
        self, root: str | Path, split: str = "val", *, minimum_area: int = 1, broken: Broken = None
    ) -> None:
        places = ("", "Agriculture-Vision", "Agriculture-Vision-2021")
        self.folder = find_folder(Path(root), places, split, SOURCE) / split
        patterns = sorted(p for p in require(self.folder / "labels", SOURCE).iterdir() if p.is_dir())
        if not patterns:
            raise DataError(f"{self.folder / 'labels'} has no folder for a pattern; {SOURCE}")
        photos = pictures(require(self.folder / "images" / "rgb", SOURCE))
        entries: list[Entry[ListedLabel]] = []

        def numbers_of_parts(*paths: Path) -> list[list[int]]:
            """Of each pattern, in the order of `patterns`; the first two paths are boundary and mask."""
            outside = self._outside(paths[0].stem)
            return [large_parts(_parts_within(path, outside), minimum_area) for path in paths[2:]]

        with remembered(numbers_of_parts, f"agriculture-{minimum_area}", self.folder) as numbers_in:
            for image in scanning(photos, f"Agriculture-Vision {split}"):
                name = f"{image.stem}.png"
                folders = [self.folder / "boundaries", self.folder / "masks", *patterns]
                try:
                    paths = [require(folder / name, SOURCE) for folder in folders]
                    found = numbers_in(*paths)
                except IogError as error:
                    note(broken, error)
                    continue
                entries += [
                    Entry(
                        f"{image.name}#{pattern.name}-{number}",
                        f"agriculture-{split}",
                        pattern.name,
                        image,
                        ListedLabel(path, number),
                    )
                    for pattern, path, numbers in zip(patterns, paths[2:], found, strict=True)
                    for number in numbers
                ]
        super().__init__(entries)

    @staticmethod
    def read(path: Path) -> LabelArray:
        """The parts of a pattern, (H, W)."""
        return read_parts(path)

    def _masks(self, source: ListedLabel) -> tuple[BoolArray, BoolArray | None]:
        mask, _ = super()._masks(source)
        outside = self._outside(source.path.stem)
        return mask & ~outside, outside

    def _outside(self, stem: str) -> BoolArray:
        field, valid = (
            read_foreground(self.folder / folder / f"{stem}.png") for folder in ("boundaries", "masks")
        )
        if field.shape != valid.shape:
            raise DataError(f"boundary and mask of {stem} differ in size")
        return ~(field & valid)


def _parts_within(path: Path, outside: BoolArray) -> LabelArray:
    """The parts of a pattern where the field is, (H, W)."""
    parts = read_parts(path)
    if parts.shape != outside.shape:
        raise DataError(f"{path} differs in size from its boundary")
    parts[outside] = 0
    return parts
