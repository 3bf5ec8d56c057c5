from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

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


def _change_everything(shelf: Shelf) -> None:
    """What a server and `iog annotate models` do to a shelf that has models 1 and 2, of which 2 is used."""
    files = shelf.folder / f"learning-{os.getpid()}" / "model"
    files.mkdir(parents=True)
    for part in ("encoder", "decoder"):
        (files / f"model.{part}.onnx").write_bytes(b"model")
    shelf.add(files, RECORD)
    shelf.use("leaf", 3)
    shelf.rename(3, "birch")
    shelf.carry(shelf, 1)
    shelf.go_back("leaf")
    shelf.delete(3)
    shelf.on = False


KILLED = 9


def _killed_at(moment: int) -> None:
    """End this process without a word before its change number `moment` of what is on the disk."""
    left = moment
    changing = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate")

    def watch(event: str, values: tuple[Any, ...]) -> None:
        nonlocal left
        written = event == "open" and values[2] & (os.O_WRONLY | os.O_RDWR)
        if written or event in changing:
            left -= 1
            if left <= 0:
                os._exit(KILLED)

    sys.addaudithook(watch)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_a_process_killed_at_any_moment_leaves_no_half_model(tmp_path: Path) -> None:
    before = Shelf(tmp_path / "before.iog")
    before.project.touch()
    for _ in range(2):
        folder = before.folder / "made"
        folder.mkdir(parents=True)
        for part in ("encoder", "decoder"):
            (folder / f"model.{part}.onnx").write_bytes(b"model")
        before.add(folder, RECORD)
    before.use("leaf", 1)
    before.use("leaf", 2)
    before.on = True
    moment, ended = 0, False
    while not ended:
        moment += 1
        shelf = Shelf(tmp_path / f"{moment}.iog")
        shutil.copytree(before.folder, shelf.folder)
        child = os.fork()
        if not child:
            _killed_at(moment)
            try:
                _change_everything(shelf)
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, KILLED)
        ended = code == 0
        models = shelf.models()  # raises if there is half of one
        assert {1, 2} <= {model.number for model in models}
        assert shelf.labels()["leaf"] in {model.number for model in models}
        shelf.tidy()
        left_over = {path.name for path in shelf.folder.iterdir() if path.name.startswith(".")}
        assert {name.rpartition(".")[2] for name in left_over} <= {"tmp"}  # of a minute ago, perhaps
        for number in (1, 2):
            assert (shelf.folder / str(number) / "model.encoder.onnx").read_bytes() == b"model"
    assert moment > 25
    assert [model.name for model in models] == ["leaf 1", "leaf 1", "leaf 1"] and not shelf.on


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
    assert "only one of these options" in run(shelf.project, "--back", "leaf", "--delete", 1)[1]
