"""Names for objects."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from iog.annotator.store.file import File
from iog.annotator.store.rows import NOW
from iog.errors import DataError


class LabelTable(File):
    """Labels in the order of their keys, and what they are called elsewhere."""

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
        rows = self._rows(f"SELECT DISTINCT s.label FROM {NOW} WHERE s.state != 'deleted' ORDER BY o.id")
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
