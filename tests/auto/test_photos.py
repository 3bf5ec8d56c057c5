"""What is noted of a photo that cannot be read, and what ends the run instead, to go on later."""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from iog import DataError
from iog.auto import photos as reading
from iog.auto.photos import read_photo
from iog.auto.plan import Item, Plan
from iog.auto.runner import Summary, run
from iog.box_methods import BoxSegmenter
from iog.errors import ImageError
from iog.places import Folder, Place, Remote
from iog.segmenter import Segmenter
from tests.auto.stub import StubEngine, content

BOX = (10.0, 10.0, 40.0, 40.0)
NAMES = ("rocket.jpg", "broken.jpg", "text.png", "gone.jpg", "a/chelsea.jpg")


@pytest.fixture
def photos(small_photos: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    shutil.copytree(small_photos, folder)
    (folder / "broken.jpg").write_bytes((folder / "rocket.jpg").read_bytes()[:700])
    (folder / "text.png").write_text("not a picture")
    return folder


def work(photos: Place, out: Path) -> Summary:
    boxes = BoxSegmenter(Segmenter(StubEngine()))
    plan = Plan.of([Item(name, "x", BOX) for name in NAMES], boxes, 2)
    return run(boxes, plan, photos, Folder(out), workers=2)


def test_a_fault_is_noted_in_the_same_words_wherever_the_photos_lie(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3: Callable[[Path], str]
) -> None:
    """Workers of a cluster know the folder by its whole path, the driver perhaps by another."""
    monkeypatch.chdir(tmp_path)
    assert work(Folder(Path("photos")), tmp_path / "near").kinds == {"photo": 3}
    work(Folder(photos.absolute()), tmp_path / "whole")
    work(Remote(s3(photos)), tmp_path / "far")
    assert content(tmp_path / "whole") == content(tmp_path / "near")
    assert content(tmp_path / "far") == content(tmp_path / "near")


class Troubled(Folder):
    """A folder from which one photo cannot be read for now."""

    error: BaseException

    def reading(self, name: str) -> IO[bytes]:
        if name == "a/chelsea.jpg":
            raise self.error
        return super().reading(name)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
        TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)),
        RuntimeError("the store does not answer"),
    ],
)
def test_trouble_of_the_machine_ends_the_run_which_goes_on_later(
    photos: Path, tmp_path: Path, error: Exception
) -> None:
    work(Folder(photos), tmp_path / "undisturbed")
    troubled = Troubled(photos)
    object.__setattr__(troubled, "error", error)
    with pytest.raises(DataError, match=r"a/chelsea\.jpg cannot be read now \(.*\); repeat the command"):
        work(troubled, tmp_path / "out")
    assert work(Folder(photos), tmp_path / "out").resumed == 2
    assert content(tmp_path / "out") == content(tmp_path / "undisturbed")


def test_want_of_memory_is_no_fault_of_the_photo(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(file: IO[bytes], name: str) -> None:
        raise ImageError(f"{name} is broken") from MemoryError()

    monkeypatch.setattr(reading, "decode_image", decode)
    with pytest.raises(MemoryError):
        read_photo(Folder(photos), "rocket.jpg")


def test_a_photo_that_may_not_be_read_is_its_own_fault_in_a_folder_alone(photos: Path) -> None:
    class Forbidden(Folder):
        def reading(self, name: str) -> IO[bytes]:
            raise PermissionError(errno.EACCES, "Permission denied")

    class Expired(Remote):
        def reading(self, name: str) -> IO[bytes]:
            raise PermissionError(errno.EACCES, "The provided token has expired")

    with pytest.raises(ImageError, match=r"rocket\.jpg cannot be read: Permission denied"):
        read_photo(Forbidden(photos), "rocket.jpg")
    with pytest.raises(DataError, match="token has expired"):
        read_photo(Expired("s3://bucket/photos"), "rocket.jpg")


def test_the_bytes_tell_what_a_file_is(photos: Path) -> None:
    class Renamed(Folder):
        def reading(self, name: str) -> IO[bytes]:
            return io.BytesIO((self.path / "rocket.jpg").read_bytes())

    assert read_photo(Renamed(photos), "anything").shape == (64, 96, 3)
