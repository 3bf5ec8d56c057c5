"""ImageNet-LOC and VOC: boxes in PASCAL's XML."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from iog.datasets.labels import LabelledBoxes
from iog.datasets.reading import Broken, find_folder, note, read_names, require
from iog.datasets.voc import SOURCE as VOC_SOURCE
from iog.datasets.voc import voc_folder
from iog.errors import DataError
from iog.formats.records import Picture

SOURCE = (
    "ImageNet-LOC (ILSVRC 2012 to 2017 CLS-LOC) is at image-net.org after registration and at kaggle.com "
    "(imagenet-object-localization-challenge); name the folder ILSVRC or the one around it"
)
SPLITS = ("val", "train")


def imagenet_boxes(root: str | Path, split: str = "val", *, broken: Broken = None) -> LabelledBoxes:
    """Boxes of ImageNet-LOC. The category is the synset ("n01440764").

        ILSVRC/
            Annotations/CLS-LOC/train/WNID/WNID_N.xml      val: Annotations/CLS-LOC/val/NAME.xml
            Data/CLS-LOC/train/WNID/WNID_N.JPEG            val: Data/CLS-LOC/val/NAME.JPEG

    Raises
    ------
    DataError
        Names the file that is missing and where to get the set, or the file that is broken.
    """
    annotations, photos = annotated_photos(root, split)
    if next(annotations.rglob("*.xml"), None) is None:
        raise DataError(f"{annotations} has no .xml; {SOURCE}")
    find = partial(_beside, photos, ".JPEG", SOURCE)
    return LabelledBoxes(annotations, "imagenet", find=find, broken=broken)


def annotated_photos(root: str | Path, split: str) -> tuple[Path, Path]:
    """The folders of annotations and of photos of a split; see `imagenet_boxes`."""
    folder = find_folder(Path(root), ("ILSVRC", ""), "Annotations", SOURCE)
    annotations = require(folder / "Annotations" / "CLS-LOC" / split, SOURCE)
    return annotations, require(folder / "Data" / "CLS-LOC" / split, SOURCE)


def voc_boxes(root: str | Path, split: str = "val", *, broken: Broken = None) -> LabelledBoxes:
    """Boxes of VOC's detection task; "difficult" ones are left out.

        VOCdevkit/VOC2012/
            ImageSets/Main/{train,val,trainval}.txt
            Annotations/NAME.xml
            JPEGImages/NAME.jpg

    Raises
    ------
    DataError
        Names the file that is missing and where to get the set, or the file that is broken.
    """
    folder = voc_folder(Path(root))
    names = read_names(folder / "ImageSets" / "Main" / f"{split}.txt", VOC_SOURCE)
    annotations = require(folder / "Annotations", VOC_SOURCE)
    for name in names:
        if not (annotations / f"{name}.xml").is_file():
            note(broken, DataError(f"{annotations / name}.xml is missing; {VOC_SOURCE}"))
    return LabelledBoxes(
        annotations,
        "voc",
        find=partial(_beside, folder / "JPEGImages", ".jpg", VOC_SOURCE),
        order=lambda pictures: _listed(pictures, names),
        broken=broken,
    )


def _beside(photos: Path, ending: str, source: str, picture: Picture) -> Path:
    """The photo with the name of the XML file; what is stated within is wrong for some of ImageNet's."""
    photo = (photos / picture.file).with_suffix(ending)
    if not photo.is_file():
        raise LookupError(f"{photo} is missing; {source}")
    return photo


def _listed(pictures: list[Picture], names: list[str]) -> list[Picture]:
    by_name = {Path(picture.file).stem: picture for picture in pictures}
    return [by_name[name] for name in names if name in by_name]
