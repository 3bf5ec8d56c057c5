"""What tools send as marks and photos, as clicks and pictures of ours."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
from collections.abc import Iterable, Sequence

from iog.clicks import Box, Clicks, widened
from iog.connectors.core import Core, Photo
from iog.errors import ClickError, ImageError
from iog.formats.records import Edges

Mark = tuple[float, float, bool]
"""A point (x, y) in continuous image coordinates, and whether it is on the object."""


def box_of(values: Sequence[float], size: tuple[int, int], *, relative: bool = False) -> Box:
    """The pixels of a box.

    Parameters
    ----------
    values
        Left, top, right and bottom edge in continuous image coordinates, in any order of the two corners;
        with `relative` as shares of width and height.
    size
        Width and height of the image.

    Returns
    -------
    Box
        At least 4 pixels a side.

    Raises
    ------
    ClickError
        If it is not a box.
    """
    try:
        left, top, right, bottom = (float(value) for value in values)
        edges = Edges(min(left, right), min(top, bottom), max(left, right), max(top, bottom), relative)
        return widened(edges.box(size))
    except (TypeError, ValueError, OverflowError) as error:
        raise ClickError(f"not a box (left, top, right, bottom) on this photo: {error}") from None


def clicks_of(box: Box, marks: Iterable[Mark], size: tuple[int, int]) -> Clicks:
    """The clicks of a box and the points on its object, in the order in which they were made.

    The first point on the object that lies in the box is the inside click, all others are corrections. A
    point on the right or lower edge of the image counts as the last pixel.

    Raises
    ------
    ClickError
        If a point is not a number or lies outside the image.
    """
    inside: tuple[int, int] | None = None
    corrections: list[tuple[int, int, bool]] = []
    for x, y, foreground in marks:
        if not (math.isfinite(x) and math.isfinite(y)):
            raise ClickError(f"({x}, {y}) is not a point")
        column, row = (
            math.floor(round(v, 6)) - (round(v, 6) == side) for v, side in zip((x, y), size, strict=True)
        )
        if inside is None and foreground and box.contains(column, row):
            inside = column, row
        else:
            corrections.append((column, row, foreground))
    return Clicks.of(((box.x0, box.y0), (box.x1 - 1, box.y1 - 1)), inside, corrections)


def shared_out(boxes: Sequence[Box], marks: Iterable[Mark]) -> list[list[Mark]]:
    """The points of each box: those of which it is the smallest box around, or else the nearest.

    There must be a box.
    """
    shares: list[list[Mark]] = [[] for _ in boxes]
    for mark in marks:

        def rank(place: int, x: float = mark[0], y: float = mark[1]) -> tuple[float, int]:
            box = boxes[place]
            away = math.hypot(max(box.x0 - x, 0, x - box.x1), max(box.y0 - y, 0, y - box.y1))
            return away, box.width * box.height

        shares[min(range(len(boxes)), key=rank)].append(mark)
    return shares


def photo_of_text(core: Core, text: str, name: str = "the image") -> Photo:
    """A photo from a data URI or from base64 alone; read once while it is kept.

    Raises
    ------
    ImageError
        If it is neither, or no picture.
    """
    return core.photo_of(key_of_text(text), lambda: bytes_of_text(text, name), name)


def key_of_text(text: str) -> bytes:
    """What a photo sent as text is kept under; the text itself would take memory that nobody counts."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def bytes_of_text(text: str, name: str = "the image") -> bytes:
    """What a data URI or base64 alone holds; `ImageError` if it is neither."""
    data = text
    if text.startswith(("http://", "https://")):
        raise ImageError(
            f"{name} is an address, and addresses are not fetched: send the file's bytes instead"
        )
    if text.startswith("data:"):
        head, comma, data = text.partition(",")
        if not comma or not head.endswith(";base64"):
            raise ImageError(f"{name} must be a data URI in base64: data:image/jpeg;base64,…")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise ImageError(f"{name} is not base64") from None
