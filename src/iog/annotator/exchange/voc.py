"""Pascal VOC: an XML file with boxes, and palette pictures of classes and of objects.

Convention: boxes are 1-based and inclusive. In `SegmentationObject` the n-th object of the XML has the
value n; in `SegmentationClass` the values are the classes, 1 for the first of `labels.txt`. Where objects
overlap, the later one has the pixel; a picture holds at most 254 objects.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
from PIL import Image

from iog.annotator.exchange.base import Found, Picture, stems
from iog.annotator.patch import Patch
from iog.clicks import Box
from iog.errors import DataError
from iog.files import replacing

_VOID = 255


def write(pictures: Sequence[Picture], labels: Sequence[str], folder: Path) -> None:
    """Write `Annotations/`, `SegmentationClass/`, `SegmentationObject/`, `ImageSets/` and `labels.txt`.

    Raises
    ------
    DataError
        If a photo has more than 254 objects, or the project more than 254 labels.
    """
    if len(labels) >= _VOID:
        raise DataError(f"VOC's pictures hold at most 254 labels; the project has {len(labels)}")
    numbers = {label: number for number, label in enumerate(labels, 1)}
    names = [stem.replace("/", "__") for stem in stems(pictures)]
    for part in ("Annotations", "SegmentationClass", "SegmentationObject", "ImageSets/Segmentation"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, picture in zip(names, pictures, strict=True):
        if len(picture.items) >= _VOID:
            raise DataError(
                f"VOC's pictures hold at most 254 objects; {picture.path} has {len(picture.items)}"
            )
        classes = np.zeros((picture.height, picture.width), np.uint8)
        objects = np.zeros_like(classes)
        for number, item in enumerate(picture.items, 1):
            mask = item.mask.full(picture.width, picture.height)
            classes[mask], objects[mask] = numbers[item.label], number
        _write_palette(folder / "SegmentationClass" / f"{name}.png", classes)
        _write_palette(folder / "SegmentationObject" / f"{name}.png", objects)
        with replacing(folder / "Annotations" / f"{name}.xml") as file:
            tree = ET.ElementTree(_annotation(picture))
            ET.indent(tree)
            tree.write(file, encoding="utf-8")
    with replacing(folder / "ImageSets" / "Segmentation" / "all.txt", "w") as file:
        file.writelines(f"{name}\n" for name in names)
    with replacing(folder / "labels.txt", "w") as file:
        file.writelines(f"{label}\n" for label in labels)


def read(folder: Path) -> Iterator[tuple[str, list[Found]]]:
    """(photo path, objects) of each XML file; boxes alone where there is no picture of objects.

    Raises
    ------
    DataError
        If `Annotations/` is missing or a file is malformed.
    """
    if not (folder / "Annotations").is_dir():
        raise DataError(f"{folder} has no folder 'Annotations'")
    for path in sorted((folder / "Annotations").glob("*.xml")):
        text = path.read_bytes()
        if b"<!ENTITY" in text:
            raise DataError(f"{path} defines XML entities; such files are refused")
        try:
            root = ET.fromstring(text)
            picture = folder / "SegmentationObject" / f"{path.stem}.png"
            values = _read_values(picture) if picture.is_file() else None
            objects = [_found(e, n, values) for n, e in enumerate(root.iterfind("object"), 1)]
        except (ET.ParseError, ValueError, OSError, Image.DecompressionBombError) as error:
            raise DataError(f"{path} cannot be read: {error}") from None
        inner = root.findtext("folder", "")
        yield str(PurePosixPath(inner) / root.findtext("filename", path.stem)), objects


def _read_values(path: Path) -> npt.NDArray[np.uint8]:
    with Image.open(path) as picture:
        if picture.mode not in ("P", "L"):
            raise ValueError(f"{path.name} is not a picture of numbers")
        return np.asarray(picture)


def _found(element: ET.Element, number: int, values: npt.NDArray[np.uint8] | None) -> Found:
    label = element.findtext("name", "object")
    if values is not None and (values == number).any():
        return Found(label=label, mask=Patch.of(values == number))
    x0, y0, x1, y1 = (
        round(float(element.findtext(f"bndbox/{side}", ""))) for side in ("xmin", "ymin", "xmax", "ymax")
    )
    return Found(label=label, box=Box(x0 - 1, y0 - 1, x1, y1))


def _annotation(picture: Picture) -> ET.Element:
    root = ET.Element("annotation")
    path = PurePosixPath(picture.path)
    _add(root, "folder", "" if path.parent == PurePosixPath(".") else str(path.parent))
    _add(root, "filename", path.name)
    size = ET.SubElement(root, "size")
    for name, value in (("width", picture.width), ("height", picture.height), ("depth", 3)):
        _add(size, name, value)
    _add(root, "segmented", 1)
    for item in picture.items:
        element = ET.SubElement(root, "object")
        for name, text in (
            ("name", item.label),
            ("pose", "Unspecified"),
            ("truncated", 0),
            ("difficult", 0),
        ):
            _add(element, name, text)
        box, bounds = item.mask.box, ET.SubElement(element, "bndbox")
        for name, value in (("xmin", box.x0 + 1), ("ymin", box.y0 + 1), ("xmax", box.x1), ("ymax", box.y1)):
            _add(bounds, name, value)
    return root


def _add(parent: ET.Element, name: str, value: object) -> None:
    ET.SubElement(parent, name).text = str(value)


def _write_palette(path: Path, values: npt.NDArray[np.uint8]) -> None:
    picture = Image.fromarray(values)
    picture.putpalette(_palette())
    with replacing(path) as file:
        picture.save(file, "PNG")


def _palette() -> list[int]:
    """VOC's colours: the bits of the number, spread over red, green and blue from the highest down."""
    colours = np.zeros((256, 3), np.uint8)
    for number in range(256):
        for bit in range(8):
            for channel in range(3):
                colours[number, channel] |= ((number >> (3 * bit + channel)) & 1) << (7 - bit)
    return [int(value) for value in colours.ravel()]
