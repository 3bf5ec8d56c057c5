import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iog import DataError
from iog.datasets import PhotoDataset
from iog.masks import encode_rle


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ids = np.zeros((20, 30), np.uint8)
    ids[2:10, 3:12] = 1
    ids[12:14, 20:25] = 2
    ids[10, :] = 255
    Image.fromarray(ids).save(tmp_path / "a.mask.png")
    Image.fromarray(np.full((20, 30, 3), 7, np.uint8)).save(tmp_path / "a.png")
    objects = [{"id": 1, "area": 72, "category": "cat"}, {"id": 2, "area": 10, "category": "dog"}]
    write(
        tmp_path, {"image": "a.png", "mask": "a.mask.png", "set": "x", "kind": "instance", "objects": objects}
    )
    return tmp_path


def write(folder: Path, *photos: object) -> None:
    (folder / "val.jsonl").write_text("".join(json.dumps(photo) + "\n" for photo in photos))


def test_objects_masks_and_void(folder: Path) -> None:
    objects = PhotoDataset(folder, "val")
    assert len(objects) == 2
    assert objects.groups == ["x", "x"]
    cat, dog = objects[0], objects[1]
    assert (cat.name, cat.category, dog.category) == ("a.png#1", "cat", "dog")
    assert (cat.mask.sum(), dog.mask.sum(), cat.void.sum()) == (72, 10, 30)
    assert cat.image.shape == (20, 30, 3)


def test_whole_masks_overlap_and_void_is_what_lies_outside_them(folder: Path) -> None:
    """A table, in the PNG without its plate and the border between them, as annotated."""
    whole = np.zeros((20, 30), bool)
    whole[2:14, 3:25] = True
    table = {"id": 1, "area": int(whole.sum()), "category": "table", "rle": encode_rle(whole)}
    plate = {"id": 2, "area": 10, "category": "plate"}
    write(
        folder,
        {"image": "a.png", "mask": "a.mask.png", "set": "x", "kind": "instance", "objects": [table, plate]},
    )
    objects = PhotoDataset(folder, "val")
    np.testing.assert_array_equal(objects[0].mask, whole)
    void = np.zeros_like(whole)
    void[10, :3] = void[10, 25:] = True
    np.testing.assert_array_equal(objects[0].void, void)
    assert (objects[1].mask.sum(), objects[1].void.sum()) == (10, 30)
    assert (objects[0].mask & objects[1].mask).sum() == 10
    assert [list(objects.same_photo(i)) for i in (0, 1)] == [[0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("rle", "message"),
    [
        (
            {"size": [20, 29], "counts": encode_rle(np.zeros((20, 29), bool))["counts"]},
            "a.png, object 1: rle is 29 x 20",
        ),
        ({"size": [20, 30], "counts": "P1"}, "object 1: rle: the run lengths do not cover 30 x 20 pixels"),
        ({"size": [20, 30], "counts": [600]}, "line 1: ValueError: rle: counts is not a text"),
        ({"size": 20, "counts": "P1"}, "line 1: TypeError"),
    ],
)
def test_bad_run_lengths_are_named(folder: Path, rle: object, message: str) -> None:
    thing = {"id": 1, "area": 72, "category": "cat", "rle": rle}
    write(
        folder, {"image": "a.png", "mask": "a.mask.png", "set": "x", "kind": "instance", "objects": [thing]}
    )
    with pytest.raises(DataError, match=message):
        PhotoDataset(folder, "val")[0]


def test_filters(folder: Path) -> None:
    assert len(PhotoDataset(folder, "val", groups=["y"])) == 0
    assert len(PhotoDataset(folder, "val", minimum_area=11)) == 1
    assert len(PhotoDataset(folder, "val", minimum_share=0.1)) == 1


def test_a_missing_list_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train.jsonl is missing; name the folder that holds train.jsonl"):
        PhotoDataset(tmp_path, "train")


@pytest.mark.parametrize("line", ["{", "[]", '{"image": "a.png"}', '{"set": "x", "objects": 3}'])
def test_a_bad_line_is_named(folder: Path, line: str) -> None:
    with (folder / "val.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(DataError, match=r"val.jsonl, line 2"):
        PhotoDataset(folder, "val")


def test_bad_pictures_are_named(folder: Path) -> None:
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(folder / "a.mask.png")
    with pytest.raises(DataError, match="5, 5"):
        PhotoDataset(folder, "val")[0]
    (folder / "a.png").write_bytes(b"broken")
    with pytest.raises(DataError, match="cannot read a photo"):
        PhotoDataset(folder, "val")[0]


def test_the_real_lists(shared_data: Path) -> None:
    for split, count in (("val", 1565), ("test", 1280)):
        objects = PhotoDataset(shared_data, split)
        assert len(objects) == count
        for index in range(0, count, 100):
            sample = objects[index]
            assert sample.mask.any()
            assert sample.mask.shape == sample.image.shape[:2]
