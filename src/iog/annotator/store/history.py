"""One history per photo: what was done last is taken back first, whatever object it concerned.

An entry lists the objects that one step of a person changed, each with its position before and after; -1 is
before it was made. Undo and redo move the objects there. A new step forgets the entries that were undone.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from iog.annotator.store.file import File
from iog.annotator.store.rows import NOW, OBJECT_COLUMNS, ObjectRow, object_of
from iog.errors import DataError
from iog.patch import Patch


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What undo or redo did."""

    objects: Sequence[ObjectRow]
    """Those that changed, as they are now; such that are gone have the state "deleted"."""
    can_undo: bool
    can_redo: bool


class HistoryTable(File):
    """The steps of a photo in order."""

    _entries: dict[int, int] | None = None
    """Within `together`: the entry of each photo, to which further changes are added."""

    @contextmanager
    def together(self, photo: int | None = None, step: int | None = None) -> Iterator[dict[int, int]]:
        """Several changes that hold all or not at all, with one wait for the disk; one step for undo.

        Yields that step of each photo. With `photo` and the `step` that an earlier call yielded for it the
        changes belong to that one, unless it was undone meanwhile.
        """
        with self._lock, self._transaction():
            outer, self._entries = self._entries, self._entries if self._entries is not None else {}
            if photo is not None and step is not None and photo not in self._entries:
                holds = "SELECT 1 FROM history WHERE id = ? AND photo = ? AND NOT undone"
                if self._rows(holds, (step, photo)):
                    self._entries[photo] = step
            try:
                yield self._entries
            finally:
                self._entries = outer

    def undo_photo(self, photo: int, seconds: float = 0) -> Moved:
        """Take back what was done last on a photo; nothing happens if nothing is left."""
        return self._walk(photo, "undo", seconds)

    def redo_photo(self, photo: int, seconds: float = 0) -> Moved:
        """Do again what was taken back last on a photo."""
        return self._walk(photo, "redo", seconds)

    def can_walk(self, photo: int) -> tuple[bool, bool]:
        """Whether there is something to undo, and to redo."""
        undone = {row["undone"] for row in self._rows("SELECT undone FROM history WHERE photo = ?", (photo,))}
        return 0 in undone, 1 in undone

    def deleted(self, photo: int) -> list[ObjectRow]:
        """The photo's deleted objects, the newest first."""
        rows = self._rows(
            f"SELECT o.id, o.version FROM {NOW} WHERE o.photo = ? AND s.state = 'deleted' "
            "ORDER BY o.touched DESC",
            (photo,),
        )
        return [self._kept(row) for row in rows]

    def _walk(self, photo: int, kind: str, seconds: float) -> Moved:
        undo = kind == "undo"
        with self._transaction():
            found = self._rows(
                "SELECT id FROM history WHERE photo = ? AND undone = ? "
                f"ORDER BY id {'DESC' if undo else 'ASC'} LIMIT 1",
                (photo, int(not undo)),
            )
            objects = []
            for entry in (row["id"] for row in found):
                self._db.execute("UPDATE history SET undone = ? WHERE id = ?", (int(undo), entry))
                for move in self._rows("SELECT * FROM moves WHERE entry = ? ORDER BY object", (entry,)):
                    position = move["before"] if undo else move["after"]
                    objects.append(self._move(move["object"], position))
                    self._add_timing(move["object"], kind, seconds)
                    seconds = 0
            can_undo, can_redo = self.can_walk(photo)
            return Moved(objects=objects, can_undo=can_undo, can_redo=can_redo)

    def _record(self, photo: int, number: int, before: int, after: int) -> None:
        """An object of a photo went from one position to another."""
        entry = None if self._entries is None else self._entries.get(photo)
        if entry is None:
            self._db.execute(
                "DELETE FROM moves WHERE entry IN (SELECT id FROM history WHERE photo = ? AND undone = 1)",
                (photo,),
            )
            self._db.execute("DELETE FROM history WHERE photo = ? AND undone = 1", (photo,))
            entry = self._db.execute("INSERT INTO history (photo) VALUES (?)", (photo,)).lastrowid
            assert entry is not None
            if self._entries is not None:
                self._entries[photo] = entry
        self._db.execute(
            "INSERT INTO moves VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET after = excluded.after",
            (entry, number, before, after),
        )

    def _kept(self, row: sqlite3.Row, mask: Patch | None = None) -> ObjectRow:
        """The object of a row with `id` and `version`; `mask`, if known already, is not decoded again."""
        number, version = row["id"], row["version"]

        def read() -> ObjectRow:
            # Before it was made (position -1) an object counts as deleted.
            found = self._rows(f"{OBJECT_COLUMNS} WHERE o.id = ?", (number,))
            return object_of(found[0], mask)

        with self._lock:  # before the cache's own lock, also where a transaction holds it already
            return self._objects.get((number, version), read)

    def _move(self, number: int, position: int, mask: Patch | None = None) -> ObjectRow:
        self._db.execute(
            "UPDATE objects SET position = ?, version = version + 1, touched = ? WHERE id = ?",
            (position, time.time(), number),
        )
        rows = self._rows("SELECT id, version FROM objects WHERE id = ?", (number,))
        if not rows:
            raise DataError(f"the project has no object number {number}")
        return self._kept(rows[0], mask)

    def _add_timing(self, number: int, kind: str, seconds: float) -> None:
        self._db.execute(
            "INSERT INTO timings (object, kind, at, seconds) VALUES (?, ?, ?, ?)",
            (number, kind, time.time(), seconds),
        )
