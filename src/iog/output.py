"""What `iog predict` writes: PNG, COCO, polygons. Every write is atomic."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from iog.files import replacing
from iog.masks import encode_rle, mask_box, polygons
from iog.prediction import Prediction

Format = Literal["png", "coco", "polygon"]


def write_picture(path: Path, picture: npt.NDArray[np.uint8], format: str | None = None) -> None:
    """Write (H, W) grey or (H, W, 3) RGB; `format` or else the file's ending says how.."""
    buffer = io.BytesIO()
    known = Image.registered_extensions()
    Image.fromarray(picture).save(buffer, format=format or known.get(path.suffix.lower(), "PNG"))
    with replacing(path) as file:
        file.write(buffer.getbuffer())


def write_mask(path: Path, mask: npt.NDArray[np.bool_]) -> None:
    """Write a mask as an 8-bit grey picture: 255 the object, 0 the rest."""
    write_picture(path, mask.astype(np.uint8) * 255, "PNG")


def write_json(path: Path, data: object) -> None:
    """Write plain data as one JSON document."""
    with replacing(path, "w") as file:
        json.dump(data, file, ensure_ascii=False)
        file.write("\n")


def write_json_lines(path: Path, records: Iterable[object]) -> None:
    """Write plain data, one JSON document a line."""
    with replacing(path, "w") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


PARQUET_COLUMNS = (
    ("id", "int64"),
    ("image", "string"),
    ("instance", "int32"),
    ("width", "int32"),
    ("height", "int32"),
    ("category", "string"),
    *((edge, "int32") for edge in ("x0", "y0", "x1", "y1")),
)
"""With which every Parquet table of masks begins: (name, Arrow's type)."""


class CocoDocument:
    """Collects predictions as a COCO document: compressed RLE, one category "object"."""

    def __init__(self) -> None:
        self._images: dict[str, dict[str, Any]] = {}
        self._annotations: list[dict[str, Any]] = []

    def add(self, name: str, prediction: Prediction) -> None:
        """Add an object of the photo `name`."""
        width, height = prediction.image_size
        image = self._images.setdefault(
            name, {"id": len(self._images) + 1, "file_name": name, "width": width, "height": height}
        )
        box = mask_box(prediction.mask)
        self._annotations.append(
            {
                "id": len(self._annotations) + 1,
                "image_id": image["id"],
                "category_id": 1,
                "bbox": [0, 0, 0, 0] if box is None else [box.x0, box.y0, box.width, box.height],
                "area": int(np.count_nonzero(prediction.mask)),
                "iscrowd": 0,
                "segmentation": encode_rle(prediction.mask),
                "score": round(prediction.confidence, 4),
                "clicks": prediction.clicks.to_json(),
            }
        )

    @property
    def data(self) -> dict[str, Any]:
        """The document as plain data."""
        return {
            "info": {"description": "masks made by iog"},
            "licenses": [],
            "images": list(self._images.values()),
            "categories": [{"id": 1, "name": "object", "supercategory": ""}],
            "annotations": self._annotations,
        }


def polygon_document(name: str, prediction: Prediction, tolerance: float = 0.5) -> dict[str, Any]:
    """One object's outlines with holes, as plain data."""
    width, height = prediction.image_size
    return {
        "image": name,
        "width": width,
        "height": height,
        "confidence": round(prediction.confidence, 4),
        "clicks": prediction.clicks.to_json(),
        "polygons": polygons(prediction.mask, tolerance),
    }
