from __future__ import annotations

import csv
import json
import shutil
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from PIL import Image
from pycocotools import mask as pycoco
from pycocotools.coco import COCO

from iog.annotator import exchange
from iog.annotator.photos import Photos
from iog.annotator.store import Store
from iog.annotator.work import Work
from iog.cli import main
from iog.clicks import Clicks
from iog.errors import DataError
from iog.formats import tables
from iog.formats.convert import convert
from iog.patch import Patch
from tests.annotator.conftest import write_photo

WIDTH, HEIGHT = 60, 40
RING = np.zeros((HEIGHT, WIDTH), bool)
RING[5:25, 10:40] = True
RING[10:15, 20:30] = False  # a hole
RING[30:36, 45:55] = True  # a second part
BLOB = np.zeros((HEIGHT, WIDTH), bool)
BLOB[20:35, 3:9] = True
BLOB[26:30, 9:14] = True

Project = tuple[Store, Photos]


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Project]:
    """Projects over one folder with two photos of the same name in different folders."""
    folder = tmp_path / "photos"
    write_photo(folder / "a.png", WIDTH, HEIGHT)
    write_photo(folder / "sub" / "b.jpg", WIDTH, HEIGHT)

    def make(name: str) -> Project:
        store = Store(tmp_path / f"{name}.iog")
        return store, Photos(folder, store)

    return make


def fill(project: Project) -> None:
    store, photos = project
    store.labels = ["ring", "blob: two"]
    for row in store.photos(0, 9)[1]:
        photos.pixels(row.id)
        clicks = Clicks.of(((3, 20), (13, 34)), (8, 25), [(10, 29, True)]).with_stroke(
            [(6, 22), (8, 26), (9, 30)], True
        )
        for label, mask, work in (
            ("ring", RING, Work(imported=Patch.of(RING))),
            ("blob: two", BLOB, Work(clicks)),
        ):
            store.create(
                row.id, work, label=label, state="accepted", mask=Patch.of(mask), confidence=0.9, seconds=4
            )


def content(project: Project) -> list[tuple[str, str, bytes]]:
    return [
        (picture.path, row.label, row.mask.full(WIDTH, HEIGHT).tobytes())
        for picture in project[0].photos(0, 99)[1]
        for row in project[0].objects(picture.id)
        if row.mask is not None
    ]


@pytest.mark.parametrize(
    "format",
    ["coco", "coco-rle", "yolo", "voc", "labelme", "x-anylabeling", "png", "png-photo", "parquet"],
)
def test_masks_and_labels_come_back(
    make: Callable[[str], Project], tmp_path: Path, format: exchange.FormatName
) -> None:
    source, target = make("source"), make("target")
    fill(source)
    assert exchange.export(*source, format, tmp_path / "out").objects == 4
    account = exchange.import_path(*target, tmp_path / "out", strict=format != "x-anylabeling")
    assert (account.objects, account.made["masks"]) == (4, 4)
    assert sorted(content(target)) == sorted(content(source))
    assert set(target[0].labels) >= {"ring", "blob: two"}


def test_pyarrow_reads_what_a_person_wants_to_know(make: Callable[[str], Project], tmp_path: Path) -> None:
    project = make("source")
    fill(project)
    exchange.export(*project, "parquet", tmp_path / "out")
    table = pq.read_table(tmp_path / "out" / tables.FILE).to_pylist()
    assert [(row["image"], row["category"]) for row in table[:2]] == [
        ("a.png", "ring"),
        ("a.png", "blob: two"),
    ]
    row = table[1]
    mask = pycoco.decode({"size": [row["height"], row["width"]], "counts": row["rle"]})
    assert np.array_equal(mask.astype(bool), BLOB) and row["area"] == BLOB.sum()
    assert [row[edge] for edge in ("x0", "y0", "x1", "y1")] == [3, 20, 14, 35] and row["seconds"] == 4


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_tables_of_boxes_arrive_as_drafts(
    make: Callable[[str], Project], tmp_path: Path, ending: str
) -> None:
    rows = [
        {"image": "sub/b.jpg", "x0": 4, "y0": 5, "x1": 24, "y1": 15, "category": "cup"},
        {"image": "a.png", "x0": 1, "y0": 1, "x1": 9, "y1": 9, "category": "cup"},
        {"image": "gone.png", "x0": 1, "y0": 1, "x1": 9, "y1": 9, "category": "cup"},
        {"image": "a.png", "x0": 300, "y0": 1, "x1": 390, "y1": 9, "category": "cup"},
    ]
    path = tmp_path / f"boxes.{ending}"
    if ending == "csv":
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
        path.write_text("\n".join(lines))
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    store, photos = make("target")
    report = exchange.import_path(store, photos, path)
    assert report.objects == 2 and sum(tally.count for tally in report.skipped.values()) == 2
    (row,) = store.objects(store.photo_at("sub/b.jpg").id)
    assert (row.label, row.state, row.mask) == ("cup", "draft", None)
    assert tuple(row.work.clicks.box) == (4, 5, 24, 15)


def test_the_folder_within_a_zip_file_is_found(make: Callable[[str], Project], tmp_path: Path) -> None:
    source, target = make("source"), make("target")
    fill(source)
    exchange.export(*source, "voc", tmp_path / "out" / "VOC2012")
    archive = shutil.make_archive(str(tmp_path / "voc"), "zip", tmp_path / "out")
    assert exchange.import_path(*target, Path(archive)).objects == 4
    assert content(target) == content(source)


def test_a_zip_file_that_would_fill_the_disk_is_refused(
    make: Callable[[str], Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels/a.txt", b"0" * 3000)
    monkeypatch.setattr("iog.formats.archives.MAXIMUM_UNPACKED", 2000)
    with pytest.raises(DataError, match="unpacks to over"):
        exchange.import_path(*make("target"), tmp_path / "bomb.zip")


def test_one_odd_file_is_left_out_and_said_or_refused(make: Callable[[str], Project], tmp_path: Path) -> None:
    source, target = make("source"), make("target")
    fill(source)
    out = tmp_path / "out"
    exchange.export(*source, "labelme", out)
    (out / "sub" / "b.json").write_text("{")
    with pytest.raises(DataError, match=r"b\.json"):
        exchange.import_path(*target, out, strict=True)
    assert content(target) == [] and target[0].labels == ["object"]
    account = exchange.import_path(*target, out)
    assert account.objects == 2 and "sub/b.json" in next(iter(account.skipped.values())).examples[0]


def test_timings_are_exported_step_by_step(make: Callable[[str], Project], tmp_path: Path) -> None:
    project = make("source")
    fill(project)
    exchange.export(*project, "timings", tmp_path / "out")
    with (tmp_path / "out" / "timings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 and rows[0]["photo"] == "a.png" and float(rows[0]["seconds"]) == 4
    assert {row["step"] for row in rows} == {"create"}


def test_pycocotools_reads_the_same_masks(make: Callable[[str], Project], tmp_path: Path) -> None:
    project = make("source")
    fill(project)
    for format in ("coco", "coco-rle"):
        exchange.export(*project, format, tmp_path / format)
        document = COCO(str(tmp_path / format / "annotations.json"))
        names = [c["name"] for c in document.loadCats(document.getCatIds())]
        assert names == ["ring", "blob: two"]
        for annotation in document.loadAnns(document.getAnnIds()):
            expected = RING if annotation["category_id"] == 1 else BLOB
            assert np.array_equal(document.annToMask(annotation).astype(bool), expected)
            assert annotation["iscrowd"] == 0 and annotation["area"] == expected.sum()
    kinds = {type(a["segmentation"]) for a in _document(tmp_path / "coco")["annotations"]}
    assert kinds == {dict, list}  # run lengths for the ring, polygons for the blob
    assert _document(tmp_path / "coco")["annotations"][1]["clicks"]["inside"] == [8, 25]


def _document(folder: Path) -> dict:
    return json.loads((folder / "annotations.json").read_text())


def test_voc_boxes_are_one_based_and_pictures_have_a_palette(
    make: Callable[[str], Project], tmp_path: Path
) -> None:
    project = make("source")
    fill(project)
    out = tmp_path / "out"
    exchange.export(*project, "voc", out)
    root = ET.parse(out / "Annotations" / "sub__b.xml").getroot()
    bounds = root.findall("object")[1].find("bndbox")
    assert [int(bounds.findtext(side)) for side in ("xmin", "ymin", "xmax", "ymax")] == [4, 21, 14, 35]
    picture = Image.open(out / "SegmentationObject" / "a.png")
    assert picture.mode == "P" and picture.getpalette()[:6] == [0, 0, 0, 128, 0, 0]
    assert np.asarray(picture)[21, 4] == 2


def test_boxes_arrive_as_drafts(make: Callable[[str], Project]) -> None:
    store, photos = make("target")
    document = {
        "images": [{"id": 1, "file_name": "b.jpg"}, {"id": 2, "file_name": "unknown.jpg"}],
        "categories": [{"id": 3, "name": "cup"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 3, "bbox": [4, 5, 20, 10]},
            {"id": 2, "image_id": 1, "category_id": 3, "bbox": [4, 5, 1, 1]},
        ],
    }
    report = exchange.import_upload(store, photos, "a.json", json.dumps(document).encode())
    assert report.objects == 2
    assert [str(tally) for tally in report.skipped.values()] == ["unknown.jpg"]
    assert "under 4 pixels" in next(iter(report.notes))
    row, _ = store.objects(store.photo_at("sub/b.jpg").id)
    assert (row.label, row.state, row.mask) == ("cup", "draft", None)
    assert tuple(row.work.clicks.box) == (4, 5, 24, 15)


def test_uncompressed_run_lengths_are_read(make: Callable[[str], Project]) -> None:
    store, photos = make("target")
    changes = np.flatnonzero(np.diff(RING.T.ravel().astype(int))) + 1
    counts = np.diff([0, *changes.tolist(), WIDTH * HEIGHT]).tolist()
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}],
        "categories": [],
        "annotations": [
            {"id": 1, "image_id": 1, "segmentation": {"size": [HEIGHT, WIDTH], "counts": counts}}
        ],
    }
    exchange.import_upload(store, photos, "a.json", json.dumps(document).encode())
    (row,) = store.objects(store.photo_at("a.png").id)
    assert np.array_equal(row.mask.full(WIDTH, HEIGHT), RING)


@pytest.mark.parametrize(
    "annotation",
    [
        {"bbox": [1, 2, 3]},
        {"bbox": ["a", 2, 3, 4]},
        {"bbox": [0, 0, float("inf"), 4]},
        {"segmentation": {"size": [HEIGHT, WIDTH], "counts": [5]}},
        {"segmentation": {"size": [2, 2], "counts": "04"}},
        {"segmentation": [[1, 2, 3]]},
        {"segmentation": 7},
        {},
    ],
)
def test_a_malformed_annotation_is_left_out_and_said(
    make: Callable[[str], Project], annotation: dict
) -> None:
    store, photos = make("target")
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}],
        "categories": [],
        "annotations": [
            {"id": 1, "image_id": 1, "bbox": [0, 0, 9, 9]},
            {"id": 2, "image_id": 1, **annotation},
        ],
    }
    account = exchange.import_upload(store, photos, "a.json", json.dumps(document).encode())
    assert account.made == {"boxes": 1}
    (tally,) = account.skipped.values()
    assert tally.count == 1 and ("annotation 2" in str(tally) or "a.png" in str(tally))


def test_losses_are_named(make: Callable[[str], Project]) -> None:
    store, photos = make("source")
    fill((store, photos))
    assert exchange.losses(store, photos, "labelme") == []
    (note,) = exchange.losses(store, photos, "yolo")
    assert "holes" in note and ": 2 " in note
    photo = store.photo_at("a.png").id
    store.create(photo, Work(imported=Patch.of(BLOB)), label="x", state="accepted", mask=Patch.of(BLOB))
    (note,) = exchange.losses(store, photos, "voc")
    assert "overlap" in note and ": 1 (a.png)" in note


def test_what_is_left_out_is_said(make: Callable[[str], Project], tmp_path: Path) -> None:
    store, photos = make("source")
    photo = store.photo_at("a.png").id
    store.create(photo, Work(imported=Patch.of(BLOB)), label="x", mask=Patch.of(BLOB))
    store.set_done(photo, True)
    account = exchange.export(store, photos, "png", tmp_path / "one")
    assert account.objects == 0 and account.useless
    assert list(account.skipped) == ["objects that nobody has accepted, on photos marked done"]
    with pytest.raises(DataError, match="nothing was written"):
        exchange.export(store, photos, "png", tmp_path / "strict", strict=True)
    assert not (tmp_path / "strict").exists()
    choice = exchange.Choice(drafts=True)
    assert exchange.export(store, photos, "png", tmp_path / "two", choice=choice).objects == 1
    assert np.array_equal(np.asarray(Image.open(tmp_path / "two" / "a_001.png")) == 255, BLOB)


def test_what_was_not_asked_for_is_told_and_no_loss(make: Callable[[str], Project], tmp_path: Path) -> None:
    project = make("source")
    fill(project)
    choice = exchange.Choice(labels=["ring"], photos=["a.png"])
    account = exchange.export(*project, "coco", tmp_path / "out", choice=choice, strict=True)
    assert account.objects == 1
    assert {kind: tally.count for kind, tally in account.unasked.items()} == {
        "objects of other labels": 1,
        "other photos": 1,
    }
    assert any(line.startswith("as asked") for line in account.lines())


def test_parts_of_a_data_set_come_back_as_one(make: Callable[[str], Project], tmp_path: Path) -> None:
    source = make("source")
    fill(source)
    for format_ in ("coco", "yolo"):
        target = make(format_)
        exchange.export(*source, format_, tmp_path / format_, choice=exchange.Choice(val=0.4))
        exchange.import_path(*target, tmp_path / format_)
        assert sorted(content(target)) == sorted(content(source))
    documents = [tmp_path / "coco" / part / "annotations.json" for part in ("train", "val")]
    names = [[i["file_name"] for i in json.loads(d.read_text())["images"]] for d in documents]
    lists = [(tmp_path / "yolo" / f"{part}.txt").read_text().split() for part in ("train", "val")]
    assert lists == [[f"./images/{name}" for name in part] for part in names]
    assert sorted(map(len, names)) == [1, 1]
    assert "train: train.txt\n" in (tmp_path / "yolo" / "data.yaml").read_text()
    convert(tmp_path / "coco", tmp_path / "again", "yolo")
    assert (tmp_path / "again" / "val.txt").read_text().split() == lists[1], "parts stay parts"


def test_photos_done_with_nothing_in_them_are_exported(
    make: Callable[[str], Project], tmp_path: Path
) -> None:
    store, photos = make("source")
    store.set_done(store.photo_at("sub/b.jpg").id, True)
    exchange.export(store, photos, "coco", tmp_path / "coco")
    assert [i["file_name"] for i in _document(tmp_path / "coco")["images"]] == ["sub/b.jpg"]
    exchange.export(store, photos, "yolo", tmp_path / "yolo")
    assert (tmp_path / "yolo" / "labels" / "sub" / "b.txt").read_text() == ""


def test_a_second_export_leaves_nothing_of_the_first(make: Callable[[str], Project], tmp_path: Path) -> None:
    source = make("source")
    fill(source)
    exchange.export(*source, "yolo", tmp_path / "out")
    exchange.export(*source, "labelme", tmp_path / "out")
    assert not (tmp_path / "out" / "labels").exists() and (tmp_path / "out" / "a.json").exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match="no export wrote"):
        exchange.export(*source, "yolo", mine)
    assert [p.name for p in mine.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(("on_duplicate", "objects"), [("skip", 4), ("replace", 4), ("add", 8)])
def test_the_same_file_twice(
    make: Callable[[str], Project], tmp_path: Path, on_duplicate: exchange.Duplicates, objects: int
) -> None:
    source, target = make("source"), make("target")
    fill(source)
    exchange.export(*source, "coco", tmp_path / "out")
    for _ in range(2):
        exchange.import_path(*target, tmp_path / "out", on_duplicate=on_duplicate)
    assert len(content(target)) == objects


def test_what_other_tools_say_of_an_object_survives(make: Callable[[str], Project], tmp_path: Path) -> None:
    store, photos = make("target")
    shape = {
        "label": "cat",
        "points": [[4, 4], [20, 4], [20, 20]],
        "shape_type": "polygon",
        "group_id": 7,
        "description": "asleep",
        "difficult": True,
        "flags": {"blurred": True},
        "attributes": {"breed": "tabby"},
        "kie_linking": [],
    }
    source = tmp_path / "in"
    source.mkdir()
    document = {"shapes": [shape], "imagePath": "a.png", "imageWidth": WIDTH, "imageHeight": HEIGHT}
    (source / "a.json").write_text(json.dumps(document))
    exchange.import_path(store, photos, source, strict=True)
    exchange.export(store, photos, "labelme", tmp_path / "out")
    (back,) = json.loads((tmp_path / "out" / "a.json").read_text())["shapes"]
    for key in ("label", "group_id", "description", "difficult", "flags", "attributes"):
        assert back[key] == shape[key], key
    exchange.export(store, photos, "coco", tmp_path / "coco")
    (annotation,) = _document(tmp_path / "coco")["annotations"]
    assert annotation["attributes"] == {"breed": "tabby", "blurred": True, "difficult": True}


def test_class_numbers_and_unused_names_survive(make: Callable[[str], Project], tmp_path: Path) -> None:
    store, photos = make("target")
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}],
        "categories": [{"id": 3, "name": "car", "supercategory": "vehicle"}, {"id": 18, "name": "dog"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 18, "segmentation": [[4, 5, 20, 5, 20, 15]]}],
    }
    exchange.import_upload(store, photos, "a.json", json.dumps(document).encode())
    exchange.export(store, photos, "coco", tmp_path / "out")
    found = [(c["id"], c["name"], c["supercategory"]) for c in _document(tmp_path / "out")["categories"]]
    assert found == [(3, "car", "vehicle"), (18, "dog", "")]


def test_swapped_photos_take_their_objects_along(make: Callable[[str], Project], tmp_path: Path) -> None:
    make("any")
    folder = tmp_path / "photos"
    write_photo(folder / "b.png", WIDTH, HEIGHT, seed=5)
    store = Store(tmp_path / "p.iog")
    photos = Photos(folder, store)
    box = {"image_id": 1, "bbox": [4, 5, 20, 10], "category_id": 1}
    document = {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [box]}
    exchange.import_upload(store, photos, "a.json", json.dumps(document).encode())
    (folder / "a.png").rename(tmp_path / "t.png")
    (folder / "b.png").rename(folder / "a.png")
    (tmp_path / "t.png").rename(folder / "b.png")
    photos = Photos(folder, store)
    assert [p.path for p in store.photos_with_objects()] == ["b.png"]
    account = exchange.export(store, photos, "coco", tmp_path / "o", choice=exchange.Choice(drafts=True))
    assert [str(tally) for tally in account.notes.values()] == ["a.png: b.png"]
    with pytest.raises(DataError, match="their objects go with their content"):
        exchange.export(store, photos, "coco", tmp_path / "s", strict=True)
    assert {p.path for p in store.photos(0, 9)[1]} == {"a.png", "b.png", "sub/b.jpg"}


def test_objects_of_a_photo_that_went_are_said(make: Callable[[str], Project], tmp_path: Path) -> None:
    source = make("source")
    fill(source)
    (source[1].folder / "a.png").unlink()
    photos = Photos(source[1].folder, source[0])
    account = exchange.export(source[0], photos, "coco", tmp_path / "out")
    assert account.objects == 2
    assert [str(tally) for tally in account.skipped.values()] == ["a.png"]
    assert "no longer in the folder" in next(iter(account.skipped))


BOXES = "image,x0,y0,x1,y1,category\na.png,10,10,60,50,cat\n"


def test_drafts_that_are_boxes_are_exported_where_boxes_can_be(
    make: Callable[[str], Project], tmp_path: Path
) -> None:
    store, photos = make("source")
    (tmp_path / "boxes.csv").write_text(BOXES)
    exchange.import_path(store, photos, tmp_path / "boxes.csv")
    drafts = exchange.Choice(drafts=True)
    for format_ in ("coco", "cvat", "labelme", "label-studio", "yolo", "voc"):
        account = exchange.export(store, photos, format_, tmp_path / format_, choice=drafts)
        assert account.made["boxes"] == 1 and not account.skipped, format_
        (found,) = exchange.export(store, photos, format_, tmp_path / "not").skipped
        assert found == "objects that nobody has accepted"
    account = exchange.export(store, photos, "png", tmp_path / "png", choice=drafts)
    assert account.objects == 0 and account.losses == 1
    back = make("back")
    exchange.import_path(*back, tmp_path / "coco")
    assert [row.work.clicks for row in back[0].objects(1)] == [row.work.clicks for row in store.objects(1)]


def test_an_export_says_which_photos_it_has_nothing_of(
    make: Callable[[str], Project], tmp_path: Path
) -> None:
    store, photos = make("source")
    write_photo(photos.folder / "new.png")
    fill((store, photos))
    store.sync_photos([*store.paths(), "new.png"])
    said = exchange.losses(store, photos, "coco")
    assert "photos that are neither done nor have objects left out" in said[0], said
    assert not exchange.export(store, photos, "coco", tmp_path / "out", strict=True).skipped


def test_words_of_an_import(make: Callable[[str], Project], tmp_path: Path) -> None:
    store, photos = make("source")
    with pytest.raises(DataError, match=r"notes\.txt") as caught:
        exchange.import_upload(store, photos, "notes.txt", b"nothing")
    assert "upload" not in str(caught.value)
    (tmp_path / "boxes.csv").write_text(BOXES)
    for _ in range(2):
        account = exchange.import_path(store, photos, tmp_path / "boxes.csv")
    assert (
        list(account.lines())[1:3] == ["made     nothing", "kept     1 already there"] and not account.useless
    )
    store.classes = {"cat": (3, "animal")}
    account = exchange.import_path(store, photos, tmp_path / "boxes.csv")  # states no numbers
    assert store.classes["cat"][0] == 3 and not any("another number" in note for note in account.notes)


def test_the_command_line_exports_and_imports(make: Callable[[str], Project], tmp_path: Path) -> None:
    store, photos = make("source")
    fill((store, photos))
    store.close()
    folder, out = str(photos.folder), tmp_path / "out"
    run = CliRunner().invoke
    common = ["--project", str(tmp_path / "source.iog"), "--format", "yolo"]
    result = run(main, ["export", folder, *common, "--out", str(out)])
    assert result.exit_code == 0 and "4 objects" in result.output and "holes" in result.output
    result = run(main, ["import", folder, str(out), *common])
    assert result.exit_code == 0 and "4 already there" in result.output
    result = run(main, ["import", folder, str(out), *common, "--on-duplicate", "add"])
    assert result.exit_code == 0 and "4 objects added" in result.output
    result = run(main, ["export", str(tmp_path), "--out", str(out)])
    assert result.exit_code == 2 and "does not exist" in result.output
