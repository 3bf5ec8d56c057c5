"""One picture a photo: entries of one photo, wherever they stand, are joined before they are written."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace

from iog.formats.account import Account
from iog.formats.places import waiting_on_disk
from iog.formats.records import Picture

TWICE = "another entry of the file means the same photo"


def place_of(stated: Picture) -> str:
    """What labels say of their photo: entries that say the same are of one photo."""
    return "/".join([*stated.sections[:1], stated.name])


def gathered(
    entries: Iterable[tuple[str, Picture]], counts: Mapping[str, int], account: Account
) -> Iterator[Picture]:
    """The pictures, those of one photo joined into one in the place of the last.

    Parameters
    ----------
    entries
        What the labels state (`place_of`), and the picture under its photo's path. Those that state another
        photo than the first of that path, or another size, are left out.
    counts
        How many entries each path has. Those of a path with several wait on the disk, so that memory holds
        one photo's.
    account
        Takes what is left out.
    """
    numbers: dict[str, int] = {}
    left: dict[str, int] = {}
    firsts: dict[str, tuple[str, Picture]] = {}
    named = "what belongs to one photo"
    with (
        waiting_on_disk(named),
        closing(sqlite3.connect("")) as waiting,
    ):  # SQLite moves a nameless database to the disk
        waiting.execute("CREATE TABLE e (photo INTEGER, picture BLOB)")
        waiting.execute("CREATE INDEX i ON e(photo)")
        for stated, picture in entries:
            name = picture.name
            if counts.get(name, 1) == 1:
                yield picture
                continue
            first, known = firsts.setdefault(name, (stated, replace(picture, annotations=())))
            left[name] = left.get(name, counts[name]) - 1
            problem = _problem(first, known, stated, picture)
            if problem is None:
                number = numbers.setdefault(name, len(numbers))
                # Python's own form keeps every kind of shape; nobody else writes this database.
                waiting.execute("INSERT INTO e VALUES (?, ?)", (number, pickle.dumps(picture)))
            else:
                account.skip(*problem, max(1, len(picture.annotations)))
            if left[name] == 0:
                rows = waiting.execute(
                    "SELECT picture FROM e WHERE photo = ? ORDER BY rowid", (numbers[name],)
                )
                yield _joined([pickle.loads(row) for (row,) in rows])


def _problem(first: str, known: Picture, stated: str, picture: Picture) -> tuple[str, str] | None:
    if stated != first:
        return TWICE, f"{stated} and {first}: {picture.name}"
    if picture.size != known.size:
        return "entries of one photo state several sizes; those of the first count", picture.name
    return None


def _joined(pictures: list[Picture]) -> Picture:
    return replace(
        pictures[0],
        annotations=[a for picture in pictures for a in picture.annotations],
        lost=sum(picture.lost for picture in pictures),
    )
