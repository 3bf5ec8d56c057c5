"""Packs: what goes in comes out, and files that are none are told apart."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from iog import DataError
from iog.cli import main
from iog.datasets import ObjectSample, PhotoDataset
from iog.datasets.pack import PackDataset, PackSettings, write_pack
from iog.evaluation.metrics import iou


class Photo:
    """Two squares that overlap, and an object without a pixel, in one photo of two shades."""

    def __init__(self) -> None:
        self.groups = ["x", "y", "x"]

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> ObjectSample:
        mask = np.zeros((120, 200), bool)
        if index < 2:
            mask[40:80, 40 + 20 * index : 80 + 20 * index] = True
        image = np.full((120, 200, 3), 60, np.uint8)
        image[40:80, 40:100] = (200, 120, 40)
        void = np.zeros_like(mask)
        void[30:34] = True
        return ObjectSample(f"p#{index}", self.groups[index], "thing", image, mask, void)

    def same_photo(self, index: int) -> range:
        return range(3)


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    packed = write_pack(Photo(), range(3), tmp_path, settings=PackSettings(margin=0.25))
    assert (packed.objects, packed.left_out) == (2, 1)
    assert packed.size == sum(path.stat().st_size for path in packed.parts)
    pack = PackDataset([tmp_path])
    assert pack.groups == ["x", "y"]
    first = pack[0]
    assert (first.name, first.group, first.category) == ("p#0", "x", "thing")
    # 40 pixels and a quarter of them on each side, never larger than it was.
    assert first.image.shape == (60, 60, 3)
    assert first.mask[10:50, 10:50].all()
    assert first.mask.sum() == 1600
    assert first.void[:4].all()
    assert first.void.sum() == 240
    np.testing.assert_allclose(first.image[20:40, 20:40].mean((0, 1)), (200, 120, 40), atol=6)
    (other,) = pack.beside(0)
    assert other[10:50, 30:].all()
    assert other.sum() == 40 * 30
    np.testing.assert_array_equal(pack.mask(0), first.mask)


def test_large_crops_shrink_and_keep_their_aspect(tmp_path: Path) -> None:
    write_pack(Photo(), [0], tmp_path, settings=PackSettings(side=30, margin=1.0))
    image = PackDataset([tmp_path])[0].image
    assert image.shape == (30, 30, 3)
    write_pack(Photo(), [0], tmp_path, "b", PackSettings(side=48, margin=3.0))  # ends with the photo
    assert PackDataset([tmp_path / "b-000.iogpack"])[0].image.shape[:2] == (37, 62)


def test_real_objects_in_parts(photo_folder: Path, tmp_path: Path) -> None:
    objects = PhotoDataset(photo_folder, "train")
    packed = write_pack(objects, range(len(objects)), tmp_path, settings=PackSettings(part_mib=0.02))
    assert len(packed.parts) > 1
    assert all(path.stat().st_size <= 0.02 * 2**20 for path in packed.parts)
    pack = PackDataset([str(path) for path in packed.parts])
    assert len(pack) == len(objects)
    for index in range(len(pack)):
        sample, whole = pack[index], objects[index]
        assert sample.name == whole.name
        share, before = sample.mask.mean(), whole.mask.mean()
        assert share >= before - 0.01
        assert iou(sample.mask, pack.mask(index)) == 1
    assert len(PackDataset(packed.parts[:1])) < len(objects)
    assert len(PackDataset(packed.parts, minimum_area=10**9)) == 0


def test_parts_are_not_overwritten(tmp_path: Path) -> None:
    write_pack(Photo(), [0], tmp_path)
    with pytest.raises(DataError, match="holds parts of train already"):
        write_pack(Photo(), [1], tmp_path)
    with pytest.raises(DataError, match="no object to pack"):
        write_pack(Photo(), [2], tmp_path, "other")
    assert [path.name for path in tmp_path.iterdir()] == ["train-000.iogpack"]


def test_files_that_are_none(tmp_path: Path) -> None:
    (part,) = write_pack(Photo(), [0], tmp_path).parts
    whole = part.read_bytes()
    bad = tmp_path / "bad.iogpack"
    heads = {
        "not a part of a pack": b"something else altogether",
        "it is cut off": whole[:-10],
        "KeyError": b"IOGPACK1" + struct.pack("<Q", 2) + b"{}",
        "JSONDecodeError": whole[:60],
    }
    for message, content in heads.items():
        bad.write_bytes(content)
        with pytest.raises(DataError, match=message):
            PackDataset([bad])
    bad.write_bytes(b"")
    with pytest.raises(DataError, match="cannot read"):
        PackDataset([bad])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no parts"):
        PackDataset([tmp_path / "empty"])
    entry = {"name": "n", "set": "s", "category": "", "size": [4, 4], "picture": [0, 3]}
    head = json.dumps({"crops": [{**entry, "mask": "P1", "void": "`0", "beside": []}]}).encode()
    bad.write_bytes(b"IOGPACK1" + struct.pack("<Q", len(head)) + head + b"abc")
    with pytest.raises(DataError, match="the picture of n in the pack is broken"):
        PackDataset([bad])[0]
    with pytest.raises(DataError, match="a mask of n in the pack is broken"):
        PackDataset([bad]).mask(0)


def test_the_command(photo_folder: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["data", "pack", str(photo_folder), "--out", str(tmp_path / "pack")])
    assert result.exit_code == 0, result.output
    assert "train-000.iogpack" in result.output
    assert "objects, " in result.output.splitlines()[-1]
    again = CliRunner().invoke(main, ["data", "pack", str(photo_folder), "--out", str(tmp_path / "pack")])
    assert (again.exit_code, "choose another folder" in " ".join(again.output.split())) == (2, True)
