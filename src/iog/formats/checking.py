"""What labels may say of photos and objects: the same for all formats, in the one place that all pass.

Readers take what stands in a file. Names that no file can have, sizes that no photo has, numbers and texts
that no format can hold go no further.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from PIL import UnidentifiedImageError

from iog.clicks import Box
from iog.formats.account import Account
from iog.formats.matching import clean
from iog.formats.places import MALFORMED
from iog.formats.records import Annotation, Class, Dataset, Edges, Picture, Size
from iog.images import MAXIMUM_PIXELS

_DEPTH = 32
"""Of lists in lists, in attributes."""
_DIGITS = 18
_COUNT = (1 << 31) - 1
_LONGEST_PART, _LONGEST_PATH = 255, 2000
"""Bytes that file systems take."""
_IN_NO_NAME = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_IN_NO_TEXT = re.compile("[\ud800-\udfff]")

Item = TypeVar("Item")


def each(
    items: Iterable[Item], picture_of: Callable[[Item], Picture | None], account: Account, source: str
) -> Iterator[Picture]:
    """The picture of each entry of `source`; an entry of other types than expected is left out.

    Parameters
    ----------
    items
        What is raised while they are listed goes on: then the file itself cannot be read.
    picture_of
        Reads one; None: nothing is there.
    account
        Takes what is left out.
    source
        What people call the file or the folder.
    """
    for number, item in enumerate(items, 1):
        try:
            picture = picture_of(item)
        except MALFORMED as error:
            account.count("photos")
            account.skip("an entry cannot be read", f"{source}, entry {number}: {reason(error)}")
            continue
        if picture is not None:
            yield picture


def reason(error: BaseException) -> str:
    """What an error says, in words that do not speak of Python."""
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, KeyError):
        return f"{error} is missing"
    if isinstance(error, UnicodeEncodeError):
        return "a text has characters that no file can hold"
    if isinstance(error, UnidentifiedImageError):
        return "it is not a picture"
    text = str(error)
    return "a number has over 4300 digits" if text.startswith("Exceeds the limit") else text


def whole(text: str) -> int:
    """A number of digits alone; `ValueError` for others and for more digits than any size or id has."""
    if not (text.isdecimal() and text.isascii()):
        raise ValueError(f"{text[:20]!r} is not a whole number")
    if len(text) > _DIGITS:
        raise ValueError(f"a number has {len(text)} digits")
    return int(text)


def checked(dataset: Dataset, account: Account) -> Dataset:
    """What a reader found, without what no photo and no format can have.

    The account says what was left out or changed.
    """
    classes = [
        replace(
            one, name=_text(one.name, account) or "object", supercategory=_text(one.supercategory, account)
        )
        for one in dataset.classes
    ]
    pictures = (found for picture in dataset.pictures if (found := _picture(picture, account)) is not None)
    return replace(dataset, classes=_distinct(classes), pictures=pictures)


def name_problem(name: str) -> str | None:
    """Why no photo can have a name, or no file of labels can hold it; None if one can."""
    path = clean(name)
    if not path:
        return "a photo has no name"
    if _IN_NO_NAME.search(name):
        return "a photo's name has characters that files of labels cannot hold; rename the photo"
    parts = path.encode().split(b"/")
    if max(map(len, parts)) > _LONGEST_PART or len(path.encode()) > _LONGEST_PATH:
        return "a photo's name is longer than any file's"
    return None


def box_within(edges: Edges, size: Size, account: Account, name: str) -> Box:
    """The pixels of a photo that a box touches; `ValueError` if there are none.

    The account takes a note if more than half a pixel of the box lies outside.
    """
    box = edges.box(size)
    note_reach(edges, size, account, name)
    return box


def note_reach(edges: Edges, size: Size, account: Account, name: str) -> None:
    """The account's note of `box_within`."""
    if edges.reach(size) > 0.5:
        account.note("a box reaches out of its photo and is cut to it", name)


def _picture(picture: Picture, account: Account) -> Picture | None:
    problem = name_problem(picture.name)
    if problem is not None:
        account.count("photos")
        account.skip(problem, _shown(picture.name), max(1, len(picture.annotations)))
        return None
    size = picture.size
    if size is not None and (min(size) <= 0 or size[0] * size[1] > MAXIMUM_PIXELS):
        account.note("a stated size cannot be a photo's and is not used", f"{picture.name}: {_told(size)}")
        size = None
    annotations = [_annotation(a, picture.name, account) for a in picture.annotations]
    return replace(picture, size=size, annotations=annotations)


def _told(size: Size) -> str:
    """A size that may be of any number of digits."""
    return " x ".join(str(side) if abs(side) < 10**_DIGITS else "over a trillion" for side in size)


def _annotation(a: Annotation, name: str, account: Account) -> Annotation:
    return replace(
        a,
        label=_text(a.label, account) or "object",
        group=None if a.group is None else _text(a.group, account),
        description=_text(a.description, account),
        score=_number(a.score, "confidence", name, account),
        seconds=_number(a.seconds, "time", name, account),
        click_count=a.click_count if _is_count(a.click_count) else None,
        attributes=_attributes(a.attributes, name, account) if a.attributes else a.attributes,
    )


def _attributes(stated: Mapping[str, Any], name: str, account: Account) -> dict[str, Any]:
    attributes = {}
    for key, value in stated.items():
        try:
            attributes[_text(str(key), account)] = _plain(value, account)
        except ValueError as error:
            account.note("an attribute that no format can hold is left out", f"{name}: {key!r} {error}")
    return attributes


def _plain(value: object, account: Account, depth: int = 0) -> Any:
    """A JSON value; `ValueError` says why it is none."""
    if isinstance(value, str):
        return _text(value, account)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("is not a finite number")
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth == _DEPTH:
        raise ValueError("is nested too deep")
    if isinstance(value, Mapping):
        return {_text(str(k), account): _plain(v, account, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, account, depth + 1) for item in value]
    raise ValueError(f"is a {type(value).__name__}")


def _text(text: str, account: Account) -> str:
    usable = _IN_NO_TEXT.sub("", text)
    if usable != text:
        account.note("a text has characters that no file can hold; they are left out", _shown(text))
    return usable


def _number(value: float | None, what: str, name: str, account: Account) -> float | None:
    if value is None or (isinstance(value, int | float) and math.isfinite(value)):
        return value
    account.note(f"a {what} that is not a finite number is left out", name)
    return None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= _COUNT


def _distinct(classes: Iterable[Class]) -> list[Class]:
    found: dict[str, Class] = {}
    for one in classes:
        found.setdefault(one.name, one)
    return list(found.values())


def _shown(text: str) -> str:
    """A text that may hold anything, as it can be printed."""
    return repr(text if len(text) <= 60 else f"{text[:60]}...")
