"""Plain JPEG files, decoded by OpenCV: Pillow's values in two thirds of its time and half of its memory.

Both wrap libjpeg-turbo. Pillow keeps four bytes a pixel and packs them into three afterwards: 420 MB for 60
megapixels until that is done, where OpenCV takes 180. What is not plain, or cut off, is left to Pillow.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

ByteArray = npt.NDArray[np.uint8]

_TURNS: dict[int, Callable[[Any], Any]] = {
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    4: lambda pixels: cv2.flip(pixels, 0),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.flip(cv2.transpose(pixels), -1),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
"""What makes pixels upright, by the EXIF orientation."""

_FLAGS: int = cv2.IMREAD_IGNORE_ORIENTATION | getattr(cv2, "IMREAD_COLOR_RGB", cv2.IMREAD_COLOR)
"""RGB at once is OpenCV's from 4.11 on."""

_END = b"\xff\xd9"


def decoded(picture: Image.Image, orientation: int) -> ByteArray | None:
    """The pixels of an opened file, (H, W, 3) RGB, upright; None where Pillow is to read them.

    Parameters
    ----------
    picture
        From `open_picture`, its pixels not yet read.
    orientation
        Of its EXIF data, 1 to 8.
    """
    file = getattr(picture, "fp", None)
    if picture.format != "JPEG" or picture.mode not in ("RGB", "L") or file is None:
        return None
    # OpenCV shows grey for what a file that was cut off does not have; Pillow says so.
    file.seek(-len(_END), os.SEEK_END)
    if file.read() != _END:
        return None
    shape = picture.height, picture.width, 3
    path = getattr(picture, "filename", "")
    pixels: Any = _from_file(path, shape) if isinstance(path, str) and path else None
    if pixels is None:
        file.seek(0)
        pixels = cv2.imdecode(np.frombuffer(file.read(), np.uint8), _FLAGS)
    if pixels is None or pixels.shape != shape:
        return None
    if not hasattr(cv2, "IMREAD_COLOR_RGB"):
        cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels)
    turn = _TURNS.get(orientation)
    return np.asarray(pixels if turn is None else turn(pixels), np.uint8)


def _from_file(path: str, shape: tuple[int, int, int]) -> Any:
    """Decoded in place, where `imdecode` copies what it has decoded; None where that cannot be done."""
    pixels: Any = np.empty(shape, np.uint8)
    try:
        return cv2.imread(path, dst=pixels, flags=_FLAGS)
    except (TypeError, cv2.error):  # before OpenCV 4.11
        return None
