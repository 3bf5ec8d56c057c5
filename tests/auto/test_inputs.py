"""Every kind of box file gives the same boxes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iog import DataError
from iog.auto.inputs import Kind, read_boxes
from iog.auto.plan import Item, by_photo
from iog.clicks import Box
from iog.formats import table
from iog.formats.account import Account
from iog.places import Folder

SIZE = (96, 64)
BOXES = [
    ("a/astronaut.jpg", "cat", Box(3, 4, 40, 50)),
    ("a/astronaut.jpg", "dog", Box(0, 0, 96, 64)),
    ("b/coffee.png", "dog", Box(20, 10, 60, 30)),
]
FLAT = [(image.rpartition("/")[2], category, box) for image, category, box in BOXES]


def xml(things: list[tuple[str, Box]], one_based: bool, database: str) -> str:
    shift = 1 if one_based else 0
    objects = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{b.x0 + shift}</xmin><ymin>{b.y0 + shift}</ymin>"
        f"<xmax>{b.x1}</xmax><ymax>{b.y1}</ymax></bndbox></object>"
        for name, b in things
    )
    return f"<annotation><source><database>{database}</database></source>{objects}</annotation>"


def write(kind: str, folder: Path) -> Path:
    by_image: dict[str, list[tuple[str, Box]]] = {}
    for image, category, box in BOXES:
        by_image.setdefault(image, []).append((category, box))
    if kind == "coco":
        path = folder / "boxes.json"
        names = {image: number for number, image in enumerate(by_image, 1)}
        data = {
            "images": [
                {"id": n, "file_name": i, "width": SIZE[0], "height": SIZE[1]} for i, n in names.items()
            ],
            "categories": [{"id": 7, "name": "cat"}, {"id": 9, "name": "dog"}],
            "annotations": [
                {
                    "id": number,
                    "image_id": names[image],
                    "category_id": {"cat": 7, "dog": 9}[category],
                    "bbox": [box.x0, box.y0, box.width, box.height],
                }
                for number, (image, category, box) in enumerate(BOXES)
            ],
        }
        path.write_text(json.dumps(data))
        return path
    if kind in ("voc", "imagenet"):
        database = {"voc": "The VOC2007 Database", "imagenet": "ILSVRC_2012"}[kind]
        for image, things in by_image.items():
            file = (folder / "xml" / image).with_suffix(".xml")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(xml(things, kind == "voc", database))
        return folder / "xml"
    if kind == "yolo":
        for image, things in by_image.items():
            file = (folder / "labels" / image).with_suffix(".txt")
            file.parent.mkdir(parents=True, exist_ok=True)
            lines = []
            for number, (category, b) in enumerate(things):
                x0, y0, x1, y1 = b.x0 / 96, b.y0 / 64, b.x1 / 96, b.y1 / 64
                numbers = [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0]
                if number % 2:
                    numbers = [x0, y0, x1, y0, x1, y1, x0, y1]
                lines.append(" ".join([{"cat": "0", "dog": "1"}[category], *map(str, numbers)]))
            file.write_text("\n".join(lines) + "\n\n")
        (folder / "labels" / "classes.txt").write_text("cat\ndog\n")
        return folder / "labels"
    if kind == "open-images":
        path = folder / "validation-annotations-bbox.csv"
        (folder / "class-descriptions-boxable.csv").write_text("/m/1,cat\n/m/2,dog\n")
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax", "IsGroupOf"])
            for image, category, b in BOXES:
                label = {"cat": "/m/1", "dog": "/m/2"}[category]
                writer.writerow([Path(image).stem, label, b.x0 / 96, b.x1 / 96, b.y0 / 64, b.y1 / 64, 0])
        return path
    rows = [
        {"image": i, **dict(zip(("x0", "y0", "x1", "y1"), b, strict=True)), "category": c}
        for i, c, b in BOXES
    ]
    if kind == "csv":
        path = folder / "boxes.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path
    path = folder / "boxes.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.fixture
def flat_photos(small_photos: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "flat"
    folder.mkdir()
    for image, _, _ in BOXES:
        (folder / Path(image).name).write_bytes((small_photos / image).read_bytes())
    return folder


@pytest.mark.parametrize("kind", ["coco", "voc", "yolo", "imagenet", "open-images", "csv", "parquet"])
def test_every_kind_gives_the_same_boxes(
    kind: str, small_photos: Path, flat_photos: Path, tmp_path: Path
) -> None:
    path = write(kind, tmp_path)
    assert table.located(path, None)[0] == kind
    account = Account()
    items = read_boxes(path, Folder(flat_photos if kind == "open-images" else small_photos), None, account)
    assert not account.skipped and account.made == {"boxes": 3}
    expected = FLAT if kind == "open-images" else BOXES
    assert [(item.image, item.category, item.box(*SIZE)) for item in items] == expected


@pytest.mark.parametrize(
    ("kind", "name", "text", "fault"),
    [
        ("yolo", "labels/a/chelsea.txt", "0 0.5 0.5\n1 a b c d\nx 1 1 1 1\n", "line 1"),
        ("voc", "xml/a/chelsea.xml", "<annotation><object><name>cat</name></object></annotation>", "bndbox"),
        ("imagenet", "xml/a/chelsea.xml", "<annotation>", "no XML"),
    ],
)
def test_faults_are_noted(
    kind: Kind, name: str, text: str, fault: str, small_photos: Path, tmp_path: Path
) -> None:
    path = write(kind, tmp_path)
    (tmp_path / name).write_text(text)
    account = Account(log=[])
    assert len(read_boxes(path, Folder(small_photos), kind, account)) == 3
    assert fault in str(account.log)


def test_a_broken_box_costs_no_other_box_of_its_photo(small_photos: Path, tmp_path: Path) -> None:
    path = write("voc", tmp_path)
    whole = path / "a" / "astronaut.xml"
    whole.write_text(whole.read_text().replace("<xmax>40</xmax>", "<xmax>forty</xmax>"))
    account = Account(log=[])
    items = read_boxes(path, Folder(small_photos), "voc", account)
    assert [(item.image, item.category) for item in items] == [
        ("a/astronaut.jpg", "dog"),
        ("b/coffee.png", "dog"),
    ]
    assert account.log == [
        "a/astronaut.xml, object 1: its bndbox is missing or holds no numbers: an object cannot be read"
    ]


def test_a_folder_is_known_by_a_file_that_can_be_read(small_photos: Path, tmp_path: Path) -> None:
    path = write("imagenet", tmp_path)
    (path / "a" / "alone.xml").write_text("<annotation>")  # comes first
    assert table.located(path, None)[0] == "imagenet"
    account = Account(log=[])
    assert len(read_boxes(path, Folder(small_photos), None, account)) == 3
    assert "no XML" in str(account.log)


def test_a_class_below_zero_is_none(small_photos: Path, tmp_path: Path) -> None:
    path = write("yolo", tmp_path)
    (path / "a" / "astronaut.txt").write_text("-1 0.5 0.5 0.2 0.2\n")
    account = Account(log=[])
    assert [item.category for item in read_boxes(path, Folder(small_photos), None, account)] == ["dog"]
    assert "-1 is not a class number" in str(account.log)


def test_a_photo_of_another_size_is_said_before_anything_is_made() -> None:
    item = Item("a.jpg", "cat", (1, 2, 30, 40), stated=(100, 60))
    assert item.box(100, 60) == (1, 2, 30, 40)
    with pytest.raises(ValueError, match="is 200 x 120 pixels, the labels are for 100 x 60"):
        item.box(200, 120)
    with pytest.raises(ValueError, match="before its EXIF turns it"):
        item.box(60, 100)


def test_a_table_in_another_encoding_is_one_sentence(small_photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "boxes.csv"
    path.write_bytes("image,x0,y0,x1,y1,category\nrocket.jpg,1,2,30,40,größe\n".encode("latin-1"))
    with pytest.raises(DataError, match="not a CSV file in UTF-8"):
        read_boxes(path, Folder(small_photos), None, Account())


def test_rows_of_a_table_that_are_no_boxes(small_photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "boxes.csv"
    path.write_text("image,x0,y0,x1,y1\nrocket.jpg,1,2,30,40\nrocket.jpg,1,2,,40\n,1,2,30,40\nrocket.jpg,1\n")
    account = Account(log=[])
    (item,) = read_boxes(path, Folder(small_photos), None, account)
    assert (item.image, item.category, item.edges) == ("rocket.jpg", "object", (1, 2, 30, 40))
    assert account.log is not None
    assert [message.split(": ")[0][-5:] for message in account.log] == ["row 2", "row 3", "row 4"]


def test_a_photo_that_is_missing_is_left_to_the_run(small_photos: Path, tmp_path: Path) -> None:
    path = write("voc", tmp_path)
    (path / "gone.xml").write_text(xml([("cat", Box(1, 1, 9, 9))], True, "mine"))
    items = read_boxes(path, Folder(small_photos), "voc", Account())
    assert [item.image for item in items if item.image.startswith("gone")] == ["gone.jpg"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("boxes.csv", "image,x0,y0,x1\nrocket.jpg,1,2,3\n", "no column 'y1'"),
        ("boxes.csv", "image,x0,y0,x1,y1\n", "has no row"),
        ("boxes.json", "{", "not JSON"),
        ("boxes.parquet", "PAR", "not Parquet"),
        ("boxes.doc", "", "not a file of labels"),
        ("gone/a.csv", None, "does not exist"),
        ("labels/readme.md", "", "holds no labels"),
    ],
)
def test_useless_files_are_one_sentence(
    name: str, text: str | None, message: str, small_photos: Path, tmp_path: Path
) -> None:
    path = tmp_path / name
    if text is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    if name.startswith("labels"):
        path = path.parent
    with pytest.raises(DataError, match=message):
        read_boxes(path, Folder(small_photos), None, Account())


def test_a_kind_that_does_not_fit(small_photos: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="boxes of kind yolo are a folder"):
        read_boxes(write("csv", tmp_path), Folder(small_photos), "yolo", Account())
    with pytest.raises(DataError, match="is not a folder"):
        read_boxes(write("csv", tmp_path), Folder(small_photos / "rocket.jpg"), None, Account())


def test_boxes_of_a_photo_come_together(small_photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "boxes.csv"
    path.write_text("image,x0,y0,x1,y1\nb,1,1,9,9\na,1,1,9,9\nb,2,2,9,9\n")
    items = by_photo(read_boxes(path, Folder(small_photos), None, Account()))
    assert [(item.image, item.edges[0]) for item in items] == [("b", 1), ("b", 2), ("a", 1)]
