"""A user's own photos with a picture of masks each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iog import DataError
from iog.datasets import PhotoDataset
from iog.datasets.folder import FolderDataset
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
