"""Annotations of other tools into a project."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypedDict, get_args

from iog.annotator.exchange.exporting import note_moved
from iog.annotator.photos import Identity, Photos
from iog.annotator.store import ObjectRow, PhotoRow, Store
from iog.annotator.work import Work
from iog.clicks import Box, Clicks, widened
from iog.errors import DataError, ImageError, IogError
from iog.formats import table
from iog.formats.account import Account
from iog.formats.archives import unpacked
from iog.formats.checking import box_within
from iog.formats.gathering import TWICE, place_of
from iog.formats.matching import PhotoIndex, fits
from iog.formats.records import FLAGS, Annotation, Class, Dataset, Size
from iog.patch import Patch

ImportName = table.ReadName
IMPORTS: tuple[ImportName, ...] = get_args(ImportName)

Duplicates = Literal["skip", "replace", "add"]
"""What happens to an object whose label and box the photo has already."""


class _Object(TypedDict):
    """An object as it waits for the project, as plain JSON values."""

    label: str
    mask: dict[str, Any] | None
    """See `Patch.to_json`; None: a box alone."""
    box: Sequence[int]
    """Half-open edges of the mask, or the box."""
    clicks: dict[str, Any] | None
    score: float | None
    facts: dict[str, Any]
    """See `Annotation.facts`."""


def import_path(
    store: Store,
    photos: Photos,
    path: Path,
    format: ImportName | None = None,
    *,
    strict: bool = False,
    on_duplicate: Duplicates = "skip",
) -> Account:
    """Add the objects of a file or folder to the project, in one step; the account says what was left out.

    Masks arrive as accepted objects, boxes as drafts that wait for an inside click. They may overlap others.

    Parameters
    ----------
    store, photos
        The project.
    path
        A file or folder of labels, or a ZIP file of it; see `iog.formats.table`.
    format
        One of `IMPORTS`; None looks.
    strict
        Refuse, and add nothing, if anything would be left out, changed or guessed.
    on_duplicate
        What happens to an object whose label and box the photo has already.

    Raises
    ------
    DataError
        If the path is missing or holds no labels, or with `strict`.
    """
    account = Account()
    note_moved(photos, account)
    # Files are read and masks are drawn before the project is locked for writing; they wait on the disk.
    with unpacked(path) as place, tempfile.TemporaryFile("w+", encoding="utf-8") as waiting:
        dataset = table.read(place, account, format)
        for ready in _ready(dataset, store, photos, account):
            waiting.write(json.dumps(ready) + "\n")
        account.check(strict, "added")
        waiting.seek(0)
        used: dict[str, None] = {}
        with store.together():
            for line in waiting:
                number, identity, objects = json.loads(line)
                photo = store.photo(number)
                if photo.sha256 is None:
                    sha256, size, changed, (width, height), _ = identity
                    store.set_read(photo.id, sha256, size, width, height, changed)
                used |= dict.fromkeys(one["label"] for one in objects)
                _add(store, photo, objects, on_duplicate, account)
                if not objects and not photo.objects:  # a file of its own says that there are none
                    store.set_done(photo.id, True)
                    account.make("photos without objects")
            if used or not account.useless:
                _add_classes(store, dataset.classes, list(used), account)
                _add_questions(store, dataset.questions)
    return account


def import_upload(
    store: Store, photos: Photos, name: str, content: bytes, *, on_duplicate: Duplicates = "skip"
) -> Account:
    """As `import_path`, for the bytes of an uploaded file; the ending of `name` helps to tell what it is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{PurePosixPath(name).suffix.lower()[:10]}"
        path.write_bytes(content)
        try:
            return import_path(store, photos, path, on_duplicate=on_duplicate)
        except DataError as error:  # where it lay meanwhile says nothing to a person
            said = str(error).replace(str(path), name).replace(path.name, name)
            raise DataError(said.replace(f"{folder}/", "").replace(folder, name)) from None


def _ready(
    dataset: Dataset, store: Store, photos: Photos, account: Account
) -> Iterator[tuple[int, Identity, list[_Object]]]:
    """The numbers of the photos that are meant, with the objects that fit them."""
    numbers = store.paths()
    index = PhotoIndex(numbers)
    meant: dict[str, str] = {}
    for picture in dataset.pictures:
        account.count("photos")
        try:
            path = index.find(picture, account)
        except LookupError as error:
            account.skip(str(error), picture.name)
            continue
        stated = place_of(picture)
        if meant.setdefault(path, stated) != stated:
            account.skip(TWICE, f"{stated} and {meant[path]}: {path}", max(1, len(picture.annotations)))
            continue
        try:
            identity = photos.identify(numbers[path])
        except ImageError as error:
            account.skip("the photo cannot be read", str(error))
            continue
        problem = fits(picture, identity.size, identity.stored)
        if problem is not None:
            account.skip(
                "the labels do not fit the photo", f"{path}: {problem}", max(1, len(picture.annotations))
            )
            continue
        objects = [
            one for a in picture.annotations if (one := _fitted(a, identity.size, path, account)) is not None
        ]
        if objects or picture.negative:
            yield numbers[path], identity, objects
        elif not picture.annotations and not picture.lost:
            account.note("photos that are listed without objects are to do, not done", path)


def _fitted(a: Annotation, size: Size, path: str, account: Account) -> _Object | None:
    try:
        patch = None if a.shape is None else a.shape.patch(size)
    except (IogError, ValueError) as error:
        account.skip("an object cannot be used", f"{path}: {error}")
        return None
    try:
        if patch is not None and patch.area:
            return _object(a, patch.to_json(), patch.box)
        if a.box is None:
            account.skip("an object has no pixel in its photo", path)
            return None
        if patch is not None:
            account.note("a mask has no pixel; its box is used", path)
        stated = box_within(a.box, size, account, path)
        box = widened(stated)
        if box != stated:
            account.note("a box of under 4 pixels a side is widened, so that it can be clicked", path)
        clicks = Clicks.of(((box.x0, box.y0), (box.x1 - 1, box.y1 - 1)))
        clicks.check_inside_image(*size)
        return _object(a, None, clicks.box)
    except (IogError, ValueError) as error:
        account.skip("a box cannot be used", f"{path}: {error}")
        return None


def _object(a: Annotation, mask: dict[str, Any] | None, box: Box) -> _Object:
    # Extreme points are another model's prompt: the annotator's cannot answer them again.
    clicks = a.clicks.to_json() if isinstance(a.clicks, Clicks) else None
    return {"label": a.label, "mask": mask, "box": box, "clicks": clicks, "score": a.score, "facts": a.facts}


def _add(
    store: Store, photo: PhotoRow, objects: list[_Object], on_duplicate: Duplicates, account: Account
) -> None:
    there: dict[tuple[str, Box], ObjectRow] = {}
    for row in store.objects(photo.id):
        # A box that got its mask meanwhile is still the same object.
        boxes = (row.mask and row.mask.box, row.work.clicks and row.work.clicks.box)
        there |= {(row.label, box): row for box in boxes if box}
    for one in objects:
        label = one["label"]
        same = there.get((label, Box(*one["box"])))
        if same is not None and on_duplicate == "skip":
            account.kept += 1
            account.note(
                "the photo has an object of this label and box, which stays", f"{photo.path}: {label}"
            )
            continue
        if same is not None and on_duplicate == "replace":
            there = {key: row for key, row in there.items() if row is not same}
            store.change(
                same.id,
                same.version,
                same.work,
                label=same.label,
                state="deleted",
                mask=same.mask,
                confidence=same.confidence,
                seconds=0,
                kind="delete",
            )
        _create(store, photo.id, one)
        account.make("boxes" if one["mask"] is None else "masks")


def _create(store: Store, photo: int, one: _Object) -> None:
    # Things of other tools overlap as they were labelled: nothing is spared unless a person asks.
    label, facts = one["label"], one["facts"]
    if one["mask"] is None:
        x0, y0, x1, y1 = one["box"]
        work = Work(Clicks.of(((x0, y0), (x1 - 1, y1 - 1))), spare=False)
        store.create(photo, work, label=label, kind="import", facts=facts)
        return
    patch = Patch.from_json(one["mask"])
    clicks = Clicks.from_json(one["clicks"]) if one["clicks"] else None
    work = Work(clicks=clicks, imported=None if clicks else patch, spare=False)
    store.create(
        photo,
        work,
        label=label,
        state="accepted",
        mask=patch,
        confidence=one["score"],
        kind="import",
        facts=facts,
    )


def _add_questions(store: Store, questions: Mapping[str, Sequence[str]]) -> None:
    """What objects are asked, of a kind that the page can ask; what the project asks stays."""
    own = (*FLAGS, "group", "description")
    new = {
        name: list(choices)
        for name, choices in questions.items()
        if name.lower() not in own
        and len(choices) <= 100
        and all(0 < len(text) <= 100 and text.isprintable() for text in (name, *choices))
    }
    if new.keys() - store.attributes.keys():
        store.attributes = {**store.attributes, **{n: c for n, c in new.items() if n not in store.attributes}}


def _add_classes(store: Store, classes: Collection[Class], used: list[str], account: Account) -> None:
    """Labels, numbers and supercategories that are new; those that the project has stay."""
    known: dict[str, tuple[int | None, str]] = dict(store.classes)
    for one in classes:
        number, _ = known.get(one.name, (None, ""))
        if one.number is not None and number not in (None, one.number):
            account.note(
                "a class has another number in the project, which stays", f"{one.name}: {one.number}"
            )
        else:
            known[one.name] = (number if one.number is None else one.number, one.supercategory)
    labels = list(dict.fromkeys([*store.labels, *(one.name for one in classes), *used]))
    # "object" is what a new project begins with; a dataset that has names of its own does not need it.
    if labels[:1] == ["object"] and classes and "object" not in [*used, *store.used_labels()[1:]]:
        labels.remove("object")
    if labels != store.labels:
        store.labels = labels
    if known != store.classes:
        store.classes = known
