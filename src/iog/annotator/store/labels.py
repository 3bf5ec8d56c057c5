"""Names for objects, and what is asked of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from iog.annotator.store.file import File
from iog.annotator.store.rows import NOW
from iog.errors import DataError
from iog.wording import counted


class LabelTable(File):
    """Labels in the order of their keys, what they are called elsewhere, and attributes."""

    @property
    def labels(self) -> list[str]:
        """Names for objects, in the order of their keys 1 to 9."""
        return list(self._setting("labels", ["object"]))

    @labels.setter
    def labels(self, labels: Sequence[str]) -> None:
        self._set("labels", list(labels))

    @property
    def classes(self) -> dict[str, tuple[int | None, str]]:
        """(class number, supercategory) of labels that came with them, by label."""
        return {name: (number, above) for name, number, above in self._setting("classes", [])}

    @classes.setter
    def classes(self, classes: Mapping[str, tuple[int | None, str]]) -> None:
        self._set("classes", [[name, number, above] for name, (number, above) in classes.items()])

    @property
    def colours(self) -> dict[str, str]:
        """Labels with colours of their own, as #rrggbb."""
        return dict(self._setting("colours", {}))

    @colours.setter
    def colours(self, colours: Mapping[str, str]) -> None:
        self._set("colours", dict(colours))

    @property
    def attributes(self) -> dict[str, list[str]]:
        """What objects are asked, by its name: the choices; none for a yes or no."""
        return {name: list(choices) for name, choices in self._setting("attributes", [])}

    @attributes.setter
    def attributes(self, attributes: Mapping[str, Sequence[str]]) -> None:
        self._set("attributes", [[name, list(choices)] for name, choices in attributes.items()])

    def _setting(self, key: str, default: Any) -> Any:
        rows = self._rows("SELECT value FROM settings WHERE key = ?", (key,))
        return json.loads(rows[0]["value"]) if rows else default

    def _set(self, key: str, value: Any) -> None:
        with self._transaction():
            self._db.execute(
                "INSERT INTO settings VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (key, json.dumps(value, ensure_ascii=False)),
            )

    def delete_label(self, label: str) -> None:
        """Take a label off the list.

        Raises
        ------
        DataError
            If objects have it, or it is the only one.
        """
        with self._transaction():
            labels = self.labels
            if label not in labels:  # asked again, because the first answer was lost
                return
            count = self._value(
                f"SELECT count(*) FROM {NOW} WHERE s.state != 'deleted' AND s.label = ?", (label,)
            )
            if count:
                have = f"{counted(count, 'objects')} {'has' if count == 1 else 'have'}"
                raise DataError(f"{have} the label {label!r}; merge it into another one instead")
            if len(labels) == 1:
                raise DataError("this is the only label; add another one first")
            self.labels = [other for other in labels if other != label]
            self.colours = {name: colour for name, colour in self.colours.items() if name != label}

    def merge_label(self, old: str, new: str) -> None:
        """Give all objects of a label another one, also in what undo brings back, and take it off the list.

        Raises
        ------
        DataError
            If there is no such label.
        """
        with self._transaction():
            if new not in self.labels or new == old:
                raise DataError(f"the project has no other label {new!r}")
            self._relabel(old, new)
            self.labels = [label for label in self.labels if label != old]
            self.colours = {name: colour for name, colour in self.colours.items() if name != old}

    def _relabel(self, old: str, new: str) -> None:
        self._db.execute(
            "UPDATE objects SET version = version + 1 WHERE id IN (SELECT object FROM steps WHERE label = ?)",
            (old,),
        )
        self._db.execute("UPDATE steps SET label = ? WHERE label = ?", (new, old))

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
            self._relabel(old, new)
            self.colours = {new if name == old else name: colour for name, colour in self.colours.items()}
            self.labels = [new if label == old else label for label in labels]
