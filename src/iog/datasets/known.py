"""The known datasets as plain data, and how to open one by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from iog.datasets import (
    agriculture,
    cityscapes,
    coco,
    coco_mval,
    davis,
    folder,
    grabcut,
    imagenet,
    labels,
    open_images,
    rooftop,
    sbd,
    sstem,
    voc,
)
from iog.datasets.base import ObjectDataset
from iog.datasets.boxes import BoxDataset
from iog.datasets.photos import PhotoDataset
from iog.datasets.reading import Broken
from iog.errors import DataError
from iog.formats import table

PHOTOS = "a folder with SPLIT.jsonl, photos and masks (docs/datasets.md)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A dataset of masks that can be opened by name."""

    summary: str
    source: str
    """Where to get it and which folder to name."""
    splits: tuple[str, ...] = ()
    """Names of its parts, the default first; none if it is one piece."""
    open: Callable[[Path, str, Broken], ObjectDataset]
    """Open (folder, split, where to note broken photos)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBoxes:
    """A dataset of boxes without masks that can be opened by name."""

    summary: str
    source: str
    splits: tuple[str, ...]
    open: Callable[[Path, str, Broken], BoxDataset]


OBJECTS: dict[str, Known] = {
    "photos": Known(
        summary="photos listed in JSON lines",
        source=PHOTOS,
        splits=("val", "train", "test"),
        open=lambda path, split, broken: PhotoDataset(path, split),
    ),
    "folder": Known(
        summary="your photos, each with a mask of the same name",
        source=folder.SOURCE,
        open=lambda path, split, broken: folder.FolderDataset(path, broken=broken),
    ),
    "labels": Known(
        summary="your masks in any format of labels",
        source=labels.SOURCE,
        open=lambda path, split, broken: labels.LabelledPhotos(path, broken=broken),
    ),
    "coco-json": Known(
        summary="the same, taken to be COCO's JSON",
        source=labels.SOURCE,
        open=lambda path, split, broken: labels.LabelledPhotos(path, "coco", broken=broken),
    ),
    "labelme": Known(
        summary="the same, taken to be LabelMe's JSON",
        source=labels.SOURCE,
        open=lambda path, split, broken: labels.LabelledPhotos(path, "labelme", broken=broken),
    ),
    "voc": Known(
        summary="PASCAL VOC 2012 instances",
        source=voc.SOURCE,
        splits=voc.SPLITS,
        open=lambda path, split, broken: voc.VocDataset(path, split, broken=broken),
    ),
    "sbd": Known(
        summary="Semantic Boundaries Dataset",
        source=sbd.SOURCE,
        splits=sbd.SPLITS,
        open=lambda path, split, broken: sbd.SbdDataset(path, split, broken=broken),
    ),
    "voc-sbd": Known(
        summary="VOC train and SBD without VOC val, for training",
        source="name a folder that holds VOCdevkit and benchmark_RELEASE (see voc, sbd)",
        open=lambda path, split, broken: sbd.merged_train(path, broken=broken),
    ),
    "coco": Known(
        summary="COCO instances",
        source=coco.SOURCE,
        splits=coco.SPLITS,
        open=lambda path, split, broken: coco.published(path, split, broken=broken),
    ),
    "coco-mini": Known(
        summary="COCO mini-val of DEXTR: 5,000 photos, seen and unseen categories",
        source=coco.SOURCE,
        splits=("val2014", "val2017"),
        open=lambda path, split, broken: coco.mini(path, split, broken=broken),
    ),
    "coco-mval": Known(
        summary="COCO_MVal: 800 objects, ten a category",
        source=coco_mval.SOURCE,
        open=lambda path, split, broken: coco_mval.CocoMvalDataset(path, broken=broken),
    ),
    "grabcut": Known(
        summary="GrabCut, 50 objects",
        source=grabcut.GrabCutDataset.SOURCE,
        open=lambda path, split, broken: grabcut.GrabCutDataset(path, broken=broken),
    ),
    "berkeley": Known(
        summary="Berkeley, 100 objects",
        source=grabcut.BerkeleyDataset.SOURCE,
        open=lambda path, split, broken: grabcut.BerkeleyDataset(path, broken=broken),
    ),
    "davis": Known(
        summary="DAVIS 2016, or its 345 frames for clicks",
        source=davis.SOURCE,
        splits=(*davis.SPLITS, davis.FRAMES),
        open=lambda path, split, broken: davis.DavisDataset(path, split, broken=broken),
    ),
    "cityscapes": Known(
        summary="Cityscapes instances",
        source=cityscapes.SOURCE,
        splits=cityscapes.SPLITS,
        open=lambda path, split, broken: cityscapes.CityscapesDataset(path, split, broken=broken),
    ),
    "rooftop": Known(
        summary="Rooftop, aerial photos",
        source=rooftop.SOURCE,
        splits=rooftop.SPLITS,
        open=lambda path, split, broken: rooftop.RooftopDataset(path, split, broken=broken),
    ),
    "sstem": Known(
        summary="ssTEM, electron microscopy",
        source=sstem.SOURCE,
        splits=sstem.SPLITS,
        open=lambda path, split, broken: sstem.SsTemDataset(path, split, broken=broken),
    ),
    "agriculture": Known(
        summary="Agriculture-Vision, aerial photos of fields",
        source=agriculture.SOURCE,
        splits=agriculture.SPLITS,
        open=lambda path, split, broken: agriculture.AgricultureDataset(path, split, broken=broken),
    ),
}
"""Sets with masks."""

BOXES: dict[str, KnownBoxes] = {
    "imagenet-boxes": KnownBoxes(
        summary="ImageNet-LOC, XML",
        source=imagenet.SOURCE,
        splits=imagenet.SPLITS,
        open=lambda path, split, broken: imagenet.imagenet_boxes(path, split, broken=broken),
    ),
    "open-images-boxes": KnownBoxes(
        summary="Open Images, CSV",
        source=open_images.SOURCE,
        splits=open_images.SPLITS,
        open=lambda path, split, broken: open_images.open_images_boxes(path, split, broken=broken),
    ),
    "coco-boxes": KnownBoxes(
        summary="COCO, or your boxes in COCO's JSON",
        source=f"{coco.SOURCE}; or {labels.SOURCE}",
        splits=coco.SPLITS,
        open=lambda path, split, broken: coco.published_boxes(path, split, broken=broken),
    ),
    "voc-boxes": KnownBoxes(
        summary="PASCAL VOC 2012, XML",
        source=voc.SOURCE,
        splits=voc.SPLITS,
        open=lambda path, split, broken: imagenet.voc_boxes(path, split, broken=broken),
    ),
}
"""Sets with boxes alone."""


def open_objects(
    name: str, path: str | Path, split: str | None = None, *, broken: Broken = None
) -> ObjectDataset:
    """Open a set of masks by its name.

    Parameters
    ----------
    name
        A key of `OBJECTS`.
    path
        Its folder, or the file of labels.
    split
        One of its splits; None takes the first.
    broken
        Takes what is wrong with single photos, which are then left out; None raises instead.

    Raises
    ------
    DataError
        For a name or split that is not known, and whatever the reader finds wrong.
    """
    known = _known(name)
    return known.open(Path(path), _checked(name, known.splits, split), broken)


def title(name: str, split: str | None) -> str:
    """What results call a set of masks: its name, and the part of it that `open_objects` opens."""
    part = split or next(iter(OBJECTS[name].splits), None)
    return f"{name} {part}" if part else name


def layout_of(path: str | Path) -> str:
    """Which layout one's own masks have: "photos", "labels" or "folder".

    Raises
    ------
    DataError
        If there is nothing at `path`.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"{path} is missing; name a folder of photos with masks, or labels: {labels.SOURCE}")
    if (path / "train.jsonl").is_file():
        return "photos"
    try:
        name, _ = table.located(path, None)
    except DataError:
        return "labels" if path.is_file() else "folder"  # which says what is wrong with it
    # A stray text or table beside masks is not a file of labels.
    return "folder" if name in ("yolo", "csv") and folder.has_masks(path) else "labels"


def training_split(name: str) -> str | None:
    """The part of a set that is for training: its first "train..."; None for a set in one piece."""
    return next((split for split in _known(name).splits if split.startswith("train")), None)


def validation_of(name: str, split: str | None) -> tuple[str, str] | None:
    """Set and split, in the same folder, that measure a training on `split` of `name`; None for none."""
    if name == "voc-sbd":
        return "voc", "val"
    other = (split or "").replace("train", "val")
    return (name, other) if other != split and other in _known(name).splits else None


def _known(name: str) -> Known:
    if name not in OBJECTS:
        raise DataError(f"no dataset {name!r} with masks; known are {', '.join(OBJECTS)}")
    return OBJECTS[name]


def open_boxes(name: str, path: str | Path, split: str | None = None, *, broken: Broken = None) -> BoxDataset:
    """Open a set of boxes by its name, a key of `BOXES`; otherwise as `open_objects`."""
    known = BOXES.get(name)
    if known is None:
        raise DataError(f"no dataset {name!r} with boxes; known are {', '.join(BOXES)}")
    return known.open(Path(path), _checked(name, known.splits, split), broken)


def _checked(name: str, splits: tuple[str, ...], split: str | None) -> str:
    if split is None:
        return splits[0] if splits else ""
    # Photos are listed by their owner, who names the splits.
    if name != "photos" and split not in splits:
        raise DataError(
            f"{name} has no split {split!r}"
            + (f"; it has {', '.join(splits)}" if splits else ": it has no splits")
        )
    return split
