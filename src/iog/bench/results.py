"""The results folder of `iog bench`: what was asked, one JSON line an object, what machine it ran on.

settings.json         the settings of the accuracy run, the same for all methods in the folder
objects/METHOD.jsonl  one line an object and jitter
speed.json            what `iog bench speed` measured
environment.json      processor, threads, versions, weights
tables/ plots/ gallery/ report.html    what `iog bench report` makes of these
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from iog import robot
from iog._version import __version__
from iog.bench.settings import BenchSettings
from iog.errors import DataError
from iog.evaluation.lines import Line, LineFile, read_lines
from iog.files import write_json


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodResult:
    """One object, one method."""

    split: str
    index: int
    """Its number in the split."""
    name: str
    group: str
    category: str
    area: int
    share: float
    """Part of the photo that the object covers."""
    jitter: float
    first: int
    """Clicks after which `ious` begins."""
    ious: tuple[float, ...]
    """IoU after `first`, `first` + 1, ... clicks; 0 after a failure."""
    boundary_ious: tuple[float, ...]
    failures: tuple[tuple[int, str], ...]
    """Clicks after which there was no mask, and why."""
    prompt: Mapping[str, Any]
    """Every click."""
    rle: Mapping[str, Any] = field(default_factory=dict)
    """The mask after three clicks, or the first one if it takes more."""
    milliseconds: tuple[float, ...] = ()
    """Of each mask, taken beside other work: no benchmark."""

    @property
    def key(self) -> tuple[str, int, float]:
        """Names the object and the jitter."""
        return self.split, self.index, self.jitter

    @property
    def photo(self) -> tuple[str, str]:
        """Names the photo of the object."""
        return self.split, self.name.rpartition("#")[0]

    def at(self, clicks: int, boundary: bool = False) -> float | None:
        """IoU after so many clicks; a method that takes no more keeps its mask. None before its first."""
        values = self.boundary_ious if boundary else self.ious
        return None if clicks < self.first else values[min(clicks - self.first, len(values) - 1)]


_DECIDING = ("identity", "robot")  # of a line's run: where they differ, the answers may


class MethodFile(LineFile):
    """The lines of one method.

    Lines of another identity (other weights, another library) or of another robot are dropped when opened:
    they are to be measured anew.
    """

    def __init__(self, folder: Path, name: str, run: Mapping[str, Any]) -> None:
        path, run = folder / "objects" / f"{name}.jsonl", {**run, "robot": robot.VERSION}
        lines = _lines(path) if path.exists() else []
        kept = [pair for pair in lines if all(pair[0]["run"].get(k) == run[k] for k in _DECIDING)]
        self.dropped = len(lines) - len(kept)
        """Lines that were out of date."""
        self.results = {result.key: result for _, result in kept}
        super().__init__(path, run, [line for line, _ in kept])

    def add(self, result: MethodResult) -> None:
        self.write(asdict(result))
        self.results[result.key] = result


@dataclass(frozen=True, slots=True)
class Method:
    """What a results folder holds of one method."""

    name: str
    title: str
    family: str
    identity: str
    results: Sequence[MethodResult]
    """Without jitter, by set and number."""
    jittered: Mapping[float, Sequence[MethodResult]]


def read_methods(folder: Path) -> list[Method]:
    """All methods of a results folder.

    Raises
    ------
    DataError
        If there are none, or a line is unreadable.
    """
    found = []
    for path in sorted((folder / "objects").glob("*.jsonl")):
        lines = _lines(path)
        if not lines:
            continue
        run = lines[-1][0]["run"]
        results = sorted((result for _, result in lines), key=lambda r: (r.split, r.group, r.index))
        jitters = sorted({r.jitter for r in results} - {0.0})
        found.append(
            Method(
                path.stem,
                run["title"],
                run["family"],
                run["identity"],
                [r for r in results if r.jitter == 0],
                {j: [r for r in results if r.jitter == j] for j in jitters},
            )
        )
    if not found:
        raise DataError(f"{folder} holds no results; make some with iog bench accuracy --out {folder}")
    return found


def check_settings(folder: Path, settings: BenchSettings) -> None:
    """Write the settings of a new folder; refuse another's.

    Raises
    ------
    DataError
        If the folder was made with other settings.
    """
    path = folder / "settings.json"
    now = json.loads(json.dumps(asdict(settings)))
    if path.exists():
        there = read_json(path)
        differing = [key for key in now if there.get(key) != now[key]]
        if differing:
            told = ", ".join(f"{key} {there.get(key)!r} there and {now[key]!r} now" for key in differing)
            raise DataError(
                f"{folder} was measured with other settings ({told}); name another folder for `out`"
            )
    else:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(path, now)


def write_environment(folder: Path, threads: int | None, weights: Mapping[str, str]) -> None:
    """Note the machine and the versions, beside what the file says of other methods already."""
    path = folder / "environment.json"
    before = read_json(path) if path.exists() else {}
    write_json(
        path,
        {
            "iog": __version__,
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "processor": processor(),
            "cores": os.cpu_count(),
            "threads": threads or "one a core",
            "packages": _versions(),
            "methods": {**before.get("methods", {}), **weights},
        },
    )


def processor() -> str:
    """The processor's name, where the system tells."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def read_json(path: Path) -> Any:
    """A JSON document of the folder; `DataError` if it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is damaged ({error}); delete it and measure again") from error


def _versions() -> dict[str, str]:
    names = ("numpy", "onnxruntime", "opencv-python-headless", "scipy", "scikit-image", "PyMaxflow", "torch")
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _lines(path: Path) -> list[tuple[Line, MethodResult]]:
    found = []
    for number, line in read_lines(path):
        try:
            found.append((line, _result(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path}, line {number} is not a result ({error}); delete the file") from error
    return found


def _result(line: Line) -> MethodResult:
    data = {name: line[name] for name in MethodResult.__dataclass_fields__}
    for name in ("ious", "boundary_ious", "milliseconds"):
        data[name] = tuple(data[name])
    data["failures"] = tuple((int(clicks), str(why)) for clicks, why in data["failures"])
    return MethodResult(**data)


def mean_percent(values: Sequence[float]) -> float:
    """Mean in percent."""
    return 100 * float(np.mean(values))
