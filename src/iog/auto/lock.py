"""One run for one output folder."""

from __future__ import annotations

import json
import os
import platform
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from iog.errors import DataError
from iog.places import Folder, Place

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        os.lseek(handle, 1 << 30, os.SEEK_SET)  # beyond the text, so that others can read it
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


LOCK = ".lock"
"""Name of the lock in an output folder."""

LEASE = 60.0
"""Seconds for which a run at a URL is believed to live after its last sign of life."""


@contextmanager
def locked(place: Place) -> Iterator[None]:
    """Hold the lock of an output folder while we live.

    In a folder the system ends the lock with the process, however that ends: after a crash nothing has to be
    removed. Stores behind URLs have no locks: there a note is renewed while we live and believed for `LEASE`
    seconds. (Were two runs to slip past it, both would write the same bytes.)

    Raises
    ------
    DataError
        If another run holds it.
    """
    if isinstance(place, Folder):
        place.path.mkdir(parents=True, exist_ok=True)
        with _locked_folder(place.path):
            yield
    else:
        with _leased(place):
            yield


@contextmanager
def _locked_folder(folder: Path) -> Iterator[None]:
    path = folder / LOCK
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            _take(handle)
        except OSError:
            holder = path.read_text(encoding="ascii", errors="replace").strip() or "unknown"
            raise DataError(
                f"another run (process {holder}) is writing to {folder}; let it end, or choose another `out`"
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


@contextmanager
def _leased(place: Place) -> Iterator[None]:
    if place.exists(LOCK):
        try:
            with place.reading(LOCK) as file:
                found = json.loads(file.read())
            age = time.time() - float(found["time"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            age = LEASE
        if age < LEASE:
            raise DataError(
                f"another run ({found['run']}) was writing to {place} {age:.0f} seconds ago; let it end, "
                f"choose another `out`, or, if it died, start again in {LEASE - age:.0f} seconds"
            )
    ended = threading.Event()

    def sign() -> None:
        with place.writing(LOCK, "w") as file:
            json.dump({"run": f"{platform.node()}, process {os.getpid()}", "time": time.time()}, file)

    def renew() -> None:
        while not ended.wait(LEASE / 4):
            # A store that does not answer for once is no reason to stop; the lease has time for three.
            with suppress(OSError):
                sign()

    sign()
    thread = threading.Thread(target=renew, name="iog-auto-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        place.remove(LOCK)
