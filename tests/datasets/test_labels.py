"""A user's own masks in files of labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iog import DataError
from iog.datasets import known
from iog.datasets.labels import LabelledPhotos
from iog.formats import table
from iog.formats.account import Account
from tests.datasets import layouts
from tests.datasets.layouts import BAND, FIRST, SECOND


def shapes(folder: Path, found: list[dict[str, Any]]) -> LabelledPhotos:
    layouts.photo(folder / "photos" / "a.jpg")
    text = json.dumps({"shapes": found, "imagePath": "photos\\a.jpg", "imageHeight": 20, "imageWidth": 30})
    layouts.text(folder / "a.json", text)
    return LabelledPhotos(folder)


SQUARE = [[2, 3], [6, 3], [6, 7], [2, 7]]


def test_groups_are_one_object_and_ignored_pixels_are_void(tmp_path: Path) -> None:
    layouts.labelme(tmp_path)
    objects = LabelledPhotos(tmp_path)
    assert [objects[index].name for index in range(2)] == ["a.jpg#1", "a.jpg#2"]
    np.testing.assert_array_equal(objects[1].mask, SECOND)
    np.testing.assert_array_equal(objects[1].void, BAND)
    assert objects.account.skipped["shapes of type 'point' have no area"].count == 1


def test_what_cannot_be_drawn_is_left_out_with_a_line(tmp_path: Path) -> None:
    outside = [[40, 3], [46, 3], [46, 7]]
    objects = shapes(
        tmp_path,
        [
            {"label": "a", "points": SQUARE},
            {"label": "b", "points": outside},
            {"label": "c", "points": "12"},
            {"label": "d", "shape_type": "rectangle", "points": [[1, 2], [3, 4]]},
        ],
    )
    assert [entry.category for entry in objects.entries] == ["a"]
    assert objects[0].mask.sum() == 16
    assert {reason: tally.count for reason, tally in objects.account.skipped.items()} == {
        "a shape cannot be read": 1,
        "its mask has no pixel in the photo": 1,
        "it is a box and no mask": 1,
    }
    assert objects.account.made == {"masks": 1}


def test_nothing_of_use_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a shape cannot be read  \(a.json, shape 1: "):
        shapes(tmp_path, [{"label": "a", "points": "12"}])


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"shapes": 3, "imagePath": "a.jpg"}'])
def test_json_that_is_not_labelme(content: str, tmp_path: Path) -> None:
    layouts.photo(tmp_path / "a.jpg")
    layouts.text(tmp_path / "a.json", content)
    with pytest.raises(DataError, match=r"a.json"):
        known.open_objects("labelme", tmp_path)


def test_photos_lie_with_the_labels_or_in_a_folder_beside_them(tmp_path: Path) -> None:
    layouts.own_coco(tmp_path)
    objects = LabelledPhotos(tmp_path / "mine.json")
    assert objects.groups == ["mine"] * 2
    np.testing.assert_array_equal(objects[0].mask, FIRST)
    np.testing.assert_array_equal(objects[1].mask, SECOND)
    np.testing.assert_array_equal(objects[0].void, BAND)
    (tmp_path / "labels").mkdir()
    (tmp_path / "mine.json").rename(tmp_path / "labels/mine.json")
    assert len(LabelledPhotos(tmp_path / "labels")) == 2
    (tmp_path / "images/b.jpg").unlink()
    with pytest.raises(DataError, match="the folder has no such photo"):
        LabelledPhotos(tmp_path / "labels/mine.json")


@pytest.mark.parametrize("width", [None, "30", 0, 10**9])
def test_without_sizes_the_photo_is_asked(width: object, tmp_path: Path) -> None:
    layouts.own_coco(tmp_path)
    data = json.loads((tmp_path / "mine.json").read_text())
    data["images"][0]["width"] = width
    layouts.text(tmp_path / "mine.json", json.dumps(data))
    np.testing.assert_array_equal(LabelledPhotos(tmp_path / "mine.json")[0].mask, FIRST)


def test_a_broken_photo_or_one_of_another_size(tmp_path: Path) -> None:
    layouts.own_coco(tmp_path)
    layouts.photo(tmp_path / "images/b.jpg", 40, 20)
    broken: list[str] = []
    assert len(LabelledPhotos(tmp_path / "mine.json", broken=broken)) == 0
    assert "the photo is 40 x 20 pixels, the labels are for 30 x 20" in broken[0]
    (tmp_path / "images/b.jpg").write_bytes(b"broken")
    with pytest.raises(DataError, match="is not a picture"):
        LabelledPhotos(tmp_path / "mine.json")


@pytest.mark.parametrize("to", ["coco", "yolo", "voc", "labelme", "cvat", "label-studio", "png", "parquet"])
def test_every_format_can_be_trained_on(to: table.WriteName, tmp_path: Path) -> None:
    layouts.own_coco(tmp_path / "from")
    account = Account()
    read = table.read(tmp_path / "from/mine.json", account)
    (tmp_path / "mine/images").mkdir(parents=True)
    target = tmp_path / "mine" / "labels"
    target.mkdir()
    table.writer(to)(read, target, account)
    layouts.photo(tmp_path / "mine/images/b.jpg")
    assert known.layout_of(target) == "labels"
    objects = LabelledPhotos(target)
    masks = [objects[index].mask for index in range(len(objects))]
    np.testing.assert_array_equal(masks[0], FIRST)
    np.testing.assert_array_equal(masks[1], SECOND)


def test_which_layout_a_path_has(tmp_path: Path) -> None:
    layouts.folder(tmp_path / "masks")
    layouts.text(tmp_path / "masks/readme_first.txt", "hello")
    assert known.layout_of(tmp_path / "masks") == "folder"
    layouts.labelme(tmp_path / "labelme")
    assert known.layout_of(tmp_path / "labelme") == "labels"
    layouts.own_coco(tmp_path / "coco")
    assert known.layout_of(tmp_path / "coco/mine.json") == "labels"
    layouts.text(tmp_path / "photos/train.jsonl", "")
    assert known.layout_of(tmp_path / "photos") == "photos"
    with pytest.raises(DataError, match="is missing"):
        known.layout_of(tmp_path / "nowhere")
