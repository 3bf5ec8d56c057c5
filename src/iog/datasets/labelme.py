"""A user's own photos with LabelMe's JSON files."""

from __future__ import annotations

import base64
import io
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from iog.datasets.listing import BoolArray, Entry, ListedObjects
from iog.datasets.rasters import fill
from iog.datasets.reading import Broken, note, photo_size, read_json, require, scanning
from iog.errors import DataError, IogError

SOURCE = "name a folder with the JSON files that LabelMe saves, photos beside them or where imagePath says"
VOID_LABEL = "__ignore__"
_KINDS = ("polygon", "rectangle", "circle", "mask")


class Shapes(NamedTuple):
    """The shapes that make one object, and those that are void, in a photo of this size."""

    path: Path
    parts: tuple[dict[str, Any], ...]
    void: tuple[dict[str, Any], ...]
    width: int
    height: int


class LabelMeDataset(ListedObjects[Shapes]):
    """Polygons, rectangles, circles and masks of LabelMe; shapes that share label and group are one object.

        ROOT/NAME.json      {"imagePath", "imageHeight", "imageWidth",
                             "shapes": [{"label", "points", "group_id", "shape_type", "mask"}]}

    Shapes with the label `__ignore__` are void. Points, lines and line strips are no objects. Outlines are
    filled where they cover the centres of pixels; LabelMe's own converter adds the pixels under the line.
    A photo that is only inside the JSON (`imageData`) is not read: save it as a file first.

    Parameters
    ----------
    root
        The folder.
    broken
        Takes what is wrong with single files, which are then left out; None raises instead.

    Raises
    ------
    DataError
        If the folder has no JSON, or a file is not LabelMe's or its photo is missing.
    """

    def __init__(self, root: str | Path, *, broken: Broken = None) -> None:
        root = require(Path(root), SOURCE)
        files = sorted(root.glob("*.json"))
        if not files:
            raise DataError(f"{root} has no .json; {SOURCE}")
        entries: list[Entry[Shapes]] = []
        for path in scanning(files, root.name):
            try:
                entries += _entries(path, root.name)
            except IogError as error:
                note(broken, error)
        super().__init__(entries)

    def _masks(self, source: Shapes) -> tuple[BoolArray, BoolArray | None]:
        size = source.width, source.height
        try:
            mask = np.logical_or.reduce([_draw(shape, *size) for shape in source.parts])
            void = [_draw(shape, *size) for shape in source.void]
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            raise DataError(f"{source.path}: a shape: {type(error).__name__}: {error}") from error
        return mask, np.logical_or.reduce(void) if void else None


def _entries(path: Path, group: str) -> list[Entry[Shapes]]:
    data = read_json(path, SOURCE)
    shapes, photo_name = data.get("shapes"), data.get("imagePath")
    if not isinstance(shapes, list) or not isinstance(photo_name, str):
        raise DataError(f"{path} is not LabelMe's: it lacks shapes or imagePath")
    photo = require(path.parent / photo_name.replace("\\", "/"), SOURCE)
    width, height = photo_size(photo)
    void: list[dict[str, Any]] = []
    objects: dict[tuple[str, object], list[dict[str, Any]]] = {}
    for number, shape in enumerate(shapes, 1):
        if not isinstance(shape, dict) or not isinstance(shape.get("label"), str):
            raise DataError(f"{path}: shape {number} has no label")
        if shape.get("shape_type", "polygon") not in _KINDS:
            continue
        if shape["label"] == VOID_LABEL:
            void.append(shape)
            continue
        group_id = shape.get("group_id")
        # A shape without group is an object of its own.
        key = ("alone", number) if group_id is None else ("group", str(group_id))
        objects.setdefault((shape["label"], key), []).append(shape)
    return [
        Entry(
            f"{photo.name}#{number}",
            group,
            label,
            photo,
            Shapes(path, tuple(parts), tuple(void), width, height),
        )
        for number, ((label, _), parts) in enumerate(objects.items(), 1)
    ]


def _draw(shape: dict[str, Any], width: int, height: int) -> BoolArray:
    points = np.asarray(shape["points"], np.float64).reshape(-1, 2)
    kind = shape.get("shape_type", "polygon")
    if kind == "polygon":
        return fill([points.ravel().tolist()], width, height)
    if len(points) != 2:
        raise ValueError(f"a {kind} has two points, not {len(points)}")
    (ax, ay), (bx, by) = points.tolist()
    if kind == "rectangle":
        return fill([[ax, ay, bx, ay, bx, by, ax, by]], width, height)
    if kind == "circle":
        radius = math.hypot(bx - ax, by - ay)
        x, y = np.arange(width) + 0.5, np.arange(height) + 0.5
        disk: BoolArray = (x - ax) ** 2 + (y[:, None] - ay) ** 2 <= radius**2
        return disk
    return _paste(shape["mask"], min(ax, bx), min(ay, by), width, height)


def _paste(encoded: str, left: float, top: float, width: int, height: int) -> BoolArray:
    """A patch (PNG in base64) with its first pixel at (left, top), in a picture of the given size."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(encoded, validate=True)), formats=("PNG",)) as picture:
            patch = np.asarray(picture.convert("L")) > 0
    except Exception as error:  # Pillow's decoders raise many kinds for broken data
        raise ValueError(f"mask: {error}") from None
    x, y = round(left), round(top)
    mask = np.zeros((height, width), bool)
    seen = mask[max(y, 0) : max(y + patch.shape[0], 0), max(x, 0) : max(x + patch.shape[1], 0)]
    from_y, from_x = max(-y, 0), max(-x, 0)
    seen[:] = patch[from_y : from_y + seen.shape[0], from_x : from_x + seen.shape[1]]
    return mask
