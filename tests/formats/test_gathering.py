"""Entries of one photo are joined, and a photo without objects is one whose labels say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from iog.errors import DataError
from iog.formats import table
from iog.formats.account import Account
from iog.formats.convert import NothingMadeError, convert
from iog.formats.gathering import gathered
from iog.formats.records import Annotation, Edges, Picture
from tests.annotator.conftest import write_photo
from tests.formats.test_strangers import coco, iog, labels

SHAPE = {"label": "x", "shape_type": "rectangle"}
VOC = (
    "<annotation><filename>a.png</filename><size><width>100</width><height>80</height></size><object>"
    "<name>x</name><bndbox><xmin>{0}</xmin><ymin>2</ymin><xmax>40</xmax><ymax>9</ymax></bndbox>"
    "</object></annotation>"
)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("a.png", "b.png"):
        write_photo(tmp_path / "photos" / name, 100, 80)
    return tmp_path / "photos"


def labelme(x: int) -> str:
    shape = {**SHAPE, "points": [[x, 2], [40, 9]]}
    return json.dumps({"shapes": [shape], "imagePath": "a.png", "imageWidth": 100, "imageHeight": 80})


def boxes(*rows: str) -> str:
    return "image,x0,y0,x1,y1\n" + "".join(f"{row}\n" for row in rows)


def task(x: int) -> dict[str, Any]:
    value = {"x": x, "y": 1, "width": 20, "height": 20, "rectanglelabels": ["x"]}
    region = {"type": "rectanglelabels", "original_width": 100, "original_height": 80, "value": value}
    return {"data": {"image": "a.png"}, "annotations": [{"result": [region]}]}


TWICE: dict[str, dict[str, Any]] = {
    "documents": {"c.json": coco("a.png"), "d.json": coco("a.png", segmentation=[[5, 5, 30, 5, 30, 30]])},
    "labelme": {"x.json": labelme(2), "y.json": labelme(3)},
    "voc": {"x.xml": VOC.format(2), "y.xml": VOC.format(3)},
    "tasks": {"tasks.json": json.dumps([task(1), task(5)])},
    "csv": {"b.csv": boxes("a.png,1,2,30,40", "b.png,1,2,30,40", "a.png,50,50,70,70")},
}


@pytest.mark.parametrize(
    ("kind", "to"),
    [*((kind, "yolo") for kind in TWICE), *(("labelme", to) for to in get_args(table.WriteName)[3:8])],
)
def test_entries_of_one_photo_are_joined(
    photos: Path, tmp_path: Path, kind: str, to: table.WriteName
) -> None:
    source = labels(tmp_path / "l", TWICE[kind])
    account = convert(source, tmp_path / "o", to, photos=photos)
    there = 3 if kind == "csv" else 2
    assert account.objects == there and account.made["photos"] == there - 1 and not account.skipped
    back = table.read(tmp_path / "o", Account(), table.READ_AS.get(to, to))  # type: ignore[arg-type]
    found = [p.annotations for p in back.pictures if Path(p.name).stem == "a"]
    assert [len(annotations) for annotations in found] == [2]


def test_other_entries_of_a_photo_are_left_out(photos: Path, tmp_path: Path) -> None:
    source = labels(tmp_path / "l", {"x/c.json": coco("a.png"), "y/c.json": coco("a.png")})
    account = convert(source, tmp_path / "o", "yolo", photos=photos)
    assert account.objects == 1 and "another entry of the file means the same photo" in account.skipped
    assert len((tmp_path / "o" / "labels" / "a.txt").read_text().splitlines()) == 1
    with pytest.raises(DataError, match="another entry"):
        convert(source, tmp_path / "s", "yolo", photos=photos, strict=True)


def test_entries_wait_for_the_last(tmp_path: Path) -> None:
    def entry(name: str, x: int, size: tuple[int, int] = (9, 9)) -> tuple[str, Picture]:
        return name, Picture(name=name, size=size, annotations=[Annotation(label="x", box=Edges(x, 0, 9, 9))])

    account = Account()
    entries = [entry("a", 1), entry("b", 2), entry("a", 3), entry("a", 4, (5, 5))]
    made = list(gathered(entries, {"a": 3, "b": 1}, account))
    assert [[a.box and a.box.x0 for a in p.annotations] for p in made] == [[2], [1, 3]]
    assert list(account.skipped) == ["entries of one photo state several sizes; those of the first count"]


BROKEN: dict[str, dict[str, Any]] = {
    "coco": {"c.json": coco("a.png", segmentation=[[1, 1]])},
    "ids": {"c.json": coco("a.png", image_id=77)},
    "runs": {"c.json": coco("a.png", segmentation={"size": [80, 100], "counts": [10, 20]})},
    "yolo": {"a.txt": "0 0.5 0.5 -0.2 0.2\n"},
    "yolo line": {"a.txt": "0 0.5 x 0.2 0.2\n"},
    "labelme": {"a.json": json.dumps({"shapes": [{"label": "x"}], "imagePath": "a.png"})},
    "points": {
        "a.json": json.dumps(
            {"shapes": [{**SHAPE, "shape_type": "point", "points": [[1, 1]]}], "imagePath": "a.png"}
        )
    },
    "voc": {"a.xml": VOC.format("x")},
    "cvat": {
        "annotations.xml": '<annotations><image name="a.png" width="100" height="80">'
        '<mask label="x" left="1" top="1" width="5" height="5" rle="1,2"/></image></annotations>'
    },
    "nobody": {"tasks.json": json.dumps([{"data": {"image": "a.png"}, "annotations": []}])},
    "csv": {"b.csv": boxes("a.png,1,2,x,40")},
}


@pytest.mark.parametrize(
    ("kind", "to"),
    [*((kind, "yolo") for kind in BROKEN), *(("coco", to) for to in get_args(table.WriteName))],
)
def test_a_photo_whose_objects_cannot_be_used_is_not_one_without(
    photos: Path, tmp_path: Path, kind: str, to: table.WriteName
) -> None:
    source = labels(tmp_path / "l", BROKEN[kind])
    with pytest.raises(NothingMadeError, match="photos whose objects all could not be used"):
        convert(source, tmp_path / "o", to, photos=photos)
    assert not (tmp_path / "o").exists()


def test_the_status_says_that_nothing_came_of_it(photos: Path, tmp_path: Path) -> None:
    source = labels(tmp_path / "l", BROKEN["yolo"])
    shown = iog("data", "convert", source, tmp_path / "o", "--to", "coco", "--images", photos, status=1)
    assert "nothing could be used" in shown and "its box has no width" in shown


def test_a_photo_that_is_said_to_have_no_objects_stays_one(photos: Path, tmp_path: Path) -> None:
    source = labels(tmp_path / "l", {"a.txt": "", "b.txt": "0 0.5 x 0.2 0.2\n"})
    account = convert(source, tmp_path / "o", "yolo", photos=photos)
    assert account.made == {"photos": 1}
    assert [path.name for path in (tmp_path / "o" / "labels").iterdir()] == ["a.txt"]
    # A broken file takes nothing from the one after it.
    empty = json.dumps({"shapes": [], "imagePath": "b.png"})
    source = labels(tmp_path / "m", {"a.json": "{", "b.json": empty})
    convert(source, tmp_path / "v", "voc", photos=photos)
    assert [path.name for path in (tmp_path / "v" / "Annotations").iterdir()] == ["b.xml"]
