"""Sets that have boxes alone."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iog import DataError
from iog.clicks import Box
from iog.datasets import known
from iog.datasets.boxes import pixels_of
from iog.datasets.imagenet import imagenet_boxes
from tests.datasets import layouts

edges = st.floats(-10, 60, allow_nan=False)


@given(edges, edges, edges, edges)
def test_a_box_is_the_least_one_around_its_edges(x0: float, y0: float, x1: float, y1: float) -> None:
    (x0, x1), (y0, y1) = sorted((x0, x1)), sorted((y0, y1))
    try:
        box = pixels_of(x0, y0, x1, y1, (50, 40))
    except ValueError:  # no more than a sliver lies in the photo
        assert x1 < 0.01 or y1 < 0.01 or x0 > 49.99 or y0 > 39.99
        return
    assert Box(0, 0, 50, 40).union(box) == Box(0, 0, 50, 40)
    assert min(box.width, box.height) >= 1
    for low, high, first, end, length in ((x0, x1, box.x0, box.x1, 50), (y0, y1, box.y0, box.y1, 40)):
        low, high = max(low, 0), min(high, length)
        assert first <= low + 1e-3
        assert end >= high - 1e-3
        assert first > low - 1
        assert end < high + 1 or end == first + 1


def test_shares_times_sizes_do_not_grow_by_rounding() -> None:
    assert pixels_of(0.1 * 30, 0.1 * 20, 0.1 * 30 + 0.3 * 30, 0.7 * 20, (30, 20)) == (3, 2, 12, 14)
    assert pixels_of(30, 0, 30, 20, (30, 20)) == (29, 0, 30, 20)


@pytest.mark.parametrize(
    "rectangle",
    [(5, 0, 4, 1), (0, 5, 1, 4), (30, 0, 35, 5), (-5, 0, 0, 5), (math.nan, 0, 1, 1), (0, 0, math.inf, 1)],
)
def test_rectangles_that_are_none(rectangle: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="box"):
        pixels_of(*rectangle, (30, 20))


CASES = [
    ("voc-boxes", layouts.voc, "val", [("cat", (3, 2, 12, 10)), ("person", (20, 12, 26, 18))]),
    ("coco-boxes", layouts.coco, "val2017", [("dog", (3, 2, 12, 10)), ("toothbrush", (20, 12, 26, 18))] * 2),
    (
        "imagenet-boxes",
        layouts.imagenet,
        "train",
        [("n01440764", (0, 2, 30, 20)), ("n01440764", (3, 2, 12, 10))],
    ),
    (
        "open-images-boxes",
        layouts.open_images,
        "validation",
        [("Airplane", (3, 2, 12, 10)), ("/m/unknown", (0, 0, 30, 20))],
    ),
]
cases = pytest.mark.parametrize(("name", "write", "split", "expected"), CASES, ids=[c[0] for c in CASES])


@cases
def test_boxes(
    name: str, write: layouts.Writer, split: str, expected: list[tuple[str, Box]], tmp_path: Path
) -> None:
    write(tmp_path)
    boxes = known.open_boxes(name, tmp_path, split)
    samples = [boxes[index] for index in range(len(boxes))]
    assert [(sample.category, sample.box) for sample in samples] == expected
    assert all(sample.image.is_file() for sample in samples)


@cases
def test_what_is_missing_is_named(
    name: str, write: layouts.Writer, split: str, expected: object, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="is missing") as error:
        known.open_boxes(name, tmp_path, split)
    assert known.BOXES[name].source.split(";")[0] in str(error.value)
    write(tmp_path)
    for photo in (*tmp_path.rglob("*.jpg"), *tmp_path.rglob("*.JPEG")):
        photo.unlink()
    with pytest.raises(DataError, match=r"is missing|has no IMAGEID"):
        known.open_boxes(name, tmp_path, split)


def test_a_json_file_of_ones_own(tmp_path: Path) -> None:
    layouts.own_coco(tmp_path)
    assert len(known.open_boxes("coco-boxes", tmp_path / "mine.json")) == 2
    data = json.loads((tmp_path / "mine.json").read_text())
    data["annotations"][0] |= {"bbox": [1, 2, 3], "segmentation": []}
    layouts.text(tmp_path / "mine.json", json.dumps(data))
    broken: list[str] = []
    assert len(known.open_boxes("coco-boxes", tmp_path / "mine.json", broken=broken)) == 1
    assert "annotation 11: it has neither" in broken[0]


def test_imagenet_without_boxes(tmp_path: Path) -> None:
    layouts.imagenet(tmp_path)
    shutil.rmtree(tmp_path / "ILSVRC/Annotations/CLS-LOC/train/n01440764")
    with pytest.raises(DataError, match=r"train has no .xml; ImageNet-LOC"):
        imagenet_boxes(tmp_path, "train")


XML = "ILSVRC/Annotations/CLS-LOC/train/n01440764/n01440764_18.xml"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<annotation><object>", "it is no XML"),
        ("", "it is no XML"),
        ('<!DOCTYPE a [<!ENTITY e "x">]><annotation>&e;</annotation>', "document type"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>', "document type"),
        ("<annotation><object><name>a</name></object></annotation>", "bndbox is missing"),
        ("<annotation>&e;</annotation>", "it is no XML"),
    ],
)
def test_xml_that_is_broken_or_hostile(content: str, message: str, tmp_path: Path) -> None:
    layouts.imagenet(tmp_path)
    (tmp_path / XML).write_text(content)
    with pytest.raises(DataError, match=message):
        imagenet_boxes(tmp_path, "train")


def test_a_document_type_in_another_encoding_is_refused_too(tmp_path: Path) -> None:
    layouts.imagenet(tmp_path)
    (tmp_path / XML).write_bytes(
        '<!DOCTYPE a [<!ENTITY e "x">]><annotation>&e;</annotation>'.encode("utf-16")
    )
    with pytest.raises(DataError, match="document type"):
        imagenet_boxes(tmp_path, "train")


def test_boxes_outside_of_the_photo_are_broken(tmp_path: Path) -> None:
    layouts.imagenet(tmp_path)
    layouts.xml(tmp_path / XML, [("a", 31, 1, 40, 9, 0), ("b", 1, 1, 9, 9, 0)])
    with pytest.raises(DataError, match="outside of the 30 x 20 photo"):
        imagenet_boxes(tmp_path, "train")
    broken: list[str] = []
    assert [imagenet_boxes(tmp_path, "train", broken=broken)[0].category] == ["b"]
    assert len(broken) == 1


@pytest.mark.parametrize("row", ["x,y\n", "0001eeaf4aed83f9,s,/m/a,1,0.5,0.4,0,1,0,0,0\n"])
def test_a_wrong_line_of_open_images_is_named(row: str, tmp_path: Path) -> None:
    layouts.open_images(tmp_path)
    listing = tmp_path / "validation-annotations-bbox.csv"
    with listing.open("a") as file:
        file.write(row)
    with pytest.raises(DataError, match=r"bbox.csv, line 6: "):
        known.open_boxes("open-images-boxes", tmp_path)


def test_open_images_that_is_no_csv(tmp_path: Path) -> None:
    layouts.open_images(tmp_path)
    (tmp_path / "validation-annotations-bbox.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="is not a CSV file"):
        known.open_boxes("open-images-boxes", tmp_path)
