"""What `iog predict` writes beside pictures: COCO and polygons. Every write is atomic."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from iog.files import replacing
from iog.formats.account import Account
from iog.formats.coco import write_document
from iog.formats.records import Annotation, Class, Dataset, Picture, Pixels
from iog.masks import polygons
from iog.patch import Patch
from iog.prediction import Prediction

Format = Literal["png", "coco", "polygon"]


class CocoDocument:
    """Collects predictions as a COCO document, with compressed run lengths."""

    def __init__(self) -> None:
        self._pictures: dict[str, Picture] = {}
        self._objects: dict[str, list[Annotation]] = {}
        self._labels: dict[str, None] = {}

    def add(self, name: str, prediction: Prediction, label: str = "object") -> None:
        """Add an object of the photo `name`, in the category `label`."""
        self._labels[label] = None
        objects = self._objects.setdefault(name, [])
        self._pictures.setdefault(name, Picture(name=name, size=prediction.image_size, annotations=objects))
        shape = Pixels(Patch.of(prediction.mask))
        objects.append(
            Annotation(label=label, shape=shape, score=prediction.confidence, clicks=prediction.clicks)
        )

    def write(self, path: Path) -> None:
        classes = [Class(label) for label in self._labels]
        dataset = Dataset(classes=classes, pictures=self._pictures.values())
        with replacing(path, "w") as file:
            write_document(dataset, file, Account(), always_rle=True)


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
