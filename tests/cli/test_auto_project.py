"""`iog auto --project`: boxes of a project become drafts, each by the model of its label."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("fastapi", reason="the annotator needs the `annotate` extra")

from tests.annotator.conftest import DiscEngine
from tests.learning.conftest import leaf, write_photos
from tests.learning.test_shelf import put

from iog.annotator.store import ObjectRow, Store
from iog.annotator.work import Work
from iog.cli import main
from iog.clicks import Clicks
from iog.learning import using
from iog.learning.shelf import Shelf
from iog.patch import Patch
from iog.segmenter import Segmenter

BOX = Work(Clicks.of(((30, 20), (90, 70))))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["auto", *map(str, arguments)])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Three photos: two boxes of leaves, one of a stone, and an accepted leaf."""
    write_photos(tmp_path / "photos", 3)
    path = tmp_path / "photos" / "annotations.iog"
    store = Store(path)
    store.sync_photos(["0.png", "1.png", "2.png"])
    for name, label in (("0.png", "leaf"), ("1.png", "leaf"), ("1.png", "stone")):
        photo = store.photo_at(name)
        assert photo is not None
        store.create(photo.id, BOX, label=label)
    photo = store.photo_at("2.png")
    assert photo is not None
    store.create(photo.id, BOX, label="leaf", state="accepted", mask=Patch.of(leaf(2)))
    store.close()
    return path


def objects(project: Path) -> list[ObjectRow]:
    store = Store(project)
    found = [row for photo in store.photos_with_objects() for row in store.objects(photo.id)]
    store.close()
    return found


def test_each_label_uses_what_was_learned_of_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(project)
    put(shelf)
    shelf.use("leaf", 1)
    disc = Segmenter(DiscEngine())
    monkeypatch.setattr(using, "Segmenter", lambda _: disc)
    accepted = objects(project)[3]
    result = run("--project", project)
    assert result.exit_code == 0, result.output
    assert f"3 masks of 3 boxes in 2 photos; leaf with model '{disc.model}'" in result.output
    assert f"iog annotate {project.parent} --project {project}" in result.output
    first, second, stone, kept = objects(project)
    assert first.state == second.state == stone.state == "draft"
    assert first.mask is not None and stone.mask is not None
    assert first.mask == second.mask != stone.mask
    assert kept == accepted
    again = run("project", project, "--images", project.parent)
    assert "0 masks of 0 boxes" in again.output


def test_a_photo_that_cannot_be_read_holds_up_nothing(project: Path) -> None:
    (project.parent / "0.png").write_bytes(b"no photo")
    result = run(f"--project={project}")
    assert result.exit_code == 1
    assert "2 masks of 3 boxes" in result.output and "0.png" in result.output
    assert [row.mask is None for row in objects(project)] == [True, False, False, False]


def test_what_is_no_project_is_one_sentence(project: Path, tmp_path: Path) -> None:
    result = run("--project", tmp_path / "none.iog")
    assert result.exit_code == 2
    assert "none.iog is not a project file; iog annotate PHOTOS makes one" in result.output
    shelf = Shelf(project)
    put(shelf)
    shelf.use("leaf", 1)
    shelf.file(1).write_bytes(b"half")
    result = run("--project", project)
    assert result.exit_code == 2 and "model.encoder.onnx" in result.output
    assert objects(project)[0].mask is None
