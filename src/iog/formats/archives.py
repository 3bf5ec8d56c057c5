"""ZIP files of folders of labels."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iog.errors import DataError

MAXIMUM_UNPACKED = 1 << 30
"""Bytes of the files in a ZIP file."""


_PREFIX = "iog-unpacked-"


def is_allowed(path: Path, source: Path) -> bool:
    """Whether a path that `source` names may be read.

    What an archive says of places outside of it is never followed: it may come from a stranger.
    """
    folders = (source.resolve(), *source.resolve().parents)
    archive = next((folder for folder in folders if folder.name.startswith(_PREFIX)), None)
    return archive is None or path.resolve().is_relative_to(archive)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The path; of a ZIP file a temporary folder that holds what is in it.

    Raises
    ------
    DataError
        If the archive is damaged, has a password, or is too large.
    """
    if not (path.is_file() and zipfile.is_zipfile(path)):
        if path.suffix.lower() == ".zip" and path.is_file():
            raise DataError(f"{path} is no ZIP file, or a damaged one; copy or download it again")
        yield path
        return
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        _unpack(path, Path(folder))
        try:
            yield Path(folder)
        except DataError as error:  # where it lay meanwhile says nothing to a person
            raise DataError(str(error).replace(f"{folder}/", "").replace(folder, path.name)) from None


def _unpack(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAXIMUM_UNPACKED:
                raise DataError(
                    f"the ZIP file unpacks to over {MAXIMUM_UNPACKED >> 20} MB; unpack it yourself"
                )
            archive.extractall(folder)  # names that lead out of the folder are cut by zipfile
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        raise DataError(f"the ZIP file cannot be unpacked: {error}") from None
