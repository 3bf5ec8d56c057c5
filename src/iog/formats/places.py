"""Files of labels in folders: which belong to a dataset, and distinct names for those that are written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from iog.errors import DataError, IogError
from iog.formats.account import Account
from iog.formats.records import Dataset, Picture

MALFORMED = (
    *(IogError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    RecursionError,
)
"""What reading values of other types and shapes than expected may raise: the thing is then left out."""

SPACE = " \t\r\n"
"""What is stripped around names; other spaces, such as one that does not break, may belong to them."""

LONGEST = 200
"""Bytes of a written file's name without its ending; file systems take 255."""


def files_below(folder: Path, *endings: str) -> Iterator[Path]:
    """Files with one of the endings in an order that does not depend on the system; hidden ones are left out.

    So are what a Mac puts into archives, `__MACOSX` and `._NAME`, and what `no_files_below` names.
    """
    return (path for path, is_file in _entries(folder, endings) if is_file)


def no_files_below(folder: Path, *endings: str) -> Iterator[Path]:
    """What is called as such files are and is none: links that lead nowhere, pipes."""
    return (path for path, is_file in _entries(folder, endings) if not is_file)


def _entries(folder: Path, endings: tuple[str, ...]) -> Iterator[tuple[Path, bool]]:
    folders = []
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:  # of another person
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name == "__MACOSX":
            continue
        if entry.is_dir(follow_symlinks=False):
            folders.append(entry.path)
        elif entry.name.lower().endswith(endings) and not _is(entry.is_dir):
            yield Path(entry.path), _is(entry.is_file)
    for path in folders:
        yield from _entries(Path(path), endings)


def _is(kind: Callable[[], bool]) -> bool:
    try:
        return kind()
    except OSError:  # a ring of links
        return False


PARTS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
"""What folders and keys call the parts of a dataset, and what we call them."""


def part_of(path: str) -> str:
    """The part of a dataset that a path's folders name; empty if none does."""
    folders = PurePosixPath(path).parts
    return next((PARTS[name.lower()] for name in folders if name.lower() in PARTS), "")


def read_text(path: Path) -> str:
    """A text file in UTF-8 or UTF-16, with or without byte order mark; `ValueError` if it is neither."""
    content = path.read_bytes()
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return content.decode(encoding)


def distinct_stems(paths: Sequence[str], *, flat: bool = False) -> list[str]:
    """A path without ending for each photo, all distinct: `a`, but `a_png` and `a_jpg` for `a.png` and
    `a.jpg`.

    Upper and lower case alike, as some systems do. `flat` joins folders by `__`. Too long names are cut and
    end in a part of their hash.
    """
    wanted = [_named(path, flat, ending=False) for path in paths]
    folded = [stem.casefold() for stem in wanted]
    often = {stem for stem, count in Counter(folded).items() if count > 1}
    taken: set[str] = {stem for stem in folded if stem not in often}
    result = []
    for path, stem, low in zip(paths, wanted, folded, strict=True):
        if low in often:
            stem, longer = _with_endings(path, flat)
            if stem.casefold() in taken:
                stem = longer
            taken.add(stem.casefold())
        result.append(stem)
    return result


def read_names(path: Path, account: Account) -> list[str]:
    """The lines of a list of names, without empty ones at its end; none, with a note, if it is not text."""
    try:
        lines = [line.strip(SPACE) for line in read_text(path).split("\n")]
    except (OSError, ValueError):
        account.note("a list of names is not text in UTF-8; it is skipped", path.name)
        return []
    while lines and not lines[-1]:
        lines.pop()
    return lines


def named_pictures(dataset: Dataset, *, flat: bool = False) -> Iterator[tuple[str, Picture]]:
    """Each photo with a distinct path for its file, without ending."""
    pictures: Iterable[Picture] = dataset.pictures
    names = dataset.names
    if not names:
        pictures = list(dataset.pictures)
        names = [picture.name for picture in pictures]
    stems = dict(zip(names, distinct_stems(names, flat=flat), strict=True))
    return ((stems[picture.name], picture) for picture in pictures)


def aliases(path: str) -> tuple[str, str]:
    """What `distinct_stems` calls a photo whose plain stem another has: first, and if that is taken."""
    return _with_endings(path, flat=False)


def _with_endings(path: str, flat: bool) -> tuple[str, str]:
    stem = _named(path, flat, ending=True)
    return stem, f"{stem}_{hashlib.sha256(path.encode()).hexdigest()[:8]}"


def _named(path: str, flat: bool, *, ending: bool) -> str:
    pure = PurePosixPath(path)
    named = path.replace(pure.suffix, pure.suffix.replace(".", "_")) if ending and pure.suffix else path
    stem = named if ending else str(pure.with_suffix(""))
    if flat:
        stem = stem.replace("/", "__")
    *folders, name = stem.split("/")
    if len(name.encode()) > LONGEST:
        digest = hashlib.sha256(path.encode()).hexdigest()[:8]
        name = f"{name.encode()[: LONGEST - 9].decode(errors='ignore')}_{digest}"
    return "/".join([*folders, name])


@contextmanager
def waiting_on_disk(what: object) -> Iterator[None]:
    """A full disk as a sentence, where what is too large for memory waits in a temporary database."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise DataError(
            f"{what} does not fit into the folder for temporary files ({error}); make room there, or name "
            "another one with TMPDIR"
        ) from None


_MARK = ".iog-export"
"""Names the files that an export wrote, one a line: what else is in the folder is a person's."""


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into that takes the place of `folder` as a whole, or not at all.

    Raises
    ------
    DataError
        If `folder` holds something that an export did not write: nothing of a person's is ever removed. Or if
        it is the current folder.
    """
    folder = folder.resolve()  # a link stays what it is
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder} is a file; choose a folder to write into")
    if Path.cwd().is_relative_to(folder):
        raise DataError(f"{folder} is the current folder or holds it; name a folder to make")
    if (other := _of_a_person(folder)) is not None:
        raise DataError(f"{folder} holds {other}, which no export wrote; choose an empty or a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".tmp", dir=folder.parent))
    made.chmod(0o755)
    try:
        yield made
        written = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
        (made / _MARK).write_text("".join(f"{json.dumps(name)}\n" for name in written), encoding="utf-8")
        old = made.with_name(f"{made.name}.old")
        if folder.exists():
            folder.rename(old)
        try:
            made.rename(folder)
        except BaseException:
            if old.exists():  # what was there stays there
                old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    except BaseException as error:
        shutil.rmtree(made, ignore_errors=True)
        if isinstance(error, OSError) and error.errno is not None:  # a person knows the folder that was to be
            error.filename = str(error.filename or folder).replace(str(made), str(folder))
        raise


def _of_a_person(folder: Path) -> str | None:
    """The first file of a folder that is not on its mark's list."""
    if not folder.is_dir():
        return None
    written = {_MARK}
    with suppress(OSError, ValueError):
        written |= {json.loads(line) for line in (folder / _MARK).read_text(encoding="utf-8").splitlines()}
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    return next((name for name in sorted(found) if name not in written), None)
