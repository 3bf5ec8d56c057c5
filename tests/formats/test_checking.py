"""What no photo and no format can have goes through no door: conversion, import, boxes for `iog auto`."""

from __future__ import annotations

import errno
import io
import json
import os
import sqlite3
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from PIL import Image

from iog.auto.inputs import read_boxes
from iog.cli import main
from iog.errors import DataError
from iog.formats import table
from iog.formats.account import Account
from iog.formats.convert import convert
from iog.places import Folder
from tests.annotator.conftest import write_photo
from tests.formats.test_readers import write

SIZE = (100, 80)
SQUARE = [[10, 10, 30, 10, 30, 30, 10, 30]]
YOLO = "0 0.2 0.2 0.2 0.2\n"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    write_photo(tmp_path / "photos" / "a.jpg", *SIZE)
    return tmp_path / "photos"


def labels(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, dict(files))
    return folder


def coco(annotation: Mapping[str, Any] | None = None, **image: Any) -> str:
    stated = {"id": 1, "image_id": 1, "category_id": 1, **(annotation or {"segmentation": SQUARE})}
    images = [{"id": 1, "file_name": "a.jpg", "width": SIZE[0], "height": SIZE[1], **image}]
    categories = [{"id": 1, "name": "cat"}]
    return json.dumps({"images": images, "categories": categories, "annotations": [stated]})


def cvat(name: str = "a.jpg", width: object = 100, height: object = 80) -> str:
    box = '<box label="cat" xtl="10" ytl="10" xbr="30" ybr="30"/>'
    return f'<annotations><image name="{name}" width="{width}" height="{height}">{box}</image></annotations>'


def voc(name: str = "a.jpg", width: object = 100, height: object = 80) -> str:
    box = "<bndbox><xmin>11</xmin><ymin>11</ymin><xmax>30</xmax><ymax>30</ymax></bndbox>"
    size = f"<size><width>{width}</width><height>{height}</height></size>"
    return f"<annotation><filename>{name}</filename>{size}<object>{box}</object></annotation>"


def labelme(name: str = "a.jpg", **shape: Any) -> str:
    stated = {"label": "cat", "points": [[10, 10], [30, 10], [30, 30]], **shape}
    return json.dumps({"shapes": [stated], "imagePath": name, "imageWidth": 100, "imageHeight": 80})


def tasks(name: str = "a.jpg", **task: Any) -> str:
    value = {"x": 10, "y": 10, "width": 20, "height": 20, "rectanglelabels": ["cat"]}
    region = {"type": "rectanglelabels", "original_width": 100, "original_height": 80, "value": value}
    return json.dumps([{"data": {"image": name}, "annotations": [{"result": [region]}], **task}])


def png(name: str = "a.jpg") -> dict[str, str | bytes]:
    buffer = io.BytesIO()
    picture = Image.new("L", SIZE)
    picture.paste(255, (10, 10, 30, 30))
    picture.save(buffer, "PNG")
    entry = {"mask": "m.png", "value": 255, "photo": name, "label": "cat"}
    return {"m.png": buffer.getvalue(), "objects.json": json.dumps([entry])}


def doors(source: Path, photos: Path, tmp_path: Path) -> dict[str, Account | str]:
    """What each door says: its account, or its error."""
    said: dict[str, Account | str] = {}
    for door in ("convert", "import", "auto"):
        try:
            if door == "convert":
                said[door] = convert(source, tmp_path / "out", "coco", photos=photos)
            elif door == "auto":
                said[door] = account = Account()
                read_boxes(source, Folder(photos), None, account)
            else:
                ran = CliRunner().invoke(
                    main, ["import", str(photos), str(source), "--project", str(tmp_path / "p.iog")]
                )
                assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
                said[door] = ran.output
        except DataError as error:
            said[door] = str(error)
    return said


def told(said: Account | str) -> str:
    return said if isinstance(said, str) else "\n".join(said.lines())


NAMED = {
    "coco": lambda name: {"c.json": coco(file_name=name)},
    "cvat": lambda name: {"annotations.xml": cvat(name)},
    "voc": lambda name: {"Annotations/x.xml": voc(name)},
    "labelme": lambda name: {"x.json": labelme(name)},
    "label-studio": lambda name: {"tasks.json": tasks(name)},
    "png": png,
    "csv": lambda name: {"x.csv": f"image,x0,y0,x1,y1\n{name},10,10,30,30\n"},
}


@pytest.mark.parametrize("format_", NAMED)
def test_a_url_that_is_none_still_names_its_photo(photos: Path, tmp_path: Path, format_: str) -> None:
    source = labels(tmp_path / "l", NAMED[format_]("http://[bad/a.jpg"))
    account = convert(source, tmp_path / "out", "coco", photos=photos)
    assert account.objects == 1 and not account.skipped


@pytest.mark.parametrize("to", ["coco", "yolo", "voc", "cvat", "labelme"])
@pytest.mark.parametrize(
    "name", ["", "..", "a\0b.jpg", "a\x01b.jpg", "a\nb.jpg", "\ud800.jpg", "f" * 300 + "/b.jpg"]
)
def test_names_that_no_photo_can_have(tmp_path: Path, name: str, to: table.WriteName) -> None:
    source = labels(tmp_path / "l", {"c.json": coco(file_name=name)})
    with pytest.raises(DataError, match="a photo"):
        convert(source, tmp_path / "out", to)
    assert not (tmp_path / "out").exists()


def test_a_photo_with_such_a_name_is_not_written(photos: Path, tmp_path: Path) -> None:
    write_photo(photos / "s\x01" / "b.jpg", *SIZE)
    source = labels(tmp_path / "l", {"c.json": coco(file_name="b.jpg")})
    with pytest.raises(DataError, match="rename the photo"):
        convert(source, tmp_path / "out", "voc", photos=photos)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"annotations.xml": cvat(width=0)}, "cannot be a photo's"),
        ({"Annotations/a.xml": voc(width=-5)}, "cannot be a photo's"),
        ({"annotations.xml": cvat(width="9" * 9, height="9" * 9)}, "cannot be a photo's"),
        ({"annotations.xml": cvat(width="9" * 5000)}, "a number has 5000 digits"),
        ({"Annotations/a.xml": voc(width="1e308", height="1e308")}, "cannot be a photo's"),
        ({"Annotations/a.xml": voc(width=10**5, height=10**5)}, "cannot be a photo's"),
        ({"c.json": coco(width=999999, height=999999)}, "cannot be a photo's"),
        ({"tasks.json": tasks().replace('_width": 100', '_width": -5')}, "cannot be a photo's"),
        ({"tasks.json": tasks().replace('_width": 100', '_width": 1' + "0" * 400)}, "cannot be a photo's"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("to", ["coco", "voc", "png-photo"])
def test_sizes_that_no_photo_has(
    tmp_path: Path, files: dict[str, str], sentence: str, to: table.WriteName
) -> None:
    with pytest.raises(DataError, match=sentence):
        convert(labels(tmp_path / "l", files), tmp_path / "out", to)


@pytest.mark.parametrize(
    ("files", "written"),
    [
        ({"c.json": coco({"bbox": [500, 500, 20, 20]})}, None),
        ({"c.json": coco({"bbox": [-30, -20, 100, 1000]})}, [0, 0, 70, 80]),
        ({"c.json": coco({"bbox": [90, 10, 20.4, 10]})}, [90, 10, 10, 10]),
        ({"a.txt": "0 50 40 20 20\n"}, None),
        ({"a.txt": "0 3.5 3.5 0.2 0.2\n"}, None),
        ({"a.txt": "0 0.9 0.5 0.4 0.5\n"}, [70, 20, 30, 40]),
        ({"x.csv": "image,x0,y0,x1,y1\na.jpg,-40,10,30,30\n"}, [0, 10, 30, 20]),
        ({"x.csv": "image,x0,y0,x1,y1\na.jpg,-40,10,-30,30\n"}, None),
    ],
)
def test_boxes_are_cut_to_their_photo_at_all_doors(
    photos: Path, tmp_path: Path, files: dict[str, str], written: list[int] | None
) -> None:
    source = labels(tmp_path / "l", files)
    said = doors(source, photos, tmp_path)
    for door, account in said.items():
        if (
            door != "auto" or "c.json" in files
        ):  # without a stated size `auto` sees it when it opens the photo
            sentence = "outside of the 100 x 80 photo" if written is None else "is cut to it"
            assert sentence in told(account), door
    if written is not None:
        document = json.loads((tmp_path / "out" / "annotations.json").read_text())
        assert [a["bbox"] for a in document["annotations"]] == [written]


def test_a_rounding_error_is_no_reach(photos: Path, tmp_path: Path) -> None:
    source = labels(tmp_path / "l", {"classes.txt": "cat", "a.txt": "0 0.499996 0.5 1.000001 1.0\n"})
    assert convert(source, tmp_path / "out", "coco", photos=photos).is_clean


@pytest.mark.parametrize("to", get_args(table.WriteName))
@pytest.mark.parametrize(
    "shape", [{"score": float("nan")}, {"score": float("inf")}, {"attributes": {"q": [1, float("nan")]}}]
)
def test_numbers_that_json_cannot_hold(tmp_path: Path, to: table.WriteName, shape: dict[str, Any]) -> None:
    source = labels(tmp_path / "l", {"a.json": labelme(**shape)})
    account = convert(source, tmp_path / "out", to)
    assert account.objects == 1 and any("left out" in note for note in account.notes)
    for file in (tmp_path / "out").rglob("*.json"):
        assert "NaN" not in file.read_text() and "Infinity" not in file.read_text()
    with pytest.raises(DataError, match="left out or changed"):
        convert(source, tmp_path / "strict", to, strict=True)


@pytest.mark.parametrize("to", get_args(table.WriteName))
def test_characters_that_utf_8_cannot_hold(tmp_path: Path, to: table.WriteName) -> None:
    lone = {"segmentation": SQUARE, "attributes": {"\ud800": "\udfff"}, "group": "\ud800"}
    text = coco(lone).replace('"cat"', '"c\\ud800at"')
    account = convert(labels(tmp_path / "l", {"c.json": text}), tmp_path / "out", to)
    assert (
        account.objects == 1
        and "a text has characters that no file can hold; they are left out" in account.notes
    )


MALFORMED = {
    "surrogate-id": {"c.json": coco({"image_id": "\ud800", "segmentation": SQUARE})},
    "surrogate-photo": {"c.json": coco({"image_id": 7, "bbox": [1, 1, 9, 9]}, id="\ud800")},
    "long-id": {"c.json": coco({"image_id": "9" * 5000, "segmentation": SQUARE})},
    "annotations-of-numbers": {"tasks.json": tasks(annotations=[5])},
    "annotations-text": {"tasks.json": tasks(annotations="xx")},
    "annotations-map": {"tasks.json": tasks(annotations={"a": 1})},
    "annotations-true": {"tasks.json": tasks(annotations=True)},
    "predictions-of-numbers": {"tasks.json": tasks(annotations=[], predictions=[5])},
    "result-number": {"tasks.json": tasks(annotations=[{"result": 5}])},
    "huge-class": {"a.txt": "1e308 0.2 0.2 0.2 0.2\n"},
    "nested-listing": {"objects.json": "[" * 100000},
    "long-number": {"c.json": coco().replace('"id": 1', '"id": ' + "9" * 5000, 1)},
    "nested-yaml": {"a.txt": YOLO, "data.yaml": f"names: {'[' * 3000}{']' * 3000}"},
    "repeated-key": {"a.txt": YOLO, "data.yaml": "names: {0: cat, 0: dog}"},
}


@pytest.mark.parametrize("case", MALFORMED)
def test_values_of_other_kinds_end_no_door(photos: Path, tmp_path: Path, case: str) -> None:
    said = doors(labels(tmp_path / "l", MALFORMED[case]), photos, tmp_path)
    for door, account in said.items():
        assert "digits()" not in told(account) and "recursion" not in told(account), door
        assert "skipped" in told(account) or "Error" in told(account) or isinstance(account, str), door


def test_one_entry_of_another_kind_takes_nothing_from_others(photos: Path, tmp_path: Path) -> None:
    both = json.loads(tasks(annotations=[5])) + json.loads(tasks())
    source = labels(tmp_path / "l", {"tasks.json": json.dumps(both)})
    account = convert(source, tmp_path / "out", "coco", photos=photos)
    assert account.objects == 1 and account.losses == 1


def test_a_small_yaml_cannot_fill_the_memory(photos: Path, tmp_path: Path) -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"{chr(98 + i)}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 10)}]" for i in range(9)]
    source = labels(tmp_path / "l", {"a.txt": YOLO, "data.yaml": "\n".join([*lines, "names: [*j]"])})
    with pytest.raises(DataError, match="alias"):
        convert(source, tmp_path / "out", "coco", photos=photos)


def test_classes_of_one_name_are_said(photos: Path, tmp_path: Path) -> None:
    source = labels(tmp_path / "l", {"a.txt": YOLO, "data.yaml": "names: [cat, cat]"})
    account = convert(source, tmp_path / "out", "coco", photos=photos)
    assert "classes of one name become one class" in account.notes


@pytest.mark.parametrize(
    ("label", "line"), [("c\nat", "c at"), (" cat ", "cat"), ("\r\n", "object"), ("c\x01at", "cat")]
)
def test_vocs_lists_hold_a_label_a_line(tmp_path: Path, label: str, line: str) -> None:
    text = coco().replace('"cat"', json.dumps(label))
    account = convert(labels(tmp_path / "l", {"c.json": text}), tmp_path / "out", "voc")
    assert account.notes and (tmp_path / "out" / "labels.txt").read_text() == f"{line}\n"
    (picture,) = table.read(tmp_path / "out", Account()).pictures
    assert picture.annotations[0].label == line
    with pytest.raises(DataError, match="left out or changed"):
        convert(tmp_path / "l", tmp_path / "strict", "voc", strict=True)


def test_xml_says_which_text_it_cannot_hold(tmp_path: Path) -> None:
    source = labels(tmp_path / "l", {"c.json": coco({"segmentation": SQUARE, "attributes": {"q": "\x01"}})})
    account = convert(source, tmp_path / "out", "cvat")
    assert "a text has characters that XML cannot hold; they are left out" in account.notes


@pytest.mark.parametrize(
    "files", [{"c.json": coco()}, {"x.csv": "image,x0,y0,x1,y1\na.jpg,1,1,9,9\n"}, {"a.txt": YOLO}]
)
def test_a_link_to_nowhere_is_said_and_stops_nothing(
    photos: Path, tmp_path: Path, files: dict[str, str]
) -> None:
    source = labels(tmp_path / "l", files)
    ending = next(iter(files)).rpartition(".")[2]
    (source / f"0.{ending}").symlink_to("nowhere")
    (source / f"1.{ending}").symlink_to(f"1.{ending}")
    os.mkfifo(source / f"2.{ending}")
    account = convert(source, tmp_path / "out", "coco", photos=photos)
    assert account.objects == 1 and account.losses == 3
    with pytest.raises(DataError, match="neither a file nor a folder"):
        convert(source / f"2.{ending}", tmp_path / "p", "coco", photos=photos)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("kind", ["cvat", "voc"])
def test_xml_in_any_encoding_and_alone(photos: Path, tmp_path: Path, encoding: str, kind: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n{cvat() if kind == "cvat" else voc()}'
    source = labels(tmp_path / "l", {"x.xml": text.encode(encoding)}) / "x.xml"
    for door, account in doors(source, photos, tmp_path).items():
        assert "skipped" not in told(account) and "Error" not in told(account), door


def test_one_file_of_a_voc_folder_has_its_masks(tmp_path: Path) -> None:
    convert(labels(tmp_path / "l", {"c.json": coco()}), tmp_path / "v", "voc")
    account = convert(tmp_path / "v" / "Annotations" / "a.xml", tmp_path / "out", "coco")
    assert account.made["masks"] == 1


@pytest.mark.parametrize("content", ["", "image,x0,y0,x1,y1\n"])
def test_a_table_without_rows_is_an_error(photos: Path, tmp_path: Path, content: str) -> None:
    source = labels(tmp_path / "l", {"x.csv": content}) / "x.csv"
    with pytest.raises(DataError, match="expected the columns"):
        convert(source, tmp_path / "out", "coco", photos=photos)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("to", ["coco", "yolo", "png", "voc", "labelme", "parquet"])
def test_a_full_disk_is_told_with_its_file(tmp_path: Path, to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    source = labels(tmp_path / "l", {"c.json": coco()})
    monkeypatch.setattr(os, "fsync", full)
    ran = CliRunner().invoke(main, ["data", "convert", str(source), str(tmp_path / "out"), "--to", to])
    assert ran.exit_code == 2 and "the disk is full; make room" in ran.output
    assert str(tmp_path / "out") in ran.output and ".tmp" not in ran.output


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_photos_whose_names_are_not_utf_8(photos: Path, tmp_path: Path) -> None:
    (photos / os.fsdecode(b"\xff.jpg")).write_bytes((photos / "a.jpg").read_bytes())
    source = labels(tmp_path / "l", {"c.json": coco()})
    ran = CliRunner().invoke(main, ["import", str(photos), str(source), "--strict"])
    assert ran.exit_code == 0 and "1 object added" in ran.output
    assert "note: 1 photo" in ran.output and "not text in UTF-8" in ran.output


def test_no_room_for_what_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(sqlite3.Connection):
        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            if "INSERT" in arguments[0]:
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(*arguments)

    monkeypatch.setattr("iog.formats.coco.sqlite3.connect", lambda path: Full(path))
    with pytest.raises(DataError, match="name another one with TMPDIR"):
        convert(labels(tmp_path / "l", {"c.json": coco()}), tmp_path / "out", "coco")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"c.json": ""}, "it is empty"),
        ({"c.json": coco({"segmentation": {"size": [80, 100], "counts": "\xff~~"}})}, "COCO's do not have"),
        ({"a.json": labelme(shape_type="mask", mask="!!!!")}, "it is not a picture"),
        ({"data.yaml": "names: {" + "9" * 5000 + ": cat}", "a.txt": YOLO}, "line 1: "),
    ],
)
def test_sentences_speak_of_the_file(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    source = labels(tmp_path / "l", files)
    source = source / next(iter(files)) if len(files) == 1 else source
    with pytest.raises(DataError) as raised:
        convert(source, tmp_path / "out", "coco")
    assert sentence in str(raised.value) and "object at 0x" not in str(raised.value)


def test_a_damaged_archive_is_called_so(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as archive:
        archive.writestr("c.json", coco())
    (tmp_path / "l.zip").write_bytes((tmp_path / "l.zip").read_bytes()[:-30])
    with pytest.raises(DataError, match="no ZIP file, or a damaged one"):
        convert(tmp_path / "l.zip", tmp_path / "out", "coco")
