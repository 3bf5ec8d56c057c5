"""Each row of the table of docs/formats.md is tried."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from iog.clicks import Clicks
from iog.formats import table
from iog.formats.account import Account
from iog.formats.promises import PROMISES, Promise, markdown, noted
from iog.formats.records import Annotation, Class, Dataset, Edges, Picture, Pixels
from iog.patch import Patch

DOCUMENT = Path(__file__).parents[2] / "docs" / "formats.md"
SIZE = (20, 16)


def test_the_document_has_the_table() -> None:
    assert "\n".join(markdown()) in DOCUMENT.read_text(encoding="utf-8")
    assert set(PROMISES) == set(get_args(table.WriteName))


def _dataset() -> Dataset:
    first, second = np.zeros(SIZE[::-1], bool), np.zeros(SIZE[::-1], bool)
    first[2:10, 2:10] = True
    first[4:6, 4:6] = False  # a hole
    first[12:14, 15:18] = True  # a part
    second[8:14, 8:14] = True  # shares pixels with the first
    full = Annotation(
        label="cat",
        shape=Pixels(Patch.of(first)),
        clicks=Clicks.of(((2, 2), (17, 13)), (3, 3), [(5, 5, False)]),
        score=0.75,
        crowd=True,
        difficult=True,
        truncated=True,
        occluded=True,
        group="7",
        description="half behind a cup",
        attributes={"wet": True, "breed": "tabby"},
        seconds=3.5,
        click_count=4,
    )
    annotations = [full, Annotation(label="dog", shape=Pixels(Patch.of(second)))]
    box = Annotation(label="dog", box=Edges(1, 2, 11, 12))
    return Dataset(
        classes=[Class("dog", 1, "pet"), Class("cat", 0), Class("unused", 2)],
        pictures=[
            Picture(name="a.png", size=SIZE, annotations=annotations),
            Picture(name="b.png", size=SIZE, annotations=[box]),
            Picture(name="empty.png", size=SIZE, annotations=[]),
        ],
    )


def _same(found: np.ndarray | None, mask: np.ndarray) -> bool:
    return found is not None and np.array_equal(found, mask)


def _kept(format_: table.WriteName, folder: Path) -> Promise:
    """What came back."""
    written = _dataset()
    table.writer(format_)(written, folder, Account())
    back = table.read(folder, Account(), table.READ_AS.get(format_, format_))  # type: ignore[arg-type]
    classes = [(c.name, c.number) for c in sorted(back.classes, key=lambda c: c.number or 0)]
    pictures = {Path(p.name).stem: p for p in back.pictures}
    original = next(iter(written.pictures)).annotations
    found = pictures["a"].annotations
    masks = [None if a.shape is None else a.shape.patch(SIZE).full(*SIZE) for a in found]
    truth = [a.shape.patch(SIZE).full(*SIZE) for a in original if a.shape is not None]
    flat = [truth[0] & ~truth[1], truth[1]]
    one = found[0]
    return Promise(
        masks=all(_same(m, t) or _same(m, f) for m, t, f in zip(masks, truth, flat, strict=True)),
        overlaps=_same(masks[0], truth[0]),
        boxes="b" in pictures and [a.box is not None for a in pictures["b"].annotations] == [True],
        negatives="empty" in pictures,
        class_numbers=classes == [("cat", 0), ("dog", 1), ("unused", 2)],
        unused_classes="unused" in {name for name, _ in classes},
        supercategories="pet" in {c.supercategory for c in back.classes},
        flags=one.difficult and one.truncated and one.occluded,
        attributes=dict(one.attributes) == {"wet": True, "breed": "tabby"},
        group=one.group == "7",
        description=one.description == "half behind a cup",
        crowd=one.crowd,
        score=one.score == 0.75,
        clicks=one.clicks == original[0].clicks,
        seconds=(one.seconds, one.click_count) == (3.5, 4),
    )


@pytest.mark.parametrize("format_", get_args(table.WriteName))
def test_what_is_promised_comes_back(format_: table.WriteName, tmp_path: Path) -> None:
    kept = _kept(format_, tmp_path)
    for field in fields(Promise):
        assert getattr(kept, field.name) == getattr(PROMISES[format_], field.name), field.name


LOST = {
    "masks": "pixels",
    "negatives": "photos without objects",
    "class_numbers": "numbers of classes",
    "unused_classes": "classes without objects",
    "supercategories": "supercategories",
    "flags": "flags",
    "attributes": "attributes",
    "group": "groups",
    "description": "comments",
    "crowd": "crowds",
    "score": "scores",
    "clicks": "clicks",
    "seconds": "times",
}


@pytest.mark.parametrize("format_", get_args(table.WriteName))
def test_what_is_not_kept_is_said(format_: table.WriteName, tmp_path: Path) -> None:
    account = Account()
    table.writer(format_)(noted(format_, _dataset(), account), tmp_path, account)
    promise = PROMISES[format_]
    said = {line for line in (*account.notes, *account.skipped) if "has no place for" in line}
    assert said == {
        f"{format_} has no place for {what}" for field, what in LOST.items() if not getattr(promise, field)
    }
    account = Account()
    list(noted(format_, _dataset(), account, "Name", project=True).pictures)
    kept = ("class_numbers", "unused_classes", "supercategories", "score", "clicks", "seconds")
    assert not any(f"Name has no place for {LOST[field]}" in account.notes for field in kept)


ATTRIBUTES = {
    "crowd": True,
    "difficult": "true",
    "group": "gg",
    "description": "mine",
    "label": "zz",
    "score": 3,
    "points": "pp",
    "truncated": False,
}


@pytest.mark.parametrize("format_", [name for name, promise in PROMISES.items() if promise.attributes])
def test_attributes_stay_attributes(format_: table.WriteName, tmp_path: Path) -> None:
    one = Annotation(
        label="cat", box=Edges(1, 2, 11, 12), occluded=True, attributes={**ATTRIBUTES, "occluded": "half"}
    )
    picture = Picture(name="a.png", size=SIZE, annotations=[one])
    account = Account()
    dataset = Dataset(classes=[Class("cat", 1)], pictures=[picture])
    table.writer(format_)(noted(format_, dataset, account), tmp_path, account)
    (back,) = table.read(tmp_path, Account(), table.READ_AS.get(format_, format_)).pictures  # type: ignore[arg-type]
    (found,) = back.annotations
    assert (found.crowd, found.difficult, found.group, found.description) == (False, False, None, "")
    assert found.occluded
    values = {
        name.rstrip("_"): True if value == "true" else value for name, value in found.attributes.items()
    }
    wanted = {**ATTRIBUTES, "difficult": True, "occluded": "half"}
    if format_ == "cvat":
        wanted["score"] = "3"
    if format_.startswith("coco"):
        wanted.pop("truncated")  # a flag that is not set
        values.pop("truncated_", None)
    assert {**wanted, **values} == {**values, **wanted}
    assert any("uses the name of an attribute" in note for note in account.notes)
