"""Pictures of any kind -> (H, W, 3) uint8 RGB, upright; or a clear error."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from iog.errors import ImageError

MAXIMUM_PIXELS = 178_000_000
"""Larger pictures are refused before they are decoded (Pillow itself refuses at 179 million)."""

PHOTO_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".ppm", ".pgm")
"""Of the files that are looked for where labels name photos without ending."""

_BAND = 256  # rows

ImageLike: TypeAlias = "npt.NDArray[Any] | Image.Image | str | PathLike[str]"
"""A numpy array, a Pillow image, or the path of a file."""


def read_image(image: ImageLike) -> npt.NDArray[np.uint8]:
    """The picture as (H, W, 3) uint8 RGB.

    Parameters
    ----------
    image
        Path of a file that Pillow reads, Pillow image, or array: (H, W) grey, (H, W, 1), (H, W, 2) grey with
        alpha, (H, W, 3) RGB, (H, W, 4) RGB with alpha; uint8, uint16, or float between 0 and 1.

    16-bit values are scaled to 8 bits, transparent pixels are shown on white, an EXIF orientation is
    obeyed, and of an animation the first frame is taken.

    Raises
    ------
    ImageError
        If the file is missing, broken, no picture or too large, or the array has another shape or type.
    """
    if isinstance(image, np.ndarray):
        return _from_array(image)
    if isinstance(image, Image.Image):
        return _from_pillow(image, "the picture")
    path = Path(image)
    if not path.exists():
        raise ImageError(f"{path} does not exist")
    return _decoded(path, str(path))


def decode_image(file: IO[bytes], name: str) -> npt.NDArray[np.uint8]:
    """As `read_image`, for an open file, which errors call `name`."""
    return _decoded(file, name)


def _decoded(source: Path | IO[bytes], name: str) -> npt.NDArray[np.uint8]:
    try:
        opened = Image.open(source)
    except Image.DecompressionBombError:
        raise ImageError(f"{name} has over {MAXIMUM_PIXELS:,} pixels; scale it down first") from None
    except UnidentifiedImageError:  # its text has the file's path, or where in memory an open file lies
        raise ImageError(f"{name} is not a picture that can be read") from None
    except Exception as error:  # Pillow's readers raise many kinds for a broken header
        raise ImageError(f"{name} is not a picture that can be read: {_reason(error)}") from error
    with opened:
        return _from_pillow(opened, name)


def _from_pillow(picture: Image.Image, name: str) -> npt.NDArray[np.uint8]:
    if picture.width * picture.height > MAXIMUM_PIXELS:
        raise ImageError(
            f"{name} is {picture.width} x {picture.height} pixels; at most {MAXIMUM_PIXELS:,} are accepted. "
            "Scale it down first"
        )
    try:
        if picture.getexif().get(ExifTags.Base.Orientation, 1) != 1:  # otherwise a copy for nothing
            picture = ImageOps.exif_transpose(picture)
        if picture.mode.startswith("I"):  # 16-bit grey in one of Pillow's spellings
            return _from_array(np.clip(np.asarray(picture), 0, 65535).astype(np.uint16))
        if picture.mode == "F":
            return _from_array(np.asarray(picture))
        if picture.has_transparency_data:
            return _from_array(np.asarray(picture.convert("RGBA")))
        return _rgb(picture)
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from None
    except Exception as error:  # Pillow's decoders raise many kinds for broken data
        raise ImageError(f"{name} is broken: {_reason(error)}") from error


def _rgb(picture: Image.Image) -> npt.NDArray[np.uint8]:
    """The pixels, band by band: copies of a large photo as a whole would take several times its size."""
    picture.load()
    pixels = np.empty((picture.height, picture.width, 3), np.uint8)
    for top in range(0, picture.height, _BAND):
        band = picture.crop((0, top, picture.width, min(top + _BAND, picture.height)))
        pixels[top : top + _BAND] = np.asarray(band if band.mode == "RGB" else band.convert("RGB"))
    return pixels


def _from_array(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 2, 3, 4) or 0 in array.shape:
        raise ImageError(
            f"an image array must be (height, width) or (height, width, 1 to 4 channels), not {array.shape}"
        )
    if array.shape[0] * array.shape[1] > MAXIMUM_PIXELS:
        raise ImageError(f"the image has over {MAXIMUM_PIXELS:,} pixels; scale it down first")
    values = _to_bytes(array)
    colour, alpha = values, None
    if array.shape[2] in (2, 4):
        colour, alpha = values[..., :-1], values[..., -1:]
    if colour.shape[2] == 1:
        colour = np.repeat(colour, 3, axis=2)
    if alpha is not None and (alpha < 255).any():
        opacity = alpha.astype(np.float32) / 255
        colour = np.rint(colour * opacity + 255 * (1 - opacity)).astype(np.uint8)
    return np.ascontiguousarray(colour)


def _to_bytes(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array.astype(np.uint8, copy=False)
    if array.dtype == np.uint16:
        return np.asarray((array.astype(np.uint32) * 255 + 32767) // 65535, np.uint8)
    if np.issubdtype(array.dtype, np.floating):
        low, high = float(array.min()), float(array.max())
        if not (low >= 0 and high <= 1):  # also catches NaN
            raise ImageError(f"a float image must lie between 0 and 1; this one has {low:g} to {high:g}")
        return np.asarray(np.rint(array * 255), np.uint8)
    raise ImageError(f"an image must be uint8, uint16 or float between 0 and 1, not {array.dtype}")


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
