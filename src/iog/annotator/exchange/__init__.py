"""Annotations out of a project and into it, in the formats of other tools."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from iog.annotator.exchange import coco, labelme, parquet, png, timings, voc, yolo
from iog.annotator.exchange.base import Found, Item, Picture, Report, moved_polygons
from iog.annotator.photos import Photos
from iog.annotator.store import PhotoRow, Store
from iog.annotator.work import Work
from iog.auto.inputs import read_boxes
from iog.clicks import Clicks
from iog.errors import ClickError, DataError, ImageError
from iog.extras import require_pyarrow
from iog.places import Folder

FormatName = Literal["coco", "coco-rle", "yolo", "voc", "labelme", "png", "png-photo", "parquet", "timings"]
FORMATS: dict[FormatName, str] = {
    "coco": "COCO, polygons where they can",
    "coco-rle": "COCO, run lengths",
    "yolo": "YOLO segmentation",
    "voc": "Pascal VOC",
    "labelme": "LabelMe",
    "png": "PNG, one an object",
    "png-photo": "PNG, one a photo",
    "parquet": "Parquet",
    "timings": "Timings (CSV)",
}
ImportName = Literal["coco", "yolo", "voc", "labelme", "png", "parquet", "csv"]
IMPORTS: tuple[ImportName, ...] = get_args(ImportName)

MAXIMUM_UNPACKED = 1 << 30
"""Bytes of the files in an uploaded ZIP file."""

_Images = Iterable[tuple[str, tuple[int, int] | None, list[Found]]]


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
            png.write_objects(pictures, folder)
        case "png-photo":
            png.write_photos(pictures, folder)
        case "parquet":
            parquet.write(pictures, folder)
        case "timings":
            timings.write(store.timings(), folder)
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
            overlaps += format in _FLAT and any(row.mask.without(o.mask) != row.mask for o in seen)
            seen.append(Item(label=row.label, mask=row.mask))
    notes = []
    if format == "parquet":
        try:
            require_pyarrow("writing Parquet")
        except DataError as error:
            notes.append(str(error))
    if holes:
        notes.append(
            f"Objects with holes: {holes}. YOLO joins holes to the outline by bridges; "
            "readers that do not fill by the even-odd rule paint them over."
        )
    if overlaps:
        notes.append(
            f"Objects that overlap another: {overlaps}. {_FLAT[format]} give a shared pixel to the later one."
        )
    return notes


def import_path(store: Store, photos: Photos, path: Path, format: ImportName | None = None) -> Report:
    """Add the objects of a file or folder to the project: all of them, or none if something is malformed.

    Masks arrive as accepted objects, boxes as drafts that wait for an inside click.

    Parameters
    ----------
    store, photos
        The project.
    path
        COCO: the JSON file. CSV, Parquet: the table (of boxes: columns image, x0, y0, x1, y1 and perhaps
        category). Others: the folder that a writer filled, or a ZIP file of it.
    format
        One of `IMPORTS`; None looks.

    Raises
    ------
    DataError
        If the path is missing or malformed.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist")
    if path.is_file() and zipfile.is_zipfile(path):
        with tempfile.TemporaryDirectory() as folder:
            _unpack(path, Path(folder))
            return import_path(store, photos, Path(folder), format)
    format, source = _located(path, format)
    match format:
        case "coco":
            return _add(store, photos, coco.read(source.read_bytes()))
        case "yolo":
            return _import_yolo(store, photos, source)
        case "voc":
            return _add(store, photos, ((name, None, found) for name, found in voc.read(source)))
        case "labelme":
            return _add(store, photos, ((name, None, found) for name, found in labelme.read(source)))
        case "png":
            return _add(store, photos, png.read(source))
        case "parquet" if parquet.has_masks(source):
            return _add(store, photos, parquet.read(source))
        case "parquet" | "csv":
            return _import_boxes(store, photos, source)


def import_upload(store: Store, photos: Photos, name: str, content: bytes) -> Report:
    """As `import_path`, for the bytes of an uploaded file; the ending of `name` helps to tell what it is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{PurePosixPath(name).suffix.lower()[:10]}"
        path.write_bytes(content)
        return import_path(store, photos, path)


def _unpack(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAXIMUM_UNPACKED:
                raise DataError(
                    f"the ZIP file unpacks to over {MAXIMUM_UNPACKED >> 20} MB; unpack it yourself"
                )
            archive.extractall(folder)  # names that lead out of the folder are cut by zipfile
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        raise DataError(f"the ZIP file cannot be unpacked: {error}") from None


def _located(path: Path, format: ImportName | None) -> tuple[ImportName, Path]:
    """What a path holds and where: the format that was named, or else the first that fits."""
    if path.is_file():
        by_ending: dict[str, ImportName] = {
            ".json": "coco",
            ".csv": "csv",
            ".parquet": "parquet",
            ".pq": "parquet",
        }
        format = format or by_ending.get(path.suffix.lower())
        if format is not None and format in by_ending.values():
            return format, path
        raise DataError(
            f"{path.name} is no file that can be imported: these are .json (COCO), .csv, .parquet, and .zip "
            "of the folder of another format"
        )
    # A ZIP file often holds one folder that holds the rest.
    for place in (path, *sorted(p for p in path.iterdir() if p.is_dir())):
        for name, mark in _MARKS:
            found = next(iter(sorted(place.glob(mark))), None)
            if found is not None and format in (None, name):
                return name, found if name in ("coco", "parquet", "csv") else place
    wanted = format or "any format that can be imported"
    raise DataError(f"{path.name} does not look like {wanted}; choose one of {', '.join(IMPORTS)}")


_MARKS: tuple[tuple[ImportName, str], ...] = (
    ("coco", "annotations.json"),
    ("png", png.LISTING),
    ("voc", "Annotations"),
    ("yolo", "labels"),
    ("parquet", "*.parquet"),
    ("csv", "*.csv"),
    ("labelme", "**/*.json"),
)
"""Which file or folder tells a format, the surest first."""

_FLAT: dict[FormatName, str] = {"voc": "VOC's pictures", "png-photo": "Pictures of whole photos"}
"""Formats with one value a pixel."""


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


def _import_boxes(store: Store, photos: Photos, path: Path) -> Report:
    report = Report()
    items = read_boxes(path, Folder(photos.folder), "table", report.notes)

    def found() -> Iterator[tuple[str, None, list[Found]]]:
        for item in items:
            photo = _match(store, item.image)
            if photo is None:
                report.notes.append(f"{item.image}: the folder has no such photo")
                continue
            try:
                box = item.box(*_size(photo, photos))
            except (ValueError, ImageError) as error:
                report.notes.append(f"{item.image}: {error}")
                continue
            yield photo.path, None, [Found(label=item.category or "object", box=box)]

    added = _add(store, photos, found())
    return Report(added.objects, report.notes + added.notes)


def _add(store: Store, photos: Photos, images: _Images) -> Report:
    report = Report()
    labels = list(store.labels)
    # Photos are opened and files are read before the project is locked for writing.
    ready: list[tuple[PhotoRow, Found, tuple[int, int]]] = []
    for name, size, objects in images:
        photo = _match(store, name)
        if photo is None:
            report.notes.append(f"{name}: the folder has no such photo")
            continue
        try:
            actual = _size(photo, photos)
        except ImageError as error:
            report.notes.append(str(error))
            continue
        if size not in (None, actual):
            report.notes.append(
                f"{name}: the photo is {actual[0]} x {actual[1]} pixels, the annotations are for {size}"
            )
            continue
        ready += [(photo, found, actual) for found in objects]
    with store.together():
        for photo, found, (width, height) in ready:
            try:
                _add_object(store, photo, found, width, height)
            except ClickError as error:
                report.notes.append(f"{photo.path}: {error}")
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
