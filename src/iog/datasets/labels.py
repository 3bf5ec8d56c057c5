"""Objects and boxes of files of labels, of any format that `iog.formats` reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from iog.clicks import Box
from iog.datasets.boxes import BoxEntry, BoxList, pixels_of
from iog.datasets.listing import BoolArray, Entry, ListedObjects
from iog.datasets.reading import Broken, require
from iog.errors import DataError, IogError
from iog.formats import table
from iog.formats.account import Account
from iog.formats.matching import PhotoIndex, fits
from iog.formats.places import files_below
from iog.formats.records import Annotation, Dataset, Picture, Polygons, Shape, Size
from iog.images import PHOTO_ENDINGS, picture_sizes

SOURCE = (
    "name a file or a folder of labels (COCO, YOLO, VOC, LabelMe, CVAT and others, docs/formats.md); the "
    "photos lie in that folder, or in images/ or photos/ next to it"
)
VOID_LABEL = "__ignore__"
"""The label of pixels that are neither object nor background; those of crowds are so as well."""
_BESIDE = ("images", "JPEGImages", "photos")

Find = Callable[[Picture], Path]
"""The photo that is meant; `LookupError` says why there is none."""


class Drawn(NamedTuple):
    """An object and the void of its photo, not yet drawn."""

    shape: Shape
    void: Sequence[Shape]
    size: Size


class LabelledPhotos(ListedObjects[Drawn]):
    """Objects with a shape; boxes alone are left out.

    Parameters
    ----------
    source
        A file or folder of labels.
    kind
        Its format; None finds out.
    find
        Says where a photo lies; None looks in the folder of the labels, or in images/ or photos/ next to it.
    group
        Name of the stratum, or a function from the label to it. By default the source's name.
    order
        Sorts and chooses the photos; None keeps those of the source in its order.
    published
        Whether it is a set that many have as it is. Then anything wrong in it is an error, and masks are
        drawn when they are asked for; otherwise each is drawn once before, and what is wrong is left out.
    broken
        Takes what is left out.

    Raises
    ------
    DataError
        If nothing can be read, no object is left, or something is wrong with a published set and `broken` is
        None.
    """

    def __init__(
        self,
        source: Path,
        kind: table.ReadName | None = None,
        *,
        find: Find | None = None,
        group: str | Callable[[str], str] | None = None,
        order: Callable[[list[Picture]], list[Picture]] | None = None,
        published: bool = False,
        broken: Broken = None,
    ) -> None:
        self.account = Account(log=broken)
        """What was read and what was left out."""
        self._find = find or finder(source, self.account)
        self._group = group or (source.stem if source.is_file() else source.name)
        self._published = published
        pictures = _read(source, kind, self.account).pictures
        if order is not None:
            pictures = order(list(pictures))
        entries = [entry for picture in pictures for entry in self._entries(picture)]
        if broken is None and published and self.account.skipped:
            raise DataError(f"{source}: {_first_fault(self.account)}")
        if not entries and broken is None:
            lines = "\n".join(self.account.lines())
            raise DataError(f"{source} has no object with a mask; {SOURCE}\n{lines}")
        self.account.make("masks", len(entries))
        super().__init__(entries)

    def _entries(self, picture: Picture) -> Iterator[Entry[Drawn]]:
        self.account.count("photos")
        objects = [a for a in picture.annotations if not (a.crowd or a.label == VOID_LABEL)]
        try:
            photo = self._find(picture)
            size = self._size(picture, photo)
        except (LookupError, IogError) as error:
            self.account.skip(str(error), picture.name, max(1, len(objects)))
            return
        void = [_area(a) for a in picture.annotations if a.crowd or a.label == VOID_LABEL]
        for number, a in enumerate(objects, 1):
            named = f"{picture.name}, object {a.number or number}"
            if a.shape is None:
                self.account.skip("it is a box and no mask", named)
            elif self._published or self._is_drawable(a.shape, size, named):
                label, group = a.label, self._group
                yield Entry(
                    f"{photo.name}#{a.number or number}",
                    group if isinstance(group, str) else group(label),
                    label,
                    photo,
                    Drawn(a.shape, void, size),
                )

    def _size(self, picture: Picture, photo: Path) -> Size:
        if self._published and picture.size is not None:
            return picture.size
        size, stored = picture_sizes(photo)
        problem = fits(picture, size, stored)
        if problem is not None:
            raise LookupError(problem)
        return size

    def _is_drawable(self, shape: Shape, size: Size, named: str) -> bool:
        try:
            if shape.patch(size).area:
                return True
            self.account.skip("its mask has no pixel in the photo", named)
        except (IogError, ArithmeticError, ValueError) as error:
            self.account.skip("its mask cannot be drawn", f"{named}: {error}")
        return False

    def _masks(self, source: Drawn) -> tuple[BoolArray, BoolArray | None]:
        try:
            shapes = (source.shape, *source.void)
            mask, *void = (shape.patch(source.size).full(*source.size) for shape in shapes)
        except (ArithmeticError, ValueError) as error:
            raise DataError(f"an object or a crowd: {error}") from error
        return mask, np.logical_or.reduce(void) if void else None


class LabelledBoxes(BoxList):
    """Boxes; crowds, and objects marked difficult, are left out.

    A box in fractions of a pixel becomes the smallest half-open one of whole pixels around it. Parameters and
    errors are those of a published set of `LabelledPhotos`.
    """

    def __init__(
        self,
        source: Path,
        kind: table.ReadName | None = None,
        *,
        find: Find | None = None,
        order: Callable[[list[Picture]], list[Picture]] | None = None,
        broken: Broken = None,
    ) -> None:
        account = Account(log=broken)
        self._find = find or finder(source, account)
        pictures = _read(source, kind, account).pictures
        if order is not None:
            pictures = order(list(pictures))
        entries = [entry for picture in pictures for entry in self._entries(picture, account)]
        if broken is None and account.skipped:
            raise DataError(f"{source}: {_first_fault(account)}")
        super().__init__(entries)

    def _entries(self, picture: Picture, account: Account) -> Iterator[BoxEntry]:
        try:
            photo = self._find(picture)
        except LookupError as error:
            account.skip(str(error), picture.name, max(1, len(picture.annotations)))
            return
        for number, a in enumerate(picture.annotations, 1):
            if a.crowd or a.difficult:
                continue
            try:
                yield BoxEntry(photo, a.label, _box(a, picture.size, photo))
            except (IogError, ValueError) as error:
                account.skip("a box cannot be used", f"{picture.name}, object {a.number or number}: {error}")


def finder(source: Path, account: Account) -> Find:
    """Photos by what labels call them, in the folder of the labels or, if it has none, in one beside it."""
    folder = source if source.is_dir() else source.parent
    places = [place for place in (folder, *(folder.parent / name for name in _BESIDE)) if place.is_dir()]
    indices = [(place, PhotoIndex(_photos_below(place))) for place in places]

    def find(picture: Picture) -> Path:
        first: LookupError | None = None
        for place, index in indices:
            try:
                return place / index.find(picture, account)
            except LookupError as error:
                first = first or error
        assert first is not None, "the folder of the labels is the first place"
        raise first

    return find


def _read(source: Path, kind: table.ReadName | None, account: Account) -> Dataset:
    require(source, SOURCE)
    return table.read(source, account) if kind is None else table.read_as(kind, source, account)


def _photos_below(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in files_below(folder, *PHOTO_ENDINGS)]


def _area(a: Annotation) -> Shape:
    """The shape, or all of the box."""
    if a.shape is not None:
        return a.shape
    box = a.edges()
    ring = [[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]]
    return Polygons([ring], relative=box.relative)


def _box(a: Annotation, size: Size | None, photo: Path) -> Box | tuple[float, float, float, float]:
    edges = a.edges()
    values = (edges.x0, edges.y0, edges.x1, edges.y1)
    return values if edges.relative else pixels_of(*values, size or picture_sizes(photo)[0])


def _first_fault(account: Account) -> str:
    """The first thing that was left out, and why."""
    for reason, tally in account.skipped.items():
        return f"{tally.examples[0]}: {reason}" if tally.examples else reason
    return "it lists no object"
