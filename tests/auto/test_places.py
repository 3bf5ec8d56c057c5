"""Folders and URLs hold the same, and a run behind a URL is the run in a folder."""

from __future__ import annotations

import io
import json
import pickle
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from iog import DataError, ImageError
from iog.auto import lock
from iog.auto.inputs import read_boxes
from iog.auto.lock import LOCK, locked
from iog.auto.photos import read_photo
from iog.formats.account import Account
from iog.places import Folder, Place, Remote, local_copy, place_of
from tests.auto.stub import content, work

pytest.importorskip("fsspec")


@pytest.fixture(params=["folder", "memory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return Folder(tmp_path / "place")
    if request.param == "memory":
        return Remote(f"memory://{tmp_path.name}/{request.node.name[:20]}")
    empty = tmp_path / "empty"
    empty.mkdir()
    fill: Callable[[Path], str] = request.getfixturevalue("s3")
    return Remote(fill(empty))


def test_what_is_written_appears_whole_or_not_at_all(place: Place) -> None:
    with place.writing("a/b.txt", "w") as file:
        file.write("grüße")
    with place.writing("a/b.txt", "w") as file:
        file.write("two")
    with pytest.raises(RuntimeError), place.writing("a/c.bin") as file:
        file.write(b"half")
        raise RuntimeError
    with place.writing("d.bin") as file:
        file.write(b"\x00\x01")
    assert sorted(place.names()) == ["a/b.txt", "d.bin"]
    assert place.exists("d.bin")
    assert not place.exists("a/c.bin")
    assert not place.exists("a")
    again: Place = pickle.loads(pickle.dumps(place))
    with again.reading("a/b.txt") as file:
        assert file.read() == b"two"
    with pytest.raises(FileNotFoundError):
        place.reading("a/c.bin").close()
    place.remove("d.bin")
    assert not place.exists("d.bin")


def test_names_of_places(tmp_path: Path) -> None:
    assert place_of(tmp_path) == Folder(tmp_path)
    assert place_of("a/b") == Folder(Path("a/b"))
    assert place_of("file:///a/b") == Folder(Path("/a/b"))
    assert place_of("s3://bucket/x/") == Remote("s3://bucket/x")
    with pytest.raises(DataError, match="nothing://x cannot be opened"):
        place_of("nothing://x")


def test_a_run_behind_s3_has_the_bytes_of_one_in_a_folder(
    small_photos: Path, tmp_path: Path, s3: Callable[[Path], str]
) -> None:
    out = Remote(s3(small_photos).replace("photos", "out"))
    assert work(small_photos, out, 30).masks == 30
    assert work(small_photos, out, 30).resumed == 30
    work(small_photos, tmp_path / "out", 30)
    found = {}
    for name in out.names():
        with out.reading(name) as file:
            found[name] = file.read()
    assert found == content(tmp_path / "out")


def test_photos_behind_a_url(small_photos: Path, s3: Callable[[Path], str], tmp_path: Path) -> None:
    url = s3(small_photos)
    near, far = Folder(small_photos), place_of(url)
    np.testing.assert_array_equal(read_photo(far, "rocket.jpg"), read_photo(near, "rocket.jpg"))
    with pytest.raises(ImageError, match=r"^gone\.jpg does not exist"):
        read_photo(far, "gone.jpg")
    table = tmp_path / "boxes.csv"
    table.write_text("image,x0,y0,x1,y1\na/chelsea.jpg,1,2,30,40\n")
    assert read_boxes(table, far, None, Account()) == read_boxes(table, near, None, Account())
    coco = tmp_path / "coco.json"
    image = {"id": 1, "file_name": "a/chelsea.jpg", "width": 96, "height": 64}
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 29, 38]}
    categories = [{"id": 1, "name": "cat"}]
    coco.write_text(json.dumps({"images": [image], "annotations": [annotation], "categories": categories}))
    assert read_boxes(coco, far, None, Account()) == read_boxes(coco, near, None, Account())
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "rocket.txt").write_text("0 0.5 0.5 0.5 0.5\n")
    with pytest.raises(DataError, match="name them in full"):
        read_boxes(tmp_path / "labels", far, None, Account())
    with local_copy(f"{url}/rocket.jpg") as path:
        assert path.read_bytes() == (small_photos / "rocket.jpg").read_bytes()
    with pytest.raises(DataError, match="does not exist"), local_copy(f"{url}/gone.csv"):
        pass


def test_two_runs_behind_a_url_refuse_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = Remote(f"memory://{tmp_path.name}/locked")
    with locked(out), pytest.raises(DataError, match=r"another run \(.*\) was writing"), locked(out):
        pass
    assert not out.exists(LOCK), "the end of a run takes the note away"
    with out.writing(LOCK, "w") as file:  # of a run that died a minute ago
        json.dump({"run": "x", "time": time.time() - lock.LEASE - 1}, file)
    monkeypatch.setattr(lock, "LEASE", 0.4)
    with locked(out):
        time.sleep(0.5)
        with out.reading(LOCK) as note:
            assert time.time() - json.loads(io.BytesIO(note.read()).read())["time"] < 0.4, "it is renewed"
