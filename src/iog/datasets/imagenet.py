"""ImageNet-LOC and VOC: boxes in PASCAL's XML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element

from iog.datasets.boxes import BoxEntry, BoxList, from_one_based, pixels_of
from iog.datasets.reading import (
    Broken,
    find_folder,
    note,
    photo_size,
    read_names,
    read_xml,
    require,
    scanning,
)
from iog.datasets.voc import SOURCE as VOC_SOURCE
from iog.datasets.voc import voc_folder
from iog.errors import DataError, IogError

SOURCE = (
    "ImageNet-LOC (ILSVRC 2012 to 2017 CLS-LOC) is at image-net.org after registration and at kaggle.com "
    "(imagenet-object-localization-challenge); name the folder ILSVRC or the one around it"
)
SPLITS = ("val", "train")


class Thing(NamedTuple):
    """An object of a VOC-like XML file, as it stands there."""

    name: str
    edges: tuple[float, float, float, float]
    """xmin, ymin, xmax, ymax."""


class ImageNetBoxes(BoxList):
    """Boxes of ImageNet-LOC. The category is the synset ("n01440764").

        ILSVRC/
            Annotations/CLS-LOC/train/WNID/WNID_N.xml      val: Annotations/CLS-LOC/val/NAME.xml
            Data/CLS-LOC/train/WNID/WNID_N.JPEG            val: Data/CLS-LOC/val/NAME.JPEG

    Sizes come from the photo, not from the XML, which is wrong for some. The files give xmin = 0 as well as
    xmax = width, so edges are read as continuous coordinates from 0. `one_based` reads them as VOC's.

    Parameters
    ----------
    root
        ILSVRC or the folder around it.
    split
        "train" or "val".
    one_based
        Whether the first pixel is 1 and the last one belongs to the box.
    broken
        Takes what is wrong with single photos or boxes, which are then left out; None raises instead.

    Raises
    ------
    DataError
        Names the file that is missing and where to get the set, or the file that is broken.
    """

    def __init__(
        self, root: str | Path, split: str = "val", *, one_based: bool = False, broken: Broken = None
    ) -> None:
        annotations, photos = annotated_photos(root, split)
        files = sorted(annotations.rglob("*.xml"))
        if not files:
            raise DataError(f"{annotations} has no .xml; {SOURCE}")
        entries: list[BoxEntry] = []
        for path in scanning(files, f"ImageNet-LOC {split}"):
            photo = (photos / path.relative_to(annotations)).with_suffix(".JPEG")
            entries += _boxes(path, photo, SOURCE, one_based, broken)
        super().__init__(entries)


def annotated_photos(root: str | Path, split: str) -> tuple[Path, Path]:
    """The folders of annotations and of photos of a split; see `ImageNetBoxes`."""
    folder = find_folder(Path(root), ("ILSVRC", ""), "Annotations", SOURCE)
    annotations = require(folder / "Annotations" / "CLS-LOC" / split, SOURCE)
    return annotations, require(folder / "Data" / "CLS-LOC" / split, SOURCE)


class VocBoxes(BoxList):
    """Boxes of VOC's detection task, 1-based and inclusive as published; "difficult" ones are left out.

        VOCdevkit/VOC2012/
            ImageSets/Main/{train,val,trainval}.txt
            Annotations/NAME.xml
            JPEGImages/NAME.jpg

    Parameters
    ----------
    root
        VOC2012, VOCdevkit or the folder around it.
    split
        Name of a list.
    broken
        Takes what is wrong with single photos or boxes, which are then left out; None raises instead.

    Raises
    ------
    DataError
        Names the file that is missing and where to get the set, or the file that is broken.
    """

    def __init__(self, root: str | Path, split: str = "val", *, broken: Broken = None) -> None:
        folder = voc_folder(Path(root))
        names = read_names(folder / "ImageSets" / "Main" / f"{split}.txt", VOC_SOURCE)
        entries: list[BoxEntry] = []
        for name in scanning(names, f"VOC 2012 {split}"):
            path, photo = folder / "Annotations" / f"{name}.xml", folder / "JPEGImages" / f"{name}.jpg"
            entries += _boxes(path, photo, VOC_SOURCE, True, broken)
        super().__init__(entries)


def _boxes(path: Path, photo: Path, source: str, one_based: bool, broken: Broken) -> Iterator[BoxEntry]:
    """The boxes of one file."""
    try:
        size = photo_size(require(photo, source))
        things = list(listed_things(read_xml(path, source), path))
    except IogError as error:
        note(broken, error)
        return
    for name, edges in things:
        try:
            box = pixels_of(*(from_one_based(*edges) if one_based else edges), size)
        except ValueError as error:
            note(broken, DataError(f"{path}: {error}"))
            continue
        yield BoxEntry(photo, name, box)


def listed_things(annotation: Element, path: Path, broken: Broken = None) -> Iterator[Thing]:
    """The objects of an XML file that are not "difficult".

    `broken` takes what is wrong with single boxes, which are then left out; None raises it as `DataError`.
    """
    for thing in annotation.iterfind("object"):
        if (thing.findtext("difficult") or "0").strip() == "1":
            continue
        name = thing.findtext("name")
        texts = [thing.findtext(f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax")]
        try:
            x0, y0, x1, y1 = (float(text or "") for text in texts)
        except ValueError:
            note(broken, DataError(f"{path}: object {name} has no complete bndbox"))
            continue
        yield Thing((name or "").strip(), (x0, y0, x1, y1))
