"""Where photos lie and results go: a folder on this machine's disks, or a URL that fsspec opens (S3 ...).

A place holds files by relative names with slashes. What is written appears whole or not at all.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Protocol

from iog.errors import DataError
from iog.extras import require_fsspec
from iog.files import replacing

_WHOLE = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "memory"}
"""Stores in which an upload appears when it is complete; elsewhere a file is renamed after it."""


class Place(Protocol):
    """Files by name. Safe to share between threads, and to send to another machine."""

    def __str__(self) -> str:
        """The folder or URL."""
        ...

    def exists(self, name: str) -> bool:
        """Whether there is a file."""
        ...

    def names(self) -> Iterator[str]:
        """All files, also in folders below, in no order."""
        ...

    def reading(self, name: str) -> IO[bytes]:
        """Open a file; FileNotFoundError if it is not there."""
        ...

    def writing(self, name: str, mode: str = "wb") -> Any:
        """A context with a file that takes the place of `name` when it ends without an exception."""
        ...

    def remove(self, name: str) -> None: ...


@dataclass(frozen=True)
class Folder:
    """A folder on a disk of this machine, or one that all machines of a cluster have mounted."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def exists(self, name: str) -> bool:
        return (self.path / name).is_file()

    def names(self) -> Iterator[str]:
        for folder, _, files in os.walk(self.path):
            yield from ((Path(folder) / name).relative_to(self.path).as_posix() for name in files)

    def reading(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")

    @contextmanager
    def writing(self, name: str, mode: str = "wb") -> Iterator[IO[Any]]:
        """See `Place.writing`. Folders are made, and the file is synced."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, mode) as file:
            yield file

    def remove(self, name: str) -> None:
        (self.path / name).unlink()


@dataclass(frozen=True)
class Remote:
    """What lies below a URL of fsspec. Access is configured as its library says (S3: AWS_... variables)."""

    url: str

    def __str__(self) -> str:
        return self.url

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        require_fsspec(self.url)
        from fsspec.core import url_to_fs

        try:
            fs, path = url_to_fs(self.url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise DataError(f"{self.url} cannot be opened: {error}") from None
        return fs, path.rstrip("/")

    def __getstate__(self) -> dict[str, Any]:
        return {"url": self.url}  # another process opens it anew

    def _at(self, name: str) -> str:
        return f"{self._opened[1]}/{name}"

    def exists(self, name: str) -> bool:
        return bool(self._opened[0].isfile(self._at(name)))

    def names(self) -> Iterator[str]:
        fs, root = self._opened
        start = len(root.lstrip("/")) + 1
        yield from (str(path).lstrip("/")[start:] for path in fs.find(root))

    def reading(self, name: str) -> IO[bytes]:
        file: IO[bytes] = self._opened[0].open(self._at(name), "rb")
        return file

    @contextmanager
    def writing(self, name: str, mode: str = "wb") -> Iterator[IO[Any]]:
        """See `Place.writing`. The file is made on a local disk and then sent."""
        fs, _ = self._opened
        with tempfile.TemporaryDirectory() as folder:
            local = Path(folder) / "file"
            with local.open(mode, encoding=None if "b" in mode else "utf-8") as file:
                yield file
            protocols = {fs.protocol} if isinstance(fs.protocol, str) else set(fs.protocol)
            target = self._at(name)
            if protocols & _WHOLE:
                fs.put_file(str(local), target)
                return
            parent, _, last = target.rpartition("/")
            fs.makedirs(parent, exist_ok=True)
            fs.put_file(str(local), f"{parent}/.{last}.tmp")
            fs.mv(f"{parent}/.{last}.tmp", target)

    def remove(self, name: str) -> None:
        self._opened[0].rm_file(self._at(name))


def place_of(where: str | Path) -> Place:
    """The place that a path or URL names; it need not exist.

    Raises
    ------
    DataError
        If a package is missing that opens such URLs.
    """
    text = str(where)
    if "://" not in text or isinstance(where, Path):
        return Folder(Path(where))
    if text.startswith("file://"):
        return Folder(Path(text.removeprefix("file://")))
    remote = Remote(text.rstrip("/"))
    _ = remote._opened  # asks nobody yet, but fails for a kind of URL that is not known
    return remote


@contextmanager
def local_copy(where: str) -> Iterator[Path]:
    """A path at which the file that a path or URL names can be read."""
    if "://" not in where:
        yield Path(where)
        return
    parent, _, name = where.rpartition("/")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        try:
            with place_of(parent).reading(name) as source, path.open("wb") as target:
                shutil.copyfileobj(source, target)
        except FileNotFoundError:
            raise DataError(f"{where} does not exist") from None
        yield path
