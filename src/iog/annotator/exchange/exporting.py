"""Annotations out of a project."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from iog.annotator import timings
from iog.annotator.photos import Photos
from iog.annotator.store import Effort, IdentityRow, ObjectRow, PhotoRow, Store
from iog.errors import DataError, ImageError
from iog.formats import table
from iog.formats.account import Account, Tally
from iog.formats.checking import name_problem
from iog.formats.places import replacing_folder
from iog.formats.promises import noted
from iog.formats.records import Annotation, Class, Dataset, Edges, Picture, Pixels, Size

FormatName = Literal[table.WriteName, "timings"]
FORMATS: dict[FormatName, str] = {
    "coco": "COCO, polygons where possible",
    "coco-rle": "COCO, run lengths",
    "yolo": "YOLO segmentation",
    "voc": "Pascal VOC",
    "labelme": "LabelMe",
    "x-anylabeling": "X-AnyLabeling",
    "cvat": "CVAT for images 1.1",
    "label-studio": "Label Studio",
    "png": "PNG, one an object",
    "png-photo": "PNG, one a photo",
    "parquet": "Parquet",
    "timings": "Timings (CSV)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of a project is exported."""

    drafts: bool = False
    """Also objects that nobody has accepted."""
    labels: Collection[str] = ()
    """These labels alone; empty: all."""
    done: bool = False
    """Only photos marked done."""
    photos: Collection[str] = ()
    """These photos alone, by their paths; empty: all."""
    val: float = 0
    """Share of the photos that becomes `val`, the others `train`; 0: no parts."""


def pictures_of(
    store: Store, photos: Photos, account: Account, choice: Choice, part: str = ""
) -> Iterator[Picture]:
    """The photos to export, one by one: those with chosen objects, and done ones without any (negatives).

    `part`: those of `train` or of `val` alone.
    """
    efforts = {effort.object: effort for effort in store.efforts()}
    held_out = _held_out(store, choice)
    identified = {row.id: row for row in store.identified()}
    for photo in store.photos_to_export():
        split = "" if not choice.val else "val" if photo.path in held_out else "train"
        if part and split != part:
            continue
        if choice.photos and photo.path not in choice.photos:
            account.spare("other photos", photo.path)
            continue
        if choice.done and not photo.done:
            account.spare("photos that are not marked done", photo.path)
            continue
        rows = store.objects(photo.id)
        problem = _unusable(photo, photos, identified.get(photo.id))
        if problem is not None:
            account.skip(problem, photo.path, max(1, len(rows)))
            continue
        account.count("objects", len(rows))
        annotations = [
            _annotation(row, efforts.get(row.id)) for row in rows if _is_chosen(row, photo, account, choice)
        ]
        if annotations or (photo.done and not rows):
            yield Picture(
                name=photo.path,
                size=_size(photo, photos),
                annotations=annotations,
                negative=not annotations,
                split=split,
            )
    if not choice.photos and not choice.done and part in ("", "train"):
        for path in store.paths_to_do():
            account.spare("photos that are neither done nor have objects", path)


def _held_out(store: Store, choice: Choice) -> set[str]:
    """The photos of `val`: those with the least hashes of their paths, so that few change sides later."""
    paths = [
        photo.path
        for photo in store.photos_to_export()
        if (photo.done or not choice.done) and (not choice.photos or photo.path in choice.photos)
    ]
    paths.sort(key=lambda path: hashlib.sha256(path.encode()).digest())
    count = max(1, round(choice.val * len(paths))) if choice.val else 0
    return set(paths[:count])


def _unusable(photo: PhotoRow, photos: Photos, identity: IdentityRow | None) -> str | None:
    """Why nothing of a photo can be exported."""
    if (fault := name_problem(photo.path)) is not None:
        return fault
    if not photo.present:
        return "objects of photos that are no longer in the folder; put the files back"
    if photo.problem is not None:
        return "objects of photos that cannot be used"
    try:
        _size(photo, photos)
    except ImageError:
        return "objects of photos that cannot be read"
    if identity is not None and not photos.is_in_place(identity):
        return "objects of photos that were replaced by other pictures; open and check them"
    return None


def _is_chosen(row: ObjectRow, photo: PhotoRow, account: Account, choice: Choice) -> bool:
    if choice.labels and row.label not in choice.labels:
        account.spare("objects of other labels", f"{photo.path}: {row.label}")
        return False
    if row.state != "accepted" and not choice.drafts:
        account.skip(
            "objects that nobody has accepted" + (", on photos marked done" if photo.done else ""), photo.path
        )
        return False
    if not row.mask.area if row.mask is not None else row.work.clicks is None:
        account.skip("objects without a pixel", photo.path)
        return False
    return True


def _annotation(row: ObjectRow, effort: Effort | None) -> Annotation:
    clicks = row.work.clicks
    return Annotation(
        label=row.label,
        shape=None if row.mask is None else Pixels(row.mask),
        box=None if row.mask is not None or clicks is None else Edges(*clicks.box),
        clicks=None if row.mask is None else clicks,
        score=row.confidence,
        seconds=effort.seconds if effort else 0,
        click_count=effort.clicks if effort else 0,
        **row.facts,
    )


class _NothingMadeError(Exception):
    pass


def export(
    store: Store,
    photos: Photos,
    format: FormatName,
    folder: Path,
    *,
    tolerance: float = 0,
    choice: Choice | None = None,
    strict: bool = False,
) -> Account:
    """Write the annotations into a folder, which an older export gives way to as a whole.

    Parameters
    ----------
    store, photos
        The project.
    format
        One of `FORMATS`.
    folder
        Made if need be.
    tolerance
        How far, in pixels, a polygon may stray from the mask's edge; 0 keeps every pixel.
    choice
        What is exported; None: all that was accepted.
    strict
        Refuse, and write nothing, if anything would be left out or changed.

    Raises
    ------
    DataError
        If the folder holds other files, the format cannot hold what there is, or with `strict`.
    """
    account = Account()
    with suppress(_NothingMadeError), replacing_folder(folder) as made:
        _write(store, photos, format, made, account, tolerance, choice or Choice())
        account.check(strict, "written")
        if account.useless:  # an older export stays
            raise _NothingMadeError
    return account


def export_zip(
    store: Store, photos: Photos, format: FormatName, *, tolerance: float = 0, choice: Choice | None = None
) -> tuple[bytes, list[str]]:
    """As `export`: the bytes of a ZIP file, and what it left out or changed, in sentences for a person."""
    buffer = io.BytesIO()
    account = Account()
    with tempfile.TemporaryDirectory() as folder:
        _write(store, photos, format, Path(folder), account, tolerance, choice or Choice())
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder).as_posix())
    return buffer.getvalue(), _said(account)


def _write(
    store: Store,
    photos: Photos,
    format: FormatName,
    folder: Path,
    account: Account,
    tolerance: float,
    choice: Choice,
) -> None:
    note_moved(photos, account)
    if format == "timings":
        timings.write(store.timings(), folder)
        account.make("files")
        return
    known = store.classes
    used = dict.fromkeys(
        row.label for photo in store.photos_with_objects() for row in store.objects(photo.id)
    )
    classes = [
        Class(
            name=label, number=known.get(label, (None, ""))[0], supercategory=known.get(label, (None, ""))[1]
        )
        for label in dict.fromkeys([*store.labels, *used])
        if not choice.labels or label in choice.labels
    ]
    names = [photo.path for photo in store.photos_to_export()]
    write, asked = table.writer(format, tolerance), store.attributes

    def chosen(part: str = "") -> Dataset:
        pictures = pictures_of(store, photos, account, choice, part)
        dataset = Dataset(classes=classes, pictures=pictures, names=names, questions=asked)
        return noted(format, dataset, account, FORMATS[format], project=True)

    if not choice.val or format in table.WITH_PARTS:
        write(chosen(), folder, account)
        return
    for part in ("train", "val"):
        (folder / part).mkdir()
        write(chosen(part), folder / part, account)


def note_moved(photos: Photos, account: Account) -> None:
    """Say which photos were renamed, moved or swapped: what was done on them follows their content."""
    for before, now in photos.moved.items():
        account.note(
            "photos lie elsewhere than before; their objects go with their content", f"{before}: {now}"
        )


def losses(store: Store, photos: Photos, format: FormatName, choice: Choice | None = None) -> list[str]:
    """What an export would leave out or change, in sentences for a person; tried in a temporary folder."""
    account = Account()
    try:
        with tempfile.TemporaryDirectory() as folder:
            _write(store, photos, format, Path(folder), account, 0, choice or Choice())
    except DataError as error:
        return [str(error)]
    return _said(account)


def _said(account: Account) -> list[str]:
    skipped = [
        f"Left out: {tally.count} {reason}{_where(tally)}." for reason, tally in account.skipped.items()
    ]
    asked = [f"As you chose: {tally.count} {kind} left out." for kind, tally in account.unasked.items()]
    notes = [f"{sentence}: {tally.count}{_where(tally)}." for sentence, tally in account.notes.items()]
    return [*asked, *skipped, *notes]


def _where(tally: Tally) -> str:
    return f" ({tally})" if tally.examples else ""


def _size(photo: PhotoRow, photos: Photos) -> Size:
    if photo.width is not None and photo.height is not None:
        return photo.width, photo.height
    return photos.identify(photo.id).size
