"""Result files: one JSON line an object, written as soon as it is measured, with the run that made it.

A run that was stopped goes on from such a file. A last line that a crash has torn is taken away first.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from iog import robot
from iog._version import __version__
from iog.datasets import ObjectDataset
from iog.errors import DataError
from iog.evaluation.protocol import ObjectResult
from iog.evaluation.settings import Settings
from iog.files import replacing
from iog.segmenter import Segmenter

Run = Mapping[str, Any]
Line = Mapping[str, Any]


def read_lines(path: Path) -> Iterator[tuple[int, Line]]:
    """The lines of a file with their numbers; a last one that a crash cut off is left out.

    Raises
    ------
    DataError
        If a line is no JSON object, or names no run.
    """
    content = path.read_bytes()
    for number, text in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), 1):
        try:
            line = json.loads(text)
        except ValueError as error:
            raise DataError(f"{path}, line {number}: {error}") from error
        if not (isinstance(line, dict) and isinstance(line.get("run"), dict)):
            raise DataError(f"{path}, line {number} is not a result: it names no run")
        yield number, line


class LineFile:
    """Takes results line by line; use as a context.

    Parameters
    ----------
    path
        The file; its folder is made.
    run
        What is noted with every line, as `run`.
    kept
        The lines that stay of those that it has.
    """

    def __init__(self, path: Path, run: Run, kept: list[Line]) -> None:
        self.path = path
        self.run = run
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = b"".join(map(_text, kept))
        if not path.exists() or path.read_bytes() != whole:
            with replacing(path) as file:
                file.write(whole)
        # Unbuffered: each line reaches the file in one write, whole.
        self._file = path.open("ab", buffering=0)

    def write(self, result: Line) -> None:
        self._file.write(_text({**result, "run": self.run}))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.fsync(self._file.fileno())
        self._file.close()


def _text(line: Line) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def run_of(
    segmenter: Segmenter, objects: ObjectDataset, settings: Settings, replayed: Path | None = None
) -> Run:
    """What must agree for two results of `iog eval` to be of one run: model, data, settings and versions.

    The dataset is known by its length and groups (photos are not read for this); `replayed` is the file
    whose clicks are made again, by its content. Plain data.
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


class ResultFile(LineFile):
    """The lines of one run of `iog eval`.

    Parameters
    ----------
    path
        The file. Its lines are those of `ObjectResult.to_json`.
    run
        From `run_of`.
    resume
        Whether to go on with an existing file.

    Raises
    ------
    DataError
        If the file exists and `resume` is not set, or it is of another run.
    """

    def __init__(self, path: Path, run: Run, *, resume: bool = False) -> None:
        lines: list[Line] = []
        if path.exists():
            if not resume:
                raise DataError(f"{path} exists; add `resume` to resume it, or name another file for `out`")
            lines = [line for _, line in read_lines(path)]
            for line in lines:
                _check_same_run(path, line["run"], run)
        self.done = read_results(path) if lines else {}
        """Results by index: those found in the file, then those added."""
        super().__init__(path, run, lines)

    def add(self, result: ObjectResult) -> None:
        self.write(result.to_json())
        self.done[result.index] = result


def read_results(path: Path) -> dict[int, ObjectResult]:
    """The results in a file of `iog eval`, by index.

    Raises
    ------
    DataError
        If the file is missing or a line is not a result.
    """
    if not path.is_file():
        raise DataError(f"{path} is missing")
    results: dict[int, ObjectResult] = {}
    for number, line in read_lines(path):
        try:
            result = ObjectResult.from_json(line)
        except DataError as error:
            raise DataError(f"{path}, line {number}: {error}") from error
        results[result.index] = result
    return results


def _check_same_run(path: Path, found: Run, run: Run) -> None:
    differing = sorted(key for key in {*found, *run} if found.get(key) != run.get(key))
    if differing:
        told = ", ".join(f"{key} {found.get(key)!r} there and {run.get(key)!r} now" for key in differing)
        raise DataError(f"{path} is of another run ({told}); name another file")
