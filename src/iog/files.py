"""Writing files so that a crash leaves either the old content or the new, never half of it."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from iog.errors import DataError

PHOTO_ENDINGS = (
    *(".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".ppm", ".pgm", ".pbm", ".pnm"),
    *(".jfif", ".jp2", ".avif", ".heic", ".heif"),
)
"""Of files that are taken to be photos, the likeliest first."""


def told(error: OSError) -> str:
    """What the system refused, of which file, and what to do, in one sentence."""
    name = "a file" if error.filename is None else str(error.filename)
    sentences = {
        errno.ENOSPC: "cannot be written: the disk is full; make room, or choose a place on another disk",
        errno.EDQUOT: "cannot be written: your share of the disk is used up; make room on it",
        errno.EROFS: "cannot be written: the disk is read-only; choose another place",
        errno.EACCES: "cannot be read or written: it is not yours; change its permissions",
        errno.ENAMETOOLONG: "has too long a name for this disk; choose shorter names",
        errno.EIO: "cannot be read or written: the disk reports an error; check the disk",
    }
    advice = sentences.get(error.errno or 0)
    if advice is not None:
        return f"{name} {advice}"
    return f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)


@contextmanager
def replacing(path: str | Path, mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a temporary file beside `path`; on success it is synced and takes the place of `path`.

    On an exception the temporary file is removed and `path` stays as it was.

    Raises
    ------
    DataError
        If text is to be written where a picture is: it was taken for another file.
    """
    path = Path(path)
    if "b" not in mode and path.suffix.lower() in PHOTO_ENDINGS and path.exists():
        raise DataError(f"{path} has the name of a picture; choose another file, so that no photo is lost")
    encoding = None if "b" in mode else "utf-8"
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, mode, encoding=encoding) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; give the result the permissions of an ordinary new file.
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if (
            isinstance(error, OSError) and error.errno and error.filename in (None, temporary)
        ):  # a full disk names none
            error.filename = str(path)
        raise


def settle(folder: Path) -> None:
    """Have the files of a folder, and their names, on the disk, however they were written."""
    for path in folder.iterdir():
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    settle_names(folder)


def settle_names(folder: Path) -> None:
    """Have what was renamed, made or removed in a folder on the disk."""
    if os.name == "nt":  # folders cannot be opened there, and names are on the disk with their files
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_no_input(path: Path | None, inputs: Iterable[Path]) -> None:
    """Raise `DataError` if a file that is to be written is one of those that were read."""
    if path is not None and path.exists():
        for given in inputs:
            if given.exists() and path.samefile(given):
                raise DataError(f"{path} is the input {given}; choose another file, so that it is not lost")


def write_text(path: str | Path, text: str) -> None:
    """Write a text file (UTF-8), whole or not at all."""
    with replacing(path, "w") as file:
        file.write(text)


def write_json(path: Path, data: object) -> None:
    """Write plain data as one JSON document."""
    with replacing(path, "w") as file:
        json.dump(data, file, ensure_ascii=False, allow_nan=False)
        file.write("\n")


def write_json_lines(path: Path, records: Iterable[object]) -> None:
    """Write plain data, one JSON document a line."""
    with replacing(path, "w") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
