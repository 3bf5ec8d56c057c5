"""Labels of any format into any other, without a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from iog.clicks import Box
from iog.errors import DataError, ImageError, IogError
from iog.formats import table
from iog.formats.account import Account
from iog.formats.archives import unpacked
from iog.formats.checking import box_within, name_problem
from iog.formats.gathering import gathered, place_of
from iog.formats.matching import PhotoIndex, fits, placed
from iog.formats.places import files_below, replacing_folder
from iog.formats.promises import noted
from iog.formats.records import Annotation, Class, Dataset, Edges, Picture, Polygons, Size
from iog.images import PHOTO_ENDINGS, picture_sizes
from iog.patch import Patch


class NothingMadeError(DataError):
    """There are labels, and none of them could be used."""


def convert(
    source: Path,
    target: Path,
    to: table.WriteName,
    *,
    name: table.ReadName | None = None,
    photos: Path | None = None,
    tolerance: float = 0,
    strict: bool = False,
) -> Account:
    """Write the labels of a file or folder in another format.

    Parameters
    ----------
    source
        What `iog.formats.table` reads.
    target
        A folder, which an older export gives way to as a whole.
    to
        The format to write.
    name
        The format of the source; None looks.
    photos
        Their folder: needed where the source does not state the photos' sizes, and to check them where it
        does.
    tolerance
        Greatest distance of a polygon from the mask's edge, in pixels.
    strict
        Refuse, and write nothing, if anything would be left out, changed or guessed.

    Raises
    ------
    NothingMadeError
        If nothing of what is there could be used.
    DataError
        If the source holds no labels, the target holds other files, or with `strict`.
    """
    here, there = source.resolve(), target.resolve()
    if here == there or here.is_relative_to(there) or there.is_relative_to(here):
        raise DataError(f"{target} would replace the labels that are read; choose a folder beside them")
    account = Account()
    found = _Photos(photos)
    with unpacked(source) as place, replacing_folder(target) as folder:
        classes, counts = _listed(table.read(place, Account(), name), found)
        pictures = _ready(table.read(place, account, name), found, counts, account)
        dataset = Dataset(classes=classes, pictures=pictures, names=list(counts))
        table.writer(to, tolerance)(noted(to, dataset, account), folder, account)
        account.check(strict, "written")
        if account.useless:
            lines = "\n".join(account.lines())
            raise NothingMadeError(f"nothing was written, since nothing could be used:\n{lines}")
    return account


def _listed(dataset: Dataset, photos: _Photos) -> tuple[list[Class], Counter[str]]:
    """All classes, also those that are used and not listed, and how many entries each photo has.

    Writers need both before the first photo. The source is read twice for that, so that memory never holds
    all of it.
    """
    classes = {one.name: one for one in dataset.classes}
    counts: Counter[str] = Counter()
    for stated in dataset.pictures:
        with suppress(LookupError):
            counts[photos.of(stated, Account()).name] += 1
            for a in stated.annotations:
                classes.setdefault(a.label, Class(a.label))
    return list(classes.values()), counts


class _Photos:
    """The photos' sizes, from the heads of their files."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        names = [] if folder is None else list(_below(folder))
        self._index = PhotoIndex(sorted(names))
        self._sizes: dict[str, tuple[Size, Size]] = {}

    def of(self, picture: Picture, account: Account) -> Picture:
        """The picture with its photo's path and size; `LookupError` says why it cannot be used."""
        if self._folder is None:
            if picture.size is None:
                raise LookupError("the labels state no size; name the folder of the photos too")
            return replace(picture, name=placed(picture))
        path = self._index.find(picture, account)
        if (fault := name_problem(path)) is not None:
            raise LookupError(fault)
        try:
            # Each photo is asked for in both readings of the source, its file once.
            if path not in self._sizes:
                self._sizes[path] = picture_sizes(self._folder / path, path)
            size, stored = self._sizes[path]
        except ImageError as error:
            raise LookupError("the photo cannot be read") from error
        problem = fits(picture, size, stored)
        if problem is not None:
            raise LookupError(problem)
        return replace(picture, name=path, size=size, stem=False, file="", sections=[])


def _below(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in files_below(folder, *PHOTO_ENDINGS))


def _ready(
    dataset: Dataset, photos: _Photos, counts: Mapping[str, int], account: Account
) -> Iterator[Picture]:
    """Photos whose size is known, with the objects that can be written; one picture a photo.

    A photo without objects is one whose labels say so: not one whose objects could not be used.
    """
    for picture in gathered(_found(dataset, photos, account), counts, account):
        assert picture.size is not None
        account.count("photos")
        usable = [b for a in picture.annotations if (b := _usable(a, picture, picture.size, account))]
        if usable or not (picture.annotations or picture.lost):
            yield replace(picture, annotations=usable)
        else:
            account.skip("photos whose objects all could not be used", picture.name)


def _found(dataset: Dataset, photos: _Photos, account: Account) -> Iterator[tuple[str, Picture]]:
    for stated in dataset.pictures:
        try:
            yield place_of(stated), photos.of(stated, account)
        except LookupError as error:
            account.count("photos")
            account.skip(str(error), stated.name, max(1, len(stated.annotations)))


def _usable(a: Annotation, picture: Picture, size: Size, account: Account) -> Annotation | None:
    try:
        patch = None if a.shape is None else a.shape.patch(size)
        if patch is not None and patch.area:
            if a.box is not None and not _is_around(a.box, a, patch, size):
                account.note("a stated box is not that of its mask; it is left out", picture.name)
            return replace(a, box=None)  # drawn again when it is written: kept, masks would fill memory
        if a.box is None:
            raise ValueError("it has no pixel in its photo")
        box_within(a.box, size, account, picture.name)
        _, moved = _rounded(a.box, size)
        if moved > _UNSEEN:
            account.note("a box ends between pixels; it is widened to whole ones", picture.name)
        if patch is not None:
            account.note("a mask has no pixel; its box is used", picture.name)
        return replace(a, shape=None)
    except (IogError, ValueError) as error:
        account.skip("an object cannot be used", f"{picture.name}: {error}")
        return None


_UNSEEN = 0.02
"""Pixels: decimals of boxes in other tools' files are rounded."""


def _rounded(edges: Edges, size: Size) -> tuple[Box, float]:
    """The whole pixels that a box touches, and by how much its edges moved for that."""
    box = edges.box(size)
    width, height = size if edges.relative else (1, 1)
    stated = (edges.x0 * width, edges.y0 * height, edges.x1 * width, edges.y1 * height)
    return box, max(abs(round(edge) - edge) for edge in stated)


def _is_around(edges: Edges, a: Annotation, patch: Patch, size: Size) -> bool:
    """Whether a box is that around a mask, or around its outline: drawing moves that by up to a pixel."""
    try:
        stated, _ = _rounded(edges, size)
        boxes = [patch.box]
        if isinstance(a.shape, Polygons):  # a corner may cover no pixel's centre
            boxes.append(_rounded(replace(a, box=None).edges(), size)[0])
    except (IogError, ValueError):
        return True  # it says nothing
    return any(all(abs(x - y) <= 1 for x, y in zip(stated, box, strict=True)) for box in boxes)
