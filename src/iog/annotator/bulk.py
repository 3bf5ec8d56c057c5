"""What is done to several objects of a photo at once: each is one step for undo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import cv2
import numpy as np

from iog.annotator.store import ObjectRow, State, Store
from iog.annotator.work import Work
from iog.errors import DataError
from iog.patch import Patch

BulkKind = Literal["duplicate", "merge", "split", "label", "group", "copy"]


def duplicate(store: Store, objects: Sequence[ObjectRow], seconds: float) -> list[ObjectRow]:
    """Copies on the same photo, as drafts that spare nothing: they lie on what they are copies of."""
    return [_copied(store, row, row.photo, row.work, "duplicate", s) for row, s in _timed(objects, seconds)]


def copy(store: Store, objects: Sequence[ObjectRow], photo: int, seconds: float) -> list[ObjectRow]:
    """Copies on another photo of the same size, as drafts with the very same masks.

    Raises
    ------
    DataError
        If the photo has another size.
    """
    here, there = (store.photo(number) for number in (objects[0].photo, photo))
    if (here.width, here.height) != (there.width, there.height):
        raise DataError(f"{there.path} has another size, so these objects do not fit it; outline them there")
    copies = []
    for row, pause in _timed(objects, seconds):
        # The model would answer the same clicks with another mask there.
        work = row.work if row.mask is None else Work(imported=row.mask)
        copies.append(_copied(store, row, photo, work, "copy", pause))
    return copies


def merge(store: Store, objects: Sequence[ObjectRow], seconds: float) -> list[ObjectRow]:
    """Several masks become one: that of the first object, whose label it keeps; the others are deleted.

    Raises
    ------
    DataError
        If there are fewer than two masks.
    """
    first, *others = objects
    if not others or any(row.mask is None or not row.mask.area for row in objects):
        raise DataError("choose two or more objects that have masks to merge them")
    patches = [row.mask for row in objects if row.mask is not None]
    box = patches[0].box
    for patch in patches[1:]:
        box = box.union(patch.box)
    whole = np.logical_or.reduce([patch.within(box) for patch in patches])
    merged = _changed(store, first, Patch.of(whole, box.x0, box.y0), first.state, "merge", seconds)
    return [merged, *(_changed(store, row, row.mask, "deleted", "merge", 0, row.work) for row in others)]


def split(store: Store, row: ObjectRow, seconds: float) -> list[ObjectRow]:
    """The parts of a mask become objects of their own; the largest keeps the object.

    Raises
    ------
    DataError
        If the mask is in one piece.
    """
    parts = [] if row.mask is None else _parts(row.mask)
    if len(parts) < 2:
        raise DataError("this object is in one piece, so there is nothing to split")
    changed = [_changed(store, row, parts[0], row.state, "split", seconds)]
    for part in parts[1:]:
        work = Work(imported=part, spare=False)
        changed.append(
            store.create(
                row.photo,
                work,
                label=row.label,
                state=row.state,
                mask=part,
                confidence=row.confidence,
                kind="split",
                facts=row.facts,
            )
        )
    return changed


def label(store: Store, objects: Sequence[ObjectRow], name: str, seconds: float) -> list[ObjectRow]:
    """One label for all."""
    others = [row for row in objects if row.label != name]
    return [
        _changed(store, replace(row, label=name), row.mask, row.state, "label", pause, row.work)
        for row, pause in _timed(others, seconds)
    ]


def group(store: Store, objects: Sequence[ObjectRow], seconds: float) -> list[ObjectRow]:
    """A group of their own for several objects; they leave those that they were in."""
    known = {row.facts.get("group") for row in store.objects(objects[0].photo)}
    name = next(str(number) for number in range(1, len(known) + 2) if str(number) not in known)
    return [
        _changed(store, row, row.mask, row.state, "group", pause, row.work, {**row.facts, "group": name})
        for row, pause in _timed(objects, seconds)
    ]


def _timed(objects: Sequence[ObjectRow], seconds: float) -> Iterator[tuple[ObjectRow, float]]:
    """The person's time counts once."""
    for place, row in enumerate(objects):
        yield row, 0 if place else seconds


def _copied(
    store: Store, row: ObjectRow, photo: int, work: Work, kind: BulkKind, seconds: float
) -> ObjectRow:
    return store.create(
        photo,
        replace(work, spare=False),
        label=row.label,
        mask=row.mask,
        confidence=row.confidence,
        seconds=seconds,
        kind=kind,
        facts=row.facts,
    )


def _changed(
    store: Store,
    row: ObjectRow,
    mask: Patch | None,
    state: State,
    kind: BulkKind,
    seconds: float,
    work: Work | None = None,
    facts: Mapping[str, Any] | None = None,
) -> ObjectRow:
    """Without `work` the mask is what it starts from from now on."""
    return store.change(
        row.id,
        row.version,
        work or Work(imported=mask, spare=False),
        label=row.label,
        state=state,
        mask=mask,
        confidence=row.confidence,
        seconds=seconds,
        kind=kind,
        facts=facts,
    )


def _parts(patch: Patch) -> list[Patch]:
    """The connected parts of a mask, the largest first; pixels that touch at a corner are connected."""
    count, numbers, found, _ = cv2.connectedComponentsWithStats(patch.mask.astype(np.uint8), connectivity=8)
    order = sorted(range(1, count), key=lambda number: -int(found[number, cv2.CC_STAT_AREA]))
    return [Patch.of(np.asarray(numbers == number), patch.box.x0, patch.box.y0) for number in order]
