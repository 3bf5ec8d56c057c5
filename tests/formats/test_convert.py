from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from iog.auto.inputs import read_boxes
from iog.cli import main
from iog.errors import DataError
from iog.formats.account import Account
from iog.formats.convert import convert
from iog.formats.places import replacing_folder
from iog.places import Folder

COCO = {
    "images": [{"id": 1, "file_name": "a.png", "width": 40, "height": 30}],
    "categories": [{"id": 1, "name": "cat"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[2, 2, 20, 2, 20, 20]]},
        {"id": 2, "image_id": 1, "category_id": 1, "segmentation": [[2, 2]]},
    ],
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "c.json"
    path.parent.mkdir()
    path.write_text(json.dumps(COCO))
    return path


def test_there_and_back(source: Path, tmp_path: Path) -> None:
    account = convert(source, tmp_path / "yolo", "yolo")
    assert account.made == {"photos": 1, "masks": 1} and sum(t.count for t in account.skipped.values()) == 1
    with pytest.raises(DataError, match="name the folder of the photos"):  # YOLO states no sizes
        convert(tmp_path / "yolo", tmp_path / "coco", "coco")
    Image.new("RGB", (40, 30)).save(tmp_path / "in" / "a.png")
    convert(tmp_path / "yolo", tmp_path / "coco", "coco", photos=tmp_path / "in", strict=True)
    back = json.loads((tmp_path / "coco" / "annotations.json").read_text())
    assert back["images"][0]["file_name"] == "a.png" and len(back["annotations"]) == 1


def test_what_a_format_has_no_place_for_is_said(source: Path, tmp_path: Path) -> None:
    (first, _) = COCO["annotations"]
    facts = {"attributes": {"colour": "red", "legs": 4}, "description": "asleep", "iscrowd": 0}
    source.write_text(json.dumps({**COCO, "annotations": [{**first, **facts}]}))
    notes = convert(source, tmp_path / "yolo", "yolo").notes
    assert {"yolo has no place for attributes", "yolo has no place for comments"} <= set(notes)
    with pytest.raises(DataError, match="has no place for attributes"):
        convert(source, tmp_path / "strict", "yolo", strict=True)
    assert not (tmp_path / "strict").exists()
    assert convert(source, tmp_path / "labelme", "labelme", strict=True).made["masks"] == 1
    notes = convert(source, tmp_path / "cvat", "cvat").notes
    assert str(notes["numbers, lists and the like in attributes become text"]) == "legs"


def test_boxes_that_change_are_said(source: Path, tmp_path: Path) -> None:
    (first, _) = COCO["annotations"]
    said = {
        "a box ends between pixels; it is widened to whole ones": {
            "bbox": [5.4, 5.4, 10.2, 10.2],
            "segmentation": [],
        },
        "a stated box is not that of its mask; it is left out": {"bbox": [1, 1, 35, 25]},
    }
    for sentence, facts in said.items():
        source.write_text(json.dumps({**COCO, "annotations": [{**first, **facts}]}))
        assert list(convert(source, tmp_path / "coco", "coco").notes) == [sentence]
    for facts in ({"bbox": [5, 5, 10.001, 10], "segmentation": []}, {"bbox": [2, 2, 18, 18.4]}):
        source.write_text(json.dumps({**COCO, "annotations": [{**first, **facts}]}))
        convert(source, tmp_path / "strict", "coco", strict=True)


def test_lists_and_maps_of_an_annotation_are_kept(source: Path, tmp_path: Path) -> None:
    (first, _) = COCO["annotations"]
    more = {"extra": [1, 2, 3], "caption": {"a": 1}, "track_id": 4}
    source.write_text(json.dumps({**COCO, "annotations": [{**first, **more}]}))
    convert(source, tmp_path / "coco", "coco", strict=True)
    back = json.loads((tmp_path / "coco" / "annotations.json").read_text())
    assert back["annotations"][0]["attributes"] == more
    convert(source, tmp_path / "labelme", "labelme", strict=True)
    shapes = json.loads((tmp_path / "labelme" / "a.json").read_text())["shapes"]
    assert shapes[0]["attributes"] == more


def test_texts_that_cvat_reads_as_answers_are_said(source: Path, tmp_path: Path) -> None:
    (first, _) = COCO["annotations"]
    source.write_text(json.dumps({**COCO, "annotations": [{**first, "attributes": {"s": "true"}}]}))
    assert list(convert(source, tmp_path / "cvat", "cvat").notes) == [
        "texts 'true' and 'false' in attributes become yes and no"
    ]


def test_a_zip_file_stands_for_its_folder(source: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "labels.zip", "w") as archive:
        archive.write(source, "set/c.json")
    assert convert(tmp_path / "labels.zip", tmp_path / "yolo", "yolo").made == {"photos": 1, "masks": 1}
    Image.new("RGB", (40, 30)).save(tmp_path / "in" / "a.png")
    boxes = read_boxes(tmp_path / "labels.zip", Folder(tmp_path / "in"), None, Account())
    assert [item.image for item in boxes] == ["a.png"]
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
        archive.writestr("readme.md", "nothing")
    with pytest.raises(DataError, match=r"^odd\.zip holds no labels"):
        convert(tmp_path / "odd.zip", tmp_path / "o", "yolo")
    assert not (tmp_path / "o").exists()


def test_strict_writes_nothing(source: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["data", "convert", str(source), str(tmp_path / "o"), "--to", "voc", "--strict"]
    )
    assert result.exit_code == 2 and "nothing was written" in result.output
    assert not (tmp_path / "o").exists()


def test_what_is_read_is_never_replaced(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / "out", "coco")
    for target in (tmp_path / "out", tmp_path / "out" / "below", tmp_path):
        with pytest.raises(DataError, match="would replace the labels that are read"):
            convert(tmp_path / "out", target, "coco")
    assert (tmp_path / "out" / "annotations.json").is_file()


def test_an_export_that_cannot_take_its_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    with replacing_folder(folder) as made:
        (made / "a.txt").write_text("old")
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if self.name.endswith(".tmp") and target == folder:
            raise OSError("no room")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(OSError, match="no room"), replacing_folder(folder) as made:
        (made / "a.txt").write_text("new")
    assert (folder / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
