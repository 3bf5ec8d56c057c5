"""The photos of a project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, get_args

from iog.annotator.store.file import File
from iog.annotator.store.rows import (
    HAS_OBJECTS,
    PHOTO_COLUMNS,
    IdentityRow,
    PhotoFilter,
    PhotoRow,
    photo_condition,
    photo_of,
    sort_key,
)
from iog.errors import DataError


class PhotoTable(File):
    """The list of photos, and what is known of their files."""

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
            f"WHERE p.sha256 IS NOT NULL AND (p.done = 1 OR {HAS_OBJECTS})"
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
        where, values = photo_condition(filter, search)
        total = self._value(f"SELECT count(*) FROM photos p WHERE {where}", values)
        rows = self._rows(
            # First which, then what they hold: objects are counted for the page's photos alone.
            f"{PHOTO_COLUMNS} WHERE p.id IN "
            f"(SELECT p.id FROM photos p WHERE {where} ORDER BY p.sort, p.path LIMIT ? OFFSET ?) "
            "ORDER BY p.sort, p.path",
            (*values, limit, offset),
        )
        return total, [photo_of(row) for row in rows]

    def photo(self, photo: int) -> PhotoRow:
        """One photo; `DataError` if there is none with this number."""
        rows = self._rows(f"{PHOTO_COLUMNS} WHERE p.id = ?", (photo,))
        if not rows:
            raise DataError(f"the project has no photo number {photo}")
        return photo_of(rows[0])

    def photo_at(self, path: str) -> PhotoRow | None:
        """The photo at a path relative to the folder."""
        rows = self._rows(f"{PHOTO_COLUMNS} WHERE p.path = ?", (path,))
        return photo_of(rows[0]) if rows else None

    def photos_to_export(self) -> Iterator[PhotoRow]:
        """Every photo that has an object or is done, in order."""
        condition = f"{HAS_OBJECTS} OR (p.done = 1 AND p.present = 1)"
        for row in self._rows(f"{PHOTO_COLUMNS} WHERE {condition} ORDER BY p.sort, p.path"):
            yield photo_of(row)

    def paths(self) -> dict[str, int]:
        """The number of each photo in the folder, by its path."""
        return {row["path"]: row["id"] for row in self._rows("SELECT path, id FROM photos WHERE present")}

    def paths_to_do(self) -> list[str]:
        """Paths of photos that are neither done nor have an object."""
        where, _ = photo_condition("todo", "")
        return [
            r["path"] for r in self._rows(f"SELECT path FROM photos p WHERE {where} ORDER BY p.sort, p.path")
        ]

    def photos_with_objects(self) -> Iterator[PhotoRow]:
        """Every photo that has an object, in order."""
        for row in self._rows(f"{PHOTO_COLUMNS} WHERE {HAS_OBJECTS} ORDER BY p.sort, p.path"):
            yield photo_of(row)

    def neighbour(
        self, photo: int, step: Literal[-1, 1], filter: PhotoFilter = "all", search: str = ""
    ) -> PhotoRow | None:
        """The next or previous photo that passes the filter."""
        where, values = photo_condition(filter, search)
        sign, order = (">", "ASC") if step > 0 else ("<", "DESC")
        rows = self._rows(
            f"{PHOTO_COLUMNS}, photos here WHERE here.id = ? AND {where} "
            f"AND (p.sort, p.path) {sign} (here.sort, here.path) "
            f"ORDER BY p.sort {order}, p.path {order} LIMIT 1",
            (photo, *values),
        )
        return photo_of(rows[0]) if rows else None

    def first_unfinished(self) -> PhotoRow | None:
        """The first photo to work on: not done and not broken; otherwise the first of all."""
        for condition in ("p.done = 0 AND p.problem IS NULL", "1"):
            rows = self._rows(
                f"{PHOTO_COLUMNS} WHERE p.present AND {condition} ORDER BY p.sort, p.path LIMIT 1"
            )
            if rows:
                return photo_of(rows[0])
        return None

    def place(self, photo: int, filter: PhotoFilter, search: str) -> int:
        """How many photos of the filtered list come before this one."""
        where, values = photo_condition(filter, search)
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
