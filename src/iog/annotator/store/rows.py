"""What the project file holds, row by row, and the SQL that reads it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from iog.annotator.work import Work
from iog.errors import ClickError
from iog.patch import Patch

State = Literal["draft", "accepted", "deleted"]
CLICKS: Mapping[str, int] = {"corners": 2, "inside": 1, "correction": 1, "move": 1, "remove": 1}
"""How many clicks a step of each kind cost a person; other kinds cost none."""

PhotoFilter = Literal["all", "todo", "started", "review", "doubtful", "done", "broken"]

DOUBTFUL = 0.8
"""Below this confidence an object is worth a second look, accepted or not."""

NOW = "objects o JOIN steps s ON s.object = o.id AND s.position = o.position"
_OBJECT_OF = f"EXISTS (SELECT 1 FROM {NOW} WHERE o.photo = p.id AND "
HAS_OBJECTS = f"{_OBJECT_OF} s.state != 'deleted')"
FILTERS: dict[PhotoFilter, str] = {
    "all": "1",
    "todo": f"p.done = 0 AND p.problem IS NULL AND NOT {HAS_OBJECTS}",
    "started": f"p.done = 0 AND {HAS_OBJECTS}",
    "review": f"{_OBJECT_OF} s.state = 'draft')",
    "doubtful": f"{_OBJECT_OF} s.state != 'deleted' AND s.confidence < {DOUBTFUL})",
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
    touched: float
    facts: Mapping[str, Any]
    """Attributes, comment, group: what is not the default; see `iog.formats.records.Annotation.facts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedRow:
    """An accepted object, without its mask."""

    id: int
    path: str
    """Of its photo."""
    label: str


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


PHOTO_COLUMNS = (
    "SELECT p.id, p.path, p.sha256, p.width, p.height, p.done, p.problem, p.present, "
    f"(SELECT count(*) FROM {NOW} WHERE o.photo = p.id AND s.state != 'deleted') AS objects FROM photos p"
)
OBJECT_COLUMNS = (
    "SELECT o.id, o.photo, o.version, o.position, o.touched, s.facts, s.label, "
    "CASE WHEN o.position < 0 THEN 'deleted' ELSE s.state END AS state, s.work, s.mask, s.confidence "
    "FROM objects o JOIN steps s ON s.object = o.id AND s.position = max(o.position, 0)"
)


def sort_key(path: str) -> str:
    """Text whose order is the natural one: numbers by value, upper and lower case alike."""
    return re.sub(r"\d+", lambda number: number.group().zfill(20), path).casefold()


def photo_condition(filter: PhotoFilter, search: str) -> tuple[str, tuple[str, ...]]:
    """What passes a filter and a search (in paths and labels), as SQL with its values."""
    where = f"p.present AND {FILTERS[filter]}"
    if not search:
        return where, ()
    labelled = f"{_OBJECT_OF} s.state != 'deleted' AND instr(lower(s.label), lower(?)))"
    return f"{where} AND (instr(lower(p.path), lower(?)) OR {labelled})", (search, search)


def photo_of(row: sqlite3.Row) -> PhotoRow:
    """A row of `PHOTO_COLUMNS`."""
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


def object_of(row: sqlite3.Row, mask: Patch | None = None) -> ObjectRow:
    """A row of `OBJECT_COLUMNS`; `mask`, if known already, is not decoded again."""
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
        touched=row["touched"],
        facts=json.loads(row["facts"]) if row["facts"] else {},
    )


def check_state(state: State, mask: Patch | None) -> None:
    """Raise `ClickError` for an accepted object without a pixel."""
    if state == "accepted" and (mask is None or not mask.area):
        raise ClickError(
            "this mask has no pixel, so it cannot be accepted; click on the object, or delete it"
        )


def object_size(row: ObjectRow) -> int:
    """Bytes, roughly: what counts are the masks."""
    return 2000 + sum(patch.mask.nbytes for patch in (row.mask, row.work.imported) if patch is not None)
