"""LabelMe: a JSON file a photo.

Convention: a mask is `shape_type: "mask"` with the two inclusive corner pixels of its box and a PNG of the
patch, which loses nothing. Polygons, rectangles and circles are read as well.
"""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from iog.annotator.exchange.base import Found, Picture, stems
from iog.annotator.patch import Patch
from iog.clicks import Box
from iog.errors import DataError
from iog.formats import write_json
from iog.images import MAXIMUM_PIXELS
from iog.masks import rasterize


def write(pictures: Sequence[Picture], folder: Path) -> None:
    """Write `PHOTO.json` for each photo, at the photo's place in its folder."""
    for stem, picture in zip(stems(pictures), pictures, strict=True):
        path = folder / f"{stem}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        shapes: list[dict[str, Any]] = [
            {
                "label": item.label,
                "points": [
                    [item.mask.box.x0, item.mask.box.y0],
                    [item.mask.box.x1 - 1, item.mask.box.y1 - 1],
                ],
                "group_id": None,
                "description": "",
                "shape_type": "mask",
                "flags": {},
                "mask": _encoded(item.mask),
            }
            for item in picture.items
            if item.mask.area
        ]
        write_json(
            path,
            {
                "version": "5.5.0",
                "flags": {},
                "shapes": shapes,
                "imagePath": PurePosixPath(picture.path).name,
                "imageData": None,
                "imageHeight": picture.height,
                "imageWidth": picture.width,
            },
        )


def read(folder: Path) -> Iterator[tuple[str, list[Found]]]:
    """(photo path, objects) of each JSON file; `DataError` if one is malformed."""
    for path in sorted(folder.rglob("*.json")):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            size = int(data["imageWidth"]), int(data["imageHeight"])
            if not 0 < size[0] * size[1] <= MAXIMUM_PIXELS:
                raise ValueError("the image size is not usable")
            found = [_found(shape, size) for shape in data["shapes"]]
            name = PurePosixPath(str(data["imagePath"]).replace("\\", "/")).name
        except (KeyError, TypeError, ValueError, OSError, Image.DecompressionBombError) as error:
            raise DataError(f"{path} is not a LabelMe file that can be read: {error!r}") from None
        yield str(path.relative_to(folder).parent / name), found


def _found(shape: Mapping[str, Any], size: tuple[int, int]) -> Found:
    label, kind, points = str(shape["label"]), shape["shape_type"], np.array(shape["points"], np.float64)
    if kind == "mask":
        x, y = (round(v) for v in points[0])
        with Image.open(io.BytesIO(base64.b64decode(shape["mask"]))) as picture:
            mask = np.asarray(picture.convert("L")) > 0
        whole = Patch(Box(x, y, x + mask.shape[1], y + mask.shape[0]), mask)
        return Found(label=label, mask=Patch.of(whole.full(*size)))
    if kind == "rectangle":
        low, high = points.min(axis=0), points.max(axis=0)
        return Found(
            label=label,
            box=Box(math.floor(low[0]), math.floor(low[1]), math.ceil(high[0]), math.ceil(high[1])),
        )
    if kind == "circle":
        centre, edge = points
        angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)
        points = centre + np.hypot(*(edge - centre)) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    elif kind != "polygon":
        raise ValueError(f"shapes of type {kind!r} are not masks")
    return Found(label=label, mask=Patch.of(rasterize([points.tolist()], *size)))


def _encoded(patch: Patch) -> str:
    buffer = io.BytesIO()
    Image.fromarray(patch.mask.astype(np.uint8) * 255).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
