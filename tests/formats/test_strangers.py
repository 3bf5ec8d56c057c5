"""Kinds of labels that people who had not seen this code tried on it, each with the right outcome."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from PIL import Image

from iog.annotator.exchange import import_upload
from iog.annotator.photos import Photos
from iog.annotator.store import Store
from iog.cli import main
from iog.errors import DataError
from iog.formats import table
from iog.formats.account import Account
from iog.formats.convert import convert
from iog.formats.places import replacing_folder
from iog.formats.records import Picture
from tests.annotator.conftest import write_photo
from tests.formats.test_readers import SQUARE, write

LINE = f"0 {SQUARE}"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for name in ("a.png", "b.png"):
        write_photo(folder / name, 100, 80)
    return folder


def iog(*arguments: object, status: int = 0) -> str:
    ran = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert ran.exit_code == status, ran.output
    return ran.output


def pictures(source: Path) -> tuple[list[Picture], Account]:
    account = Account()
    return list(table.read(source, account).pictures), account


def objects(photos: Path, project: str = "annotations.iog") -> dict[str, int]:
    store = Store(photos / project)
    return {p.path: len(store.objects(p.id)) for p in store.photos(0, 99)[1] if p.objects}


def labels(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, dict(files))
    return folder


def test_an_export_never_removes_what_a_person_put_into_its_folder(photos: Path, tmp_path: Path) -> None:
    iog("import", photos, labels(tmp_path / "l", {"a.txt": LINE}))
    out = tmp_path / "out"
    iog("export", photos, "--format", "yolo", "--out", out)
    (out / "images").mkdir()
    (out / "images" / "mine.jpg").write_bytes(b"a photo")
    assert "images/mine.jpg, which no export wrote" in iog(
        "export", photos, "--format", "yolo", "--out", out, status=2
    )
    assert (out / "images" / "mine.jpg").exists() and (out / "data.yaml").exists()


def test_an_export_of_nothing_leaves_the_older_one(photos: Path, tmp_path: Path) -> None:
    iog("import", photos, labels(tmp_path / "l", {"a.txt": LINE}))
    iog("export", photos, "--out", tmp_path / "out")
    before = (tmp_path / "out" / "annotations.json").read_bytes()
    iog("export", photos, "--out", tmp_path / "out", "--label", "nosuch", status=1)
    assert (tmp_path / "out" / "annotations.json").read_bytes() == before


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    with replacing_folder(tmp_path / "link") as made:
        (made / "a.txt").write_text("new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "there" / "a.txt").read_text() == "new"
    monkeypatch.chdir(tmp_path / "there")
    with pytest.raises(DataError, match="current folder"), replacing_folder(Path()):
        pass


def test_masks_of_a_replaced_photo_are_not_exported(photos: Path, tmp_path: Path) -> None:
    iog("import", photos, labels(tmp_path / "l", {"a.txt": LINE, "b.txt": LINE}))
    Image.new("RGB", (100, 80), "red").save(photos / "a.png")
    assert "replaced by other pictures" in iog("export", photos, "--out", tmp_path / "out")
    document = json.loads((tmp_path / "out" / "annotations.json").read_text())
    assert [image["file_name"] for image in document["images"]] == ["b.png"]


@pytest.mark.parametrize("name", ["test", "train", "classes", "readme.old"])
def test_yolo_files_that_are_named_as_lists(tmp_path: Path, name: str) -> None:
    found, account = pictures(labels(tmp_path, {f"{name}.txt": LINE, "a.txt": LINE}))
    assert sorted(p.name for p in found) == sorted(["a", name]) and account.read["objects"] == 2
    found, _ = pictures(labels(tmp_path / "l", {"labels/classes.txt": "cat\n", "labels/a.txt": LINE}))
    assert [(p.name, p.annotations[0].label) for p in found] == [("a", "cat")]


def test_yolo_poses_are_boxes_and_points_beside_the_photo_are_refused(tmp_path: Path) -> None:
    pose = "0 .5 .5 .2 .2 .45 .45 2 .55 .5 1 0 0 0"
    found, account = pictures(
        labels(tmp_path / "p", {"data.yaml": "kpt_shape: [3, 3]\nnames: [x]", "a.txt": pose})
    )
    box = found[0].annotations[0].box
    assert box is not None and box.box((100, 80)) == (40, 32, 60, 48)
    assert list(account.notes) == ["keypoints are left out; the box is used"]
    found, account = pictures(labels(tmp_path / "q", {"a.txt": pose}))
    assert not found[0].annotations and "a line cannot be read" in account.skipped


def test_yolo_names_in_a_yaml_of_any_name(tmp_path: Path) -> None:
    found, _ = pictures(labels(tmp_path, {"coco8.yaml": "names: [cat]", "labels/a.txt": LINE}))
    assert found[0].annotations[0].label == "cat"


@pytest.mark.parametrize("path", ["{outside}", "../../{name}", "lists"])
def test_an_archive_reads_nothing_outside_of_it(tmp_path: Path, photos: Path, path: str) -> None:
    secret = labels(tmp_path / "secret", {"a.txt": "SECRET", "names.txt": "SECRET"})
    stated = path.format(outside=secret, name=secret.name)
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as archive:
        archive.writestr("data.yaml", f"path: {stated}\ntrain: {secret}/names.txt\nnames: [x]")
        archive.writestr("b.txt", LINE)
    store = Store(tmp_path / "p.iog")
    content = (tmp_path / "l.zip").read_bytes()
    account = import_upload(store, Photos(photos, store), "l.zip", content)
    assert account.objects == 1 and "SECRET" not in "\n".join(account.lines())


def coco(name: str = "1.jpg", **more: Any) -> str:
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[2, 2, 20, 2, 20, 20]], **more}
    image = {"id": 1, "file_name": name, "width": 100, "height": 80}
    document = {"images": [image], "categories": [{"id": 1, "name": "cat"}], "annotations": [annotation]}
    return json.dumps(document)


def test_equal_names_in_two_folders_stay_two_without_photos(tmp_path: Path) -> None:
    source = {f"{part}/_annotations.coco.json": coco() for part in ("train", "valid")}
    convert(labels(tmp_path / "l", source), tmp_path / "y", "yolo")
    found = sorted(p.relative_to(tmp_path / "y").as_posix() for p in (tmp_path / "y").rglob("*/*.txt"))
    assert found == ["labels/train/1.txt", "labels/valid/1.txt"]
    convert(labels(tmp_path / "m", {"annotations/c.json": coco()}), tmp_path / "n", "coco")
    assert json.loads((tmp_path / "n" / "annotations.json").read_text())["images"][0]["file_name"] == "1.jpg"


@pytest.mark.parametrize(
    "files",
    [
        {"labels/train/1.txt": LINE},
        {"train/_annotations.coco.json": coco("1.png")},
        {"instances_train2017.json": coco("1.png")},
        {"Annotations/1.xml": "<annotation><folder>train</folder><filename>1.png</filename>"
         "<object><name>x</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
         "</object></annotation>"},
        {"l/1.json": json.dumps({"shapes": [{"label": "x", "points": [[1, 1], [9, 1], [9, 9]]}],
                                 "imagePath": "..\\images\\train\\1.png"})},
    ],
)  # fmt: skip
def test_labels_of_one_part_never_go_to_another(tmp_path: Path, files: dict[str, str]) -> None:
    folder = tmp_path / "photos"
    write_photo(folder / "val" / "1.png", 100, 80)
    source = labels(tmp_path / "l", files)
    assert "the folder has no such photo" in iog("import", folder, source, status=1)
    write_photo(folder / "train" / "1.png", 100, 80)
    iog("import", folder, source)
    assert objects(folder) == {"train/1.png": 1}


def test_coco_of_parts_in_files(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    for part in ("train", "val"):
        write_photo(folder / part / "1.png", 100, 80)
    files = {f"annotations/instances_{part}2017.json": coco("1.png") for part in ("train", "val")}
    iog("import", folder, labels(tmp_path / "l", files))
    assert objects(folder) == {"train/1.png": 1, "val/1.png": 1}


@pytest.mark.parametrize("format_", get_args(table.WriteName))
@pytest.mark.parametrize("name", ["s/same.png", "back\\same.png"])
def test_what_was_written_goes_back_to_its_photo(tmp_path: Path, format_: str, name: str) -> None:
    folder = tmp_path / "photos"
    for path in ("same.png", name):
        write_photo(folder / path, 100, 80)
    source = labels(tmp_path / "l", {"c.json": coco(name)})
    iog("data", "convert", source, tmp_path / "o", "--to", format_, "--images", folder)
    iog("import", folder, tmp_path / "o", "--strict", "--project", tmp_path / "p.iog")
    store = Store(tmp_path / "p.iog")
    assert [p.path for p in store.photos(0, 99)[1] if p.objects] == [name]
    back = table.READ_AS.get(format_, format_)  # type: ignore[call-overload]
    iog("data", "convert", tmp_path / "o", tmp_path / "c", "--to", "coco", "--from", back, "--images", folder)
    document = json.loads((tmp_path / "c" / "annotations.json").read_text())
    assert [image["file_name"] for image in document["images"]] == [name]


def test_a_labelme_path_begins_at_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    for path in ("1.png", "night/1.png", "day/1.png"):
        write_photo(folder / path, 100, 80)
    shape = {"label": "x", "points": [[1, 1], [9, 1], [9, 9]]}
    files = {"day/1.json": "../night/1.png", "json/1.json": "../1.png"}
    source = {name: json.dumps({"shapes": [shape], "imagePath": path}) for name, path in files.items()}
    iog("import", folder, labels(tmp_path / "l", source))
    assert objects(folder) == {"1.png": 1, "night/1.png": 1}


def test_nested_photos_of_equal_names(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    for name in ("a.png", "s/a.png"):
        write_photo(folder / name, 100, 80)
    iog("import", folder, labels(tmp_path / "l", {"labels/a.txt": LINE, "labels/s/a.txt": LINE}))
    assert objects(folder) == {"a.png": 1, "s/a.png": 1}


def test_voc_masks_of_both_parts_come_back(photos: Path, tmp_path: Path) -> None:
    iog("import", photos, labels(tmp_path / "l", {"a.txt": LINE, "b.txt": LINE}))
    iog("export", photos, "--format", "voc", "--out", tmp_path / "v", "--val", "0.5")
    assert "2 masks" in iog("import", photos, tmp_path / "v", "--project", tmp_path / "back.iog")


def test_spaces_that_do_not_break_belong_to_names(tmp_path: Path) -> None:
    name = "\xa0a\xa0.png"
    element = "<name>\xa0cat </name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
    text = f"<annotation><filename> {name}\n</filename><object>{element}</object></annotation>"
    (found,), _ = pictures(labels(tmp_path, {"Annotations/a.xml": text}))
    assert found.name == name and found.annotations[0].label == "\xa0cat"


def test_one_id_of_two_photos_is_no_guess(tmp_path: Path) -> None:
    document = json.loads(coco("a.jpg"))
    document["images"].append({**document["images"][0], "file_name": "s/b.jpg"})
    found, account = pictures(labels(tmp_path, {"c.json": json.dumps(document)}))
    assert not found and "several photos have the id" in next(iter(account.skipped))


def test_files_without_objects_make_photos_done(photos: Path, tmp_path: Path) -> None:
    for number, files in enumerate(
        (
            {"a.txt": "\n"},
            {"a.json": '{"shapes": [], "imagePath": "a.png"}'},
            {"Annotations/a.xml": "<annotation><filename>a.png</filename></annotation>"},
        )
    ):
        project = tmp_path / f"{number}.iog"
        out = tmp_path / f"out{number}"
        source = labels(tmp_path / f"l{number}", files)
        assert "1 photo without objects" in iog("import", photos, source, "--project", project)
        iog("export", photos, "--project", project, "--format", "yolo", "--out", out)
        assert [path.name for path in (out / "labels").iterdir()] == ["a.txt"]
    document = json.dumps({**json.loads(coco("a.png")), "annotations": []})
    output = iog("import", photos, labels(tmp_path / "c", {"c.json": document}))
    assert "listed without objects are to do" in output


def test_photos_without_objects_come_back_done(photos: Path, tmp_path: Path) -> None:
    """Where a format has a word for it: COCO lists photos, of which nobody may have seen some."""
    project = tmp_path / "p.iog"
    iog("import", photos, labels(tmp_path / "y", {"a.txt": "\n"}), "--project", project)
    for format_ in ("coco", "coco-rle", "label-studio"):
        out, other = tmp_path / format_, tmp_path / f"{format_}.iog"
        iog("export", photos, "--project", project, "--format", format_, "--out", out)
        said = iog("import", photos, out, "--project", other)
        assert "1 photo without objects" in said and "to do" not in said, said
    task = '[{"data": {"image": "a.png"}, "annotations": [%s]}]'
    for stated, done in (('{"result": []}', True), ('{"result": [], "was_cancelled": true}', False)):
        source = labels(tmp_path / str(done), {"tasks.json": task % stated})
        said = iog("import", photos, source, "--project", tmp_path / f"{done}.iog", status=1 - done)
        assert ("1 photo without objects" in said) == done, said


def test_a_photo_whose_objects_cannot_be_read_is_not_one_without_objects(
    photos: Path, tmp_path: Path
) -> None:
    for number, files in enumerate(
        (
            {"a.txt": "0 0.5 x 0.2 0.2\n"},
            {"a.json": '{"shapes": [{"label": "x"}], "imagePath": "a.png"}'},
            {"Annotations/a.xml": "<annotation><filename>a.png</filename><object/></annotation>"},
            {"c.json": json.dumps({**json.loads(coco("a.png")), "annotations": [{"image_id": 1}]})},
        )
    ):
        source = labels(tmp_path / f"l{number}", files)
        project = tmp_path / f"{number}.iog"
        output = iog("import", photos, source, "--project", project, status=1)
        assert "skipped       1" in output and "without objects" not in output


def test_a_broken_file_takes_nothing_from_a_photo_without_objects(photos: Path, tmp_path: Path) -> None:
    for number, files in enumerate(
        (
            {"0.json": "{", "a.json": '{"shapes": [], "imagePath": "a.png"}'},
            {
                "Annotations/0.xml": "<annotation>",
                "Annotations/a.xml": "<annotation><filename>a.png</filename></annotation>",
            },
        )
    ):
        source = labels(tmp_path / f"l{number}", files)
        output = iog("import", photos, source, "--project", tmp_path / f"{number}.iog")
        assert "skipped       1" in output and "1 photo without objects" in output


def test_what_is_left_out_of_labelme_and_label_studio_is_said(tmp_path: Path) -> None:
    shape = {"label": "x", "points": [[1, 1], [9, 1], [9, 9]], "tags": ["wet"], "order": 0}
    file = {"shapes": [shape], "imagePath": "a.png", "flags": {"night": True}}
    size = {"imageWidth": "50", "imageHeight": "40"}
    (found,), account = pictures(labels(tmp_path / "l", {"a.json": json.dumps({**file, **size})}))
    assert found.size == (50, 40) and dict(found.annotations[0].attributes) == {"tags": ["wet"], "order": 0}
    assert list(account.notes) == ["flags of photos are left out"]

    def region(width: int, *names: str) -> dict[str, Any]:
        value = {"x": 1, "y": 1, "width": 20, "height": 20, "rectanglelabels": names}
        return {"type": "rectanglelabels", "original_width": width, "original_height": 80, "value": value}

    choice = {"type": "choices", "value": {"choices": ["night"]}}
    results = [region(100, "cat", "dog"), region(50, "cat"), choice]
    task = {
        "data": {"image": "/a.png"},
        "annotations": [{"result": [], "was_cancelled": True}, {"result": results}],
        "predictions": [{"result": [region(100, "cat")]}],
    }
    (found,), account = pictures(labels(tmp_path / "s", {"tasks.json": json.dumps([task])}))
    assert len(found.annotations) == 1 and len(account.notes) == 4 and len(account.skipped) == 1


def test_auto_keeps_the_numbers_of_classes(photos: Path, tmp_path: Path) -> None:
    document = json.loads(coco("a.png", category_id=3))
    document["categories"] = [{"id": 1, "name": "cat"}, {"id": 3, "name": "dog", "supercategory": "pet"}]
    source = labels(tmp_path / "l", {"c.json": json.dumps(document)}) / "c.json"
    iog("auto", source, "--images", photos, "--out", tmp_path / "o", "--method", "box", "--format", "coco")
    made = json.loads((tmp_path / "o" / "coco.json").read_text())
    assert made["categories"] == [
        {"id": 1, "name": "cat", "supercategory": ""},
        {"id": 3, "name": "dog", "supercategory": "pet"},
    ]
    assert [a["category_id"] for a in made["annotations"]] == [3]


def test_a_mask_and_its_picture_are_two_files(photos: Path, tmp_path: Path) -> None:
    same = ("--out", tmp_path / "m.png", "--overlay", tmp_path / "." / "m.png")
    assert "name two files" in iog("predict", photos / "a.png", "--corners", "5,5", "60,60", *same, status=2)


@pytest.mark.parametrize(
    ("files", "status"), [({"a.txt": f"{LINE}\n0 1"}, 2), ({"a.txt": "0 1"}, 1), ({"a.md": ""}, 2)]
)
def test_an_import_of_nothing_makes_no_project(
    photos: Path, tmp_path: Path, files: dict[str, str], status: int
) -> None:
    strict = ["--strict"] if status == 2 else []
    iog("import", photos, labels(tmp_path / "l", files), *strict, status=status)
    assert sorted(path.name for path in photos.iterdir()) == ["a.png", "b.png"]
    iog("import", photos, labels(tmp_path / "m", {"a.txt": LINE}))
    iog("import", photos, tmp_path / "l", *strict, status=status)
    assert objects(photos) == {"a.png": 1}, "a project that was there stays"
