"""What a YOLO `data.yaml` says of where things lie: another folder, and lists or folders of each part."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from iog.errors import DataError
from iog.formats.account import Account
from iog.formats.archives import is_allowed
from iog.formats.checking import reason
from iog.formats.matching import clean
from iog.formats.places import PARTS, files_below, read_names, read_text
from iog.formats.records import Picture

NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")


@dataclass(frozen=True, slots=True)
class Listed:
    """What lists of photos say."""

    parts: dict[str, str] = field(default_factory=dict)
    """The part of a file of labels, by its path without ending."""
    negatives: list[Picture] = field(default_factory=list)
    """Photos that have no file of labels."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a dataset lies."""

    root: Path
    """Below which the files of labels are."""
    yaml: Path | None = None

    @property
    def keypoint_values(self) -> int:
        """Numbers of a line's keypoints, which follow its box; 0 for datasets without."""
        stated = {} if self.yaml is None else entries(self.yaml).get("kpt_shape")
        try:
            count, values = (int(value) for value in stated) if isinstance(stated, list) else (0, 0)
        except ValueError:
            return 0
        return count * values

    def listed(self, stems: Collection[str], account: Account) -> Listed:
        """What `train.txt` and other lists say, those that `data.yaml` names and those beside it.

        `stems`: the files of labels below `root`, without ending.
        """
        result = Listed()
        for part, place in self.lists():
            for line in read_names(place, account):
                if not line:
                    continue
                stem = _label_of(line, stems)
                if stem is not None:
                    result.parts.setdefault(stem, part)
                else:
                    negative = Picture(name=clean(line), size=None, annotations=(), negative=True, split=part)
                    result.negatives.append(negative)
        return result

    def lists(self) -> Iterator[tuple[str, Path]]:
        """The lists of photos and the part that each is of."""
        data = {} if self.yaml is None else entries(self.yaml)
        named = False
        for key, part in PARTS.items():
            stated = data.get(key)
            for entry in stated if isinstance(stated, list) else [stated]:
                if isinstance(entry, str) and entry.lower().endswith(".txt"):
                    place = self.root / entry
                    if place.is_file() and is_allowed(place, self.root):
                        named = True
                        yield part, place
        for key, part in PARTS.items() if not named else ():
            place = self.root / f"{key}.txt"
            if place.is_file() and not holds_labels(place):
                yield part, place


def find(source: Path) -> Layout:
    """The layout of a folder, or of that which a `data.yaml` is in or names as its `path`."""
    folder = source if source.is_dir() else source.parent
    file = source if source.is_file() else description(folder)
    if file is None or next(files_below(folder / "labels", ".txt"), None) is not None:
        return Layout(folder, file)
    stated = entries(file).get("path")
    root = folder / stated if isinstance(stated, str) else folder
    return Layout(root if root.is_dir() and is_allowed(root, source) else folder, file)


def description(folder: Path) -> Path | None:
    """The YAML file that describes a folder's dataset: of a usual name, or the one that gives names."""
    for name in NAMES:
        if (folder / name).is_file():
            return folder / name
    others = [path for path in sorted(folder.glob("*.y*ml")) if path.suffix in (".yaml", ".yml")]
    naming = [path for path in others if _gives_names(path)]
    return naming[0] if len(naming) == 1 else None


def holds_labels(file: Path) -> bool:
    """Whether a file begins with a line of labels; an empty one holds them in a folder of labels alone."""
    try:
        words = next((line.split() for line in read_text(file).splitlines() if line.strip()), None)
        if words is None:
            return "labels" in file.parts
        return len(words) >= 5 and all(math.isfinite(float(word)) for word in words)
    except (OSError, ValueError):
        return False


def _gives_names(path: Path) -> bool:
    try:
        return "names" in entries(path)
    except (DataError, OSError):
        return False


_DEPTH = 32


class _Loader(yaml.BaseLoader):
    """Texts, lists and maps alone, each written out: aliases can make a small file as large as the memory."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """As PyYAML's, of a stranger's file."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has an alias (*name); write out what it stands for")
        if self._depth == _DEPTH:
            raise yaml.YAMLError("it is nested too deep")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """As PyYAML's; of two equal keys none is taken to be the one that is meant."""
        seen: set[str] = set()
        for key, _ in getattr(node, "value", ()):
            if (text := str(key.value)) in seen:
                raise yaml.YAMLError(f"the key {text[:40]!r} stands twice")
            seen.add(text)
        return dict(super().construct_mapping(node, deep))


def entries(path: Path) -> Mapping[str, Any]:
    """A data.yaml as texts, lists and maps alone; `DataError` if it is not YAML."""
    try:
        data = yaml.load(read_text(path), Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        what = reason(error).splitlines()[0]
        if isinstance(error, yaml.MarkedYAMLError) and error.problem and error.problem_mark:
            what = f"line {error.problem_mark.line + 1}: {error.problem}"
        raise DataError(f"{path} cannot be read: {what}") from None
    return data if isinstance(data, dict) else {}


def _label_of(photo: str, stems: Collection[str]) -> str | None:
    """The file of labels of a listed photo, without ending: `images` becomes `labels`, as YOLO's tools do."""
    stated = PurePosixPath(clean(photo)).with_suffix("").parts
    for folders in (tuple("labels" if part == "images" else part for part in stated), stated):
        for start in range(len(folders)):
            if (end := "/".join(folders[start:])) in stems:
                return end
            if (end := "/".join(("labels", *folders[start:]))) in stems:
                return end
    return None
