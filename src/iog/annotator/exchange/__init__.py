"""Annotations out of a project and into it, in the formats of other tools."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

from iog.annotator.exchange import coco, labelme, png, voc, yolo
from iog.annotator.exchange.base import Found, Item, Picture, Report, moved_polygons
from iog.annotator.photos import Photos
from iog.annotator.store import PhotoRow, Store
from iog.annotator.work import Work
from iog.clicks import Clicks
from iog.errors import ClickError, DataError, ImageError

FormatName = Literal["coco", "coco-rle", "yolo", "voc", "labelme", "png"]
FORMATS: dict[FormatName, str] = {
    "coco": "COCO, polygons; run lengths where an object has holes",
    "coco-rle": "COCO, run lengths",
    "yolo": "YOLO segmentation",
    "voc": "Pascal VOC: boxes, class and object pictures",
    "labelme": "LabelMe",
    "png": "A PNG an object",
}
IMPORTS = ("coco", "yolo", "voc", "labelme")


def pictures_of(store: Store, photos: Photos, *, drafts: bool = False) -> list[Picture]:
    """The photos that have accepted objects (with `drafts`, also unfinished ones), with them."""
    efforts = {effort.object: effort for effort in store.efforts()}
    pictures = []
    for photo in store.photos_with_objects():
        items = []
        for row in store.objects(photo.id):
            if row.mask is None or not row.mask.area or (row.state != "accepted" and not drafts):
                continue
            effort = efforts.get(row.id)
            items.append(
                Item(
                    label=row.label,
                    mask=row.mask,
                    clicks=row.work.clicks,
                    confidence=row.confidence,
                    seconds=effort.seconds if effort else 0,
                    click_count=effort.clicks if effort else 0,
                )
            )
        if items:
            width, height = _size(photo, photos)
            pictures.append(Picture(path=photo.path, width=width, height=height, items=items))
    return pictures


def export(
    store: Store,
    photos: Photos,
    format: FormatName,
    folder: Path,
    *,
    tolerance: float = 0,
    drafts: bool = False,
) -> int:
    """Write the annotations into a folder; returns how many objects.

    Parameters
    ----------
    store, photos
        The project.
    format
        One of `FORMATS`.
    folder
        Made if need be; files of the same names are replaced.
    tolerance
        How far, in pixels, a polygon may stray from the mask's edge; 0 keeps every pixel.
    drafts
        Also write objects that nobody has accepted.
    """
    pictures = pictures_of(store, photos, drafts=drafts)
    used = dict.fromkeys(item.label for picture in pictures for item in picture.items)
    labels = list(dict.fromkeys([*store.labels, *used]))
    folder.mkdir(parents=True, exist_ok=True)
    match format:
        case "coco" | "coco-rle":
            coco.write(pictures, labels, folder, tolerance, always_rle=format == "coco-rle")
        case "yolo":
            yolo.write(pictures, labels, folder, tolerance)
        case "voc":
            voc.write(pictures, labels, folder)
        case "labelme":
            labelme.write(pictures, folder)
        case "png":
            png.write(pictures, folder)
    return sum(len(picture.items) for picture in pictures)


def export_zip(
    store: Store, photos: Photos, format: FormatName, *, tolerance: float = 0, drafts: bool = False
) -> bytes:
    """As `export`, as the bytes of a ZIP file."""
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        export(store, photos, format, Path(folder), tolerance=tolerance, drafts=drafts)
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder).as_posix())
    return buffer.getvalue()


def losses(store: Store, format: FormatName) -> list[str]:
    """What a format cannot carry of this project's accepted objects, in sentences for a person."""
    holes = overlaps = 0
    for photo in store.photos_with_objects():
        seen: list[Item] = []
        for row in store.objects(photo.id):
            if row.state != "accepted" or row.mask is None or not row.mask.area:
                continue
            holes += format == "yolo" and any(inner for _, inner in moved_polygons(row.mask, 0))
            overlaps += format == "voc" and any(row.mask.without(o.mask) != row.mask for o in seen)
            seen.append(Item(label=row.label, mask=row.mask))
    notes = []
    if holes:
        notes.append(
            f"Objects with holes: {holes}. YOLO joins holes to the outline by bridges; "
            "readers that do not fill by the even-odd rule paint them over."
        )
    if overlaps:
        notes.append(f"Objects that overlap another: {overlaps}. VOC gives a shared pixel to the later one.")
    return notes


def import_file(store: Store, photos: Photos, format: str, path: Path) -> Report:
    """Add the objects of a COCO file, or of a folder of YOLO, VOC or LabelMe files, to the project.

    Masks arrive as accepted objects, boxes as drafts that wait for an inside click.

    Raises
    ------
    DataError
        If the file is malformed; objects before the defect are kept then.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist")
    if format != "coco" and not path.is_dir():
        raise DataError(f"{path} is not a folder; give the folder that the export wrote")
    match format:
        case "coco":
            source = path / "annotations.json" if path.is_dir() else path
            if not source.is_file():
                raise DataError(f"{source} does not exist")
            return import_coco(store, photos, source.read_bytes())
        case "yolo":
            return _import_yolo(store, photos, path)
        case "voc":
            return _add(store, photos, ((name, None, found) for name, found in voc.read(path)))
        case "labelme":
            return _add(store, photos, ((name, None, found) for name, found in labelme.read(path)))
    raise DataError(f"unknown format {format!r}; choose one of {', '.join(IMPORTS)}")


def import_coco(store: Store, photos: Photos, text: bytes) -> Report:
    """As `import_file`, for the bytes of a COCO document."""
    # Read whole before anything is added, so that a malformed document changes nothing.
    return _add(store, photos, list(coco.read(text)))


def _import_yolo(store: Store, photos: Photos, folder: Path) -> Report:
    report = Report()

    def found() -> Iterator[tuple[str, None, list[Found]]]:
        for stem, lines in yolo.read(folder):
            photo = _match(store, stem)
            if photo is None:
                report.notes.append(f"{stem}: the folder has no such photo")
                continue
            width, height = _size(photo, photos)
            yield photo.path, None, [yolo.found(label, values, width, height) for label, values in lines]

    added = _add(store, photos, found())
    return Report(added.objects, report.notes + added.notes)


def _add(
    store: Store, photos: Photos, images: Iterable[tuple[str, tuple[int, int] | None, list[Found]]]
) -> Report:
    report = Report()
    labels = list(store.labels)
    for name, size, objects in images:
        photo = _match(store, name)
        if photo is None:
            report.notes.append(f"{name}: the folder has no such photo")
            continue
        try:
            width, height = _size(photo, photos)
        except ImageError as error:
            report.notes.append(str(error))
            continue
        if size not in (None, (width, height)):
            report.notes.append(
                f"{name}: the photo is {width} x {height} pixels, the annotations are for {size}"
            )
            continue
        for found in objects:
            try:
                _add_object(store, photo, found, width, height)
            except ClickError as error:
                report.notes.append(f"{name}: {error}")
                continue
            report.objects += 1
            if found.label not in labels:
                labels.append(found.label)
    if labels != store.labels:
        store.labels = labels
    return report


def _add_object(store: Store, photo: PhotoRow, found: Found, width: int, height: int) -> None:
    if found.mask is None:
        assert found.box is not None
        x0, y0, x1, y1 = found.box
        clicks = Clicks.of(((x0, y0), (x1 - 1, y1 - 1)))
        clicks.check_inside_image(width, height)
        store.create(photo.id, Work(clicks), label=found.label, kind="import")
        return
    if found.mask.box.x1 > width or found.mask.box.y1 > height:
        raise ClickError("a mask is larger than the photo")
    work = Work(clicks=found.clicks, imported=None if found.clicks else found.mask)
    store.create(
        photo.id,
        work,
        label=found.label,
        state="accepted",
        mask=found.mask,
        confidence=found.confidence,
        kind="import",
    )


def _match(store: Store, name: str) -> PhotoRow | None:
    """The photo that a file means: by its path, or else by its name or stem where only one photo has it."""
    exact = store.photo_at(name)
    if exact is not None:
        return exact
    path = PurePosixPath(name)
    _, rows = store.photos(0, 500, "all", path.name)
    for same in (
        [row for row in rows if PurePosixPath(row.path).name == path.name],
        [row for row in rows if PurePosixPath(row.path).stem == path.name],
    ):
        if len(same) == 1:
            return same[0]
    return None


def _size(photo: PhotoRow, photos: Photos) -> tuple[int, int]:
    if photo.width is not None and photo.height is not None:
        return photo.width, photo.height
    height, width = photos.pixels(photo.id).shape[:2]
    return width, height
