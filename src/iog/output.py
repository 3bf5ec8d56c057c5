"""What `iog predict` writes: PNG, COCO, polygons. Every write is atomic."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from iog.masks import encode_rle, mask_box, polygons
from iog.prediction import Prediction

Format = Literal["png", "coco", "polygon"]


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
