"""Every output says what the shards say."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from iog import DataError
from iog.auto.inputs import read_boxes
from iog.auto.outputs import FORMATS, instance_map, write_output
from iog.auto.plan import Item, Plan
from iog.auto.runner import run
from iog.auto.store import MaskStore, Record
from iog.box_methods import BoxSegmenter
from iog.datasets.labels import LabelledPhotos
from iog.formats.account import Account
from iog.masks import decode_rle, encode_rle, mask_box
from iog.places import Folder
from iog.segmenter import Segmenter
from tests.auto.stub import StubEngine, content, items


@pytest.fixture(scope="module")
def store(small_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> MaskStore:
    boxes = BoxSegmenter(Segmenter(StubEngine()))
    plan = Plan.of([*items(40), Item("gone.jpg", "bat", (1.0, 1.0, 9.0, 9.0))], boxes, 7)
    place = Folder(tmp_path_factory.mktemp("out"))
    run(boxes, plan, Folder(small_photos), place, workers=2)
    store = MaskStore(place, plan)
    for format_ in FORMATS:
        write_output(format_, store)
    return store


def folder_of(store: MaskStore) -> Path:
    assert isinstance(store.place, Folder)
    return store.place.path


def test_coco(store: MaskStore, small_photos: Path) -> None:
    objects = LabelledPhotos(
        folder_of(store) / "coco.json", find=lambda picture: small_photos / picture.name, published=True
    )
    records = {record["id"]: record for record in store.all_records()}
    assert len(objects) == len(records) == 40
    data = json.loads((folder_of(store) / "coco.json").read_text())
    assert data["info"]["config"] == store.plan.config
    for index in range(len(objects)):
        sample = objects[index]
        record = records[int(sample.name.rpartition("#")[2]) - 1]
        np.testing.assert_array_equal(sample.mask, decode_rle(record["rle"]))
        assert sample.category == (record["category"] or "object")
    for annotation in data["annotations"]:
        record = records[annotation["id"] - 1]
        box = mask_box(decode_rle(record["rle"]))
        assert annotation["bbox"] == ([0] * 4 if box is None else [box.x0, box.y0, box.width, box.height])
        assert annotation["score"] == record["confidence"]
        assert annotation["attributes"]["click"] == record["click"]


def test_png(store: MaskStore) -> None:
    photos: dict[str, list[Record]] = {}
    for record in store.all_records():
        photos.setdefault(record["image"], []).append(record)
    assert len(list((folder_of(store) / "png").rglob("*.png"))) == len(photos) == 4
    for image, records in photos.items():
        with Image.open((folder_of(store) / "png" / image).with_suffix(".png")) as picture:
            assert picture.mode == "L"
            ids = np.asarray(picture)
        np.testing.assert_array_equal(ids, instance_map(records))
        union = np.logical_or.reduce([decode_rle(record["rle"]) for record in records])
        np.testing.assert_array_equal(ids > 0, union)


def test_yolo(store: MaskStore, small_photos: Path) -> None:
    folder = folder_of(store) / "yolo"
    assert (
        (folder / "data.yaml")
        .read_text()
        .endswith('names:\n  0: "bat"\n  1: "cat"\n  2: "dog"\n  3: "object"\n')
    )
    found = read_boxes(folder / "labels", Folder(small_photos), None, Account())
    records = [record for record in store.all_records() if record["area"]]
    assert len(found) == len(records)
    categories = sorted((record["image"], record["category"] or "object") for record in records)
    assert sorted((item.image, item.category) for item in found) == categories, "names come back as well"
    boxes = {(record["image"], mask_box(decode_rle(record["rle"]))) for record in records}
    for item in found:
        near = [b for image, b in boxes if image == item.image and b is not None]
        box = np.array(item.box(96, 64))
        assert min(np.abs(box - np.array(b)).max() for b in near) <= 1


def test_parquet(store: MaskStore) -> None:
    rows = [
        row
        for path in sorted((folder_of(store) / "parquet").iterdir())
        for row in pq.read_table(path).to_pylist()
    ]
    records = list(store.all_records())
    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        for key in ("id", "image", "instance", "category", "confidence", "area", "note", "width", "height"):
            assert row[key] == record[key]
        assert [row[edge] for edge in ("x0", "y0", "x1", "y1")] == record["box"]
        click = record["click"]
        assert (row["click_x"], row["click_y"]) == ((None, None) if click is None else tuple(click))
        mask = decode_rle({"size": [row["height"], row["width"]], "counts": row["rle"]})
        np.testing.assert_array_equal(mask, decode_rle(record["rle"]))
        assert (row["config"], row["method"], row["model"]) == (store.plan.config, "two-stage", "stub")
        assert row["weights_sha256"] == store.plan.settings["weights_sha256"]


def test_what_is_there_is_left_alone_and_what_is_lost_made_again(store: MaskStore) -> None:
    before = content(folder_of(store))
    times = {path: path.stat().st_mtime_ns for path in folder_of(store).rglob("*/*.*")}
    lost = folder_of(store) / "png" / "rocket.png"
    lost.unlink()
    for format_ in FORMATS:
        write_output(format_, store)
    assert content(folder_of(store)) == before
    changed = {path.name for path, time in times.items() if path.stat().st_mtime_ns != time}
    assert changed <= {"rocket.png", "data.yaml"}


def test_photos_of_one_name_and_from_elsewhere_do_not_meet(tmp_path: Path) -> None:
    Image.new("RGB", (40, 40), "white").save(tmp_path / "one.png")
    Image.new("RGB", (40, 40), "white").save(tmp_path / "one.jpg")
    Image.new("RGB", (40, 40), "white").save(tmp_path / "far.jpg")
    (tmp_path / "photos").mkdir()
    for name in ("one.png", "one.jpg"):
        (tmp_path / name).rename(tmp_path / "photos" / name)
    box = (4.0, 4.0, 30.0, 30.0)
    boxes = BoxSegmenter(Segmenter(StubEngine()), "box")
    listed = [Item(name, "", box) for name in ("one.png", "one.jpg", "../far.jpg")]
    plan = Plan.of(listed, boxes)
    out = tmp_path / "out"
    run(boxes, plan, Folder(tmp_path / "photos"), Folder(out))
    write_output("png", MaskStore(Folder(out), plan))
    names = sorted(path.relative_to(out / "png").as_posix() for path in (out / "png").rglob("*.png"))
    assert names == ["far.png", "one_jpg.png", "one_png.png"]


def record(mask: np.ndarray, instance: int) -> Record:
    height, width = mask.shape
    return {
        "id": instance - 1,
        "image": "a.jpg",
        "instance": instance,
        "width": width,
        "height": height,
        "category": "",
        "box": [0, 0, width, height],
        "click": None,
        "confidence": 1.0,
        "area": int(mask.sum()),
        "note": None,
        "rle": encode_rle(mask),
    }


def test_the_smaller_mask_is_on_top_and_many_instances_take_sixteen_bits() -> None:
    large, small = np.zeros((20, 30), bool), np.zeros((20, 30), bool)
    large[2:18, 2:28] = True
    small[5:9, 5:9] = True
    ids = instance_map([record(small, 1), record(large, 2)])
    assert ids.dtype == np.uint8
    assert (ids == 1).sum() == 16
    assert (ids == 2).sum() == large.sum() - 16
    many = instance_map([record(small, 300), record(large, 2)])
    assert many.dtype == np.uint16
    assert (many == 300).sum() == 16


@pytest.fixture
def no_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("no_pyarrow")
@pytest.mark.parametrize(
    "use",
    [
        lambda store, tmp: write_output("parquet", store),
        lambda store, tmp: read_boxes(tmp / "boxes.parquet", Folder(tmp), None, Account()),
    ],
    ids=["out", "in"],
)
def test_parquet_without_pyarrow_says_what_to_install(
    use: Callable[[MaskStore, Path], object], store: MaskStore, tmp_path: Path
) -> None:
    (tmp_path / "boxes.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"needs PyArrow: pip install 'iog\[scale\]'"):
        use(store, tmp_path)
