"""The project file itself: its tables, older formats, transactions."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from iog.annotator.store.rows import ObjectRow, object_size
from iog.errors import DataError, LostProjectError, UnsavedError
from iog.serving.cache import Cache

APPLICATION_ID = 0x494F4731  # "IOG1", so that `file` and we recognise a project
FORMAT = 3

CHANGED_ELSEWHERE = "this object was changed in another tab; this page now shows the newer state"

RESCUED = "rescued.iog"
"""The name of a project that is downloaded because its own file is gone."""

OBJECT_BYTES = 16 << 20

_SCHEMA = """
CREATE TABLE photos (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,              -- relative to the photo folder, with forward slashes
    sort TEXT NOT NULL,                     -- path with padded numbers: photo 2 before photo 10
    sha256 TEXT,                            -- of the file, once it was opened
    bytes INTEGER,
    width INTEGER,                          -- upright
    height INTEGER,
    done INTEGER NOT NULL DEFAULT 0,
    present INTEGER NOT NULL DEFAULT 1,     -- 0: the file has gone from the folder
    problem TEXT,                           -- why it cannot be opened
    changed INTEGER                         -- when the file was changed last, in nanoseconds since 1970
);
CREATE INDEX photos_in_order ON photos(present, sort);
CREATE TABLE objects (
    id INTEGER PRIMARY KEY,
    photo INTEGER NOT NULL REFERENCES photos(id),
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,              -- which step holds now
    touched REAL NOT NULL                   -- seconds since 1970
);
CREATE INDEX objects_of_photo ON objects(photo);
CREATE TABLE steps (
    object INTEGER NOT NULL REFERENCES objects(id),
    position INTEGER NOT NULL,
    label TEXT NOT NULL,
    state TEXT NOT NULL,
    work TEXT NOT NULL,                     -- clicks, strokes, switches as JSON
    mask TEXT,                              -- box and COCO run lengths as JSON; NULL: not computed yet
    confidence REAL,
    facts TEXT,                             -- attributes, comment, group as JSON; NULL: none
    PRIMARY KEY (object, position)
) WITHOUT ROWID;
CREATE TABLE timings (                      -- also of steps that were undone
    id INTEGER PRIMARY KEY,
    object INTEGER NOT NULL REFERENCES objects(id),
    kind TEXT NOT NULL,
    at REAL NOT NULL,                       -- seconds since 1970
    seconds REAL NOT NULL                   -- of the person, since the step before
);
CREATE INDEX timings_of_object ON timings(object);
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_HISTORY = """
CREATE TABLE history (                      -- what a person did on a photo, in order
    id INTEGER PRIMARY KEY,
    photo INTEGER NOT NULL REFERENCES photos(id),
    undone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX history_of_photo ON history(photo, undone);
CREATE TABLE moves (                        -- the objects that an entry changed
    entry INTEGER NOT NULL REFERENCES history(id),
    object INTEGER NOT NULL REFERENCES objects(id),
    before INTEGER NOT NULL,                -- positions; -1: before it was made
    after INTEGER NOT NULL,
    PRIMARY KEY (entry, object)
) WITHOUT ROWID;
"""

_MIGRATIONS = {
    1: (
        "ALTER TABLE photos ADD COLUMN changed INTEGER",
        "ALTER TABLE objects ADD COLUMN facts TEXT",
        *_HISTORY.split(";\n"),
    ),
    2: (
        "ALTER TABLE steps ADD COLUMN facts TEXT",
        "UPDATE steps SET facts = (SELECT facts FROM objects WHERE id = object)",
        "UPDATE objects SET facts = NULL",  # the column stays: older SQLite cannot drop one
    ),
}
"""What makes a file of each older format one of the next."""


class File:
    """A project file, opened; see `Store`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.absolute().parent.is_dir():
            raise DataError(f"folder {path.absolute().parent} does not exist; make it first")
        self._lock = threading.RLock()
        # By number and version: a version never changes, and reading a mask anew costs more than a click.
        self._objects: Cache[ObjectRow] = Cache(OBJECT_BYTES, object_size)
        if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
            raise DataError(
                f"{path} cannot be written: the folder is read-only or another person's; name a place that "
                "you may write to with --project FILE"
            )
        self._db = self._connected(path)
        self._place: tuple[int, int] | None = None
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._open()
            self._place = _place(path)
        except (sqlite3.DatabaseError, DataError) as error:
            self._db.close()
            if isinstance(error, DataError):
                raise
            raise DataError(f"{path} cannot be used as a project file: {error}") from None

    def _connected(self, path: Path) -> sqlite3.Connection:
        try:
            database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
            database.execute("PRAGMA application_id")  # opens the file
        except sqlite3.Error as error:
            raise DataError(
                f"{path} cannot be used as a project file: {error}; name another place: --project FILE"
            ) from None
        database.row_factory = sqlite3.Row
        return database

    def close(self) -> None:
        """Close the file; the log is folded into it."""
        with self._lock:
            self._db.close()

    def rescued(self) -> bytes:
        """The whole project as the bytes of a file, also when its own was deleted or moved."""
        with self._lock, tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self.path.name
            copy = sqlite3.connect(path)
            try:
                self._db.backup(copy)
            finally:
                copy.close()
            return path.read_bytes()

    @property
    def lost(self) -> str | None:
        """Why nothing can be saved any more; None: it can."""
        try:
            self._check_in_place()
        except LostProjectError as error:
            return str(error)
        return None

    def _check_in_place(self) -> None:
        """Raise `LostProjectError` if another file, or none, lies where the project lay."""
        if self._place is not None and _place(self.path) != self._place:
            raise LostProjectError(
                f"{self.path.name} was deleted, moved or replaced since it was opened, so nothing was saved. "
                f"In the page press “Download all work”, put that file ({RESCUED}) in its place as "
                f"{self.path.name}, and start iog annotate again"
            )

    def _open(self) -> None:
        with self._transaction():
            application = self._value("PRAGMA application_id")
            version = self._value("PRAGMA user_version")
            if application == 0 and not self._value("SELECT count(*) FROM sqlite_master"):
                for statement in (_SCHEMA + _HISTORY).split(";\n"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._db.execute(f"PRAGMA user_version = {FORMAT}")
            elif application != APPLICATION_ID:
                raise DataError(f"{self.path} is a database of another program; choose another --project")
            elif version > FORMAT:
                raise DataError(f"{self.path} was written by a newer release of iog; upgrade iog")
            else:
                for old in range(version, FORMAT):
                    for statement in _MIGRATIONS[old]:
                        self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {FORMAT}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, no other writer between its reads and its writes; one within another joins it."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._check_in_place()
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                self._objects.clear()  # it may hold what never came to be
                # A full disk, a lock, a folder that went away.
                if isinstance(error, sqlite3.OperationalError):
                    full = any(word in str(error) for word in ("full", "disk I/O"))
                    advice = "; make room on its disk, and do it again" if full else ""
                    raise UnsavedError(f"nothing was saved: {self.path.name}: {error}{advice}") from None
                raise

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def _value(self, query: str, values: Sequence[object] = ()) -> Any:
        return self._rows(query, values)[0][0]


def _place(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
