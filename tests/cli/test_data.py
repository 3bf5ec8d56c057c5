"""`iog data` and `iog eval --dataset` as a person calls them."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from scipy.io import savemat
from tests.datasets import layouts

from iog.cli import main
from iog.datasets import known


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_list_names_every_set_and_where_it_is() -> None:
    output = run("data", "list").output
    for name, entry in (known.OBJECTS | known.BOXES).items():
        assert f"  {name} " in output
        assert entry.source in output


def test_every_set_is_in_the_docs() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text()
    for name in (*known.OBJECTS, *known.BOXES):
        assert f"`{name}`" in docs


def test_a_whole_set(tmp_path: Path) -> None:
    layouts.voc(tmp_path)
    result = run("data", "check", "voc", tmp_path)
    assert result.exit_code == 0, result.output
    lines = [line.split(maxsplit=1) for line in result.output.splitlines()]
    assert ["photos", "1"] in lines
    assert ["objects", "2"] in lines
    assert ["categories", "2: cat 1, person 1"] in lines
    assert "30 x 20" in result.output
    assert "36 to 72 pixels" in result.output
    assert ["void", "in the photos of 2 objects"] in lines
    assert ["broken", "0"] in lines


def test_broken_pairs_and_empty_masks(tmp_path: Path) -> None:
    layouts.grabcut(tmp_path)
    layouts.photo(tmp_path / "data_GT" / "alone.jpg")
    layouts.picture(tmp_path / "boundary_GT" / "orphan.bmp", layouts.labels(255, 0, 0))
    layouts.picture(tmp_path / "boundary_GT" / "doll.bmp", layouts.labels(0, 0, 128))
    (tmp_path / "data_GT" / "cross.jpg").write_bytes(b"broken")
    result = run("data", "check", "grabcut", tmp_path)
    assert result.exit_code == 1
    assert "orphan.bmp has no photo" in result.output
    assert "alone.jpg has no mask" in result.output
    assert "cross.jpg is not a picture" in result.output
    assert "empty masks 1\n  doll.bmp#doll" in result.output
    assert "broken      3" in result.output


def test_masks_of_numbers_without_an_object_are_named(tmp_path: Path) -> None:
    """Such a photo gives no object, so that nobody would miss it."""
    nothing = layouts.labels(0, 0, 0)
    voc, sbd, folder = (tmp_path / name for name in ("voc", "sbd", "folder"))
    layouts.voc(voc)
    layouts.picture(voc / "VOCdevkit/VOC2012/SegmentationObject/2007_000001.png", nothing, palette=True)
    layouts.sbd(sbd, val="2008_000004 2008_000005")
    content = {"Segmentation": nothing, "Categories": np.empty((0, 1), np.uint8)}
    savemat(sbd / "benchmark_RELEASE/dataset/inst/2008_000005.mat", {"GTinst": content})
    layouts.folder(folder)
    layouts.photo(folder / "b.jpg")
    layouts.picture(folder / "b.png", nothing)
    for name, root, file in (
        ("voc", voc, "2007_000001.png"),
        ("sbd", sbd, "2008_000005.mat"),
        ("folder", folder, "b.png"),
    ):
        result = run("data", "check", name, root)
        assert result.exit_code == 1, result.output
        assert f"{file} is an empty mask: it has no object" in result.output
        assert "broken      1" in result.output
        # Training and evaluation pass over it.
        assert len(known.open_objects(name, root)) == (0 if name == "voc" else 2)


def test_many_faults_are_cut_short(tmp_path: Path) -> None:
    for number in range(25):
        layouts.photo(tmp_path / f"{number:02}.jpg")
        layouts.picture(tmp_path / f"{number:02}.png", np.zeros((20, 30), np.uint8))
    result = run("data", "check", "folder", tmp_path)
    assert result.exit_code == 1
    assert "empty masks 25" in result.output
    assert result.output.count("jpg#1") == 20
    assert "and 5 more" in result.output


def test_boxes(tmp_path: Path) -> None:
    layouts.imagenet(tmp_path)
    result = run("data", "check", "imagenet-boxes", tmp_path, "--split", "train")
    assert result.exit_code == 0, result.output
    assert "objects     2" in result.output


def test_a_set_without_objects_is_not_whole(tmp_path: Path) -> None:
    layouts.photos(tmp_path)
    (tmp_path / "val.jsonl").write_text("")
    result = run("data", "check", "photos", tmp_path)
    assert result.exit_code == 1
    assert "nothing to read" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "voc", "nowhere"], "ImageSets is missing; PASCAL VOC 2012 is at"),
        (
            ["check", "coco-json", "nowhere.json"],
            "nowhere.json is missing; name a file or a folder of labels",
        ),
        (["check", "coco-json", "tests/cli"], "Error: tests/cli has no COCO document"),
        (["check", "vox", "nowhere"], "no dataset 'vox' with masks; known are photos, folder"),
        (["check", "voc", "nowhere", "--split", "test"], "voc has no split 'test'; it has val, train"),
        (
            ["check", "berkeley", "nowhere", "--split", "test"],
            "berkeley has no split 'test': it has no splits",
        ),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[str], message: str) -> None:
    result = run("data", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_eval_takes_any_set(tmp_path: Path) -> None:
    layouts.coco(tmp_path)
    result = run("eval", "--dataset", "coco-mini", "--data", tmp_path, "--sets", "seen", "--clicks", 3)
    assert result.exit_code == 0, result.output
    assert "| seen | 2 |" in result.output
    assert "coco-mini val2014" in result.output
    result = run("eval", "--dataset", "coco-mini", "--data", tmp_path, "--sets", "heard")
    assert result.exit_code == 2
    assert "has no objects of heard; it has seen, unseen" in " ".join(result.output.split())


def test_eval_leaves_out_empty_masks(tmp_path: Path) -> None:
    layouts.coco_mval(tmp_path)
    mask = tmp_path / "COCO_MVal/gt/dog00_000000000007.png"
    layouts.picture(mask, np.zeros((20, 30), np.uint8))
    result = run("eval", "--dataset", "coco-mval", "--data", tmp_path, "--clicks", 3)
    assert result.exit_code == 0, result.output
    assert "left out: 1 object with an empty mask" in result.output
    assert "| coco-mval | 1 |" in result.output
    layouts.picture(mask.with_name("hot dog01_000000000003.png"), np.zeros((20, 30), np.uint8))
    result = run("eval", "--dataset", "coco-mval", "--data", tmp_path)
    assert result.exit_code == 2
    assert "every mask is empty" in " ".join(result.output.split())
