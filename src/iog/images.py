"""Pictures of any kind -> (H, W, 3) uint8 RGB, upright, or a clear error; and writing pictures."""

from __future__ import annotations

import io
import os
import struct
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError

from iog import jpeg
from iog.errors import ImageError
from iog.files import PHOTO_ENDINGS as PHOTO_ENDINGS
from iog.files import replacing

MAXIMUM_PIXELS = 178_000_000
"""Larger pictures are refused before they are decoded (Pillow itself refuses at 179 million)."""

MAXIMUM_BYTES = 2 << 30
"""Pictures that would take more memory while they are read are refused before they are decoded."""

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "JPEG2000", "AVIF", "HEIF")
"""Pillow's names of the formats that are opened. Others reach no decoder: EPS would start Ghostscript."""

_NAMED = "JPEG, PNG, WebP, TIFF, BMP, GIF, PPM, JPEG 2000, AVIF or HEIF"
_PLUGINS = {
    **dict.fromkeys((b"avif", b"avis"), "AVIF needs Pillow 11.3 or newer"),
    **dict.fromkeys(
        (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"),
        "HEIC needs a plugin: pip install 'iog[heif]'",
    ),
}
"""What a file needs, by the brand in its head."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its EXIF orientation."""

_BAND = 256  # rows

_WHOLE = ("WEBP", "AVIF", "HEIF")
"""Formats whose decoders hold pictures of their own beside Pillow's."""

ImageLike: TypeAlias = "npt.NDArray[Any] | Image.Image | str | PathLike[str]"
"""A numpy array, a Pillow image, or the path of a file."""

Size: TypeAlias = "tuple[int, int]"
"""(width, height) in pixels."""


BITS = "IOG_BITS"
"""The environment variable that says how many bits 16-bit grey files use where they do not state it."""


Keep = Callable[[tuple[int, int], Iterable[npt.NDArray[np.uint8]]], npt.NDArray[np.uint8]]
"""Takes (height, width) and bands of (rows, width, 3) uint8 from the top; gives all of them as one array."""


class DarkPictureWarning(UserWarning):
    """A 16-bit picture whose values take 12 bits or fewer."""


def read_image(image: ImageLike, keep: Keep | None = None) -> npt.NDArray[np.uint8]:
    """The picture as (H, W, 3) uint8 RGB.

    16-bit values are scaled to 8 bits (12-bit ones too, where the file or `IOG_BITS` states that they are;
    otherwise a `DarkPictureWarning` says that they are nearly black), transparent pixels are shown on white,
    an EXIF orientation is obeyed, and of an animation the first frame is taken.

    Parameters
    ----------
    image
        Path of a file (see `FORMATS`), Pillow image, or array: (H, W) grey, (H, W, 1), (H, W, 2) grey with
        alpha, (H, W, 3) RGB, (H, W, 4) RGB with alpha; uint8, uint16, or float between 0 and 1.
    keep
        Where the pixels of a file go, if not into memory. Files of 16 bits do not ask.

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
    return _decoded(path, str(path), keep)


def decode_image(file: IO[bytes], name: str) -> npt.NDArray[np.uint8]:
    """As `read_image`, for an open file, which errors call `name`."""
    return _decoded(file, name)


def open_picture(source: str | PathLike[str] | IO[bytes], name: str = "") -> Image.Image:
    """A picture whose head was read and whose pixels were not; the one way to open a file with Pillow.

    Parameters
    ----------
    source
        Path or open file.
    name
        What errors call it; the path where it is empty.

    Raises
    ------
    ImageError
        If the file is missing, broken, too large or of none of the `FORMATS`.
    """
    name = name or str(source)
    try:
        return Image.open(source, formats=_readable())
    except FileNotFoundError:
        raise ImageError(f"{name} does not exist") from None
    except Image.DecompressionBombError:
        raise ImageError(f"{name} has over {MAXIMUM_PIXELS:,} pixels; scale it down first") from None
    except UnidentifiedImageError:  # its text has the file's path, or where in memory an open file lies
        raise ImageError(f"{name} is not a picture that can be read{_wanted(source)}") from None
    except Exception as error:  # Pillow's readers raise many kinds for a broken header
        raise ImageError(f"{name} is not a picture that can be read: {_reason(error)}") from error


def orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or the EXIF data are malformed."""
    try:
        # Of the base class: that of PNG decodes all pixels to look for EXIF data behind them.
        value = Image.Image.getexif(picture).get(ExifTags.Base.Orientation, 1)
    except Exception:  # Pillow's readers raise many kinds for malformed EXIF
        return 1
    return value if value in _TURNS else 1


def upright(picture: Image.Image) -> Image.Image:
    """The picture as its EXIF orientation says; the same one where nothing is to be turned."""
    turn = _TURNS.get(orientation(picture))
    return picture if turn is None else picture.transpose(turn)


def picture_sizes(source: str | PathLike[str] | IO[bytes], name: str = "") -> tuple[Size, Size]:
    """(width, height) of the upright picture and as it is stored; no pixel is decoded. See `open_picture`."""
    with open_picture(source, name) as picture:
        stored = picture.size
        return (stored[::-1] if orientation(picture) >= 5 else stored), stored


def write_picture(path: Path, picture: npt.NDArray[np.uint8], format: str | None = None) -> None:
    """Write (H, W) grey or (H, W, 3) RGB; `format` or else the file's ending says how."""
    buffer = io.BytesIO()
    known = Image.registered_extensions()
    Image.fromarray(picture).save(buffer, format=format or known.get(path.suffix.lower(), "PNG"))
    with replacing(path) as file:
        file.write(buffer.getbuffer())


def write_mask(path: Path, mask: npt.NDArray[np.bool_]) -> None:
    """Write a mask as an 8-bit grey picture: 255 the object, 0 the rest."""
    write_picture(path, mask.astype(np.uint8) * 255, "PNG")


@cache
def _readable() -> tuple[str, ...]:
    """The `FORMATS` that this Pillow reads, with its plugin for HEIF if that is installed."""
    Image.init()
    with suppress(ImportError):
        import_module("pillow_heif").register_heif_opener()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _wanted(source: str | PathLike[str] | IO[bytes]) -> str:
    """What a file that was not recognised would need."""
    if isinstance(source, str | PathLike):
        with Path(source).open("rb") as file:
            head = file.read(12)
    else:
        source.seek(0)
        head = source.read(12)
    plugin = _PLUGINS.get(head[8:12]) if head[4:8] == b"ftyp" else None
    return f": it is no {_NAMED}" if plugin is None else f" here: {plugin}"


def _decoded(source: Path | IO[bytes], name: str, keep: Keep | None = None) -> npt.NDArray[np.uint8]:
    with open_picture(source, name) as opened:
        _check_size(opened, name)
        try:
            # Not where memory is short: that decoder holds a picture twice.
            pixels = None if keep else jpeg.decoded(opened, orientation(opened))
        except Exception as error:  # of files and of OpenCV
            raise ImageError(f"{name} is broken: {_reason(error)}") from error
        return _from_pillow(opened, name, keep) if pixels is None else pixels


def _check_size(picture: Image.Image, name: str) -> None:
    if picture.width * picture.height > MAXIMUM_PIXELS:
        raise ImageError(
            f"{name} is {picture.width} x {picture.height} pixels; at most {MAXIMUM_PIXELS:,} are accepted. "
            "Scale it down first"
        )
    needed = picture.width * picture.height * _bytes_a_pixel(picture)
    if needed > MAXIMUM_BYTES:
        raise ImageError(
            f"{name} is {picture.width} x {picture.height} pixels of a kind that takes {needed >> 20:,} MB "
            f"of memory to read; at most {MAXIMUM_BYTES >> 20:,} are accepted. Scale it down or save it as "
            "JPEG first"
        )


def _bytes_a_pixel(picture: Image.Image) -> int:
    """At the most, from the decoder to RGB."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return 24  # held as 4, turned, copied, and scaled in 32 bits
    held = 1 if picture.mode in ("1", "L", "P") else 4
    turned = held if orientation(picture) > 1 else 0
    frame = 12 if picture.format in _WHOLE else 0
    return held + turned + frame + 3


def _from_pillow(picture: Image.Image, name: str, keep: Keep | None = None) -> npt.NDArray[np.uint8]:
    _check_size(picture, name)
    try:
        bits = _stated_bits(picture)
        picture = upright(picture)
        if picture.mode.startswith("I"):  # 16-bit grey in one of Pillow's spellings
            values = np.clip(np.asarray(picture), 0, 65535).astype(np.uint16)
            return _from_array(_stretched(values, bits or _told_bits(values, name)))
        if picture.mode == "F":
            return _from_array(np.asarray(picture))
        return (keep or _in_memory)((picture.height, picture.width), _bands(picture))
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from None
    except Exception as error:  # Pillow's decoders raise many kinds for broken data
        raise ImageError(f"{name} is broken: {_reason(error)}") from error


def _stated_bits(picture: Image.Image) -> int | None:
    """How many bits the values of a 16-bit grey file have, where it states fewer than 16."""
    if picture.format == "TIFF":
        tags = getattr(picture, "tag_v2", {})
        bits = max(tags.get(258, (16,)))  # BitsPerSample
        top = tags.get(281)  # MaxSampleValue
        return min(bits, int(max(top)).bit_length() if top else 16) % 16 or None
    if picture.format == "PNG" and picture.mode.startswith("I"):
        file: IO[bytes] | None = getattr(picture, "fp", None)
        return None if file is None else _significant_bits(file)
    return None


def _told_bits(values: npt.NDArray[np.uint16], name: str) -> int | None:
    """What a person says of files that do not state it; without that, dark values get a warning."""
    told = os.environ.get(BITS)
    if told is not None:
        return int(told)
    used = int(values.max(initial=0)).bit_length()
    if 8 < used <= 12:
        message = (
            f"{name} is nearly black: its values take {used} of 16 bits; `iog --bits 12 ...` stretches them"
        )
        warnings.warn(DarkPictureWarning(message), stacklevel=2)
    return None


def _significant_bits(file: IO[bytes]) -> int | None:
    """The sBIT chunk of a grey PNG, which Pillow passes over; the file is left where it was."""
    place = file.tell()
    try:
        file.seek(8)
        while True:
            length, kind = struct.unpack(">I4s", file.read(8))
            if kind == b"sBIT" and length == 1:
                return int(file.read(1)[0]) % 16 or None
            if kind in (b"IDAT", b"IEND"):
                return None
            file.seek(length + 4, 1)
    except (struct.error, IndexError):  # the decoder will say what is broken
        return None
    finally:
        file.seek(place)


def _stretched(values: npt.NDArray[np.uint16], bits: int | None) -> npt.NDArray[np.uint16]:
    """Values of fewer bits over all 16. Some writers have done so already: then the low bits are empty."""
    if bits is None or int(values.max()) >> bits or not (values & ((1 << (16 - bits)) - 1)).any():
        return values
    return (values.astype(np.uint32) * 65535 // ((1 << bits) - 1)).astype(np.uint16)


def _bands(picture: Image.Image) -> Iterator[npt.NDArray[np.uint8]]:
    """The pixels, band by band: copies of a large photo as a whole would take several times its size."""
    picture.load()
    clear = picture.has_transparency_data
    for top in range(0, picture.height, _BAND):
        band = picture.crop((0, top, picture.width, min(top + _BAND, picture.height)))
        if clear:
            yield _from_array(np.asarray(band.convert("RGBA")))
        else:
            yield np.asarray(band if band.mode == "RGB" else band.convert("RGB"))


def _in_memory(size: tuple[int, int], bands: Iterable[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    pixels = np.empty((*size, 3), np.uint8)
    top = 0
    for band in bands:
        pixels[top : top + len(band)] = band
        top += len(band)
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
        rows = [slice(top, top + _BAND) for top in range(0, len(colour), _BAND)]
        colour = _in_memory(colour.shape[:2], (_on_white(colour[band], alpha[band]) for band in rows))
    return np.ascontiguousarray(colour)


def _on_white(colour: npt.NDArray[np.uint8], alpha: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    opacity = alpha.astype(np.float32) / 255
    return np.asarray(np.rint(colour * opacity + 255 * (1 - opacity)), np.uint8)


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
