from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from iog import zoo
from iog.cli import main
from iog.errors import DataError
from iog.learning.shelf import LearnedModel, Shelf
from iog.segmenter import Segmenter

RECORD = LearnedModel(
    number=0,
    name="leaf 1",
    label="leaf",
    objects=12,
    ids=(1, 2, 3),
    held=12,
    before=4.1,
    after=2.3,
    low=0.9,
    high=2.7,
    made=0.0,
)


def made(folder: Path) -> Path:
    """The files of a model, as the worker leaves them."""
    folder.mkdir(parents=True)
    for path, part in zip(zoo.MODELS["lite"].files, ("encoder", "decoder"), strict=True):
        shutil.copy(path, folder / f"model.{part}.onnx")
    shutil.copy(zoo.calibration_file("lite"), folder / "model.calibration.json")
    return folder


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    (tmp_path / "mine.iog").touch()
    return Shelf(tmp_path / "mine.iog")


def put(shelf: Shelf, **changes: object) -> LearnedModel:
    return shelf.add(made(shelf.folder / "made"), replace(RECORD, **changes))  # type: ignore[arg-type]


def test_models_get_numbers_and_are_used_when_told(shelf: Shelf) -> None:
    assert shelf.models() == [] and shelf.labels() == {} and not shelf.on
    assert put(shelf).number == 1
    assert put(shelf, name="leaf 2").number == 2
    assert shelf.labels() == {}
    shelf.use("leaf", 1)
    shelf.use("leaf", 2)
    assert shelf.labels() == {"leaf": 2}
    assert shelf.go_back("leaf") == 1
    assert shelf.go_back("leaf") == 0
    assert shelf.labels() == {}
    with pytest.raises(DataError, match="used no other model before"):
        shelf.go_back("leaf")
    assert [m.name for m in shelf.models()] == ["leaf 1", "leaf 2"]
    assert Segmenter(shelf.file(2)).calibration is not None


def test_two_processes_never_take_one_number(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    first = put(shelf)
    monkeypatch.setattr(Path, "iterdir", lambda _: iter(()))  # as another process saw it before that
    second = put(shelf)
    monkeypatch.undo()
    assert (first.number, second.number) == (1, 2)
    assert [m.number for m in shelf.models()] == [1, 2]


def test_the_first_model_can_be_used_again_and_taken_back(shelf: Shelf) -> None:
    put(shelf)
    shelf.use("leaf", 1)
    shelf.use("leaf", 0)
    assert shelf.labels() == {}
    assert shelf.go_back("leaf") == 1


def test_a_name_holds_and_a_deleted_model_is_not_used(shelf: Shelf) -> None:
    put(shelf)
    put(shelf)
    shelf.use("leaf", 1)
    shelf.use("leaf", 2)
    assert shelf.rename(2, " birch ").name == "birch"
    assert Shelf(shelf.project).model(2).name == "birch"
    shelf.delete(2)
    assert shelf.labels() == {"leaf": 1}
    with pytest.raises(DataError, match="has no model 2"):
        shelf.model(2)
    with pytest.raises(DataError, match="one character"):
        shelf.rename(1, " ")


def test_export_writes_a_model_that_opens(shelf: Shelf, tmp_path: Path) -> None:
    put(shelf)
    paths = shelf.export(1, tmp_path / "leaves")
    assert [p.name for p in paths] == [
        "leaves.encoder.onnx",
        "leaves.decoder.onnx",
        "leaves.calibration.json",
    ]
    assert Segmenter(tmp_path / "leaves.encoder.onnx").calibration is not None
    with pytest.raises(DataError, match="does not exist"):
        shelf.export(1, tmp_path / "nowhere" / "leaves")


def test_a_model_is_carried_to_another_project(shelf: Shelf, tmp_path: Path) -> None:
    put(shelf)
    (tmp_path / "other.iog").touch()
    other = Shelf(tmp_path / "other.iog")
    assert other.carry(shelf, 1).ids == ()  # the numbers of its objects are another project's
    assert other.labels() == {"leaf": 1} and shelf.labels() == {}
    with pytest.raises(DataError, match="has no model 7"):
        other.carry(shelf, 7)


def test_half_a_model_is_never_used(shelf: Shelf) -> None:
    put(shelf)
    shelf.use("leaf", 1)
    made(shelf.folder / "learning" / "model")  # the server was killed before it was moved
    assert [m.number for m in shelf.models()] == [1]
    (shelf.folder / "1" / "model.encoder.onnx").unlink()
    assert shelf.labels() == {}
    with pytest.raises(DataError, match=r"model\.encoder\.onnx is missing.*delete that folder"):
        shelf.models()


def test_a_broken_list_is_one_sentence(shelf: Shelf) -> None:
    shelf.on = True
    assert Shelf(shelf.project).on
    (shelf.folder / "shelf.json").write_text("{")
    with pytest.raises(DataError, match="delete it to start with the first model"):
        shelf.labels()
    (shelf.folder / "shelf.json").write_text(json.dumps({"format": "iog-shelf-9"}))
    with pytest.raises(DataError, match="this release reads"):
        shelf.labels()


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["annotate", "models", *map(str, words)])
    return result.exit_code, result.output


def test_the_command_lists_and_changes(shelf: Shelf, tmp_path: Path) -> None:
    assert run(shelf.project) == (
        0,
        "mine.iog has learned no model yet: iog annotate --learn\n",
    )
    put(shelf)
    code, text = run(shelf.project, "--use", "leaf", 1)
    assert code == 0 and "1  leaf 1  (in use)" in text
    assert "clicks per object 4.1 -> 2.3 on 12 objects that it had not seen" in text
    assert "in use" not in run(shelf.project, "--back", "leaf")[1]
    assert "1  birch" in run(shelf.project, "--rename", 1, "birch")[1]
    code, text = run(shelf.project, "--export", 1, tmp_path / "out")
    assert code == 0 and (tmp_path / "out.encoder.onnx").is_file() and "out.encoder.onnx" in text
    (tmp_path / "new.iog").touch()
    assert "birch  (in use)" in run(tmp_path / "new.iog", "--carry", shelf.project, 1)[1]
    assert "no model yet" in run(shelf.project, "--delete", 1)[1]


def test_the_command_refuses_in_one_sentence(shelf: Shelf, tmp_path: Path) -> None:
    assert run(tmp_path / "none.iog")[0] == 2
    assert "does not exist" in run(tmp_path / "none.iog")[1]
    assert "has no model 3" in run(shelf.project, "--use", "leaf", 3)[1]
    assert "one thing at a time" in run(shelf.project, "--back", "leaf", "--delete", 1)[1]
