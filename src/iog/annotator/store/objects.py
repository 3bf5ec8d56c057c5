"""The objects of a project, step by step."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from iog.annotator.store.file import CHANGED_ELSEWHERE
from iog.annotator.store.history import HistoryTable
from iog.annotator.store.rows import (
    CLICKS,
    NOW,
    AcceptedRow,
    Effort,
    ObjectRow,
    State,
    Timing,
    check_state,
)
from iog.annotator.work import Work
from iog.errors import ConflictError, DataError
from iog.patch import Patch


class ObjectTable(HistoryTable):
    """Objects, each a list of steps."""

    def objects(self, photo: int) -> list[ObjectRow]:
        """The photo's objects, deleted ones left out, in the order in which they were made."""
        rows = self._rows(
            f"SELECT o.id, o.version FROM {NOW} WHERE o.photo = ? AND s.state != 'deleted' ORDER BY o.id",
            (photo,),
        )
        return [self._kept(row) for row in rows]

    def one(self, number: int) -> ObjectRow:
        """One object, also a deleted one; `DataError` if there is none with this number."""
        rows = self._rows("SELECT id, version FROM objects WHERE id = ?", (number,))
        if not rows:
            raise DataError(f"the project has no object number {number}")
        return self._kept(rows[0])

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
        check_state(state, mask)
        with self._transaction():
            cursor = self._db.execute(
                "INSERT INTO objects (photo, version, position, touched) VALUES (?, 1, 0, ?)",
                (photo, time.time()),
            )
            assert cursor.lastrowid is not None
            number = cursor.lastrowid
            self._add_step(number, 0, label, state, work, mask, confidence, facts)
            self._add_timing(number, kind, seconds)
            self._record(photo, number, -1, 0)
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
        facts: Mapping[str, Any] | None = None,
    ) -> ObjectRow:
        """Add a step; steps that were undone are forgotten. Without `facts` they stay.

        Raises
        ------
        ConflictError
            If `version` is not the newest; nothing is changed then.
        ClickError
            If it would be accepted without a pixel.
        """
        check_state(state, mask)
        with self._transaction():
            position = self._check_version(number, version) + 1
            if facts is None:
                facts = self.one(number).facts
            self._db.execute("DELETE FROM steps WHERE object = ? AND position >= ?", (number, position))
            self._add_step(number, position, label, state, work, mask, confidence, facts)
            self._add_timing(number, kind, seconds)
            moved = self._move(number, position, mask)
            self._record(moved.photo, number, position - 1, position)
            return moved

    def show(self, number: int, version: int, mask: Patch | None, confidence: float | None) -> ObjectRow:
        """Give an object the mask that a person sees when they open it, which is no step of theirs.

        What was undone can still be redone. Pixels that went to accepted objects come back with the undo of
        the step before, where that can be.

        Raises
        ------
        ConflictError
            If `version` is not the newest; nothing is changed then.
        """
        with self._transaction():
            position = self._check_version(number, version)
            found = self.one(number)
            last = self._value("SELECT max(id) FROM history WHERE photo = ? AND NOT undone", (found.photo,))
            undone = "SELECT 1 FROM moves JOIN history h ON h.id = entry WHERE object = ? AND h.undone"
            if found.mask is not None and last is not None and not self._rows(undone, (number,)):
                with self.together(found.photo, last):
                    return self.change(
                        number,
                        version,
                        found.work,
                        label=found.label,
                        state=found.state,
                        mask=mask,
                        confidence=confidence,
                        seconds=0,
                        kind="automatic",
                    )
            self._db.execute(
                "UPDATE steps SET mask = ?, confidence = ? WHERE object = ? AND position = ?",
                (mask and json.dumps(mask.to_json()), confidence, number, position),
            )
            return self._move(number, position, mask)

    def restore(self, number: int, seconds: float) -> ObjectRow:
        """Bring a deleted object back as it was before; `DataError` if it is not deleted."""
        with self._transaction():
            found = self.one(number)
            rows = self._rows(
                "SELECT * FROM steps WHERE object = ? AND state != 'deleted' ORDER BY position DESC LIMIT 1",
                (number,),
            )
            if found.state != "deleted" or not rows:
                raise DataError("this object is not deleted")
            (before,) = rows
            mask = Patch.from_json(json.loads(before["mask"])) if before["mask"] else None
            work = Work.from_json(json.loads(before["work"]))
            return self.change(
                number,
                found.version,
                work,
                label=before["label"],
                state=before["state"],
                mask=mask,
                confidence=before["confidence"],
                seconds=seconds,
                kind="restore",
                facts=json.loads(before["facts"]) if before["facts"] else {},
            )

    def accepted(self) -> list[AcceptedRow]:
        """The accepted objects of photos in the folder, in the order in which they were last touched."""
        rows = self._rows(
            f"SELECT o.id, p.path, s.label FROM {NOW} JOIN photos p ON p.id = o.photo "
            "WHERE s.state = 'accepted' AND p.present ORDER BY o.touched, o.id"
        )
        return [AcceptedRow(**dict(row)) for row in rows]

    def efforts(self, since: float = 0) -> list[Effort]:
        """What each object cost that a person touched and did not delete.

        `since`: only the work from then on, in seconds since 1970.
        """
        prices = " ".join(f"WHEN '{kind}' THEN {clicks}" for kind, clicks in CLICKS.items())
        rows = self._rows(
            "SELECT t.object, sum(t.seconds) AS seconds, count(*) AS steps, "
            f"sum(CASE t.kind {prices} ELSE 0 END) AS clicks "
            f"FROM timings t JOIN ({NOW}) ON o.id = t.object "
            "WHERE s.state != 'deleted' AND t.at >= ? GROUP BY t.object "
            "HAVING sum(t.kind NOT IN ('import', 'automatic', 'copy', 'duplicate')) > 0",
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
            f"JOIN ({NOW}) ON o.id = t.object JOIN photos p ON p.id = o.photo ORDER BY t.id"
        )
        return (Timing(**dict(row)) for row in rows)

    def _check_version(self, number: int, version: int) -> int:
        """The position of an object whose newest version is `version`."""
        rows = self._rows("SELECT version, position FROM objects WHERE id = ?", (number,))
        if not rows:
            raise DataError(f"the project has no object number {number}")
        if rows[0]["version"] != version:
            raise ConflictError(CHANGED_ELSEWHERE)
        return int(rows[0]["position"])

    def _add_step(
        self,
        number: int,
        position: int,
        label: str,
        state: State,
        work: Work,
        mask: Patch | None,
        confidence: float | None,
        facts: Mapping[str, Any] | None,
    ) -> None:
        self._db.execute(
            "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                position,
                label,
                state,
                json.dumps(work.to_json()),
                mask and json.dumps(mask.to_json()),
                confidence,
                json.dumps(facts) if facts else None,
            ),
        )
