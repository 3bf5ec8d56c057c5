"""Which photo of a folder a file of labels means, and whether the labels fit it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from iog.formats.account import Account
from iog.formats.places import aliases, part_of
from iog.formats.records import Picture, Size

AMBIGUOUS = "several photos have this name; state folders, or import folder by folder"
MISSING = "the folder has no such photo"
_NEUTRAL = frozenset({"images", "labels", "annotations", "jpegimages", "annotation", "label", "image"})
"""Folders that say nothing of which photo is meant."""


class PhotoIndex:
    """The photos of a folder, found by what files call them.

    Parameters
    ----------
    paths
        Relative to the folder, with forward slashes. Each is entered by all ends of its path, with and
        without ending, so that a look-up takes no search.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._exact: dict[str, str | None] = {}  # None: several
        self._whole: dict[str, str | None] = {}
        self._ends: dict[str, str | None] = {}
        named = [(path, _composed(path)) for path in paths]
        # A photo may have a backslash in its name, while files of labels write it for a slash.
        slashed = [(path, name.replace("\\", "/")) for path, name in named if "\\" in name]
        for path, name in (*named, *slashed):
            self._exact[name] = path if name not in self._exact else None
            for parts in (_meaningful(name), _meaningful(_stem(name))):
                whole = "/".join(parts)
                self._whole[whole] = path if self._whole.get(whole, path) == path else None
            for end in {*_ends(_meaningful(name)), *_ends(_meaningful(_stem(name)))}:
                self._ends[end] = path if self._ends.get(end, path) == path else None
        self._folders = {_folder(path) for path in self._exact}

    @cached_property
    def _aliases(self) -> dict[str, str | None]:
        """Photos as our own writers call them where several have one stem; seldom asked for."""
        found: dict[str, str | None] = {}
        for path in filter(None, dict.fromkeys(self._exact.values())):
            for alias in map(_composed, aliases(path)):
                found[alias] = path if alias not in found else None
        return found

    def find(self, picture: Picture, account: Account | None = None) -> str:
        """The path of the photo that is meant; `LookupError` says why there is none.

        The path as stated, in the folders that the labels state or lie in before that without; else the path
        without folders such as `images`; else the longest end of it that only one photo has. A stated folder
        is never contradicted: `val/1.jpg` is not `train/1.jpg`. Where none is found, a photo with the name
        of its file of labels: both were renamed. The account takes a note of that.
        """
        try:
            return self._stated(picture)
        except LookupError as error:
            if not picture.file or str(error) != MISSING:
                raise
        own = PurePosixPath(picture.file).with_suffix("")
        path = self._stated(replace(picture, name=own.name, stem=True, sections=[str(own.parent)]))
        if account is not None:
            account.note("labels name a missing photo; the one with their own file name is used", path)
        return path

    def _stated(self, picture: Picture) -> str:
        name = _composed(clean(picture.name))
        # As it is, with its backslashes; in its folders; a path that has folders of its own.
        placed = [f"{section}/{name}".lstrip("/") for section in picture.sections]
        for stated in (_composed(picture.name), *placed, name):
            if stated in self._exact and ("/" in stated or "\\" in stated or not picture.sections):
                return _one(self._exact[stated])
        folder = self._own_folder(picture)
        wanted = sorted(map(_meaningful, (name, *placed)), key=len, reverse=True)
        for parts in wanted:
            whole = self._whole.get("/".join(parts))
            if whole and _of_part(whole, picture) and _lies_in(whole, folder):
                return whole
            for end in _ends(parts):
                found = self._ends.get(end, "")
                if found is None and not folder and end == name and end in self._exact:
                    return _one(self._exact[end])  # the one that lies in no folder
                if found is None:
                    raise LookupError(MISSING if folder and "/" not in end else AMBIGUOUS)
                if (
                    found
                    and self._agree(found, parts, picture.stem)
                    and _of_part(found, picture)
                    and _lies_in(found, folder)
                ):
                    return found
        for stated in (*placed, name):
            if alias := self._aliases.get(stated):
                return alias
        raise LookupError(MISSING)

    def _own_folder(self, picture: Picture) -> str:
        """The folder of photos that a photo's own file of labels names or lies in; "" if there is none."""
        stated = (_folder(f"{section}/x") for section in picture.sections if picture.file)
        return next((folder for folder in stated if folder and folder in self._folders), "")

    def _agree(self, path: str, parts: Sequence[str], stem: bool) -> bool:
        """Whether the folders of a photo are those stated, as far as both say something."""
        own = _meaningful(_stem(path) if stem else path)
        return all(a == b for a, b in zip(reversed(own), reversed(parts), strict=False)) or (
            # Folders of another machine: only a name says what is meant.
            len(own) == 1 or len(parts) == 1
        )


def _one(path: str | None) -> str:
    if path is None:
        raise LookupError(AMBIGUOUS)
    return path


def _folder(path: str) -> str:
    return "/".join(_meaningful(_composed(path))[:-1])


def _lies_in(path: str, folder: str) -> bool:
    return not folder or f"/{_folder(path)}".endswith(f"/{folder}")


def _composed(text: str) -> str:
    """Accents as part of their letters: some systems write them apart."""
    return unicodedata.normalize("NFC", text)


def _of_part(path: str, picture: Picture) -> bool:
    """Whether a photo's folders do not say another part of the dataset than its labels do."""
    part = part_of(str(PurePosixPath(path).parent))
    return not part or not picture.split or part == picture.split


def clean(name: str) -> str:
    """A stated name as a relative path: backslashes, URLs, drives and leading dots are taken away."""
    if "://" in name:
        name = unquote(path_of(name))
    path = PurePosixPath(name.replace("\\", "/"))
    parts = [part for part in path.parts if part not in ("/", ".", "..") and not part.endswith(":")]
    return "/".join(parts)


def path_of(url: str) -> str:
    """The path of a URL, whatever its host: some are none that a parser takes."""
    try:
        return urlsplit(url).path
    except ValueError:
        return re.split("[?#]", url.partition("://")[2].partition("/")[2], maxsplit=1)[0]


def placed(picture: Picture) -> str:
    """The path of a photo as its labels alone state it: its name in the folder that they say it is in."""
    name = clean(picture.name)
    folders = [_meaningful(f"{section}/x")[:-1] for section in picture.sections]
    stated = next(("/".join(parts) for parts in folders if parts), "")
    return name if not stated or "/" in name else f"{stated}/{name}"


def fits(picture: Picture, size: Size, stored: Size) -> str | None:
    """Why labels of a photo of the stated size cannot be those of a photo of `size`; None if they can.

    `stored` is the size before the photo was turned as its EXIF says.
    """
    if picture.size in (None, size):
        return None
    stated = f"{picture.size[0]} x {picture.size[1]}" if picture.size else ""
    if picture.size == stored:
        return (
            f"the labels are for {stated} pixels, the photo as stored; upright, as its EXIF says, it is "
            f"{size[0]} x {size[1]}"
        )
    return f"the photo is {size[0]} x {size[1]} pixels, the labels are for {stated}"


def _ends(parts: Sequence[str]) -> Iterator[str]:
    """All ends of a path, the longest first."""
    return ("/".join(parts[start:]) for start in range(len(parts)))


def _meaningful(path: str) -> list[str]:
    *folders, name = PurePosixPath(path).parts or ("",)
    return [*(folder for folder in folders if folder.lower() not in _NEUTRAL), name]


def _stem(path: str) -> str:
    return str(PurePosixPath(path).with_suffix(""))
