"""What each written format keeps: the table of docs/formats.md, and what tests of round trips hold it to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace

from iog.formats.account import Account
from iog.formats.records import Picture
from iog.formats.table import WriteName


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Whether something written comes back."""

    masks: bool = True
    """Every pixel of a mask, with holes and parts."""
    overlaps: bool = True
    """Pixels that several objects share."""
    boxes: bool = True
    """Objects that have a box alone."""
    negatives: bool = True
    """Photos without objects."""
    class_numbers: bool = False
    """Numbers and order of classes, and unused names."""
    flags: bool = False
    """`difficult`, `truncated`, `occluded`."""
    attributes: bool = False
    """Attributes of any name."""
    group: bool = False
    """Which objects belong together."""
    description: bool = False
    """The comment."""
    crowd: bool = False
    """That an object is a crowd."""
    score: bool = False
    """The confidence."""
    clicks: bool = False
    """The clicks that made the mask."""


_WITHOUT_SCORE = Promise(flags=True, attributes=True, group=True, description=True, crowd=True)
_FACTS = replace(_WITHOUT_SCORE, score=True)
_ALL = replace(_FACTS, class_numbers=True, clicks=True)

PROMISES: dict[WriteName, Promise] = {
    "coco": _ALL,
    "coco-rle": _ALL,
    "yolo": Promise(class_numbers=True),
    "voc": Promise(overlaps=False, flags=True),
    "labelme": _FACTS,
    "x-anylabeling": _FACTS,
    "cvat": _WITHOUT_SCORE,
    "label-studio": _FACTS,
    "png": Promise(boxes=False, negatives=False),
    "png-photo": Promise(overlaps=False, boxes=False, negatives=False),
    "parquet": Promise(negatives=False, score=True, clicks=True),
}


_NAMES = {"attributes": "attributes", "group": "groups", "description": "comments", "crowd": "crowds"}


def noted(
    format_: WriteName, pictures: Iterable[Picture], account: Account, name: str = ""
) -> Iterator[Picture]:
    """The pictures on their way to a writer, with a note for what its format has no place for.

    `name`: what people call the format.
    """
    for picture in pictures:
        for annotation in picture.annotations:
            for what in lost(format_, annotation.facts):
                account.note(f"{name or format_} has no place for {what}", picture.name)
        yield picture


def lost(format_: WriteName, facts: Iterable[str]) -> list[str]:
    """What a format has no place for, of things that are known of an object (names of `Annotation.facts`)."""
    promise = PROMISES[format_]
    kept = {fact: getattr(promise, fact if fact in _NAMES else "flags") for fact in facts}
    return list(dict.fromkeys(_NAMES.get(fact, "flags") for fact, keeps in kept.items() if not keeps))


def markdown() -> Iterator[str]:
    """The table, line by line."""
    names = [field.name for field in fields(Promise)]
    yield f"| format | {' | '.join(name.replace('_', ' ') for name in names)} |"
    yield f"| --- |{' --- |' * len(names)}"
    for format_, promise in PROMISES.items():
        cells = ("yes" if getattr(promise, name) else "" for name in names)
        yield f"| {format_} | {' | '.join(cells)} |"
