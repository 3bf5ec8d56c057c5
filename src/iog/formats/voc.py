"""Pascal VOC: an XML file with boxes a photo, and palette pictures of classes and of objects.

Convention: boxes are 1-based and inclusive. In `SegmentationObject` the n-th object of the XML has the
value n; in `SegmentationClass` the values are the classes, 1 for the first of `labels.txt`. Where objects
overlap, the later one has the pixel; a picture holds at most 254 objects.
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html
"""

from __future__ import annotations

import codecs
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from xml.parsers import expat

import numpy as np
import numpy.typing as npt
from PIL import Image

from iog.errors import DataError
from iog.files import replacing
from iog.formats.account import Account
from iog.formats.checking import each, reason
from iog.formats.matching import clean
from iog.formats.places import SPACE, files_below, named_pictures, part_of, read_names
from iog.formats.records import Annotation, Class, Dataset, Edges, Painting, Picture, Pixels, Size
from iog.images import MAXIMUM_PIXELS
from iog.patch import Patch

_VOID = 255
_UNUSABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold."""
_WIDER = dict.fromkeys(("gb2312", "gbk", "gb_2312-80"), "gb18030")
"""Encodings that files name while they hold characters of the wider one."""


def read(source: Path, account: Account, *, one_based: bool = True) -> Dataset:
    """A folder of XML files, in `Annotations/` or not, or one file; masks from `SegmentationObject/` where it
    has a picture.

    Raises
    ------
    DataError
        If the folder has no XML file.
    """
    files = [source] if source.is_file() else []
    if files:
        folder = source.parent
        source = folder.parent if folder.name == "Annotations" else folder
    else:
        folder = source / "Annotations" if (source / "Annotations").is_dir() else source
        files = list(files_below(folder, ".xml"))
    if not files:
        raise DataError(f"{source} has no .xml files (VOC)")
    listed = source / "labels.txt"
    labels = read_names(listed, account) if listed.is_file() else []
    return Dataset(
        classes=[Class(name=label) for label in labels if label],
        pictures=each(
            files, lambda file: _picture(file, folder, source, one_based, account), account, source.name
        ),
    )


def database(folder: Path) -> str:
    """Where the XML files of a folder say they come from, by the first that can be read; "" if none says."""
    for file in files_below(folder, ".xml"):
        try:
            return parse(file.read_bytes()).findtext("source/database") or ""
        except (ValueError, OSError):
            continue
    return ""


def read_imagenet(source: Path, account: Account) -> Dataset:
    """ImageNet-LOC: as `read`, with edges counted from 0.

    Its files give xmin = 0 as well as xmax = width, and state sizes that are wrong for some: none is taken.
    """
    dataset = read(source, account, one_based=False)
    pictures = (replace(picture, size=None) for picture in dataset.pictures)
    return Dataset(classes=dataset.classes, pictures=pictures)


def _picture(file: Path, folder: Path, source: Path, one_based: bool, account: Account) -> Picture | None:
    name = file.relative_to(source).as_posix()
    try:
        root = parse(file.read_bytes())
        if root.tag != "annotation":
            raise ValueError("it is not a VOC annotation")
        sides = [_number(root.findtext(f"size/{side}")) for side in ("width", "height")]
        size = (round(sides[0]), round(sides[1])) if sides[0] and sides[1] else None
        values = _values(_picture_of_objects(file, source), size, account)
    except (ValueError, OSError) as error:
        account.skip("a file cannot be read", f"{name}: {error}")
        return None
    annotations = []
    before = account.losses
    for number, element in enumerate(root.iterfind("object"), 1):
        account.count("objects")
        try:
            annotations.append(_annotation(element, number, values, one_based))
        except ValueError as error:
            account.skip("an object cannot be read", f"{name}, object {number}: {error}")
    inner = file.relative_to(folder).parent.as_posix()
    stated = clean((root.findtext("filename") or "").strip(SPACE))
    section = clean((root.findtext("folder") or "").strip(SPACE))
    return Picture(
        name=stated or file.stem,
        size=size,
        annotations=annotations,
        negative=root.find("object") is None,
        stem=not PurePosixPath(stated).suffix,
        split=part_of(section) or part_of(file.relative_to(source).parent.as_posix()),
        file=file.relative_to(folder).as_posix(),
        sections=[part for part in dict.fromkeys((section, inner)) if part not in ("", ".")],
        lost=account.losses - before,
    )


def _picture_of_objects(file: Path, source: Path) -> Path:
    """Where the picture of an XML file's objects is, if there is one: beside the folder `Annotations`."""
    for folder in file.parents:
        if folder.name == "Annotations":
            return folder.parent / "SegmentationObject" / f"{file.stem}.png"
        if folder == source:
            break
    return source / "SegmentationObject" / f"{file.stem}.png"


def parse(content: bytes) -> ET.Element:
    """The root of an XML document of a stranger: entities are refused, GB2312 and other encodings are read.

    Raises
    ------
    ValueError
        If it is no XML, or has a document type, which could define entities.
    """
    builder = ET.TreeBuilder()
    content = content.lstrip(b"\r\n\t ")
    declared = re.match(rb"""\s*<\?xml[^>]*encoding=["']([A-Za-z0-9_.-]+)["']""", content[:200])
    encoding = "utf-8-sig" if declared is None else declared.group(1).decode("ascii").lower()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif encoding.startswith("utf-16") and b"\0" not in content:
        encoding = "utf-8"  # re-encoded by a tool that left the declaration as it was
    encoding = _WIDER.get(encoding, encoding)
    try:
        codecs.lookup(encoding)
        text = content.decode("utf-8-sig" if encoding in ("utf-8", "utf8") else encoding)
    except (LookupError, UnicodeDecodeError):
        raise ValueError(f"it is not text in {encoding}") from None
    parser = expat.ParserCreate(encoding="utf-8")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise ValueError("it has a document type, which could define entities; such files are refused")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(text.encode("utf-8"), True)
    except expat.ExpatError as error:
        raise ValueError(f"it is no XML: {error}") from None
    return builder.close()


def _values(path: Path, size: Size | None, account: Account) -> npt.NDArray[np.uint8] | None:
    """The picture of objects, if there is one that can be used."""
    if not path.is_file():
        return None
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            if picture.width * picture.height > MAXIMUM_PIXELS or picture.mode not in ("P", "L"):
                raise ValueError("it is not a picture of numbers")
            if size not in (None, picture.size):
                raise ValueError(f"it has {picture.width} x {picture.height} pixels, its XML states {size}")
            return np.asarray(picture)
    except Exception as error:  # Pillow's readers raise many kinds for broken data
        account.note("a picture of objects cannot be used; boxes are used", f"{path.name}: {reason(error)}")
        return None


def _annotation(
    element: ET.Element, number: int, values: npt.NDArray[np.uint8] | None, one_based: bool
) -> Annotation:
    edges = [_number(element.findtext(f"bndbox/{side}")) for side in ("xmin", "ymin", "xmax", "ymax")]
    patch = Patch.empty() if values is None else Patch.of(values == number)
    if None in edges and not patch.area:
        raise ValueError("its bndbox is missing or holds no numbers")
    x0, y0, x1, y1 = (0.0 if edge is None else edge for edge in edges)
    known = {"pose": element.findtext("pose")}
    return Annotation(
        label=(element.findtext("name") or "").strip(SPACE) or "object",
        # An object that later ones cover whole has a box alone.
        shape=Pixels(patch, values.shape[::-1]) if values is not None and patch.area else None,
        box=None if None in edges else Edges(x0 - one_based, y0 - one_based, x1, y1),
        attributes={key: text for key, text in known.items() if text and text != "Unspecified"},
        difficult=_flag(element, "difficult"),
        truncated=_flag(element, "truncated"),
        occluded=_flag(element, "occluded"),
    )


def _flag(element: ET.Element, name: str) -> bool:
    return (element.findtext(name) or "").strip() in ("1", "true")


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def write(dataset: Dataset, folder: Path, account: Account) -> None:
    """Write `Annotations/`, `SegmentationClass/`, `SegmentationObject/`, `ImageSets/` and `labels.txt`.

    Raises
    ------
    DataError
        If a photo has more than 254 objects, or there are more than 254 labels.
    """
    if len(dataset.classes) >= _VOID:
        raise DataError(f"VOC's pictures hold at most 254 labels; there are {len(dataset.classes)}")
    numbers = {one.name: number for number, one in enumerate(dataset.classes, 1)}
    names = []
    for part in ("Annotations", "SegmentationClass", "SegmentationObject", "ImageSets/Segmentation"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, picture in named_pictures(dataset, flat=True):
        names.append(name)
        _write_picture(name, picture, numbers, folder, account)
    _write_lines(folder / "ImageSets" / "Segmentation" / "all.txt", names)
    _write_lines(folder / "labels.txt", [_line(one.name, account) for one in dataset.classes])


def _write_picture(
    name: str, picture: Picture, numbers: dict[str, int], folder: Path, account: Account
) -> None:
    if len(picture.annotations) >= _VOID:
        raise DataError(
            f"VOC's pictures hold at most 254 objects; {picture.name} has {len(picture.annotations)}"
        )
    assert picture.size is not None, "writers take photos whose size is known"
    classes, objects = Painting(picture.size, np.uint8), Painting(picture.size, np.uint8)
    for number, a in enumerate(picture.annotations, 1):
        if a.shape is not None:
            patch = a.shape.patch(picture.size)
            classes.paint(patch, numbers[a.label])
            objects.paint(patch, number)
        account.make("boxes" if a.shape is None else "masks")
    if objects.overlaps:
        account.note("objects overlap; VOC's pictures give a shared pixel to the later one", picture.name)
    _write_palette(folder / "SegmentationClass" / f"{name}.png", classes.values)
    _write_palette(folder / "SegmentationObject" / f"{name}.png", objects.values)
    with replacing(folder / "Annotations" / f"{name}.xml") as file:
        tree = ET.ElementTree(_element(picture, account))
        ET.indent(tree)
        tree.write(file, encoding="utf-8")
    account.make("photos")


def _element(picture: Picture, account: Account) -> ET.Element:
    assert picture.size is not None
    root = ET.Element("annotation")
    path = PurePosixPath(picture.name)
    _add(root, "folder", "" if path.parent == PurePosixPath(".") else str(path.parent))
    _add(root, "filename", path.name)
    size = ET.SubElement(root, "size")
    for name, value in (("width", picture.size[0]), ("height", picture.size[1]), ("depth", 3)):
        _add(size, name, value)
    _add(root, "segmented", 1)
    for a in picture.annotations:
        element = ET.SubElement(root, "object")
        _add(element, "name", _line(a.label, account))
        _add(element, "pose", a.attributes.get("pose", "Unspecified"))
        for flag in ("truncated", "difficult", "occluded"):
            _add(element, flag, int(getattr(a, flag)))
        box = (
            a.shape.patch(picture.size).box
            if a.shape is not None
            else a.box.box(picture.size)
            if a.box
            else None
        )
        assert box is not None, "an annotation has a shape or a box"
        bounds = ET.SubElement(element, "bndbox")
        for name, value in (("xmin", box.x0 + 1), ("ymin", box.y0 + 1), ("xmax", box.x1), ("ymax", box.y1)):
            _add(bounds, name, value)
    return root


def without_unusable(text: str, account: Account) -> str:
    """A text without what XML cannot hold."""
    usable = _UNUSABLE.sub("", text)
    if usable != text:
        account.note("a text has characters that XML cannot hold; they are left out", repr(text))
    return usable


def _line(label: str, account: Account) -> str:
    """A label as a list with a label a line can hold it."""
    usable = without_unusable(label, account)
    line = re.sub(r"[\r\n]+", " ", usable).strip(SPACE)
    if line != usable:
        account.note("VOC's labels are lines without spaces around them; a label is changed", repr(label))
    return line or "object"


def _add(parent: ET.Element, name: str, value: object) -> None:
    ET.SubElement(parent, name).text = str(value)


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    with replacing(path, "w") as file:
        file.writelines(f"{line}\n" for line in lines)


def _write_palette(path: Path, values: npt.NDArray[Any]) -> None:
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
