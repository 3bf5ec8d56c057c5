"""A user's own masks: folders, LabelMe, COCO's JSON."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iog import DataError
from iog.datasets import PhotoDataset, coco
from iog.datasets.folder import FolderDataset
from iog.datasets.labelme import LabelMeDataset
from tests.datasets import layouts
from tests.datasets.layouts import BAND, FIRST, NOTHING, SECOND


@pytest.mark.parametrize(
    ("photo", "mask"),
    [
        ("images/a.jpg", "masks/a.png"),
        ("images/a.png", "masks/a_mask.png"),
        ("a.jpg", "a.png"),
        ("a.png", "a.mask.png"),
        ("a.webp", "a_mask.png"),
    ],
)
def test_folders_pair_by_name(photo: str, mask: str, tmp_path: Path) -> None:
    layouts.photo(tmp_path / photo)
    layouts.picture(tmp_path / mask, layouts.labels(1, 2, 255))
    objects = FolderDataset(tmp_path)
    assert [objects[i].name for i in range(len(objects))] == [f"{Path(photo).name}#{n}" for n in (1, 2)]
    np.testing.assert_array_equal(objects[1].mask, SECOND)
    np.testing.assert_array_equal(objects[1].void, BAND)
    assert objects.groups == [tmp_path.name] * 2


@pytest.mark.parametrize("value", [1, 200, 255])
def test_masks_with_one_value_are_binary(value: int, tmp_path: Path) -> None:
    layouts.photo(tmp_path / "a.jpg")
    layouts.picture(tmp_path / "a.png", FIRST.astype(np.uint8) * value)
    objects = FolderDataset(tmp_path)
    assert len(objects) == 1
    np.testing.assert_array_equal(objects[0].mask, FIRST)
    assert not objects[0].void.any()


def test_one_mask_with_numbers_makes_all_of_them_numbers(tmp_path: Path) -> None:
    layouts.photo(tmp_path / "a.jpg")
    layouts.picture(tmp_path / "a.png", labels := layouts.labels(7, 7, 255))
    layouts.photo(tmp_path / "b.jpg")
    layouts.picture(tmp_path / "b.png", BAND.astype(np.uint8) * 255)
    objects = FolderDataset(tmp_path)
    assert [objects[i].name for i in range(len(objects))] == ["a.jpg#7"]
    objects = FolderDataset(tmp_path, masks="binary")
    assert len(objects) == 2
    np.testing.assert_array_equal(objects[0].mask, labels > 0)


def test_an_empty_binary_mask_is_an_object_to_complain_about(tmp_path: Path) -> None:
    layouts.photo(tmp_path / "a.jpg")
    layouts.picture(tmp_path / "a.png", NOTHING.astype(np.uint8))
    assert not FolderDataset(tmp_path)[0].mask.any()
    assert len(FolderDataset(tmp_path, masks="ids")) == 0


def test_sixteen_bits_have_no_void(tmp_path: Path) -> None:
    layouts.photo(tmp_path / "a.jpg")
    layouts.picture(tmp_path / "a.png", layouts.labels(255, 1000, 0, np.uint16))
    objects = FolderDataset(tmp_path)
    assert len(objects) == 2
    np.testing.assert_array_equal(objects[0].mask, FIRST)
    assert not objects[1].void.any()


def test_soft_and_coloured_masks_are_refused(tmp_path: Path) -> None:
    layouts.photo(tmp_path / "a.jpg")
    layouts.picture(tmp_path / "a.png", np.arange(600).reshape(20, 30).astype(np.uint8))
    with pytest.raises(DataError, match="255 shades: a soft mask"):
        FolderDataset(tmp_path)
    colours = np.zeros((20, 30, 3), np.uint8)
    colours[2:4, 2:4] = (255, 0, 0)
    layouts.picture(tmp_path / "a.png", colours)
    with pytest.raises(DataError, match=r"a.png has colours"):
        FolderDataset(tmp_path)


@pytest.mark.parametrize("beside", [True, False])
def test_pairs_that_are_not(beside: bool, tmp_path: Path) -> None:
    images, masks = (tmp_path, tmp_path) if beside else (tmp_path / "images", tmp_path / "masks")
    layouts.photo(images / "a.jpg")
    layouts.picture(masks / "a_mask.png", layouts.labels(1, 2, 0))
    layouts.photo(images / "b.jpg")
    assert len(FolderDataset(tmp_path)) == 2  # photos without mask are passed over
    layouts.picture(masks / "c_mask.png", layouts.labels(1, 2, 0))
    with pytest.raises(DataError, match=r"c_mask.png has no photo"):
        FolderDataset(tmp_path)
    broken: list[str] = []
    assert len(FolderDataset(tmp_path, broken=broken)) == 2
    assert len(broken) == 2
    assert "c_mask.png has no photo" in broken[0]
    assert "b.jpg has no mask" in broken[1]


def test_an_empty_folder_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no photo with a mask"):
        FolderDataset(tmp_path)


def test_masks_of_the_photos_beside_the_checkout(shared_data: Path) -> None:
    """The same objects, void and photos by way of the folders as by way of the list."""
    listed = PhotoDataset(shared_data, "test", groups=["grabcut35"])
    objects = FolderDataset(
        shared_data / "test/images", masks_folder=shared_data / "test/masks", masks="ids", broken=[]
    )
    by_name = {entry.name: index for index, entry in enumerate(objects.entries)}
    assert len(listed) == 35
    for index in (0, 17, 34):
        sample = listed[index]
        same = objects[by_name[Path(sample.name).name]]
        np.testing.assert_array_equal(same.mask, sample.mask)
        np.testing.assert_array_equal(same.void, sample.void)
        np.testing.assert_array_equal(same.image, sample.image)


def labelme(folder: Path, shapes: list[dict[str, Any]], **more: object) -> LabelMeDataset:
    layouts.photo(folder / "photos" / "a.jpg")
    data = {"shapes": shapes, "imagePath": "photos\\a.jpg", **more}
    layouts.text(folder / "a.json", json.dumps(data))
    return LabelMeDataset(folder)


def test_labelme_groups_parts_and_knows_void(tmp_path: Path) -> None:
    layouts.labelme(tmp_path)
    objects = LabelMeDataset(tmp_path)
    assert len(objects) == 2  # the point is none
    np.testing.assert_array_equal(objects[1].mask, SECOND)


def test_labelme_circles_and_masks(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.array([[0, 1], [1, 1]], bool)).save(buffer, "PNG")
    patch = base64.b64encode(buffer.getvalue()).decode()
    objects = labelme(
        tmp_path,
        [
            {"label": "sun", "shape_type": "circle", "points": [[10, 10], [13, 10]]},
            {"label": "leaf", "shape_type": "mask", "points": [[28, 18], [29, 19]], "mask": patch},
            {"label": "leaf", "shape_type": "mask", "points": [[-1, -1], [0, 0]], "mask": patch},
        ],
    )
    assert objects[0].mask.sum() == 32  # pi * 9 is 28.3; 32 pixel centres lie within
    assert objects[0].mask[10, 12]
    assert not objects[0].mask[10, 13]
    assert np.argwhere(objects[1].mask).tolist() == [[18, 29], [19, 28], [19, 29]]
    assert np.argwhere(objects[2].mask).tolist() == [[0, 0]]


@pytest.mark.parametrize(
    "shape",
    [
        {"label": "a", "points": [[1, 2, 3], [4, 5, 6], [7, 8, 9, 10]]},
        {"label": "a", "points": "12"},
        {"label": "a"},
        {"label": "a", "shape_type": "rectangle", "points": [[1, 2]]},
        {"label": "a", "shape_type": "mask", "points": [[1, 2], [3, 4]], "mask": "no base64"},
        {"label": "a", "shape_type": "mask", "points": [[1, 2], [3, 4]], "mask": "AAAA"},
        {"label": "a", "shape_type": "mask", "points": [[1, 2], [3, 4]], "mask": None},
    ],
)
def test_labelme_shapes_that_make_no_sense_are_named(shape: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a.json: a shape"):
        labelme(tmp_path, [shape])[0]


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"shapes": [3], "imagePath": "a.jpg"}'])
def test_json_that_is_not_labelme(content: str, tmp_path: Path) -> None:
    layouts.photo(tmp_path / "a.jpg")
    layouts.text(tmp_path / "a.json", content)
    with pytest.raises(DataError, match=r"a.json"):
        LabelMeDataset(tmp_path)


def test_own_coco_finds_its_photos(tmp_path: Path) -> None:
    layouts.own_coco(tmp_path)
    objects = coco.own(tmp_path / "mine.json")
    assert objects.groups == ["mine"] * 2
    np.testing.assert_array_equal(objects[0].mask, FIRST)
    np.testing.assert_array_equal(objects[1].mask, SECOND)
    np.testing.assert_array_equal(objects[0].void, BAND)
    (tmp_path / "images/b.jpg").rename(tmp_path / "b.jpg")
    assert len(coco.own(tmp_path / "mine.json")) == 2
    (tmp_path / "b.jpg").unlink()
    with pytest.raises(DataError, match=r"b.jpg is missing; name a JSON file"):
        coco.own(tmp_path / "mine.json")


@pytest.mark.parametrize("width", [None, "30", 0, 10**9])
def test_coco_without_sizes_asks_the_photo(width: object, tmp_path: Path) -> None:
    layouts.own_coco(tmp_path)
    data = json.loads((tmp_path / "mine.json").read_text())
    data["images"][0]["width"] = width
    layouts.text(tmp_path / "mine.json", json.dumps(data))
    np.testing.assert_array_equal(coco.own(tmp_path / "mine.json")[0].mask, FIRST)


def test_coco_without_sizes_and_a_broken_photo(tmp_path: Path) -> None:
    layouts.own_coco(tmp_path)
    data = json.loads((tmp_path / "mine.json").read_text())
    del data["images"][0]["height"]
    layouts.text(tmp_path / "mine.json", json.dumps(data))
    (tmp_path / "images/b.jpg").write_bytes(b"broken")
    with pytest.raises(DataError, match=r"b.jpg is not a picture"):
        coco.own(tmp_path / "mine.json")
    broken: list[str] = []
    assert len(coco.own(tmp_path / "mine.json", broken=broken)) == 0
    assert len(broken) == 2


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("images", None, "'images' is not a list"),
        ("images", [{"id": "1", "file_name": "b.jpg"}], "'id' is '1', not int"),
        ("images", [], "image 1, which images does not list"),
        ("annotations", [3], "'annotations' is not a list of objects"),
        ("annotations", [{"id": 1, "image_id": 1}], "'category_id' is None"),
        ("annotations", [{"id": 1, "image_id": 1, "category_id": 1}], "has no segmentation"),
        ("categories", {}, "'categories' is not a list"),
    ],
)
def test_json_that_is_not_coco(key: str, value: object, message: str, tmp_path: Path) -> None:
    layouts.own_coco(tmp_path)
    data = json.loads((tmp_path / "mine.json").read_text())
    layouts.text(tmp_path / "mine.json", json.dumps(data | {key: value}))
    with pytest.raises(DataError, match=message):
        coco.own(tmp_path / "mine.json")


def test_a_bad_outline_is_named(tmp_path: Path) -> None:
    layouts.own_coco(tmp_path)
    data = json.loads((tmp_path / "mine.json").read_text())
    data["annotations"][0]["segmentation"] = [[1, 2, 3, 4, 5]]
    layouts.text(tmp_path / "mine.json", json.dumps(data))
    with pytest.raises(DataError, match=r"mine.json, annotation 11 or a crowd: an outline has 5 numbers"):
        coco.own(tmp_path / "mine.json")[0]
