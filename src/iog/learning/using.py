"""The models that a project's labels use now, opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from iog.errors import IogError
from iog.learning.shelf import Shelf
from iog.segmenter import Segmenter


class InUse(NamedTuple):
    """What `in_use` found."""

    by_label: dict[str, Segmenter]
    """Labels without one use the model that the project started with."""
    by_number: dict[int, Segmenter]
    problem: str | None
    """Why one of them cannot be used, if so: the project is worth more than what it learned."""


def in_use(shelf: Shelf, opened: Mapping[int, Segmenter] | None = None) -> InUse:
    """The models that the shelf names; those in `opened` are not opened again.

    Raises
    ------
    DataError
        If the shelf cannot be read.
    """
    found = InUse({}, {}, None)
    for label, number in shelf.labels().items():
        try:
            known = found.by_number.get(number) or (opened or {}).get(number)
            found.by_number[number] = found.by_label[label] = known or Segmenter(shelf.file(number))
        except IogError as error:
            found = found._replace(problem=str(error))
    return found
