"""A scan is remembered, and never out of date."""

import json
import os
import time
from pathlib import Path

import pytest
from PIL import Image

from iog.datasets import known
from iog.datasets.remembered import cache_folder, remembered
from iog.errors import DataError
from tests.datasets import layouts


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("IOG_CACHE", str(folder))
    return folder


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("a", "b"):
        write(folder / name, "1")
    return folder


def write(path: Path, content: str, age: float = 60) -> None:
    path.write_text(content)
    settle(path, age)


def settle(path: Path, age: float = 60) -> None:
    then = time.time_ns() - int(age * 1e9)
    os.utime(path, ns=(then, then))


class Finder:
    """Reads text files and counts how often."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, *paths: Path) -> list[str]:
        self.read += [path.name for path in paths]
        contents = [path.read_text() for path in paths]
        if "broken" in contents:
            raise DataError("broken")
        return contents


def look(folder: Path, finder: Finder, *names: str) -> list[str]:
    with remembered(finder, "test", folder) as contents:
        return contents(*(folder / name for name in names))


def test_a_file_that_has_not_changed_is_read_once(files: Path) -> None:
    finder = Finder()
    for _ in range(3):
        assert look(files, finder, "a") == ["1"]
    assert finder.read == ["a"]
    assert look(files, finder, "b") == ["1"]
    assert look(files, finder, "a") == ["1"]  # what was known stays known
    assert finder.read == ["a", "b"]


def test_the_folder_may_be_named_in_another_way(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finder = Finder()
    look(files, finder, "a")
    monkeypatch.chdir(files.parent)
    look(Path("data"), finder, "a")
    assert finder.read == ["a"]


@pytest.mark.parametrize("change", ["content", "time", "partner"])
def test_a_change_is_seen(files: Path, change: str) -> None:
    finder = Finder()
    assert look(files, finder, "a", "b") == ["1", "1"]
    if change == "content":
        write(files / "a", "22")
    elif change == "time":  # the same size, as the masks of two objects may have
        write(files / "a", "2", age=59)
    else:
        write(files / "b", "3", age=58)
    assert look(files, finder, "a", "b") == [(files / "a").read_text(), (files / "b").read_text()]
    assert len(finder.read) == 4


def test_a_file_that_may_still_change_is_not_remembered(files: Path) -> None:
    """Two changes within one tick of a file system's clock look like one."""
    finder = Finder()
    write(files / "a", "1", age=0)
    state = (files / "a").stat()
    assert look(files, finder, "a") == ["1"]
    (files / "a").write_text("2")
    os.utime(files / "a", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert look(files, finder, "a") == ["2"]


def test_what_is_wrong_is_not_remembered(files: Path) -> None:
    finder = Finder()
    write(files / "a", "broken")
    for _ in range(2):
        with pytest.raises(DataError):
            look(files, finder, "a")
    assert finder.read == ["a", "a"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 3}', "\x00\xff"])
def test_a_damaged_memory_is_no_memory(files: Path, cache: Path, content: str) -> None:
    finder = Finder()
    look(files, finder, "a")
    (memory,) = (cache / "scans").iterdir()
    assert list(json.loads(memory.read_text())) == ["a"]
    memory.write_text(content)
    assert look(files, finder, "a") == ["1"]
    assert finder.read == ["a", "a"]


def test_no_place_to_remember(files: Path, cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    finder = Finder()
    for _ in range(2):
        assert look(files, finder, "a") == ["1"]
    assert finder.read == ["a", "a"]


def test_the_folder_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IOG_CACHE")
    assert cache_folder().name == "iog"
    assert cache_folder().is_absolute()


@pytest.mark.parametrize(
    ("name", "make", "mask"),
    [
        ("voc", layouts.voc, "VOCdevkit/VOC2012/SegmentationObject/2007_000001.png"),
        ("sbd", layouts.sbd, "benchmark_RELEASE/dataset/inst/2008_000004.mat"),
        ("cityscapes", layouts.cityscapes, None),
        ("agriculture", layouts.agriculture, None),
        ("folder", layouts.folder, None),
    ],
)
def test_a_second_look_opens_no_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, make, mask: str | None
) -> None:
    make(tmp_path / "set")
    for path in (tmp_path / "set").rglob("*.*"):
        settle(path)
    first = known.open_objects(name, tmp_path / "set")
    with monkeypatch.context() as closed:
        closed.setattr(Image, "open", None)
        closed.setattr("scipy.io.loadmat", None)
        second = known.open_objects(name, tmp_path / "set")
    assert second.entries == first.entries
    assert len(second) > 0
    if mask is not None:  # and with other content, the new objects are there
        (tmp_path / "set" / mask).write_bytes(b"no mask")
        with pytest.raises(DataError, match="can be read"):
            known.open_objects(name, tmp_path / "set")
