"""The photo folder: which files it has, their pixels, what the browser is shown. Nothing is ever written.

Decoded photos, pictures for the browser and thumbnails are cached, each within a budget.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from iog.annotator.parking import Parking
from iog.annotator.store import IdentityRow, PhotoRow, Store
from iog.crop import resize
from iog.errors import DataError, ImageError
from iog.files import replacing
from iog.images import (
    PHOTO_ENDINGS,
    Keep,
    Size,
    open_picture,
    orientation,
    picture_sizes,
    read_image,
    upright,
)
from iog.serving.cache import Cache

DISPLAY_SIDE = 4096
"""The browser is sent at most so many pixels a side; clicks and masks stay at the photo's resolution."""

THUMBNAIL_SIDE = 160

_PARKED_PIXELS = 24_000_000
"""Photos with more are kept in a file: 60 megapixels would take 180 MB, twice that with the next photo."""

_DECODED_BYTES = 80 << 20  # or two photos of any size: the open one and the next
_DISPLAY_BYTES = 24 << 20
_THUMBNAIL_BYTES = 8 << 20

_REFRESH_SECONDS = 5

ByteArray = npt.NDArray[np.uint8]


class Identity(NamedTuple):
    """What tells a photo's file from others, and its (width, height)."""

    sha256: str
    bytes: int
    changed: int
    """Nanoseconds since 1970."""
    size: Size
    """Upright, as its EXIF says."""
    stored: Size
    """Before it is turned."""


class Photos:
    """The photos of a folder, by their numbers in the project.

    Parameters
    ----------
    folder
        Searched with its subfolders; hidden ones are left out.
    store
        The project; its list of photos is made to agree with the folder.
    names
        Paths below the folder; None takes all photos.

    Raises
    ------
    DataError
        If the folder does not exist.
    """

    def __init__(self, folder: Path, store: Store, names: Collection[str] | None = None) -> None:
        if not folder.is_dir():
            raise DataError(f"{folder} is not a folder; give the folder that holds the photos")
        self.folder = folder.resolve()
        self._names = None if names is None else frozenset(names)
        self._store = store
        self._decoded: Cache[ByteArray] = Cache(_DECODED_BYTES, lambda array: array.nbytes, least=2)
        self._parking = Parking(store.path.absolute().parent)
        self._display: Cache[bytes] = Cache(_DISPLAY_BYTES, len)
        self._thumbnails: Cache[bytes] = Cache(_THUMBNAIL_BYTES, len)
        # One at a time: while a photo is decoded it takes several times its size.
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="iog-photo")
        self._thumbnailer = ThreadPoolExecutor(1, thread_name_prefix="iog-thumbnail")
        self.unnamed = 0
        """How many photos are left out, since no project can hold their names: they are not text in UTF-8."""
        self.moved: dict[str, str] = {}
        """Where photos lay whose work went along with their content, and where they lie now."""
        self._refreshed = -float(_REFRESH_SECONDS)
        self.refresh()

    def _listed(self) -> list[str]:
        found = [name for name in _files(self.folder) if self._names is None or name in self._names]
        named = [name for name in found if _is_text(name)]
        self.unnamed = len(found) - len(named)
        return named

    def path(self, photo: PhotoRow) -> Path:
        """Where a photo lies; `ImageError` if a link leads out of the folder."""
        path = (self.folder / photo.path).resolve()
        if not path.is_relative_to(self.folder):
            raise ImageError(f"{photo.path} is a link to a file outside the photo folder")
        return path

    def mark(self, number: int) -> str:
        """What tells a photo's file from those of other photos, folders and times. Raises as `pixels`."""
        photo = self._store.photo(number)
        path = self.path(photo)
        try:
            stat = path.stat()
        except OSError as error:
            raise ImageError(f"{photo.path} cannot be read: {error.strerror}") from None
        known = f"{path}\0{stat.st_dev}\0{stat.st_ino}\0{stat.st_size}\0{stat.st_mtime_ns}"
        return hashlib.sha256(known.encode("utf-8", "surrogateescape")).hexdigest()[:32]

    def pixels(self, number: int) -> ByteArray:
        """The photo as (H, W, 3) uint8 RGB, upright, at full resolution.

        Raises
        ------
        ImageError
            If it cannot be read; the reason is kept with the photo.
        """
        return self._decoded.get(number, lambda: self._reader.submit(self._read, number).result())

    def display(self, number: int) -> bytes:
        """A JPEG for the browser, at most `DISPLAY_SIDE` pixels a side. Raises as `pixels`."""
        return self._display.get(
            number, lambda: self._reader.submit(self._make_display, number, self.pixels(number)).result()
        )

    def thumbnail(self, number: int) -> bytes:
        """A small JPEG. Raises as `pixels`."""
        return self._thumbnails.get(
            self.mark(number), lambda: self._thumbnailer.submit(self._make_thumbnail, number).result()
        )

    def add(self, name: str, content: bytes) -> None:
        """Put a new photo into the folder; one that is there is never replaced.

        Raises
        ------
        DataError
            If a file has this name already, or only some photos of the folder are open.
        ImageError
            If it is no picture that can be read.
        """
        plain = PurePosixPath(name.replace("\\", "/")).name
        if self._names is not None:
            raise DataError(
                "only some photos of the folder are open; start iog annotate with the folder to add more"
            )
        if plain.startswith(".") or Path(plain).suffix.lower() not in PHOTO_ENDINGS:
            raise ImageError(
                f"{plain or name} is not a photo: take files like .jpg, .png, .webp, .tif or .heic"
            )
        picture_sizes(io.BytesIO(content), plain)
        path = self.folder / plain
        if path.exists():
            raise DataError(f"there is a file {plain} already; photos are never replaced")
        try:
            with replacing(path) as file:
                file.write(content)
        except OSError as error:
            raise DataError(f"{plain} cannot be written into the photo folder: {error.strerror}") from None
        self._refreshed = -float(_REFRESH_SECONDS)
        self.refresh()

    def rest(self) -> None:
        """The pixels of large photos are not looked at for a while; see `Parking.rest`."""
        self._parking.rest()

    def close(self) -> None:
        """Finish what is being read."""
        self._reader.shutdown(cancel_futures=True)
        self._thumbnailer.shutdown(cancel_futures=True)

    def _read(self, number: int) -> ByteArray:
        photo = self._store.photo(number)
        try:
            path = self.path(photo)
            pixels = self._decode(path, photo.path)
            content = path.read_bytes()
        except OSError as error:
            self._store.set_problem(photo.id, f"{photo.path} cannot be read: {error.strerror}")
            raise ImageError(f"{photo.path} cannot be read: {error.strerror}") from None
        except ImageError as error:
            self._store.set_problem(photo.id, str(error))
            raise
        digest = hashlib.sha256(content).hexdigest()
        height, width = pixels.shape[:2]
        if (
            photo.objects
            and photo.sha256 not in (None, digest)
            and (photo.width, photo.height)
            != (
                width,
                height,
            )
        ):
            problem = (
                f"{photo.path} was replaced by a picture of another size since it was annotated "
                f"({photo.width} x {photo.height} then, {width} x {height} now); put the old file back"
            )
            self._store.set_problem(photo.id, problem)
            raise ImageError(problem)
        if (photo.sha256, photo.problem) != (digest, None):
            changed = path.stat().st_mtime_ns
            self._store.set_read(photo.id, digest, len(content), width, height, changed)
        return pixels

    def _decode(self, path: Path, name: str) -> ByteArray:
        self._parking.rest()
        width, height = picture_sizes(path, name)[0]
        if width * height <= _PARKED_PIXELS:
            return _read_named(path, name)
        try:
            return _read_named(path, name, self._parking.park)
        except ImageError as error:
            if not isinstance(error.__cause__, OSError):
                raise
            return _read_named(path, name)  # no room on the disk

    def _make_display(self, number: int, pixels: ByteArray) -> bytes:
        path = self.path(self._store.photo(number))
        if max(pixels.shape) <= DISPLAY_SIDE and _is_plain_jpeg(path):
            return path.read_bytes()
        small = shrunk(pixels, DISPLAY_SIDE)
        self._parking.rest()
        return _jpeg(small, quality=93)

    def _make_thumbnail(self, number: int) -> bytes:
        photo = self._store.photo(number)
        try:
            path = self.path(photo)
            if path.suffix.lower() in (".jpg", ".jpeg", ".jfif"):
                # The JPEG decoder can skip most of the work for a small picture; other formats cannot.
                with open_picture(path, photo.path) as picture:
                    picture.draft("RGB", (2 * THUMBNAIL_SIDE, 2 * THUMBNAIL_SIDE))
                    small = upright(picture).convert("RGB")
                    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
                    return _jpeg(np.asarray(small), quality=80)
            pixels = _read_named(path, photo.path)
        except ImageError as error:
            self._store.set_problem(photo.id, str(error))
            raise
        except Exception as error:  # Pillow's decoders raise many kinds for broken data
            problem = f"{photo.path} is not a picture that can be read ({type(error).__name__})"
            self._store.set_problem(photo.id, problem)
            raise ImageError(problem) from None
        return _jpeg(shrunk(pixels, THUMBNAIL_SIDE), quality=80)

    def identify(self, number: int) -> Identity:
        """A photo's sizes from the head of its file, and the content by its hash; nothing is decoded.

        Raises
        ------
        ImageError
            If it cannot be read.
        """
        photo = self._store.photo(number)
        path = self.path(photo)
        try:
            stat, content = path.stat(), path.read_bytes()
        except OSError as error:
            raise ImageError(f"{photo.path} cannot be read: {error.strerror}") from None
        size, stored = picture_sizes(io.BytesIO(content), photo.path)
        digest = hashlib.sha256(content).hexdigest()
        return Identity(digest, len(content), stat.st_mtime_ns, size, stored)

    def refresh(self) -> None:
        """Make the project's list agree with the folder, at most once in a few seconds."""
        if time.monotonic() - self._refreshed > _REFRESH_SECONDS:
            self._store.sync_photos(self._listed())
            self._follow()
            self._refreshed = time.monotonic()

    def _follow(self) -> None:
        """Give the work on a moved, renamed or swapped photo to the file that has its content now."""
        astray = {row.id: row for row in self._store.identified() if not self.is_in_place(row)}
        if not astray:
            return
        wanted = {(row.bytes, row.sha256): number for number, row in astray.items()}
        sizes = {size for size, _ in wanted}
        moves: dict[int, str] = {}
        for relative in dict.fromkeys([*self._store.untouched_paths(), *(r.path for r in astray.values())]):
            path = self.folder / relative
            if not path.is_file() or path.stat().st_size not in sizes:
                continue
            content = path.read_bytes()
            number = wanted.pop((len(content), hashlib.sha256(content).hexdigest()), None)
            if number is not None:
                moves[number] = relative
        if moves:
            self.moved |= {astray[number].path: path for number, path in moves.items()}
            self._store.move_photos(moves)
            self._store.sync_photos(self._listed())

    def is_in_place(self, row: IdentityRow) -> bool:
        """Whether the file at a photo's path is still the one that was annotated."""
        path = self.folder / row.path
        try:
            stat = path.stat()
        except OSError:
            return False
        if stat.st_size != row.bytes:
            return False
        # Times of change come and go with copies; only the content decides.
        return stat.st_mtime_ns == row.changed or hashlib.sha256(path.read_bytes()).hexdigest() == row.sha256


def shrunk(pixels: ByteArray, side: int) -> ByteArray:
    """The picture with its longer side at most `side` pixels."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    return np.asarray(resize(pixels, max(1, round(width * scale)), max(1, round(height * scale))), np.uint8)


def _files(folder: Path) -> Iterator[str]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if not name.startswith(".") and Path(name).suffix.lower() in PHOTO_ENDINGS:
                yield (Path(root) / name).relative_to(folder).as_posix()


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_named(path: Path, name: str, keep: Keep | None = None) -> ByteArray:
    """The pixels of a file; errors call it by the name that a person knows."""
    try:
        return read_image(path, keep)
    except ImageError as error:
        raise ImageError(str(error).replace(str(path), name)) from error.__cause__


def _is_plain_jpeg(path: Path) -> bool:
    """Whether every browser shows the file as `read_image` reads it: 8 bits, upright, no colour profile."""
    with open_picture(path) as picture:
        return (
            picture.format == "JPEG"
            and picture.mode in ("L", "RGB")
            and orientation(picture) == 1
            and "icc_profile" not in picture.info
        )


def _jpeg(pixels: ByteArray, quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()
