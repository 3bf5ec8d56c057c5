"""Result files: one JSON line an object, written as soon as it is measured, so that a run can go on later."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from iog import robot
from iog._version import __version__
from iog.datasets import ObjectDataset
from iog.errors import DataError
from iog.evaluation.protocol import ObjectResult, Settings
from iog.segmenter import Segmenter

Run = Mapping[str, Any]


def run_of(
    segmenter: Segmenter, objects: ObjectDataset, settings: Settings, replayed: Path | None = None
) -> Run:
    """What must agree for two results to be of one run: model, data, settings and versions; plain data.

    The data set is known by its length and groups (photos are not read for this); `replayed` is the file
    whose clicks are made again, by its content.
    """
    info = segmenter.engine.info
    run = {
        "iog": __version__,
        "model": info.name,
        "weights": info.weights_sha256,
        "robot": robot.VERSION,
        # A quirk that is off need not be named, so that files of before it was there go on.
        **{key: value for key, value in asdict(settings).items() if value is not False},
        "objects": len(objects),
        "groups": hashlib.sha256(json.dumps(list(objects.groups)).encode()).hexdigest()[:16],
    }
    if replayed is not None:
        run["replayed"] = hashlib.sha256(replayed.read_bytes()).hexdigest()[:16]
    return run


class ResultFile:
    """Takes results line by line; use as a context.

    Parameters
    ----------
    path
        The file. Its lines are those of `ObjectResult.to_json`, with the run as `run`.
    run
        From `run_of`.
    resume
        Whether to go on with an existing file. A last line that was cut off by a crash is removed.

    Raises
    ------
    DataError
        If the file exists and `resume` is not set, or it is of another run.
    """

    def __init__(self, path: Path, run: Run, *, resume: bool = False) -> None:
        self.path = path
        self.run = run
        self.done: dict[int, ObjectResult] = {}
        """Results by index: those found in the file, then those added."""
        if path.exists():
            if not resume:
                raise DataError(f"{path} exists; add --resume to go on with it, or name another file")
            _drop_unfinished_line(path)
            for result, found in _lines(path):
                _check_same_run(path, found, run)
                self.done[result.index] = result
        # Unbuffered: each line reaches the file in one write, whole.
        self._file = path.open("ab", buffering=0)

    def add(self, result: ObjectResult) -> None:
        """Append one result."""
        record = {**result.to_json(), "run": self.run}
        self._file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
        self.done[result.index] = result

    def __enter__(self) -> ResultFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.fsync(self._file.fileno())
        self._file.close()


def read_results(path: Path) -> dict[int, ObjectResult]:
    """The results in a file, by index.

    Raises
    ------
    DataError
        If the file is missing or a line is not a result.
    """
    if not path.is_file():
        raise DataError(f"{path} is missing")
    return {result.index: result for result, _ in _lines(path)}


def _lines(path: Path) -> Iterator[tuple[ObjectResult, Run]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                data = json.loads(line)
                yield ObjectResult.from_json(data), data["run"]
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{path}, line {number}: {error}") from error


def _drop_unfinished_line(path: Path) -> None:
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)


def _check_same_run(path: Path, found: Run, run: Run) -> None:
    differing = sorted(key for key in {*found, *run} if found.get(key) != run.get(key))
    if differing:
        told = ", ".join(f"{key} {found.get(key)!r} there and {run.get(key)!r} now" for key in differing)
        raise DataError(f"{path} is of another run ({told}); name another file for --out")
