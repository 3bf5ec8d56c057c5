"""What each written format keeps: the table of docs/formats.md, and what tests of round trips hold it to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

from iog.formats.account import Account
from iog.formats.records import FLAGS, Annotation, Class, Dataset, Picture
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
    """Numbers and order of classes."""
    unused_classes: bool = False
    """Names of classes without objects."""
    supercategories: bool = False
    """Names above those of classes."""
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
    seconds: bool = False
    """The time and the number of clicks that it took."""


_WITHOUT_SCORE = Promise(flags=True, attributes=True, group=True, description=True, crowd=True)
_FACTS = replace(_WITHOUT_SCORE, score=True)
_ALL = replace(
    _FACTS, class_numbers=True, unused_classes=True, supercategories=True, clicks=True, seconds=True
)

PROMISES: dict[WriteName, Promise] = {
    "coco": _ALL,
    "coco-rle": _ALL,
    "yolo": Promise(class_numbers=True, unused_classes=True),
    "voc": Promise(overlaps=False, unused_classes=True, flags=True),
    "labelme": _FACTS,
    "x-anylabeling": _FACTS,
    "cvat": replace(_WITHOUT_SCORE, unused_classes=True),
    "label-studio": _FACTS,
    "png": Promise(boxes=False, negatives=False),
    "png-photo": Promise(overlaps=False, boxes=False, negatives=False),
    "parquet": Promise(negatives=False, score=True, clicks=True, seconds=True),
}


_NAMES = {"attributes": "attributes", "group": "groups", "description": "comments", "crowd": "crowds"}


_WORK = {"score": "scores", "clicks": "clicks", "seconds": "times"}
"""What the work on an object leaves besides the object, and what people call it."""


def noted(
    format_: WriteName, dataset: Dataset, account: Account, name: str = "", *, project: bool = False
) -> Dataset:
    """The dataset on its way to a writer, with a line for what its format has no place for.

    Attributes whose names the format uses for facts of its own get an underscore, with a note.

    Parameters
    ----------
    format_, dataset, account
        As writers take them.
    name
        What people call the format.
    project
        The labels stay in a project, which keeps scores, clicks, times and the list of classes: these are
        then not spoken of.
    """
    return replace(dataset, pictures=_noted(format_, dataset, account, name or format_, project))


def _noted(
    format_: WriteName, dataset: Dataset, account: Account, called: str, project: bool
) -> Iterator[Picture]:
    used: set[str] = set()
    for picture in dataset.pictures:
        if not picture.annotations and not PROMISES[format_].negatives:
            account.skip(f"{called} has no place for photos without objects", picture.name)
        for annotation in picture.annotations:
            for what in [*lost(format_, annotation.facts), *_lost_work(format_, annotation, project)]:
                account.note(f"{called} has no place for {what}", picture.name)
            used.add(annotation.label)
        annotations = [_renamed(format_, annotation, account, called) for annotation in picture.annotations]
        yield replace(picture, annotations=annotations)
    for what, names in () if project else _lost_classes(format_, dataset.classes, used):
        account.note(f"{called} has no place for {what}", ", ".join(names[:3]))


def _lost_work(format_: WriteName, a: Annotation, project: bool) -> list[str]:
    there = {
        "score": a.score,
        "clicks": a.clicks,
        "seconds": a.click_count if a.seconds is None else a.seconds,
    }
    lost = (fact for fact, value in there.items() if value is not None and not project)
    return [_WORK[fact] for fact in lost if not getattr(PROMISES[format_], fact)]


def _lost_classes(
    format_: WriteName, classes: Sequence[Class], used: Collection[str]
) -> Iterator[tuple[str, list[str]]]:
    promise = PROMISES[format_]
    unused = [one.name for one in classes if one.name not in used]
    if unused and not promise.unused_classes:
        yield "classes without objects", unused
    above = [f"{one.name}: {one.supercategory}" for one in classes if one.supercategory]
    if above and not promise.supercategories:
        yield "supercategories", above
    numbers = {one.name: one.number for one in classes if one.number is not None}
    # Who counts them in order finds the same ones again.
    counted = any(list(numbers.values()) == list(range(k, k + len(numbers))) for k in (0, 1))
    if not counted and not promise.class_numbers:
        yield "numbers of classes", [f"{name}: {number}" for name, number in numbers.items()]


def _renamed(format_: WriteName, a: Annotation, account: Account, called: str) -> Annotation:
    taken = [name for name, value in a.attributes.items() if _is_taken(format_, a, name, value)]
    if not taken:
        return a
    attributes = dict(a.attributes)
    for name in taken:
        other = f"{name}_"
        while other in attributes:
            other += "_"
        attributes[other] = attributes.pop(name)
        account.note(f"{called} uses the name of an attribute for a fact; it is renamed", f"{name}: {other}")
    return replace(a, attributes=attributes)


_FACTS_AMONG_ATTRIBUTES: dict[WriteName, tuple[str, ...]] = {
    "coco": (),
    "coco-rle": (),
    "labelme": ("group",),
    "x-anylabeling": ("group",),
    "cvat": ("description",),
    "label-studio": ("group", "description"),
}
"""Formats with attributes, and what they keep among them besides flags."""


def _is_taken(format_: WriteName, a: Annotation, name: str, value: object) -> bool:
    """Whether an attribute would be read as a fact, or a fact written over it."""
    if format_ not in _FACTS_AMONG_ATTRIBUTES:
        return False
    if format_.startswith("coco"):
        return name in FLAGS and name != "crowd" and (isinstance(value, int) or getattr(a, name))
    if name in FLAGS:
        return value in (True, "true") or bool(getattr(a, name))
    return name in _FACTS_AMONG_ATTRIBUTES[format_]


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
