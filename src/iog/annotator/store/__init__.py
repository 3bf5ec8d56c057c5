"""The project file: photos, objects, every step of every object, how long each step took.

One SQLite file. An object is a list of steps, and `position` says which one holds now. A step holds all
that can change (label, state, work, mask), so that undo takes back an acceptance or a deletion like a
click, also after a restart. `history` says in which order a photo's objects were changed.

Durability: write-ahead log with `synchronous=FULL`. A change is one transaction, on the disk before the
method returns; what the page calls saved survives a killed process and a power cut. (`NORMAL` would survive
the first only, and saves about a millisecond a click.)

Concurrency: every object has a version. Who changes it says which version they saw, and gets a
`ConflictError` when that is no longer the newest, from another tab or another process.
"""

from __future__ import annotations

from iog.annotator.store.file import APPLICATION_ID, CHANGED_ELSEWHERE, FORMAT, RESCUED
from iog.annotator.store.history import Moved
from iog.annotator.store.labels import LabelTable
from iog.annotator.store.objects import ObjectTable
from iog.annotator.store.photos import PhotoTable
from iog.annotator.store.rows import (
    AcceptedRow,
    Effort,
    IdentityRow,
    ObjectRow,
    PhotoFilter,
    PhotoRow,
    State,
    Timing,
    sort_key,
)

__all__ = [
    "APPLICATION_ID",
    "CHANGED_ELSEWHERE",
    "FORMAT",
    "RESCUED",
    "AcceptedRow",
    "Effort",
    "IdentityRow",
    "Moved",
    "ObjectRow",
    "PhotoFilter",
    "PhotoRow",
    "State",
    "Store",
    "Timing",
    "sort_key",
]


class Store(PhotoTable, ObjectTable, LabelTable):
    """A project file, opened. Safe to share between threads.

    Parameters
    ----------
    path
        The file; made when it does not exist.

    Raises
    ------
    DataError
        If the file is something else, or was written by a newer release.
    """
