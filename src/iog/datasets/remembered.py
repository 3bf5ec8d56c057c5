"""What going through a dataset's masks found, kept for the next time: which objects a file holds.

A finding is used again only while every file it came from has the size and the time of last change that it
had then. A file changed within the last seconds is not remembered at all: it might change again without its
time telling. What is wrong with a file is never remembered. So the memory may be deleted, and cannot be out
of date.

It lies in the user's cache folder (`IOG_CACHE` names another), one JSON file a dataset; where nothing can be
written there, every file is read each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from iog._version import __version__
from iog.files import replacing

_SETTLED = 2 * 10**9
"""Nanoseconds without a change after which a file counts as settled: the coarsest clock of a file system."""

Find = Callable[..., Any]


@contextlib.contextmanager
def remembered(find: Find, reader: str, folder: Path) -> Iterator[Find]:
    """Gives `find`, with what it found in files that have not changed since.

    Parameters
    ----------
    find
        From one or more paths to plain data (lists, numbers, text).
    reader
        Name of the reader: two that find different things must have different names.
    folder
        The dataset, in which all the files lie.
    """
    memory = _memory(reader, folder)
    known = _read(memory)
    found: dict[str, Any] = {}

    def finding(*paths: Path) -> Any:
        key = "|".join(path.relative_to(folder).as_posix() for path in paths)
        state = [_state(path) for path in paths]
        old = known.get(key)
        if old is not None and old[0] == state:
            return old[1]
        started = time.time_ns()
        result = find(*paths)
        if state == [_state(path) for path in paths] and all(
            changed < started - _SETTLED for _, changed in state
        ):
            found[key] = [state, result]
        return result

    try:
        yield finding
    finally:
        if found:
            # A cache that cannot be written costs time, nothing else.
            with contextlib.suppress(OSError):
                memory.parent.mkdir(parents=True, exist_ok=True)
                with replacing(memory, "w") as file:
                    json.dump({**known, **found}, file)


def _state(path: Path) -> list[int]:
    """Size and time of last change, in nanoseconds; -1 for a file that is not there."""
    try:
        state = path.stat()
    except OSError:
        return [-1, -1]
    return [state.st_size, state.st_mtime_ns]


def _memory(reader: str, folder: Path) -> Path:
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    return cache_folder() / "scans" / f"{reader}-{__version__}-{place}.json"


def _read(memory: Path) -> dict[str, Any]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    # Anything else is no memory of ours, or a broken one.
    is_ours = isinstance(known, dict) and all(isinstance(v, list) and len(v) == 2 for v in known.values())
    return known if is_ours else {}


def cache_folder() -> Path:
    """Where files that can be made again may be kept: `IOG_CACHE`, or what the system has for it."""
    if named := os.environ.get("IOG_CACHE"):
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "iog"
