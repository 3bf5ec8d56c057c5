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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from pycocotools import mask as pycoco
from pycocotools.coco import COCO

from iog.annotator import exchange
from iog.annotator.exchange import coco, labelme, parquet, png, voc, yolo
from iog.annotator.exchange.base import Item, Picture
from iog.annotator.patch import Patch
from iog.annotator.photos import Photos
from iog.annotator.store import Store
from iog.annotator.work import Work
from iog.cli import main
from iog.clicks import Clicks
from iog.errors import DataError
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
        clicks = Clicks.of(((3, 20), (13, 34)), (8, 25), [(10, 29, True)])
        for label, mask, work in (
            ("ring", RING, Work(imported=Patch.of(RING))),
            ("blob: two", BLOB, Work(clicks)),
        ):
            store.create(
                row.id, work, label=label, state="accepted", mask=Patch.of(mask), confidence=0.9, seconds=4
            )


def content(project: Project) -> list[tuple[str, str, bytes]]:
    return [
        (picture.path, item.label, item.mask.full(WIDTH, HEIGHT).tobytes())
        for picture in exchange.pictures_of(*project)
        for item in picture.items
    ]


@pytest.mark.parametrize(
    "format", ["coco", "coco-rle", "yolo", "voc", "labelme", "png", "png-photo", "parquet"]
)
def test_masks_and_labels_come_back(
    make: Callable[[str], Project], tmp_path: Path, format: exchange.FormatName
) -> None:
    source, target = make("source"), make("target")
    fill(source)
    assert exchange.export(*source, format, tmp_path / "out") == 4
    path = tmp_path / "out"
    report = exchange.import_path(*target, path)
    assert (report.objects, report.notes) == (4, [])
    assert content(target) == content(source)
    assert set(target[0].labels) >= {"ring", "blob: two"}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mask=hnp.arrays(bool, st.tuples(st.integers(4, 14), st.integers(4, 14))).filter(np.any))
def test_any_mask_survives_every_format(tmp_path: Path, mask: np.ndarray) -> None:
    height, width = mask.shape
    clicks = Clicks.of(((0, 0), (width - 1, height - 1)), (1, 1), [(2, 2, False)])
    item = Item(label="thing", mask=Patch.of(mask), clicks=clicks, confidence=0.5)
    pictures = [Picture(path="x.png", width=width, height=height, items=[item])]
    folders = {
        name: tmp_path / name for name in ("yolo", "voc", "labelme", "coco", "rle", "png", "one", "pq")
    }
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
    yolo.write(pictures, ["thing"], folders["yolo"], 0)
    voc.write(pictures, ["thing"], folders["voc"])
    labelme.write(pictures, folders["labelme"])
    coco.write(pictures, ["thing"], folders["coco"], 0, always_rle=False)
    coco.write(pictures, ["thing"], folders["rle"], 0, always_rle=True)
    png.write_objects(pictures, folders["png"])
    png.write_photos(pictures, folders["one"])
    parquet.write(pictures, folders["pq"])
    ((_, [(label, values)]),) = yolo.read(folders["yolo"])
    found = {"yolo": ("x.png", [yolo.found(label, values, width, height)])}
    found["voc"] = next(voc.read(folders["voc"]))
    found["labelme"] = next(labelme.read(folders["labelme"]))
    for name in ("coco", "rle"):
        path, _, objects = next(coco.read((folders[name] / "annotations.json").read_bytes()))
        found[name] = path, objects
    for name in ("png", "one"):
        path, _, objects = next(png.read(folders[name]))
        found[name] = path, objects
    path, _, objects = next(parquet.read(folders["pq"] / parquet.FILE))
    found["pq"] = path, objects
    for name, (path, objects) in found.items():
        (one,) = objects
        assert (path, one.label) == ("x.png", "thing"), name
        assert np.array_equal(one.mask.full(width, height), mask), name
    for name in ("coco", "rle", "pq"):
        assert found[name][1][0].clicks == clicks and found[name][1][0].confidence == 0.5


def test_pyarrow_reads_what_a_person_wants_to_know(make: Callable[[str], Project], tmp_path: Path) -> None:
    project = make("source")
    fill(project)
    exchange.export(*project, "parquet", tmp_path)
    table = pq.read_table(tmp_path / parquet.FILE).to_pylist()
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
    assert report.objects == 2 and len(report.notes) == 2
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
    monkeypatch.setattr(exchange, "MAXIMUM_UNPACKED", 2000)
    with pytest.raises(DataError, match="unpacks to over"):
        exchange.import_path(*make("target"), tmp_path / "bomb.zip")


def test_an_import_that_fails_half_way_leaves_nothing(make: Callable[[str], Project], tmp_path: Path) -> None:
    source, target = make("source"), make("target")
    fill(source)
    exchange.export(*source, "labelme", tmp_path)
    (tmp_path / "sub" / "b.json").write_text("{")
    with pytest.raises(DataError, match=r"b\.json"):
        exchange.import_path(*target, tmp_path)
    assert content(target) == [] and target[0].labels == ["object"]


def test_timings_are_exported_step_by_step(make: Callable[[str], Project], tmp_path: Path) -> None:
    project = make("source")
    fill(project)
    exchange.export(*project, "timings", tmp_path)
    with (tmp_path / "timings.csv").open(newline="") as file:
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
    exchange.export(*project, "voc", tmp_path)
    root = ET.parse(tmp_path / "Annotations" / "sub__b.xml").getroot()
    bounds = root.findall("object")[1].find("bndbox")
    assert [int(bounds.findtext(side)) for side in ("xmin", "ymin", "xmax", "ymax")] == [4, 21, 14, 35]
    picture = Image.open(tmp_path / "SegmentationObject" / "a.png")
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
    assert report.objects == 1
    assert any("unknown.jpg" in note for note in report.notes) and any("4" in n for n in report.notes)
    (row,) = store.objects(store.photo_at("sub/b.jpg").id)
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
def test_a_malformed_document_changes_nothing(make: Callable[[str], Project], annotation: dict) -> None:
    store, photos = make("target")
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}],
        "categories": [],
        "annotations": [
            {"id": 1, "image_id": 1, "bbox": [0, 0, 9, 9]},
            {"id": 2, "image_id": 1, **annotation},
        ],
    }
    with pytest.raises(DataError, match="annotation 2"):
        exchange.import_upload(store, photos, "a.json", json.dumps(document).encode())
    assert content((store, photos)) == [] and store.counts()["started"] == 0


def test_losses_are_named(make: Callable[[str], Project]) -> None:
    store, photos = make("source")
    fill((store, photos))
    assert exchange.losses(store, "labelme") == []
    (note,) = exchange.losses(store, "yolo")
    assert "Objects with holes: 2" in note
    photo = store.photo_at("a.png").id
    store.create(photo, Work(imported=Patch.of(BLOB)), label="x", state="accepted", mask=Patch.of(BLOB))
    (note,) = exchange.losses(store, "voc")
    assert ": 1." in note


def test_drafts_are_left_out_unless_asked_for(make: Callable[[str], Project], tmp_path: Path) -> None:
    store, photos = make("source")
    photo = store.photo_at("a.png").id
    store.create(photo, Work(imported=Patch.of(BLOB)), label="x", mask=Patch.of(BLOB))
    assert exchange.export(store, photos, "png", tmp_path / "one") == 0
    assert exchange.export(store, photos, "png", tmp_path / "two", drafts=True) == 1
    assert np.array_equal(np.asarray(Image.open(tmp_path / "two" / "a_001.png")) == 255, BLOB)


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
    assert result.exit_code == 0 and "4 objects added" in result.output
    result = run(main, ["export", str(tmp_path), "--out", str(out)])
    assert result.exit_code == 2 and "does not exist" in result.output
