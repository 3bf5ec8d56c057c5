"""The photo folder: which files it has, their pixels, what the browser is shown. Nothing is ever written.

Decoded photos, pictures for the browser and thumbnails are cached, each within a budget.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps

from iog.annotator.cache import Cache
from iog.annotator.store import PhotoRow, Store
from iog.crop import resize
from iog.errors import DataError, ImageError
from iog.images import read_image

ENDINGS = frozenset(
    {
        ".avif",
        ".bmp",
        ".gif",
        ".jfif",
        ".jp2",
        ".jpeg",
        ".jpg",
        ".pbm",
        ".pgm",
        ".png",
        ".pnm",
        ".ppm",
        ".tga",
        ".tif",
        ".tiff",
        ".webp",
    }
)
"""Files that are listed as photos."""

DISPLAY_SIDE = 4096
"""The browser is sent at most so many pixels a side; clicks and masks stay at the photo's resolution."""

THUMBNAIL_SIDE = 160

_DECODED_BYTES = 80 << 20  # or two photos of any size: the open one and the next
_DISPLAY_BYTES = 24 << 20
_THUMBNAIL_BYTES = 8 << 20

ByteArray = npt.NDArray[np.uint8]


class Photos:
    """The photos of a folder, by their numbers in the project.

    Parameters
    ----------
    folder
        Searched with its subfolders; hidden ones are left out.
    store
        The project; its list of photos is made to agree with the folder.

    Raises
    ------
    DataError
        If the folder does not exist.
    """

    def __init__(self, folder: Path, store: Store) -> None:
        if not folder.is_dir():
            raise DataError(f"{folder} is not a folder; give the folder that holds the photos")
        self.folder = folder.resolve()
        self._store = store
        self._decoded: Cache[ByteArray] = Cache(_DECODED_BYTES, lambda array: array.nbytes, least=2)
        self._display: Cache[bytes] = Cache(_DISPLAY_BYTES, len)
        self._thumbnails: Cache[bytes] = Cache(_THUMBNAIL_BYTES, len)
        # One at a time: while a photo is decoded it takes several times its size.
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="iog-photo")
        self._thumbnailer = ThreadPoolExecutor(1, thread_name_prefix="iog-thumbnail")
        store.sync_photos(list(_files(self.folder)))
        self._find_moved()

    def path(self, photo: PhotoRow) -> Path:
        """Where a photo lies; `ImageError` if a link leads out of the folder."""
        path = (self.folder / photo.path).resolve()
        if not path.is_relative_to(self.folder):
            raise ImageError(f"{photo.path} is a link to a file outside the photo folder")
        return path

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
            number, lambda: self._thumbnailer.submit(self._make_thumbnail, number).result()
        )

    def close(self) -> None:
        """Finish what is being read."""
        self._reader.shutdown(cancel_futures=True)
        self._thumbnailer.shutdown(cancel_futures=True)

    def _read(self, number: int) -> ByteArray:
        photo = self._store.photo(number)
        try:
            path = self.path(photo)
            pixels = _read_named(path, photo.path)
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
            self._store.set_read(photo.id, digest, len(content), width, height)
        return pixels

    def _make_display(self, number: int, pixels: ByteArray) -> bytes:
        path = self.path(self._store.photo(number))
        if max(pixels.shape) <= DISPLAY_SIDE and _is_plain_jpeg(path):
            return path.read_bytes()
        return _jpeg(shrunk(pixels, DISPLAY_SIDE), quality=93)

    def _make_thumbnail(self, number: int) -> bytes:
        photo = self._store.photo(number)
        try:
            path = self.path(photo)
            if path.suffix.lower() in (".jpg", ".jpeg", ".jfif"):
                # The JPEG decoder can skip most of the work for a small picture; other formats cannot.
                with Image.open(path) as picture:
                    picture.draft("RGB", (2 * THUMBNAIL_SIDE, 2 * THUMBNAIL_SIDE))
                    small = ImageOps.exif_transpose(picture).convert("RGB")
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

    def _find_moved(self) -> None:
        """Give the work on a renamed or moved photo to the new file, recognised by its content."""
        lost = {(size, digest): number for number, digest, size in self._store.lost_photos()}
        if not lost:
            return
        sizes = {size for size, _ in lost}
        for relative in self._store.untouched_paths():
            path = self.folder / relative
            if path.stat().st_size not in sizes:
                continue
            content = path.read_bytes()
            number = lost.pop((len(content), hashlib.sha256(content).hexdigest()), None)
            if number is not None:
                self._store.move_photo(number, relative)


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
            if not name.startswith(".") and Path(name).suffix.lower() in ENDINGS:
                yield (Path(root) / name).relative_to(folder).as_posix()


def _read_named(path: Path, name: str) -> ByteArray:
    """The pixels of a file; errors call it by the name that a person knows."""
    try:
        return read_image(path)
    except ImageError as error:
        raise ImageError(str(error).replace(str(path), name)) from None


def _is_plain_jpeg(path: Path) -> bool:
    """Whether every browser shows the file as `read_image` reads it: 8 bits, upright, no colour profile."""
    with Image.open(path) as picture:
        return (
            picture.format == "JPEG"
            and picture.mode in ("L", "RGB")
            and picture.getexif().get(ExifTags.Base.Orientation, 1) == 1
            and "icc_profile" not in picture.info
        )


def _jpeg(pixels: ByteArray, quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()
