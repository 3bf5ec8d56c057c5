"""The project file: photos, objects, every step of every object, how long each step took.

One SQLite file. An object is a list of steps, and `position` says which one holds now: undo and redo move
it, a new step cuts off what was undone. A step holds all that can change (label, state, work, mask), so that
undo takes back an acceptance or a deletion like a click, also after a restart.

Durability: write-ahead log with `synchronous=FULL`. A change is one transaction, on the disk before the
method returns; what the page calls saved survives a killed process and a power cut. (`NORMAL` would survive
the first only, and saves about a millisecond a click.)

Concurrency: every object has a version. Who changes it says which version they saw, and gets a
`ConflictError` when that is no longer the newest, from another tab or another process.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from iog.annotator.cache import Cache
from iog.annotator.work import Work
from iog.errors import ClickError, ConflictError, DataError
from iog.patch import Patch

State = Literal["draft", "accepted", "deleted"]
PhotoFilter = Literal["all", "todo", "started", "done", "broken"]

APPLICATION_ID = 0x494F4731  # "IOG1", so that `file` and we recognise a project
FORMAT = 2

CHANGED_ELSEWHERE = "this object was changed in another tab; this page now shows the newer state"

_OBJECT_BYTES = 16 << 20

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
    touched REAL NOT NULL,                  -- seconds since 1970
    facts TEXT                              -- what other tools say of it besides its pixels, as JSON
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

_MIGRATIONS = {
    1: ("ALTER TABLE photos ADD COLUMN changed INTEGER", "ALTER TABLE objects ADD COLUMN facts TEXT"),
}
"""What makes a file of each older format one of the next."""

_NOW = "objects o JOIN steps s ON s.object = o.id AND s.position = o.position"
_HAS_OBJECTS = f"EXISTS (SELECT 1 FROM {_NOW} WHERE o.photo = p.id AND s.state != 'deleted')"
_FILTERS: dict[PhotoFilter, str] = {
    "all": "1",
    "todo": f"p.done = 0 AND p.problem IS NULL AND NOT {_HAS_OBJECTS}",
    "started": f"p.done = 0 AND {_HAS_OBJECTS}",
    "done": "p.done = 1",
    "broken": "p.problem IS NOT NULL",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRow:
    """A photo of the project."""

    id: int
    path: str
    sha256: str | None
    width: int | None
    height: int | None
    done: bool
    problem: str | None
    present: bool
    """Whether its file is in the folder."""
    objects: int
    """How many objects it has, deleted ones left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRow:
    """By what a photo's file is recognised."""

    id: int
    path: str
    sha256: str
    bytes: int
    changed: int | None
    """Nanoseconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRow:
    """An object as it is now."""

    id: int
    photo: int
    version: int
    label: str
    state: State
    work: Work
    mask: Patch | None
    """None until it was computed."""
    confidence: float | None
    can_undo: bool
    can_redo: bool
    touched: float
    facts: Mapping[str, Any]
    """What other tools say of it besides its pixels; see `iog.formats.records.Annotation.facts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What an object cost a person."""

    object: int
    seconds: float
    clicks: int
    """Outside, inside and correcting clicks made, also ones that were undone later."""
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One step of a person's work."""

    path: str
    """Of the photo."""
    object: int
    label: str
    """As it is now, like `state`."""
    state: State
    kind: str
    at: float
    """Seconds since 1970."""
    seconds: float
    """Since the step before."""


class Store:
    """A project file, opened. Safe to share between threads.

    Parameters
    ----------
    path
        The file; made when it does not exist.

    Raises
    ------
    DataError
        If the file is something else, or was written by a newer release.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.absolute().parent.is_dir():
            raise DataError(f"folder {path.absolute().parent} does not exist; make it first")
        self._lock = threading.RLock()
        # By number and version: a version never changes, and reading a mask anew costs more than a click.
        self._objects: Cache[ObjectRow] = Cache(_OBJECT_BYTES, _object_size)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._db.row_factory = sqlite3.Row
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._open()
        except (sqlite3.DatabaseError, DataError) as error:
            self._db.close()
            if isinstance(error, DataError):
                raise
            raise DataError(f"{path} cannot be used as a project file: {error}") from None

    def close(self) -> None:
        """Close the file; the log is folded into it."""
        with self._lock:
            self._db.close()

    def _open(self) -> None:
        with self._transaction():
            application = self._value("PRAGMA application_id")
            version = self._value("PRAGMA user_version")
            if application == 0 and not self._value("SELECT count(*) FROM sqlite_master"):
                for statement in _SCHEMA.split(";\n"):
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

    # ---- photos

    def sync_photos(self, paths: Sequence[str]) -> None:
        """Make the list of photos agree with the folder; rows of files that went are kept, out of sight."""
        with self._transaction():
            known = {row["path"] for row in self._rows("SELECT path FROM photos WHERE present")}
            now = set(paths)
            # Only what differs: most starts find the folder as it was, and it may be large.
            self._db.executemany(
                "UPDATE photos SET present = 0 WHERE path = ?", ((path,) for path in known - now)
            )
            self._db.executemany(
                "INSERT INTO photos (path, sort) VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET present = 1",
                ((path, sort_key(path)) for path in paths if path not in known),
            )

    def identified(self) -> list[IdentityRow]:
        """Photos with work on them whose content is known."""
        rows = self._rows(
            "SELECT p.id, p.path, p.sha256, p.bytes, p.changed FROM photos p "
            f"WHERE p.sha256 IS NOT NULL AND (p.done = 1 OR {_HAS_OBJECTS})"
        )
        return [IdentityRow(**dict(row)) for row in rows]

    def untouched_paths(self) -> list[str]:
        """Paths of photos that were never opened."""
        return [r["path"] for r in self._rows("SELECT path FROM photos WHERE present AND sha256 IS NULL")]

    def move_photos(self, moves: Mapping[int, str]) -> None:
        """Photos lie at other paths now, by number; a row that was there takes a path that becomes free."""
        with self._transaction():
            numbers = {row["path"]: row["id"] for row in self._rows("SELECT path, id FROM photos")}
            left = {path for path, number in numbers.items() if number in moves} - set(moves.values())
            others = [numbers[path] for path in moves.values() if numbers.get(path) not in {None, *moves}]
            for number, path in [*moves.items(), *zip(others, sorted(left), strict=False)]:
                self._db.execute("UPDATE photos SET path = ? WHERE id = ?", (f"\0{number}", number))
                numbers[path] = number
            for number, path in [*moves.items(), *zip(others, sorted(left), strict=False)]:
                self._db.execute(
                    "UPDATE photos SET path = ?, sort = ?, problem = NULL WHERE id = ?",
                    (path, sort_key(path), number),
                )

    def photos(
        self, offset: int, limit: int, filter: PhotoFilter = "all", search: str = ""
    ) -> tuple[int, list[PhotoRow]]:
        """How many photos pass the filter, and a page of them in natural order of their paths."""
        where, values = _photo_condition(filter, search)
        total = self._value(f"SELECT count(*) FROM photos p WHERE {where}", values)
        rows = self._rows(
            # First which, then what they hold: objects are counted for the page's photos alone.
            f"{_PHOTO_COLUMNS} WHERE p.id IN "
            f"(SELECT p.id FROM photos p WHERE {where} ORDER BY p.sort, p.path LIMIT ? OFFSET ?) "
            "ORDER BY p.sort, p.path",
            (*values, limit, offset),
        )
        return total, [_photo(row) for row in rows]

    def photo(self, photo: int) -> PhotoRow:
        """One photo; `DataError` if there is none with this number."""
        rows = self._rows(f"{_PHOTO_COLUMNS} WHERE p.id = ?", (photo,))
        if not rows:
            raise DataError(f"the project has no photo number {photo}")
        return _photo(rows[0])

    def photo_at(self, path: str) -> PhotoRow | None:
        """The photo at a path relative to the folder."""
        rows = self._rows(f"{_PHOTO_COLUMNS} WHERE p.path = ?", (path,))
        return _photo(rows[0]) if rows else None

    def photos_to_export(self) -> Iterator[PhotoRow]:
        """Every photo that has an object or is done, in order."""
        condition = f"{_HAS_OBJECTS} OR (p.done = 1 AND p.present = 1)"
        for row in self._rows(f"{_PHOTO_COLUMNS} WHERE {condition} ORDER BY p.sort, p.path"):
            yield _photo(row)

    def paths(self) -> dict[str, int]:
        """The number of each photo in the folder, by its path."""
        return {row["path"]: row["id"] for row in self._rows("SELECT path, id FROM photos WHERE present")}

    def photos_with_objects(self) -> Iterator[PhotoRow]:
        """Every photo that has an object, in order."""
        for row in self._rows(f"{_PHOTO_COLUMNS} WHERE {_HAS_OBJECTS} ORDER BY p.sort, p.path"):
            yield _photo(row)

    def neighbour(
        self, photo: int, step: Literal[-1, 1], filter: PhotoFilter = "all", search: str = ""
    ) -> PhotoRow | None:
        """The next or previous photo that passes the filter."""
        where, values = _photo_condition(filter, search)
        sign, order = (">", "ASC") if step > 0 else ("<", "DESC")
        rows = self._rows(
            f"{_PHOTO_COLUMNS}, photos here WHERE here.id = ? AND {where} "
            f"AND (p.sort, p.path) {sign} (here.sort, here.path) "
            f"ORDER BY p.sort {order}, p.path {order} LIMIT 1",
            (photo, *values),
        )
        return _photo(rows[0]) if rows else None

    def first_unfinished(self) -> PhotoRow | None:
        """The first photo to work on: not done and not broken; otherwise the first of all."""
        for condition in ("p.done = 0 AND p.problem IS NULL", "1"):
            rows = self._rows(
                f"{_PHOTO_COLUMNS} WHERE p.present AND {condition} ORDER BY p.sort, p.path LIMIT 1"
            )
            if rows:
                return _photo(rows[0])
        return None

    def place(self, photo: int, filter: PhotoFilter, search: str) -> int:
        """How many photos of the filtered list come before this one."""
        where, values = _photo_condition(filter, search)
        count: int = self._value(
            f"SELECT count(*) FROM photos p, photos here WHERE here.id = ? AND {where} "
            "AND (p.sort, p.path) < (here.sort, here.path)",
            (photo, *values),
        )
        return count

    def counts(self) -> dict[PhotoFilter, int]:
        """How many photos pass each filter."""
        return {name: self.photos(0, 0, name)[0] for name in get_args(PhotoFilter)}

    def set_read(
        self, photo: int, sha256: str, size: int, width: int, height: int, changed: int | None = None
    ) -> None:
        """The photo was read: its file's hash, size in bytes and time of change, its width and height."""
        with self._transaction():
            self._db.execute(
                "UPDATE photos SET sha256 = ?, bytes = ?, width = ?, height = ?, changed = ?, problem = NULL "
                "WHERE id = ?",
                (sha256, size, width, height, changed, photo),
            )

    def set_problem(self, photo: int, problem: str | None) -> None:
        """Why the photo cannot be used."""
        with self._transaction():
            self._db.execute("UPDATE photos SET problem = ? WHERE id = ?", (problem, photo))

    def set_done(self, photo: int, done: bool) -> None:
        """Whether a person is finished with the photo."""
        with self._transaction():
            self._db.execute("UPDATE photos SET done = ? WHERE id = ?", (done, photo))

    # ---- objects

    def objects(self, photo: int) -> list[ObjectRow]:
        """The photo's objects, deleted ones left out, in the order in which they were made."""
        rows = self._rows(
            f"SELECT o.id, o.version FROM {_NOW} WHERE o.photo = ? AND s.state != 'deleted' ORDER BY o.id",
            (photo,),
        )
        return [self._kept(row) for row in rows]

    def one(self, number: int) -> ObjectRow:
        """One object, also a deleted one; `DataError` if there is none with this number."""
        rows = self._rows("SELECT id, version FROM objects WHERE id = ?", (number,))
        if not rows:
            raise DataError(f"the project has no object number {number}")
        return self._kept(rows[0])

    def last_touched(self, photo: int) -> ObjectRow | None:
        """The object of a photo that was changed last, also if that deleted it."""
        rows = self._rows(
            "SELECT id, version FROM objects WHERE photo = ? ORDER BY touched DESC LIMIT 1", (photo,)
        )
        return self._kept(rows[0]) if rows else None

    def create(
        self,
        photo: int,
        work: Work,
        *,
        label: str,
        state: State = "draft",
        mask: Patch | None = None,
        confidence: float | None = None,
        seconds: float = 0,
        kind: str = "create",
        facts: Mapping[str, Any] | None = None,
    ) -> ObjectRow:
        """Add an object. `ClickError` for an accepted one without a pixel."""
        _check_state(state, mask)
        with self._transaction():
            cursor = self._db.execute(
                "INSERT INTO objects (photo, version, position, touched, facts) VALUES (?, 1, 0, ?, ?)",
                (photo, time.time(), json.dumps(facts, ensure_ascii=False) if facts else None),
            )
            assert cursor.lastrowid is not None
            number = cursor.lastrowid
            self._add_step(number, 0, label, state, work, mask, confidence)
            self._add_timing(number, kind, seconds)
            return self.one(number)

    def change(
        self,
        number: int,
        version: int,
        work: Work,
        *,
        label: str,
        state: State,
        mask: Patch | None,
        confidence: float | None,
        seconds: float,
        kind: str,
    ) -> ObjectRow:
        """Add a step; steps that were undone are forgotten.

        Raises
        ------
        ConflictError
            If `version` is not the newest; nothing is changed then.
        ClickError
            If it would be accepted without a pixel.
        """
        _check_state(state, mask)
        with self._transaction():
            position = self._check_version(number, version) + 1
            self._db.execute("DELETE FROM steps WHERE object = ? AND position >= ?", (number, position))
            self._add_step(number, position, label, state, work, mask, confidence)
            self._add_timing(number, kind, seconds)
            return self._move(number, position, mask)

    def undo(self, number: int, version: int, seconds: float) -> ObjectRow:
        """Go back one step; at the first one nothing happens. Raises `ConflictError` as `change`."""
        return self._shift(number, version, -1, "undo", seconds)

    def redo(self, number: int, version: int, seconds: float) -> ObjectRow:
        """Go forward to the step that was undone last, if any. Raises `ConflictError` as `change`."""
        return self._shift(number, version, 1, "redo", seconds)

    def efforts(self, since: float = 0) -> list[Effort]:
        """What each object cost that was not deleted, from `since` on (seconds since 1970)."""
        rows = self._rows(
            "SELECT t.object, sum(t.seconds) AS seconds, count(*) AS steps, "
            "sum(CASE t.kind WHEN 'corners' THEN 2 WHEN 'inside' THEN 1 WHEN 'correction' THEN 1 "
            "WHEN 'move' THEN 1 WHEN 'remove' THEN 1 ELSE 0 END) AS clicks "
            f"FROM timings t JOIN ({_NOW}) ON o.id = t.object "
            "WHERE s.state != 'deleted' AND t.at >= ? GROUP BY t.object",
            (since,),
        )
        return [
            Effort(object=r["object"], seconds=r["seconds"], clicks=r["clicks"], steps=r["steps"])
            for r in rows
        ]

    def timings(self) -> Iterator[Timing]:
        """Every step of every object in the order of time, also of deleted ones."""
        rows = self._rows(
            "SELECT p.path, t.object, s.label, s.state, t.kind, t.at, t.seconds FROM timings t "
            f"JOIN ({_NOW}) ON o.id = t.object JOIN photos p ON p.id = o.photo ORDER BY t.id"
        )
        return (Timing(**dict(row)) for row in rows)

    # ---- settings

    @property
    def labels(self) -> list[str]:
        """Names for objects, in the order of their keys 1 to 9."""
        rows = self._rows("SELECT value FROM settings WHERE key = 'labels'")
        return list(json.loads(rows[0]["value"])) if rows else ["object"]

    @labels.setter
    def labels(self, labels: Sequence[str]) -> None:
        with self._transaction():
            self._db.execute(
                "INSERT INTO settings VALUES ('labels', ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (json.dumps(list(labels), ensure_ascii=False),),
            )

    @property
    def classes(self) -> dict[str, tuple[int | None, str]]:
        """(class number, supercategory) of labels that came with them, by label."""
        rows = self._rows("SELECT value FROM settings WHERE key = 'classes'")
        return {name: (number, above) for name, number, above in json.loads(rows[0]["value"])} if rows else {}

    @classes.setter
    def classes(self, classes: Mapping[str, tuple[int | None, str]]) -> None:
        values = [[name, number, above] for name, (number, above) in classes.items()]
        with self._transaction():
            self._db.execute(
                "INSERT INTO settings VALUES ('classes', ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (json.dumps(values, ensure_ascii=False),),
            )

    def used_labels(self) -> list[str]:
        """The labels, and those of objects that are not among them."""
        rows = self._rows(f"SELECT DISTINCT s.label FROM {_NOW} WHERE s.state != 'deleted' ORDER BY o.id")
        return list(dict.fromkeys([*self.labels, *(row["label"] for row in rows)]))

    def rename_label(self, old: str, new: str) -> None:
        """Give a label another name: in the list, in all objects, and in what undo brings back.

        Raises
        ------
        DataError
            If there is no such label, or one with the new name: two that became one could not be told apart
            again.
        """
        with self._transaction():
            labels = self.labels
            if old not in labels:
                if new in labels:  # asked again, because the first answer was lost
                    return
                raise DataError(f"the project has no label {old!r}")
            if new in labels and new != old:
                raise DataError(
                    f"there is a label {new!r} already; give the objects that one instead of renaming {old!r}"
                )
            self._db.execute(
                "UPDATE objects SET version = version + 1 "
                "WHERE id IN (SELECT object FROM steps WHERE label = ?)",
                (old,),
            )
            self._db.execute("UPDATE steps SET label = ? WHERE label = ?", (new, old))
            self.labels = [new if label == old else label for label in labels]

    # ---- inside

    def _shift(self, number: int, version: int, by: int, kind: str, seconds: float) -> ObjectRow:
        with self._transaction():
            position = self._check_version(number, version) + by
            exists = self._value(
                "SELECT count(*) FROM steps WHERE object = ? AND position = ?", (number, position)
            )
            if not exists:
                return self.one(number)
            self._add_timing(number, kind, seconds)
            return self._move(number, position)

    def _kept(self, row: sqlite3.Row, mask: Patch | None = None) -> ObjectRow:
        """The object of a row with `id` and `version`; `mask`, if known already, is not decoded again."""
        number, version = row["id"], row["version"]

        def read() -> ObjectRow:
            return _object(self._rows(f"{_OBJECT_COLUMNS} WHERE o.id = ?", (number,))[0], mask)

        with self._lock:  # before the cache's own lock, also where a transaction holds it already
            return self._objects.get((number, version), read)

    def _check_version(self, number: int, version: int) -> int:
        """The position of an object whose newest version is `version`."""
        rows = self._rows("SELECT version, position FROM objects WHERE id = ?", (number,))
        if not rows:
            raise DataError(f"the project has no object number {number}")
        if rows[0]["version"] != version:
            raise ConflictError(CHANGED_ELSEWHERE)
        return int(rows[0]["position"])

    def _move(self, number: int, position: int, mask: Patch | None = None) -> ObjectRow:
        self._db.execute(
            "UPDATE objects SET position = ?, version = version + 1, touched = ? WHERE id = ?",
            (position, time.time(), number),
        )
        return self._kept(self._rows("SELECT id, version FROM objects WHERE id = ?", (number,))[0], mask)

    def _add_step(
        self,
        number: int,
        position: int,
        label: str,
        state: State,
        work: Work,
        mask: Patch | None,
        confidence: float | None,
    ) -> None:
        self._db.execute(
            "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                position,
                label,
                state,
                json.dumps(work.to_json()),
                mask and json.dumps(mask.to_json()),
                confidence,
            ),
        )

    def _add_timing(self, number: int, kind: str, seconds: float) -> None:
        self._db.execute(
            "INSERT INTO timings (object, kind, at, seconds) VALUES (?, ?, ?, ?)",
            (number, kind, time.time(), seconds),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, no other writer between its reads and its writes; one within another joins it."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
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
                    raise DataError(f"nothing was saved: {self.path.name}: {error}") from None
                raise

    def together(self) -> AbstractContextManager[None]:
        """Several changes that hold all or not at all, with one wait for the disk."""
        return self._transaction()

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def _value(self, query: str, values: Sequence[object] = ()) -> Any:
        return self._rows(query, values)[0][0]


_PHOTO_COLUMNS = (
    "SELECT p.id, p.path, p.sha256, p.width, p.height, p.done, p.problem, p.present, "
    f"(SELECT count(*) FROM {_NOW} WHERE o.photo = p.id AND s.state != 'deleted') AS objects FROM photos p"
)
_OBJECT_COLUMNS = (
    "SELECT o.id, o.photo, o.version, o.position, o.touched, o.facts, "
    "s.label, s.state, s.work, s.mask, s.confidence, "
    "EXISTS (SELECT 1 FROM steps n WHERE n.object = o.id AND n.position > o.position) AS can_redo "
    f"FROM {_NOW}"
)


def sort_key(path: str) -> str:
    """Text whose order is the natural one: numbers by value, upper and lower case alike."""
    return re.sub(r"\d+", lambda number: number.group().zfill(20), path).casefold()


def _photo_condition(filter: PhotoFilter, search: str) -> tuple[str, tuple[str, ...]]:
    where = f"p.present AND {_FILTERS[filter]}"
    return (f"{where} AND instr(lower(p.path), lower(?))", (search,)) if search else (where, ())


def _photo(row: sqlite3.Row) -> PhotoRow:
    return PhotoRow(
        id=row["id"],
        path=row["path"],
        sha256=row["sha256"],
        width=row["width"],
        height=row["height"],
        done=bool(row["done"]),
        problem=row["problem"],
        present=bool(row["present"]),
        objects=row["objects"],
    )


def _object(row: sqlite3.Row, mask: Patch | None = None) -> ObjectRow:
    if mask is None and row["mask"]:
        mask = Patch.from_json(json.loads(row["mask"]))
    return ObjectRow(
        id=row["id"],
        photo=row["photo"],
        version=row["version"],
        label=row["label"],
        state=row["state"],
        work=Work.from_json(json.loads(row["work"])),
        mask=mask,
        confidence=row["confidence"],
        can_undo=row["position"] > 0,
        can_redo=bool(row["can_redo"]),
        touched=row["touched"],
        facts=json.loads(row["facts"]) if row["facts"] else {},
    )


def _check_state(state: State, mask: Patch | None) -> None:
    if state == "accepted" and (mask is None or not mask.area):
        raise ClickError(
            "this mask has no pixel, so it cannot be accepted; click on the object, or delete it"
        )


def _object_size(row: ObjectRow) -> int:
    """Bytes, roughly: what counts are the masks."""
    return 2000 + sum(patch.mask.nbytes for patch in (row.mask, row.work.imported) if patch is not None)
