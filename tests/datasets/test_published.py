"""Every set of masks, read from a sample in its published layout."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from iog import DataError
from iog.datasets import cityscapes, coco, known, sbd
from iog.datasets.davis import DavisDataset
from iog.datasets.sstem import SsTemDataset
from tests.datasets import layouts
from tests.datasets.layouts import BAND, FIRST, NOTHING, SECOND


class Case(NamedTuple):
    """A set, how to write its sample, and what reading it gives."""

    set: str
    write: layouts.Writer
    split: str | None
    categories: tuple[str, str]
    void: np.ndarray
    gone: str
    """Part of the sample whose absence the error must name."""


CASES = [
    Case("photos", layouts.photos, None, ("cat", "dog"), BAND, "val.jsonl"),
    Case("folder", layouts.folder, None, ("object", "object"), BAND, "a.jpg"),
    Case("labelme", layouts.labelme, None, ("door", "door"), BAND, "a.jpg"),
    Case("voc", layouts.voc, "val", ("cat", "person"), BAND, "VOCdevkit/VOC2012/ImageSets"),
    Case("voc", layouts.voc, "train", ("cat", "person"), BAND, "VOCdevkit/VOC2012/JPEGImages"),
    Case("sbd", layouts.sbd, "val", ("cat", "person"), NOTHING, "benchmark_RELEASE/dataset/inst"),
    Case("sbd", layouts.sbd, "train", ("cat", "person"), NOTHING, "benchmark_RELEASE/dataset/train.txt"),
    Case("coco", layouts.coco, None, ("dog", "toothbrush"), BAND, "annotations"),
    Case("coco", layouts.coco, "val2014", ("dog", "toothbrush"), BAND, "val2014"),
    Case("coco-mini", layouts.coco, None, ("dog", "toothbrush"), BAND, "annotations/instances_val2014.json"),
    Case("coco-mval", layouts.coco_mval, None, ("dog", "hot dog"), NOTHING, "COCO_MVal/gt"),
    Case("grabcut", layouts.grabcut, None, ("", ""), BAND, "data_GT"),
    Case("berkeley", layouts.berkeley, None, ("", ""), BAND, "masks"),
    Case("davis", layouts.davis, None, ("bear", "bear"), NOTHING, "DAVIS/ImageSets/480p/val.txt"),
    Case("davis", layouts.davis_frames, "frames", ("", ""), NOTHING, "img"),
    Case("cityscapes", layouts.cityscapes, None, ("person", "car"), BAND, "leftImg8bit"),
    Case("cityscapes", layouts.cityscapes_polygons, None, ("person", "car"), BAND, "gtFine"),
    Case("rooftop", layouts.rooftop, None, ("rooftop", "rooftop"), NOTHING, "01.jpg"),
    Case("sstem", layouts.sstem, None, ("mitochondria", "mitochondria"), NOTHING, "stack1/mitochondria"),
    Case("agriculture", layouts.agriculture, None, ("water", "weed_cluster"), BAND, "val/labels"),
]
cases = pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.set}-{c.split or c.write.__name__}")


@cases
def test_objects_categories_and_void(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    objects = known.open_objects(case.set, tmp_path, case.split)
    assert len(objects.groups) == len(objects) >= 2
    first, second = objects[0], objects[1]
    expected = [FIRST, SECOND]
    if case.set == "cityscapes":  # listed by number, and people come before cars
        expected.reverse()
    for sample, mask, category in zip((first, second), expected, case.categories, strict=True):
        np.testing.assert_array_equal(sample.mask, mask)
        np.testing.assert_array_equal(sample.void, case.void)
        assert sample.category == category
        assert sample.image.shape == (*mask.shape, 3)
        assert (sample.image == 90).all()
        assert sample.group in objects.groups
    names = [objects[index].name for index in range(len(objects))]
    assert len(set(names)) == len(names)
    assert all("#" in name for name in names)


@cases
def test_what_is_missing_is_named(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    gone = tmp_path / case.gone
    assert gone.exists()
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    with pytest.raises(DataError) as error:
        known.open_objects(case.set, tmp_path, case.split)
    message = str(error.value)
    assert gone.stem in message
    if case.set in ("folder", "rooftop", "photos", "labelme"):
        assert any(fault in message for fault in ("missing", "has no photo", "no such photo"))
    else:
        assert "is missing" in message
        assert known.OBJECTS[case.set].source in message


@cases
def test_another_place_says_where_to_get_the_set(case: Case, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is missing|has no") as error:
        known.open_objects(case.set, tmp_path / "nowhere", case.split)
    assert "nowhere" in str(error.value)
    if case.set != "photos":
        assert known.OBJECTS[case.set].source in str(error.value)


def remove(path: Path) -> None:
    path.unlink()


def spoil(path: Path) -> None:
    path.write_bytes(b"\x00broken")


@pytest.mark.parametrize("harm", [remove, spoil])
@pytest.mark.parametrize(
    ("set_", "write", "path"),
    [
        ("voc", layouts.voc, "VOCdevkit/VOC2012/SegmentationObject/2007_000001.png"),
        ("sbd", layouts.sbd, "benchmark_RELEASE/dataset/inst/2008_000004.mat"),
        ("cityscapes", layouts.cityscapes_polygons, "gtFine/val/ulm/ulm_000000_000019_gtFine_polygons.json"),
        ("agriculture", layouts.agriculture, "val/labels/water/ABC_0-0-512-512.png"),
    ],
)
def test_a_broken_photo_is_named_and_can_be_left_out(
    set_: str, write: layouts.Writer, path: str, harm: layouts.Writer, tmp_path: Path
) -> None:
    write(tmp_path)
    harm(tmp_path / path)
    with pytest.raises(DataError, match=Path(path).name):
        known.open_objects(set_, tmp_path)
    broken: list[str] = []
    assert len(known.open_objects(set_, tmp_path, broken=broken)) == 0
    assert len(broken) == 1
    assert Path(path).name in broken[0]


@pytest.mark.parametrize("place", ["", "VOCdevkit", "VOCdevkit/VOC2012"])
def test_any_level_of_voc_can_be_named(place: str, tmp_path: Path) -> None:
    layouts.voc(tmp_path)
    assert len(known.open_objects("voc", tmp_path / place)) == 2


def test_the_merged_train_set_has_no_photo_of_voc_val(tmp_path: Path) -> None:
    layouts.voc_sbd(tmp_path)
    objects = sbd.merged_train(tmp_path)
    photos = [objects[index].name.split("#")[0] for index in range(len(objects))]
    assert sorted(set(photos)) == ["2007_000002", "2008_000003", "2008_000004"]
    # The photo that both sets have comes from VOC, which knows its void.
    assert objects.groups == ["voc2012"] * 2 + ["sbd"] * 4
    assert objects[0].void.any()
    assert objects[-1].name == objects[5].name
    with pytest.raises(IndexError):
        objects[6]
    assert objects.groups == known.open_objects("voc-sbd", tmp_path).groups


def test_an_object_of_voc_has_the_class_of_most_of_its_pixels(tmp_path: Path) -> None:
    layouts.voc(tmp_path)
    path = tmp_path / "VOCdevkit/VOC2012/SegmentationClass/2007_000001.png"
    classes = layouts.labels(8, 15, 255)
    classes[2, 3:12] = 20
    classes[3, 3:12] = 255
    layouts.picture(path, classes, palette=True)
    assert known.open_objects("voc", tmp_path)[0].category == "cat"
    layouts.picture(path, np.zeros_like(classes), palette=True)
    with pytest.raises(DataError, match="has no class where object 1 lies"):
        known.open_objects("voc", tmp_path)[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"other": 1}, "no variable GTinst"),
        ({"GTinst": np.zeros((2, 2))}, "not a struct"),
        ({"GTinst": {"Segmentation": np.zeros((2, 2)), "Categories": [1]}}, "whole numbers"),
        ({"GTinst": {"Segmentation": layouts.labels(1, 2, 0), "Categories": [8]}}, "a class for each"),
        ({"GTinst": {"Segmentation": layouts.labels(1, 2, 0), "Categories": [0, 8]}}, "a class for each"),
    ],
)
def test_other_matlab_files_are_refused(content: dict[str, object], message: str, tmp_path: Path) -> None:
    layouts.sbd(tmp_path)
    savemat(tmp_path / "benchmark_RELEASE/dataset/inst/2008_000004.mat", content)
    with pytest.raises(DataError, match=message):
        known.open_objects("sbd", tmp_path)


def test_mini_val_takes_the_least_ids_and_tells_seen_from_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layouts.coco(tmp_path)
    objects = coco.mini(tmp_path)
    assert objects.groups == ["seen", "unseen"] * 2
    monkeypatch.setattr(coco, "MINI", 1)
    objects = coco.mini(tmp_path)
    assert [objects[i].name for i in range(2)] == [
        "COCO_val2014_000000000003.jpg#31",
        "COCO_val2014_000000000003.jpg#32",
    ]
    assert len(objects) == 2
    assert len(coco.SEEN) == 20


def test_davis_takes_each_nth_frame(tmp_path: Path) -> None:
    layouts.davis(tmp_path)
    objects = DavisDataset(tmp_path, every=2)
    assert [objects[i].name for i in range(len(objects))] == ["bear/00000.jpg#1"]


def test_cityscapes_categories_and_numbers(tmp_path: Path) -> None:
    layouts.cityscapes_polygons(tmp_path)
    objects = cityscapes.CityscapesDataset(tmp_path)
    # Person 0 lies under a road, deleted things and licence plates are not drawn.
    assert [objects[i].name for i in range(len(objects))] == [
        "ulm_000000_000019#24001",
        "ulm_000000_000019#26000",
    ]


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        '{"imgHeight": 20, "imgWidth": 30}',
        '{"imgHeight": 1000000, "imgWidth": 1000000, "objects": []}',
        '{"imgHeight": 20, "imgWidth": 30, "objects": [{"label": "car", "polygon": [[1], [2]]}]}',
        '{"imgHeight": 20, "imgWidth": 30, "objects": [3]}',
    ],
)
def test_cityscapes_polygons_that_make_no_sense(content: str, tmp_path: Path) -> None:
    layouts.cityscapes_polygons(tmp_path)
    name = "ulm_000000_000019_gtFine_polygons.json"
    layouts.text(tmp_path / "gtFine/val/ulm" / name, content)
    with pytest.raises(DataError, match=name):
        cityscapes.CityscapesDataset(tmp_path)


def test_a_list_of_bytes_is_refused(tmp_path: Path) -> None:
    layouts.voc(tmp_path)
    (tmp_path / "VOCdevkit/VOC2012/ImageSets/Segmentation/val.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"val.txt is not a list of names"):
        known.open_objects("voc", tmp_path)


def test_sstem_sections_and_least_area(tmp_path: Path) -> None:
    layouts.sstem(tmp_path)
    assert len(SsTemDataset(tmp_path, sections=["01"])) == 0
    assert len(SsTemDataset(tmp_path, minimum_area=37)) == 1


def test_photos_are_turned_as_their_masks_are(tmp_path: Path) -> None:
    """Upright where that fits; as stored where the masks were drawn on the stored pixels."""
    layouts.grabcut(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown a quarter turned
    stored = np.full((20, 30, 3), 90, np.uint8)
    Image.fromarray(stored).save(tmp_path / "data_GT/cross.jpg", exif=exif)
    assert known.open_objects("grabcut", tmp_path)[0].image.shape == (20, 30, 3)
    Image.fromarray(stored.transpose(1, 0, 2)).save(tmp_path / "data_GT/cross.jpg", exif=exif)
    assert known.open_objects("grabcut", tmp_path)[0].image.shape == (20, 30, 3)
    Image.fromarray(stored[:9]).save(tmp_path / "data_GT/cross.jpg")
    with pytest.raises(DataError, match="30 x 9 pixels but its masks are 30 x 20"):
        known.open_objects("grabcut", tmp_path)[0]
