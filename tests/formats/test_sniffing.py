"""Labels are told by what they begin with, all files of a format are read, and what is not read is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from iog.errors import DataError
from iog.formats import table
from iog.formats.account import Account
from iog.formats.convert import convert
from iog.formats.records import Picture
from tests.annotator.conftest import write_photo
from tests.formats.test_strangers import LINE, coco, iog, labels, objects

ROWS = "image,x0,y0,x1,y1\n{0}.png,1,2,30,40\n"
CVAT = (
    '<annotations><image name="{0}.png" width="100" height="80">'
    '<box label="{0}" xtl="1" ytl="2" xbr="9" ybr="9"/></image></annotations>'
)
VOC = "<annotation><filename>b.png</filename></annotation>"
TASK = {"data": {"image": "a.png"}, "annotations": [{"result": []}]}
LABELME = json.dumps({"shapes": [], "imagePath": "b.png"})


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("a.png", "b.png"):
        write_photo(tmp_path / "photos" / name, 100, 80)
    return tmp_path / "photos"


def read(source: Path) -> tuple[list[Picture], Account]:
    account = Account()
    return list(table.read(source, account).pictures), account


@pytest.mark.parametrize("format_", get_args(table.WriteName))
def test_what_an_export_wrote_is_read_whatever_its_photos_are_called(
    tmp_path: Path, format_: table.WriteName
) -> None:
    folder = tmp_path / "photos"
    names = {
        "objects",
        "tasks",
        "annotations",
        "data",
        "classes",
        "train",
        "uploads/1234abcd-x",
        "upload/1234abcd-x",
    }
    for number, name in enumerate(sorted(names)):
        write_photo(folder / f"{name}.png", 100, 80)
        label = ["annotations", "image_id", "<annotations", '"images"'][number % 4]
        document = json.loads(coco(f"{name}.png", attributes={"image_id": "1", "data": "x", "shapes": "y"}))
        document["categories"][0]["name"] = label
        labels(tmp_path / "l", {f"{number}.json": json.dumps(document)})
    iog("import", folder, tmp_path / "l", "--strict")
    for val in ("0", "0.4"):
        out, back = tmp_path / f"out{val}", tmp_path / f"{val}.iog"
        iog("export", folder, "--format", format_, "--out", out, "--val", val)
        iog("import", folder, out, "--project", back)
        assert set(objects(folder, str(back))) == {f"{name}.png" for name in names}


def test_all_files_of_a_folder_are_read(tmp_path: Path) -> None:
    found, _ = read(labels(tmp_path / "c", {"x.csv": ROWS.format("a"), "s/y.csv": ROWS.format("b")}))
    assert [p.name for p in found] == ["a.png", "b.png"]
    source = labels(tmp_path / "v", {"1/annotations.xml": CVAT.format("a"), "2/other.xml": CVAT.format("b")})
    found, _ = read(source)
    assert [(p.name, p.annotations[0].label) for p in found] == [("a.png", "a"), ("b.png", "b")]
    tasks = {f"project-{n}.json": json.dumps([{**TASK, "data": {"image": f"{n}.png"}}]) for n in "ab"}
    found, _ = read(labels(tmp_path / "s", tasks))
    assert [p.name for p in found] == ["a.png", "b.png"]


def test_all_parquet_files_of_a_folder_are_read(photos: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for name in "ab":
        source = labels(tmp_path / name, {"x.csv": ROWS.format(name)})
        convert(source, tmp_path / "p" / name, "parquet", photos=photos)
    found, _ = read(tmp_path / "p")
    assert [p.name for p in found] == ["a.png", "b.png"]


def test_a_table_that_is_none_is_said(photos: Path, tmp_path: Path) -> None:
    files = {"a.csv": ROWS.format("a"), "timings.csv": "photo,seconds\na,1\n"}
    source = labels(tmp_path / "c", files)
    shown = iog("import", photos, source)
    assert "a table cannot be read" in shown and "1 box" in shown
    with pytest.raises(DataError, match="a table cannot be read"):
        convert(source, tmp_path / "o", "coco", photos=photos, strict=True)


@pytest.mark.parametrize(
    ("files", "read_as", "others"),
    [
        ({"c.json": coco("a.png"), "b.json": LABELME}, "coco", {"labelme: b.json"}),
        ({"c.json": coco("a.png"), "labels/b.txt": LINE}, "coco", {"yolo: labels/b.txt"}),
        ({"c.json": coco("a.png"), "x/b.csv": ROWS}, "coco", {"csv: x/b.csv"}),
        ({"tasks.json": json.dumps([TASK]), "c.json": coco("a.png")}, "label-studio", {"coco: c.json"}),
        ({"annotations.xml": CVAT, "v/b.xml": VOC}, "cvat", {"voc: v/b.xml"}),
        ({"Annotations/b.xml": VOC, "b.json": LABELME}, "voc", {"labelme: b.json"}),
        ({"a.txt": LINE, "package.json": "{}", "p.csv": "photo,seconds\n"}, "csv", {"yolo: a.txt"}),
        ({"labels/a.txt": LINE, "package.json": '{"name": "images"}'}, "yolo", set()),
    ],
)  # fmt: skip
def test_other_labels_in_the_folder_are_said(
    tmp_path: Path, files: dict[str, str], read_as: str, others: set[str]
) -> None:
    source = labels(tmp_path / "l", files)
    assert table.located(source, None)[0] == read_as
    account = Account()
    table.read(source, account)
    said = account.skipped.get("labels of another format are there too, and are not read")
    assert set(said.examples if said else ()) == others
    account = Account()
    table.read(source, account, read_as)  # type: ignore[arg-type]
    assert not account.skipped, "who names the format has chosen"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.json", '{"version": "1", "flags": {"images": [], "annotations": []}, "shapes": []}', "labelme"),
        ("objects.json", '{"shapes": [{"label": "annotations"}], "imagePath": "objects.jpg"}', "labelme"),
        ("tasks.json", '{"info": {"data": 1}, "images": [], "annotations": []}', "coco"),
        ("a.json", '[{"image_id": 1, "data": 2}]', "label-studio"),
        ("data.json", '[{"image_id": 1, "bbox": [1, 2, 3, 4]}]', "coco"),
        ("a.xml", "<?xml version='1.0'?><!-- <annotation> -->\n<annotations/>", "cvat"),
        ("a.csv", "image,ImageIDs,x0,y0,x1,y1\n", "csv"),
    ],
)
def test_the_beginning_tells_what_a_file_is(tmp_path: Path, name: str, text: str, kind: str) -> None:
    assert table.located(labels(tmp_path, {name: text}) / name, None)[0] == kind


def test_uploads_of_label_studio(tmp_path: Path) -> None:
    stated = {
        "/data/upload/3/1234abcd-x.png": "x.png",
        "http://localhost:8080/data/upload/1234abcd-x.png": "x.png",
        "uploads/1234abcd-x.png": "uploads/1234abcd-x.png",
        "data/upload/1234abcd-x.png": "data/upload/1234abcd-x.png",
        "/my-uploads/1234abcd-x.png": "my-uploads/1234abcd-x.png",
    }
    tasks = [{**TASK, "data": {"image": url}} for url in stated]
    found, _ = read(labels(tmp_path, {"tasks.json": json.dumps(tasks)}))
    assert [p.name for p in found] == list(stated.values())
