"""The project's labels and attributes, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI
from pydantic import StringConstraints

from iog.annotator import schemas
from iog.annotator.parts import Label
from iog.annotator.store import Store
from iog.errors import DataError
from iog.formats.records import FLAGS
from iog.serving.messages import Message

Colour = Annotated[str, StringConstraints(pattern="^#[0-9a-f]{6}$")]


class OneLabel(Message):
    """A label."""

    label: Label


class LabelColour(Message):
    """The colour of a label, as #rrggbb; null: by its place in the list."""

    label: Label
    colour: Colour | None = None


def add_labels(app: FastAPI, store: Store) -> None:
    """Add the routes."""

    def answer() -> schemas.Labels:
        return schemas.Labels(labels=store.labels, colours=store.colours)

    @app.put("/api/labels")
    def set_labels(labels: schemas.Labels) -> schemas.Labels:
        """Add labels, or put them in another order."""
        store.labels = list(dict.fromkeys(labels.labels))
        return answer()

    @app.post("/api/labels/rename")
    def rename_label(renaming: schemas.Renaming) -> schemas.Labels:
        """In the list and in all objects, whose versions change by it."""
        store.rename_label(renaming.old, renaming.new)
        return answer()

    @app.post("/api/labels/merge")
    def merge_label(merging: schemas.Renaming) -> schemas.Labels:
        """All objects of the old label get the new one, and the old one goes."""
        store.merge_label(merging.old, merging.new)
        return answer()

    @app.post("/api/labels/delete")
    def delete_label(one: OneLabel) -> schemas.Labels:
        """Take a label off the list that no object has."""
        store.delete_label(one.label)
        return answer()

    @app.put("/api/labels/colour")
    def set_colour(wish: LabelColour) -> schemas.Labels:
        """A colour of its own for a label."""
        if wish.label not in store.labels:
            raise DataError(f"the project has no label {wish.label!r}")
        others = {name: colour for name, colour in store.colours.items() if name != wish.label}
        store.colours = others if wish.colour is None else {**others, wish.label: wish.colour}
        return answer()

    @app.put("/api/attributes")
    def set_attributes(wish: schemas.Attributes) -> schemas.Attributes:
        """What objects are asked; answers to what is asked no more stay with their objects."""
        names = [one.name for one in wish.attributes]
        if asked := [name for name in names if name.lower() in (*FLAGS, "group", "description")]:
            raise DataError(f"every object is asked for {asked[0]!r} already; choose another name")
        if twice := {name for name in names if names.count(name) > 1}:
            raise DataError(f"there are two attributes {min(twice)!r}; give one another name")
        store.attributes = {one.name: list(dict.fromkeys(one.choices)) for one in wish.attributes}
        return schemas.Attributes.of(store.attributes)
