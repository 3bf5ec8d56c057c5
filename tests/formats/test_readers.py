"""Files as other tools and people make them; each was wrong or a traceback once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iog.errors import DataError
from iog.formats import coco, jsonstream, table, voc, yolo
from iog.formats.account import Account
from iog.formats.convert import NothingMadeError, convert
from iog.formats.matching import PhotoIndex
from iog.formats.records import Annotation, Class, Picture

SIZE = (200, 120)
SQUARE = "0.2 0.2 0.6 0.2 0.6 0.8 0.2 0.8"


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def read(source: Path, name: table.ReadName | None = None) -> tuple[list[Class], list[Picture], Account]:
    account = Account()
    dataset = table.read(source, account, name)
    return list(dataset.classes), list(dataset.pictures), account


def areas(annotations: Any) -> list[int]:
    return [a.shape.patch(SIZE).area if a.shape else 0 for a in annotations]


@pytest.mark.parametrize(
    ("yaml", "names"),
    [
        ("names: ['cat', \"dog\"]", ["cat", "dog"]),
        ("names: [cat, dog]  # two", ["cat", "dog"]),
        ("names:\n  - cat # a comment\n  - 'dog: big'\n", ["cat", "dog: big"]),
        ("nc: 2\nnames:\n  0: cat\n  1: dog\n", ["cat", "dog"]),
        ("names: {0: cat, 1: no}", ["cat", "no"]),
        ("names:\n- cat\n- dog\n", ["cat", "dog"]),
        ("\ufeffnames: [cat, dog]", ["cat", "dog"]),
        ("train: ../train/images\r\nnc: 2\r\nnames: ['cat',\r\n  'dog']\r\n", ["cat", "dog"]),
    ],
)
def test_yolo_names_in_every_spelling_of_yaml(tmp_path: Path, yaml: str, names: list[str]) -> None:
    write(tmp_path, {"data.yaml": yaml, "labels/a.txt": f"1 {SQUARE}\n"})
    classes, (picture,), account = read(tmp_path)
    assert [c.name for c in classes] == names and [c.number for c in classes] == [0, 1]
    assert picture.annotations[0].label == names[1] and account.is_clean


@pytest.mark.parametrize(
    "place", ["classes.txt", "labels/classes.txt", "obj.names", "train/labels/../classes.txt"]
)
def test_yolo_names_from_lists(tmp_path: Path, place: str) -> None:
    write(tmp_path, {place: "cat\r\ndog\r\n\r\n", "train/labels/a.txt": f"1 {SQUARE}"})
    classes, (picture,), _ = read(tmp_path)
    assert [c.name for c in classes] == ["cat", "dog"] and picture.annotations[0].label == "dog"


@pytest.mark.parametrize(
    ("file", "sections"),
    [
        ("train/labels/a.txt", ["train/images", "train"]),
        ("labels/train/a.txt", ["images/train", "train"]),
        ("obj_train_data/a.txt", []),
        ("labels/a.txt", ["images"]),
    ],
)
def test_yolo_layouts_say_where_the_photo_lies(tmp_path: Path, file: str, sections: list[str]) -> None:
    write(tmp_path, {"data.yaml": "names: [x]", file: f"0 {SQUARE}"})
    _, (picture,), _ = read(tmp_path)
    assert picture.name == "a" and [s for s in picture.sections if s in sections] == sections


@pytest.mark.parametrize(
    ("yaml", "lists", "labels"),
    [
        ("train: train.txt\nval: val.txt", ("train.txt", "val.txt"), "labels"),
        ("path: .\ntrain: [lists/a.txt]\nval: ./lists/b.txt", ("lists/a.txt", "lists/b.txt"), "labels"),
        ("", ("train.txt", "val.txt"), "obj_train_data"),
    ],
)
def test_yolo_lists_say_the_part_and_which_photos_have_nothing(
    tmp_path: Path, yaml: str, lists: tuple[str, str], labels: str
) -> None:
    images = "images" if labels == "labels" else f"data/{labels}"
    write(
        tmp_path,
        {
            "data.yaml": f"{yaml}\nnames: [x]",
            lists[0]: f"./{images}/a.jpg\n{images}/sub/b.jpg\n",
            lists[1]: f"/far/away/{images}/c.jpg\r\n{images}/none.jpg\n",
            f"{labels}/a.txt": f"0 {SQUARE}",
            f"{labels}/sub/b.txt": f"0 {SQUARE}",
            f"{labels}/c.txt": "",
        },
    )
    _, pictures, account = read(tmp_path)
    found = {p.name: (p.split, len(p.annotations)) for p in pictures}
    negative = f"{images}/none.jpg"
    assert found == {"a": ("train", 1), "b": ("train", 1), "c": ("val", 0), negative: ("val", 0)}
    assert not account.skipped


def test_yolo_labels_where_the_yaml_says(tmp_path: Path) -> None:
    write(tmp_path, {"config/data.yaml": "path: ../set\nnames: [x]", "set/labels/a.txt": f"0 {SQUARE}"})
    for source in (tmp_path / "config", tmp_path / "config" / "data.yaml"):
        classes, (picture,), _ = read(source, "yolo")
        assert picture.annotations[0].label == "x" == classes[0].name


def test_yolo_lines_of_every_kind(tmp_path: Path) -> None:
    lines = (
        f"0 0.5 0.5 0.2 0.4\n0 0.5 0.5 0.2 0.4 0.9\n\n0 {SQUARE}\n0.0 {SQUARE} 0.5\n0 1 2\nx y\n0 nan 0 1 1\n"
    )
    write(
        tmp_path, {"classes.txt": "cat", "labels/a.txt": b"\xef\xbb\xbf" + lines.encode(), "labels/b.txt": ""}
    )
    write(
        tmp_path, {"labels/._a.txt": b"\0\5\26\7", "__MACOSX/labels/a.txt": "0 0 0 0", "README.txt": "hello"}
    )
    _, (a, b), account = read(tmp_path)
    assert [x.score for x in a.annotations] == [None, 0.9, None, 0.5] and b.annotations == []
    box = a.annotations[0].box
    assert box is not None and box.box(SIZE) == (80, 36, 120, 84)
    assert areas(a.annotations) == [0, 0, 80 * 72, 80 * 72]
    assert account.read["objects"] == 7 and sum(t.count for t in account.skipped.values()) == 3


def coco_document(**changes: Any) -> dict[str, Any]:
    return {
        "images": [{"id": 1, "file_name": "a.jpg", "width": SIZE[0], "height": SIZE[1]}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [40, 20, 80, 80], "iscrowd": 0, **changes}
        ],
    }


RING = [40, 20, 120, 20, 120, 100, 40, 100]


@pytest.mark.parametrize(
    ("changes", "area"),
    [
        ({"segmentation": [RING]}, 6400),
        ({"segmentation": RING}, 6400),  # a flat polygon
        ({"segmentation": [RING, RING]}, 6400),  # overlapping parts add up
        ({"segmentation": [RING], "image_id": "1"}, 6400),
        ({"segmentation": [RING], "image_id": 1.0}, 6400),
        ({"segmentation": [RING], "category_id": "1"}, 6400),
        ({"segmentation": {"size": [120, 200], "counts": [20, 100, 23880]}}, 100),
    ],
)
def test_coco_annotations_that_can_be_read(tmp_path: Path, changes: dict[str, Any], area: int) -> None:
    write(tmp_path, {"c.json": json.dumps(coco_document(**changes))})
    _, (picture,), account = read(tmp_path / "c.json")
    assert areas(picture.annotations) == [area] and account.is_clean
    assert picture.annotations[0].label == "cat"


@pytest.mark.parametrize("segmentation", [[[]], [[40, 20, 80, 80]], [], None])
def test_coco_segmentations_without_area_leave_the_box(tmp_path: Path, segmentation: Any) -> None:
    write(tmp_path, {"c.json": json.dumps(coco_document(segmentation=segmentation))})
    _, (picture,), account = read(tmp_path / "c.json")
    (a,) = picture.annotations
    assert a.shape is None and a.box is not None and a.box.box(SIZE) == (40, 20, 120, 100)
    assert bool(account.notes) == bool(segmentation)


def test_coco_says_what_it_leaves_out(tmp_path: Path) -> None:
    document = coco_document(segmentation=[[1, float("nan"), 3, 4, 5, 6]])
    document["annotations"].append({"id": 2, "image_id": 99, "category_id": 1, "bbox": [0, 0, 9, 9]})
    document["annotations"].append({"id": 3, "image_id": 1, "category_id": "zebra", "bbox": [0, 0, 9, 9]})
    document["annotations"].append(7)
    write(tmp_path, {"c.json": json.dumps(document)})
    _, (picture,), account = read(tmp_path / "c.json")
    assert [a.label for a in picture.annotations] == ["zebra"]
    assert sum(t.count for t in account.skipped.values()) == 3 and account.notes
    assert account.read["objects"] == 3


def test_coco_crowds_stay_crowds_and_photos_listed_twice_are_one(tmp_path: Path) -> None:
    document = coco_document(iscrowd=1)
    document["images"].append(document["images"][0])
    write(tmp_path, {"c.json": "\ufeff" + json.dumps(document)})
    _, (picture,), account = read(tmp_path / "c.json")
    assert [a.crowd for a in picture.annotations] == [True] and account.notes


def test_coco_results_are_read(tmp_path: Path) -> None:
    results = [{"image_id": 17, "category_id": 1, "bbox": [1, 2, 30, 40], "score": 0.5}]
    write(tmp_path, {"r.json": json.dumps(results)})
    _, (picture,), _ = read(tmp_path / "r.json")
    assert picture.name == "17" and picture.annotations[0].score == 0.5


@pytest.mark.parametrize("name", ["train/_annotations.coco.json", "annotations/instances_val.json"])
def test_coco_documents_in_folders(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: json.dumps(coco_document()), "other/package.json": '{"name": "x"}'})
    _, (picture,), _ = read(tmp_path)
    assert picture.annotations[0].label == "cat"


@pytest.mark.parametrize("text", ["", "{", "7", "[1, 2]", '{"a": 1}', "[]", '{"images": [}', "nothing"])
def test_what_is_no_coco_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"c.json": text})
    with pytest.raises(DataError, match=r"c\.json"):
        coco.read(tmp_path / "c.json", Account())


def test_large_documents_are_read_value_by_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonstream, "_CHUNK", 7)
    document = {"a": [1.25, {"b": "\u00e9[{"}, [-17]], "c": {"d": [float("nan")]}, "e": 12345678901}
    write(tmp_path, {"d.json": json.dumps(document, ensure_ascii=False)})
    found = list(jsonstream.walk(tmp_path / "d.json", frozenset({"a"})))
    assert found[:3] == [("a", 1.25), ("a", {"b": "\u00e9[{"}), ("a", [-17])]
    assert found[3][0] == "c" and np.isnan(found[3][1]["d"][0]) and found[4] == ("e", 12345678901)


def voc_xml(**parts: str) -> str:
    given = {
        "filename": "a.jpg",
        "size": "<size><width>200</width><height>120</height></size>",
        "name": "cat",
    }
    given |= {"box": "<xmin>41</xmin><ymin>21</ymin><xmax>120</xmax><ymax>100</ymax>"} | parts
    return (
        f"<annotation><folder>f</folder><filename>{given['filename']}</filename>{given['size']}"
        f"<object><name>{given['name']}</name><difficult>1</difficult><bndbox>{given['box']}</bndbox></object>"
        "</annotation>"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "gb2312", "utf-16"])
def test_voc_in_the_encodings_of_tools(tmp_path: Path, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + voc_xml(name="\u732b")
    write(tmp_path, {"Annotations/a.xml": text.encode(encoding)})
    _, (picture,), account = read(tmp_path)
    (a,) = picture.annotations
    assert a.label == "\u732b" and a.difficult and picture.size == SIZE and account.is_clean
    assert a.box is not None and a.box.box(SIZE) == (40, 20, 120, 100)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_voc_entities_are_refused_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    text = '<!DOCTYPE a [<!ENTITY b "boom">]>' + voc_xml(name="&b;")
    write(tmp_path, {"a.xml": text.encode(encoding), "b.xml": voc_xml()})
    _, pictures, account = read(tmp_path, "voc")
    assert len(pictures) == 1 and sum(t.count for t in account.skipped.values()) == 1


def test_voc_floats_and_folders_without_annotations(tmp_path: Path) -> None:
    box = "<xmin>40.6</xmin><ymin>21.0</ymin><xmax>120.0</xmax><ymax>100</ymax>"
    bad = "<xmin>nan</xmin><ymin>1</ymin><xmax>2</xmax><ymax>3</ymax>"
    size = "<size><width>200.0</width><height>120.0</height></size>"
    write(tmp_path, {"a.xml": voc_xml(box=box, size=size), "b.xml": voc_xml(box=bad), "c.xml": "<svg/>"})
    _, pictures, account = read(tmp_path)
    assert pictures[0].size == SIZE and len(pictures[0].annotations) == 1 and pictures[1].annotations == []
    assert sum(t.count for t in account.skipped.values()) == 2
    with pytest.raises(ValueError, match="no XML"):
        voc.parse(b"nothing")


def shape(kind: str | None, points: list[list[float]], **more: Any) -> dict[str, Any]:
    return {"label": "cat", "points": points, **({} if kind is None else {"shape_type": kind}), **more}


@pytest.mark.parametrize(
    ("given", "area"),
    [
        (shape("polygon", [[40, 20], [120, 20], [120, 100], [40, 100]]), 6400),
        (shape(None, [[40, 20], [120, 20], [120, 100], [40, 100]]), 6400),
        (shape("rotation", [[40, 20], [120, 20], [120, 100], [40, 100]]), 6400),
        (shape("circle", [[100, 60], [110, 60]]), 316),
        (shape("rectangle", [[120, 100], [40, 20]]), 0),
    ],
)
def test_labelme_shapes(tmp_path: Path, given: dict[str, Any], area: int) -> None:
    document = {"shapes": [given], "imagePath": "..\\pics\\a.jpg"}
    write(tmp_path, {"a.json": "\ufeff" + json.dumps(document), "package.json": '{"name": "x"}'})
    _, (picture,), account = read(tmp_path)
    assert areas(picture.annotations) == [area] and picture.name == "a.jpg" and picture.size is None
    assert [str(t) for t in account.skipped.values()] == ["package.json"]


@pytest.mark.parametrize("kind", ["point", "line", "linestrip", "points"])
def test_labelme_shapes_without_area_are_noted(tmp_path: Path, kind: str) -> None:
    document = {"shapes": [shape(kind, [[1, 2], [3, 4]]), shape("cuboid", []), 5], "imagePath": "a.jpg"}
    write(tmp_path, {"a.json": json.dumps(document)})
    _, (picture,), account = read(tmp_path / "a.json")
    assert picture.annotations == [] and sum(t.count for t in account.skipped.values()) == 3
    assert f"shapes of type {kind!r} have no area" in account.skipped


def test_labelme_groups_are_one_object(tmp_path: Path) -> None:
    left, right = [[0, 0], [10, 0], [10, 10]], [[20, 0], [30, 0], [30, 10]]
    shapes = [shape("polygon", left, group_id=3), shape("polygon", right, group_id=3), shape("polygon", left)]
    write(tmp_path, {"a.json": json.dumps({"shapes": shapes, "imagePath": "a.jpg"})})
    _, (picture,), _ = read(tmp_path)
    one, two = areas(picture.annotations)
    assert one == 2 * two
    assert table.located(tmp_path / "a.json", None)[0] == "labelme"


def test_a_folder_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no labels"):
        read(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        read(tmp_path / "gone")
    with pytest.raises(DataError, match=r"no \.txt files"):
        yolo.read(tmp_path, Account())


def test_facts_are_what_is_not_geometry() -> None:
    a = Annotation(label="x", crowd=True, group="7", attributes={"a": 1}, score=0.5)
    assert a.facts == {"crowd": True, "group": "7", "attributes": {"a": 1}}


@pytest.mark.parametrize(
    "counts", [[], [1, 2, 3], [700, -100], [2**63, 2**63, 600], [599.5, 0.5], "0", "é", {"a": 1}]
)
def test_run_lengths_that_are_none_are_left_out(counts: object, tmp_path: Path) -> None:
    segmentation = {"size": [20, 30], "counts": counts}
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": segmentation}
    document = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 30, "height": 20}],
        "annotations": [annotation],
        "categories": [{"id": 1, "name": "cat"}],
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.raises(NothingMadeError, match=r"skipped +1  (it cannot be read|an object cannot be used)"):
        convert(tmp_path / "a.json", tmp_path / "out", "png")


def test_a_photo_renamed_with_its_labels_is_found(tmp_path: Path) -> None:
    index = PhotoIndex(["new.jpg", "other.jpg"])
    account = Account()
    for name, file, expected in (("old.jpg", "new.xml", "new.jpg"), ("other.jpg", "new.xml", "other.jpg")):
        picture = Picture(name=name, size=None, annotations=[], file=file)
        assert index.find(picture, account) == expected
    assert [tally.count for tally in account.notes.values()] == [1]
    with pytest.raises(LookupError):
        index.find(Picture(name="old.jpg", size=None, annotations=[], file="gone.xml"), account)


def test_large_documents_are_recognised_by_their_beginning(tmp_path: Path) -> None:
    for start, name in [('{"images": [', "coco"), ('{"version": "5", "shapes": [', "labelme")]:
        (tmp_path / "a.json").write_text(start + "broken")  # what follows is not read to tell
        assert table.located(tmp_path / "a.json", None)[0] == name
