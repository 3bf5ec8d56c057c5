"""Files of boxes -> items of a plan. What is wrong with single boxes goes into the account, never the end.

Photos are not opened here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from iog.auto.plan import Item
from iog.errors import DataError
from iog.formats import table
from iog.formats.account import Account
from iog.formats.archives import unpacked
from iog.formats.checking import note_reach
from iog.formats.matching import AMBIGUOUS, PhotoIndex, clean
from iog.formats.records import Class, Picture
from iog.images import PHOTO_ENDINGS
from iog.places import Folder, Place

Kind = Literal["coco", "voc", "yolo", "labelme", "imagenet", "open-images", "csv", "parquet"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def read_boxes(
    path: Path, place: Place, kind: Kind | None, account: Account, classes: list[Class] | None = None
) -> list[Item]:
    """The boxes that a file or a folder lists; of masks the boxes around them.

    Parameters
    ----------
    path
        What `iog.formats.table` reads.
    place
        Where the photos lie. Behind a URL photos are not looked for, so only files that name them in full
        will do: COCO's and tables.
    kind
        What it is; None looks.
    account
        Takes what is left out.
    classes
        Takes the classes that the file lists, used or not.

    Raises
    ------
    DataError
        If it is none of these, or holds no box at all.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist")
    if isinstance(place, Folder):
        if not place.path.exists():
            raise DataError(f"{place.path} does not exist")
        if not place.path.is_dir():
            raise DataError(f"{place.path} is not a folder; name the folder of the photos")
    with unpacked(path) as there:
        items = _listed(there, place, kind, account, [] if classes is None else classes)
    account.make("boxes", len(items))
    return items


def _listed(
    path: Path, place: Place, kind: Kind | None, account: Account, classes: list[Class]
) -> list[Item]:
    name, source = table.located(path, kind)
    if not isinstance(place, Folder) and name not in ("coco", "csv", "parquet"):
        raise DataError(
            f"photos behind a URL need boxes that name them in full, COCO's or a table; {path} is {name}"
        )
    # Of formats with a file a photo, what may stand for a folder.
    single = {"voc": (".xml",), "imagenet": (".xml",), "yolo": (".yaml", ".yml")}.get(name)
    file = source.is_file()
    if (file and single is not None and source.suffix.lower() not in single) or (
        not file and name == "open-images"
    ):
        raise DataError(f"{path}: boxes of kind {name} are a {'folder' if file else 'file'}")
    dataset = table.read_as(name, source, account)
    classes.extend(dataset.classes)
    photo_of = _photos(place, name, account)
    items = [item for picture in dataset.pictures for item in _items(picture, photo_of, account)]
    if not items:
        first = next(iter(account.skipped.items()), None)
        fault = "" if first is None else f"; the first problem: {first[0]} ({first[1]})"
        raise DataError(f"{path} lists no usable box{fault}")
    return items


def _photos(place: Place, name: table.ReadName, account: Account) -> Callable[[Picture], str]:
    """How a file's names become paths below the folder of photos."""
    if not isinstance(place, Folder):
        return lambda picture: picture.name
    folder = place

    @cache
    def index() -> PhotoIndex:
        names = (name for name in folder.names() if PurePosixPath(name).suffix.lower() in PHOTO_ENDINGS)
        return PhotoIndex(sorted(names))

    def find(picture: Picture) -> str:
        below = "/".join([*picture.sections[-1:], picture.name])
        if name == "imagenet" and folder.exists(f"{below}.JPEG"):
            return f"{below}.JPEG"  # without an index of over a million photos
        try:
            return index().find(picture, account)
        except LookupError as error:
            if str(error) == AMBIGUOUS or name == "open-images":  # of which few people have all photos
                raise
            # One that is missing is a failure of the run, which counts it.
            return f"{below}.jpg" if picture.stem else clean(picture.name)

    return find


def _items(picture: Picture, photo_of: Callable[[Picture], str], account: Account) -> Iterator[Item]:
    account.count("photos")
    try:
        image = photo_of(picture)
    except LookupError as error:
        account.skip(str(error), picture.name, max(1, len(picture.annotations)))
        return
    for annotation in picture.annotations:
        try:
            box = annotation.edges()
            edges = (box.x0, box.y0, box.x1, box.y1)
            if not all(math.isfinite(edge) for edge in edges):
                raise ValueError("its box has a coordinate that is not a number")
            item = Item(image, annotation.label, edges, box.relative, picture.size)
            if picture.size is not None:  # otherwise it is checked when the photo is opened
                item.box(*picture.size)
                note_reach(box, picture.size, account, picture.name)
        except ValueError as error:
            account.skip("a box cannot be used", f"{picture.name}: {error}")
            continue
        if annotation.crowd or annotation.difficult:
            account.skip("crowds, and objects marked difficult", picture.name)
            continue
        yield item
