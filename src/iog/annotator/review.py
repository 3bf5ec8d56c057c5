"""A project in which masks that nobody has looked at wait: the doubtful ones as drafts, the rest accepted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from iog.annotator.photos import Photos
from iog.annotator.store import Store
from iog.annotator.work import Work
from iog.clicks import Clicks
from iog.errors import ClickError
from iog.masks import decode_rle
from iog.patch import Patch

NAME = "review.iog"


def write_queue(path: Path, photos: Path, records: Iterable[Mapping[str, Any]], below: float) -> int:
    """Make a project for `iog annotate PHOTOS --project PATH`; one that is there already is left alone.

    Photos all of whose masks are confident count as done, so the page opens with the first doubtful one and
    goes from one to the next.

    Parameters
    ----------
    path
        The project file.
    photos
        The folder of the photos.
    records
        Masks as `iog auto` made them (`iog.auto.store.Record`), photo by photo.
    below
        Confidence under which a mask waits for a person; such without a pixel always do.

    Returns
    -------
    How many masks wait.
    """
    if path.exists():
        return _waiting(path)
    unfinished = path.with_name(f".{path.name}.tmp")
    for leftover in path.parent.glob(f".{path.name}.tmp*"):  # SQLite keeps its log beside the file
        leftover.unlink()
    store = Store(unfinished)
    try:
        Photos(photos, store)
        labels: dict[str, None] = dict.fromkeys(store.labels)
        waiting = 0
        for image, group in groupby(records, lambda record: record["image"]):
            photo = store.photo_at(image)
            if photo is None:  # lies outside of the folder
                continue
            # The least confident one first: it is the one to look at.
            same = sorted(group, key=lambda record: record["confidence"])
            for record in same:
                labels.setdefault(record["category"] or "object")
                _add(store, photo.id, record, doubtful=_is_doubtful(record, below))
            doubtful = sum(_is_doubtful(record, below) for record in same)
            waiting += doubtful
            if not doubtful:
                store.set_done(photo.id, True)
        store.labels = list(labels)
    finally:
        store.close()
    unfinished.replace(path)
    return waiting


def _is_doubtful(record: Mapping[str, Any], below: float) -> bool:
    return bool(record["confidence"] < below or record["area"] == 0)


def _add(store: Store, photo: int, record: Mapping[str, Any], *, doubtful: bool) -> None:
    mask = Patch.of(decode_rle(record["rle"]))
    x0, y0, x1, y1 = record["box"]
    try:
        work = Work(Clicks.of(((x0, y0), (x1 - 1, y1 - 1)), record["click"]), spare=False)
    except ClickError:  # so little of the box lies in the photo that nobody could have clicked it
        work = Work(imported=mask, spare=False)
    store.create(
        photo,
        work,
        label=record["category"] or "object",
        state="draft" if doubtful else "accepted",
        mask=mask,
        confidence=record["confidence"],
        kind="automatic",
    )


def _waiting(path: Path) -> int:
    store = Store(path)
    try:
        return sum(
            row.state == "draft" for photo in store.photos_with_objects() for row in store.objects(photo.id)
        )
    finally:
        store.close()
