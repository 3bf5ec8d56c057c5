"""CVAT for images 1.1: one XML file with all photos.

Convention: coordinates are continuous; a mask is run lengths row by row within its box, background first.
https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat/
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from iog.clicks import Box
from iog.errors import DataError
from iog.files import replacing
from iog.formats.account import Account
from iog.formats.checking import each, whole
from iog.formats.labelme import ellipse
from iog.formats.matching import clean
from iog.formats.places import MALFORMED, files_below
from iog.formats.records import (
    Annotation,
    Class,
    Dataset,
    Edges,
    Picture,
    Pixels,
    Polygons,
    Shape,
    Size,
    with_flags,
)
from iog.formats.sniffing import xml_kind
from iog.formats.voc import parse, without_unusable
from iog.images import MAXIMUM_PIXELS
from iog.masks import BoolArray
from iog.patch import Patch

FILE = "annotations.xml"


def read(source: Path, account: Account) -> Dataset:
    """An XML file, or all of CVAT's below a folder.

    Raises
    ------
    DataError
        If there is none, or the only one is not CVAT's.
    """
    files = [source]
    if source.is_dir():
        files = [file for file in files_below(source, ".xml") if xml_kind(file) == "cvat"]
    if not files:
        raise DataError(f"{source} has no XML file of CVAT, such as {FILE}")
    labels: dict[str, None] = {}
    questions: dict[str, list[str]] = {}
    roots = map(_root, files) if len(files) > 1 else [_root(files[0])]
    for file, root in zip(files, roots, strict=True):
        names = (label.findtext("name") or "" for label in root.iterfind("meta/*/labels/label"))
        labels |= dict.fromkeys(filter(None, names))
        for attribute in root.iterfind("meta/*/labels/label/attributes/attribute"):
            _ask(attribute, questions)
        for _ in root.iterfind("track"):
            account.skip("tracks belong to videos; export single frames (CVAT for images)", file.name)
    # Of several files memory holds one at a time.
    again = map(_root, files) if len(files) > 1 else roots
    images = (image for root in again for image in root.iterfind("image"))
    pictures = each(images, lambda image: _picture(image, account), account, source.name)
    return Dataset(classes=[Class(name) for name in labels], pictures=pictures, questions=questions)


def _root(file: Path) -> ET.Element:
    try:
        root = parse(file.read_bytes())
        if root.tag != "annotations":
            raise ValueError("its root is not <annotations>")
    except ValueError as error:
        raise DataError(f"{file} is not CVAT's XML: {error}") from None
    return root


def _picture(image: ET.Element, account: Account) -> Picture:
    name = image.get("name") or ""
    sides = (image.get("width", ""), image.get("height", ""))
    size = (whole(sides[0]), whole(sides[1])) if all(sides) else None
    annotations = []
    before = account.losses
    for number, element in enumerate(image, 1):
        account.count("shapes")
        try:
            annotation = _annotation(element)
        except MALFORMED as error:
            account.skip("a shape cannot be read", f"{name}, shape {number}: {error}")
            continue
        if annotation is None:
            account.skip(f"shapes of type {element.tag!r} have no area", f"{name}, shape {number}")
        else:
            annotations.append(annotation)
    return Picture(name=clean(name), size=size, annotations=annotations, lost=account.losses - before)


def _ask(attribute: ET.Element, questions: dict[str, list[str]]) -> None:
    """Add what a label's objects are asked; labels may offer other choices for the same question."""
    name, kind = attribute.findtext("name") or "", attribute.findtext("input_type")
    values = (attribute.findtext("values") or "").splitlines()
    if kind == "checkbox":
        questions.setdefault(name, [])
    elif kind in ("select", "radio"):  # numbers and texts have no choices
        choices = [value.strip() for value in values if value.strip()]
        questions[name] = list(dict.fromkeys([*questions.get(name, ()), *choices]))


_YES_NO = {"true": True, "false": False}
"""What CVAT writes for a checkbox."""


def _annotation(e: ET.Element) -> Annotation | None:
    box, shape = _geometry(e)
    if box is None and shape is None:
        return None
    answers = ((a.get("name", ""), a.text or "") for a in e.iterfind("attribute"))
    attributes: dict[str, Any] = {name: _YES_NO.get(text, text) for name, text in answers}
    annotation = Annotation(
        label=e.get("label") or "object",
        shape=shape,
        box=box,
        occluded=e.get("occluded") == "1",
        group=e.get("group_id"),
        description=str(attributes.pop("description", "")),
        attributes=attributes,
    )
    return with_flags(annotation)


def _geometry(e: ET.Element) -> tuple[Edges | None, Shape | None]:
    if e.tag == "box":
        x0, y0, x1, y1 = (float(e.attrib[side]) for side in ("xtl", "ytl", "xbr", "ybr"))
        angle = float(e.get("rotation", "0"))
        if angle % 360 == 0:
            return Edges(x0, y0, x1, y1), None
        return None, Polygons([turned([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], angle)])
    if e.tag == "polygon":
        ring = [[float(v) for v in point.split(",")] for point in e.attrib["points"].split(";")]
        if len(ring) < 3:
            raise ValueError("its outline has fewer than three points")
        return None, Polygons([ring])
    if e.tag == "ellipse":
        cx, cy, rx, ry = (float(e.attrib[name]) for name in ("cx", "cy", "rx", "ry"))
        return None, Polygons([turned(ellipse((cx, cy), rx, ry), float(e.get("rotation", "0")))])
    if e.tag == "mask":
        left, top, width, height = (int(e.attrib[name]) for name in ("left", "top", "width", "height"))
        runs = [int(run) for run in e.attrib["rle"].split(",")]
        mask = decode_rle(runs, width, height)
        return None, Pixels(Patch(Box(left, top, left + width, top + height), mask))
    return None, None


def turned(ring: list[list[float]], degrees: float) -> list[list[float]]:
    """A ring turned clockwise around its middle."""
    points = np.array(ring)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    result: list[list[float]] = ((points - middle) @ [[cosine, sine], [-sine, cosine]] + middle).tolist()
    return result


def decode_rle(runs: Sequence[int], width: int, height: int) -> BoolArray:
    """(height, width) of run lengths row by row, background first; `ValueError` if they do not fit."""
    if not 0 < width * height <= MAXIMUM_PIXELS or min(runs, default=0) < 0 or sum(runs) != width * height:
        raise ValueError(f"its run lengths do not cover {width} x {height} pixels")
    mask: BoolArray = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
    return mask


def encode_rle(mask: BoolArray) -> list[int]:
    """Run lengths of a mask (H, W) row by row, background first."""
    flat = mask.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    runs: list[int] = np.diff(edges, prepend=0, append=flat.size).tolist()
    return [0, *runs] if flat.size and flat[0] else runs


def write(dataset: Dataset, folder: Path, account: Account) -> None:
    """Write `annotations.xml`: masks as run lengths, boxes as boxes; photo by photo."""
    with replacing(folder / FILE, "w") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n')
        meta = ET.Element("meta")
        labels = ET.SubElement(ET.SubElement(meta, "task"), "labels")
        for one in dataset.classes:
            label = ET.SubElement(labels, "label")
            ET.SubElement(label, "name").text = without_unusable(one.name, account)
            label.append(_asked(dataset.questions, account))
        file.write(ET.tostring(meta, "unicode") + "\n")
        for number, picture in enumerate(dataset.pictures):
            file.write(ET.tostring(_image(number, picture, account), "unicode") + "\n")
            account.make("photos")
        file.write("</annotations>\n")


def _asked(questions: Mapping[str, Sequence[str]], account: Account) -> ET.Element:
    attributes = ET.Element("attributes")
    for name, choices in questions.items():
        values = [without_unusable(value, account) for value in choices] or ["false"]
        stated = {
            "name": without_unusable(name, account),
            "mutable": "False",
            "input_type": "select" if choices else "checkbox",
            "default_value": values[0],
            "values": "\n".join(values),
        }
        attribute = ET.SubElement(attributes, "attribute")
        for tag, text in stated.items():
            ET.SubElement(attribute, tag).text = text
    return attributes


def _image(number: int, picture: Picture, account: Account) -> ET.Element:
    assert picture.size is not None, "writers take photos whose size is known"
    width, height = (str(side) for side in picture.size)
    image = ET.Element("image", id=str(number), name=picture.name, width=width, height=height)
    for order, a in enumerate(picture.annotations):
        image.append(_shape(a, order, picture.size, account))
        account.make("boxes" if a.shape is None else "masks")
    return image


def _shape(a: Annotation, order: int, size: Size, account: Account) -> ET.Element:
    common = {
        "label": without_unusable(a.label, account),
        "source": "manual",
        "occluded": str(int(a.occluded)),
    }
    if a.group is not None:
        common["group_id"] = without_unusable(a.group, account)
    if a.shape is not None:
        patch = a.shape.patch(size)
        box = patch.box
        rle = ", ".join(map(str, encode_rle(patch.mask)))
        place = {"left": box.x0, "top": box.y0, "width": box.width, "height": box.height}
        geometry = {"rle": rle, **{name: str(value) for name, value in place.items()}}
        element = ET.Element("mask", {**common, **geometry, "z_order": str(order)})
    else:
        assert a.box is not None, "an annotation has a shape or a box"
        edges = zip(("xtl", "ytl", "xbr", "ybr"), a.box.box(size), strict=True)
        element = ET.Element("box", {**common, **{k: f"{v:.2f}" for k, v in edges}, "z_order": str(order)})
    for name, value in _attributes(a, account):
        answer = ET.SubElement(element, "attribute", name=without_unusable(name, account))
        answer.text = without_unusable(value, account)
    return element


def _attributes(a: Annotation, account: Account) -> Iterator[tuple[str, str]]:
    for name, value in a.attributes.items():
        if not isinstance(value, str | bool):
            account.note("numbers, lists and the like in attributes become text", name)
        if value in ("true", "false"):
            account.note("texts 'true' and 'false' in attributes become yes and no", name)
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    yield from ((name, "true") for name in a.flags if name != "occluded")  # which has a place of its own
    if a.description:
        yield "description", a.description
