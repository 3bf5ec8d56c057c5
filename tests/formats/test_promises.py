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
from iog.formats.promises import PROMISES, Promise, markdown
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
    )
    annotations = [full, Annotation(label="dog", shape=Pixels(Patch.of(second)))]
    box = Annotation(label="dog", box=Edges(1, 2, 11, 12))
    return Dataset(
        classes=[Class("dog", 1), Class("cat", 0), Class("unused", 2)],
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
        flags=one.difficult and one.truncated and one.occluded,
        attributes=dict(one.attributes) == {"wet": True, "breed": "tabby"},
        group=one.group == "7",
        description=one.description == "half behind a cup",
        crowd=one.crowd,
        score=one.score == 0.75,
        clicks=one.clicks == original[0].clicks,
    )


@pytest.mark.parametrize("format_", get_args(table.WriteName))
def test_what_is_promised_comes_back(format_: table.WriteName, tmp_path: Path) -> None:
    kept = _kept(format_, tmp_path)
    for field in fields(Promise):
        assert getattr(kept, field.name) == getattr(PROMISES[format_], field.name), field.name
