"""YOLO segmentation: a text file a photo, `class x1 y1 x2 y2 ...` with coordinates divided by the size.

A line holds one ring. Parts and holes of an object become one ring through bridges of no width: from the
first ring's start to the next ring, around it, and back. With the even-odd rule the mask stays the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from iog.annotator.exchange.base import Found, Picture, moved_polygons, stems
from iog.annotator.patch import Patch
from iog.clicks import Box
from iog.errors import DataError
from iog.files import replacing
from iog.masks import Ring, rasterize


def write(pictures: Sequence[Picture], labels: Sequence[str], folder: Path, tolerance: float) -> None:
    """Write `labels/PHOTO.txt` for each photo, and `data.yaml` with the names."""
    numbers = {label: number for number, label in enumerate(labels)}
    for stem, picture in zip(stems(pictures), pictures, strict=True):
        path = folder / "labels" / f"{stem}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, "w") as file:
            for item in picture.items:
                rings = [
                    ring for outer, holes in moved_polygons(item.mask, tolerance) for ring in (outer, *holes)
                ]
                if rings:
                    points = np.array(_bridged(rings)) / (picture.width, picture.height)
                    values = " ".join(f"{value:.9g}" for value in points.ravel())
                    file.write(f"{numbers[item.label]} {values}\n")
    with replacing(folder / "data.yaml", "w") as file:
        file.write("path: .\ntrain: images\nval: images\nnames:\n")
        # A JSON string is a YAML string.
        file.writelines(f"  {n}: {json.dumps(label, ensure_ascii=False)}\n" for label, n in numbers.items())


def read(folder: Path) -> Iterator[tuple[str, list[tuple[str, list[float]]]]]:
    """(photo path without ending, [(label, normalised values)]) of each file under `labels/`.

    Four values are a box (centre and size), more are a ring; `found` turns them into objects.

    Raises
    ------
    DataError
        If `labels/` is missing or a line is malformed.
    """
    root = folder / "labels"
    if not root.is_dir():
        raise DataError(f"{folder} has no folder 'labels'")
    names = _names(folder / "data.yaml")
    for path in sorted(root.rglob("*.txt")):
        lines: list[tuple[str, list[float]]] = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                head, *rest = line.split()
                values = [float(value) for value in rest]
                label = names.get(int(head), f"class {int(head)}")
            except ValueError:
                raise DataError(f"{path}, line {number}: expected a class number and coordinates") from None
            if (len(values) != 4 and (len(values) < 6 or len(values) % 2)) or not np.isfinite(values).all():
                raise DataError(f"{path}, line {number}: expected a box or at least three points")
            lines.append((label, values))
        yield path.relative_to(root).with_suffix("").as_posix(), lines


def found(label: str, values: list[float], width: int, height: int) -> Found:
    """The object of a line, in a photo of width x height."""
    if len(values) == 4:
        x, y, w, h = np.array(values) * (width, height, width, height)
        low, high = np.floor([x - w / 2, y - h / 2]), np.ceil([x + w / 2, y + h / 2])
        return Found(label=label, box=Box(int(low[0]), int(low[1]), int(high[0]), int(high[1])))
    points = np.array(values).reshape(-1, 2) * (width, height)
    # Coordinates on half pixels come back exactly in spite of the rounded decimals.
    halves = np.rint(points * 2) / 2
    points = np.where(np.abs(points - halves) < 1e-3, halves, points)
    return Found(label=label, mask=Patch.of(rasterize([points.tolist()], width, height)))


def _bridged(rings: Sequence[Ring]) -> Ring:
    first, *others = rings
    if not others:
        return first
    result = [*first, first[0]]
    for ring in others:
        result += [*ring, ring[0], first[0]]
    return result


def _names(path: Path) -> dict[int, str]:
    """The entry `names` of a data.yaml, as a map or a list in one of YAML's usual spellings."""
    if not path.is_file():
        return {}
    names: dict[int, str] = {}
    lines = iter(path.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line.startswith("names:"):
            inline = line.removeprefix("names:").strip()
            if inline.startswith("["):
                return {n: _plain(v) for n, v in enumerate(inline.strip("[]").split(","))}
            break
    for line in lines:
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        if entry.startswith("- "):
            names[len(names)] = _plain(entry[2:])
        elif line.startswith(" ") and entry.partition(":")[0].isdecimal():
            number, _, value = entry.partition(":")
            names[int(number)] = _plain(value)
        else:
            break
    return names


def _plain(text: str) -> str:
    text = text.strip()
    if text.startswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            pass
    return text.strip("'\"")
