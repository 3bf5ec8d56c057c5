"""What is written comes back, for every format, as far as its row in `docs/formats.md` promises.

IOG_ROUND_TRIPS=500 tries so many datasets a format in place of 25.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from iog.formats import table
from iog.formats.account import Account
from iog.formats.records import Annotation, Class, Dataset, Edges, Picture, Pixels
from iog.patch import Patch

NAMES = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/\\:"), min_size=1, max_size=12
)
IN_FOLDERS = ("voc", "labelme", "x-anylabeling")
"""Formats whose files lie as the photos do, and say no more than the photo's name."""
LABELS = ("cat", "dog: big", "\u732b 'x\"")


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    names = draw(
        st.lists(NAMES.filter(lambda n: n.strip(". ") == n), min_size=1, max_size=3, unique_by=str.casefold)
    )
    pictures = []
    for name in names:
        width, height = draw(st.tuples(st.integers(4, 14), st.integers(4, 14)))
        masks = draw(st.lists(hnp.arrays(bool, (height, width)).filter(np.any), max_size=3))
        annotations = [
            Annotation(
                label=draw(st.sampled_from(LABELS)),
                shape=Pixels(Patch.of(mask)),
                difficult=draw(st.booleans()),
                group=draw(st.sampled_from([None, "1", "2"])),
                attributes=draw(st.dictionaries(st.sampled_from(["a", "b"]), st.booleans(), max_size=2)),
            )
            for mask in masks
        ]
        path = f"{draw(st.sampled_from(['', 'train/', 'a b/c/']))}{name}.png"
        pictures.append(Picture(name=path, size=(width, height), annotations=annotations))
    return Dataset(classes=[Class(name, n) for n, name in enumerate(LABELS)], pictures=pictures)


@pytest.mark.parametrize("format", get_args(table.WriteName))
@settings(max_examples=int(os.environ.get("IOG_ROUND_TRIPS", "25")), deadline=None)
@given(dataset=datasets())
def test_masks_labels_and_photos_come_back(format: table.WriteName, dataset: Dataset) -> None:
    written, read = Account(), Account()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        table.writer(format)(dataset, folder, written)
        wanted = [
            p for p in dataset.pictures if p.annotations or format not in ("parquet", "png", "png-photo")
        ]
        if not any(p.annotations for p in wanted) and format in ("parquet", "png", "png-photo"):
            return
        back = table.read(folder, read, table.READ_AS.get(format, format))  # type: ignore[arg-type]
        pictures = {
            (
                "/".join([*p.sections[:1], p.name])
                if format in ("voc", "labelme", "x-anylabeling")
                else p.name
            ): p
            for p in back.pictures
        }
        stems = {p.name if p.stem else Path(name).stem: p for name, p in pictures.items()}
        for picture in wanted:
            assert picture.size is not None
            found = pictures.get(picture.name) or stems[Path(picture.name).stem]
            masks = [a.shape.patch(picture.size).full(*picture.size) for a in picture.annotations if a.shape]
            if format in ("voc", "png-photo"):  # one value a pixel: a later object has what it shares
                masks = [
                    m & ~np.any([*masks[i + 1 :], np.zeros_like(m)], axis=0) for i, m in enumerate(masks)
                ]
            wanted_objects = [(a.label, m) for a, m in zip(picture.annotations, masks, strict=True)]
            if format == "png-photo":
                wanted_objects = [(label, m) for label, m in wanted_objects if m.any()]
            got = [a for a in found.annotations if a.shape is None or a.shape.patch(picture.size).area]
            assert [a.label for a in got] == [label for label, _ in wanted_objects]
            for a, (_, mask) in zip(got, wanted_objects, strict=True):
                if a.shape is not None:
                    assert np.array_equal(a.shape.patch(picture.size).full(*picture.size), mask)
                else:
                    assert not mask.any() and a.box is not None
            if format in ("coco", "coco-rle", "voc", "labelme", "x-anylabeling", "cvat"):
                assert [a.difficult for a in found.annotations] == [a.difficult for a in picture.annotations]
            if format in ("coco", "coco-rle", "labelme", "x-anylabeling"):
                assert [dict(a.attributes) for a in found.annotations] == [
                    dict(a.attributes) for a in picture.annotations
                ]
                assert [a.group for a in found.annotations] == [a.group for a in picture.annotations]
    assert not read.skipped


@pytest.mark.parametrize(
    "format", ["coco", "yolo", "voc", "labelme", "x-anylabeling", "parquet", "cvat", "label-studio"]
)
def test_boxes_come_back(tmp_path: Path, format: table.WriteName) -> None:
    box = Annotation(label="cat", box=Edges(3, 4, 13, 24))
    picture = Picture(name="a.png", size=(40, 30), annotations=[box])
    table.writer(format)(Dataset(classes=[Class("cat", 0)], pictures=[picture]), tmp_path, Account())
    (back,) = table.read(tmp_path, Account()).pictures
    (found,) = back.annotations
    assert found.shape is None and found.box is not None and found.box.box((40, 30)) == (3, 4, 13, 24)
