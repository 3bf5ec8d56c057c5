"""What the page does with several objects at once, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Path
from pydantic import Field

from iog.annotator import bulk, schemas
from iog.annotator.bulk import BulkKind
from iog.annotator.parts import Label, Number, Seconds
from iog.annotator.store import ObjectRow
from iog.annotator.workbench import Workbench
from iog.errors import DataError
from iog.serving.messages import Message


class Bulk(Message):
    """Something that is done to several objects of a photo."""

    kind: BulkKind
    objects: Annotated[list[Number], Field(min_length=1, max_length=10_000)]
    label: Label = "object"
    """For "label"."""
    photo: Number | None = None
    """For "copy": where to."""
    seconds: Seconds = 0


def add_bulk(app: FastAPI, bench: Workbench) -> None:
    """Add the routes."""
    store = bench.store

    @app.post("/api/photos/{number}/bulk")
    def do(number: Annotated[int, Path(ge=1, le=2**53)], wish: Bulk) -> schemas.PhotoHistory:
        """Do something to objects as one step for undo, which of a copy is the other photo's."""
        objects = [store.one(one) for one in dict.fromkeys(wish.objects)]
        if any(row.photo != number or row.state == "deleted" for row in objects):
            raise DataError("these objects changed in another tab; open the photo again")
        if wish.kind == "copy" and wish.photo is not None:
            bench.photos.pixels(wish.photo)  # its size
        with store.together():
            changed = _done(bench, objects, wish)
        can_undo, can_redo = store.can_walk(number)
        messages = [schemas.ObjectMessage.of(row) for row in changed]
        return schemas.PhotoHistory(objects=messages, can_undo=can_undo, can_redo=can_redo)


def _done(bench: Workbench, objects: list[ObjectRow], wish: Bulk) -> list[ObjectRow]:
    store = bench.store
    match wish.kind:
        case "duplicate":
            return bulk.duplicate(store, objects, wish.seconds)
        case "merge":
            return bulk.merge(store, objects, wish.seconds)
        case "split":
            return [row for one in objects for row in bulk.split(store, one, wish.seconds)]
        case "label":
            return bulk.label(store, objects, wish.label, wish.seconds)
        case "group":
            return bulk.group(store, objects, wish.seconds)
        case "copy":
            if wish.photo is None:
                raise DataError("there is no photo to copy to")
            return bulk.copy(store, objects, wish.photo, wish.seconds)
