"""Label Studio: its JSON of tasks, as it exports and imports it.

Convention: coordinates are percent of the photo's width and height. A brush mask is run lengths of RGBA
values, row by row, packed into bits: how many values (32 bits), bits of a value less 1 (5), four sizes of
lengths less 1 (4 each), then for each run a bit (1: one value repeated), which size (2), the length less 1
and the value. https://labelstud.io/guide/export
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote

import numpy as np

from iog.errors import DataError
from iog.files import replacing
from iog.formats.account import Account
from iog.formats.checking import each
from iog.formats.jsonstream import walk
from iog.formats.labelme import ellipse
from iog.formats.matching import clean, path_of
from iog.formats.places import MALFORMED, files_below
from iog.formats.records import Annotation, Dataset, Edges, Picture, Pixels, Polygons, Shape, Size, with_flags
from iog.formats.sniffing import json_kind
from iog.images import MAXIMUM_PIXELS
from iog.masks import BoolArray
from iog.patch import Patch

FILE = "tasks.json"
_SIZES = (3, 4, 8, 16)
_UPLOAD = re.compile(r"^[0-9a-f]{8}-")
"""What Label Studio puts before the name of an uploaded photo."""


def read(source: Path, account: Account) -> Dataset:
    """A JSON file of tasks, or all such files below a folder; annotations, or where a task has none its
    predictions.

    Raises
    ------
    DataError
        If it is not such a file; where that shows only behind the first tasks, while they are read.
    """
    files = [source]
    if source.is_dir():
        files = [file for file in files_below(source, ".json") if json_kind(file) == "label-studio"]
    if not files:
        raise DataError(f"{source} has no JSON file with a list of Label Studio's tasks")
    tasks = (item for file in files for item in enumerate(_tasks(file), 1))
    pictures = each(tasks, lambda item: _picture(item[1], item[0], account), account, source.name)
    return Dataset(classes=[], pictures=pictures)


def _tasks(file: Path) -> Iterator[Mapping[str, Any]]:
    """One after the other, so that memory holds one."""
    for key, task in walk(file, frozenset()):
        if key or not isinstance(task, dict) or "data" not in task:
            raise DataError(f"{file} is not a list of Label Studio's tasks")
        yield task


def _picture(task: Mapping[str, Any], number: int, account: Account) -> Picture:
    data = task["data"] if isinstance(task["data"], dict) else {}
    stated = next((v for k, v in data.items() if isinstance(v, str) and ("image" in k or "/" in v)), "")
    name = _name(stated)
    annotations: list[Annotation] = []
    before = account.losses
    size: Size | None = None
    for result in _results(task, name, account):
        if "value" not in result:
            continue
        if result.get("type") in ("choices", "rating", "textarea", "taxonomy"):
            account.note("answers about the whole photo are left out", name)
            continue
        account.count("regions")
        try:
            own = _size(result)
            if size is not None and own not in (None, size):
                raise ValueError(f"it is for {own} pixels, others of its photo for {size}")
            size = own or size
            annotation = _annotation(result)
            if len(_labels(result["value"])) > 1:
                account.note("a region has several labels; the first is used", name)
        except MALFORMED as error:
            account.skip("a region cannot be read", f"{name or f'task {number}'}: {error}")
            continue
        if annotation is None:
            account.skip(f"regions of type {result.get('type')!r} have no area", name)
        else:
            annotations.append(annotation)
    lost = account.losses - before
    # An annotation that was submitted without a region says that there is nothing to outline.
    submitted = any(not one.get("was_cancelled") for one in _list(task.get("annotations"), "annotations"))
    negative = submitted and not annotations and not lost
    return Picture(name=name, size=size, annotations=annotations, negative=negative, lost=lost)


def _results(task: Mapping[str, Any], name: str, account: Account) -> Iterator[Mapping[str, Any]]:
    stated = _list(task.get("annotations"), "annotations")
    predicted = _list(task.get("predictions"), "predictions")
    done = [a for a in stated if not a.get("was_cancelled")]
    if len(done) < len(stated):
        account.note("skipped annotations of a task are left out", name)
    if len(done) > 1:
        account.note("a task has several annotations; the last is used", name)
    if done and predicted:
        account.note("predictions of annotated tasks are left out", name)
    if not done and not predicted:
        account.skip("a task that nobody has annotated", name)
    for annotation in (done or predicted)[-1:]:
        yield from _list(annotation.get("result"), "result")


def _list(value: object, name: str) -> list[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise ValueError(f"its {name!r} are not a list of objects with named values")
    return value


def _name(url: str) -> str:
    query = url.partition("?")[2].partition("#")[0]
    local = parse_qs(query).get("d")
    name = clean(local[0] if local else unquote(path_of(url)))
    folder, _, last = name.rpartition("/")
    if f"/{folder}/".startswith("/data/upload/") and ("://" in url or url.startswith("/")):
        return _UPLOAD.sub("", last)
    return name


def _size(result: Mapping[str, Any]) -> Size | None:
    width, height = result.get("original_width"), result.get("original_height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _annotation(result: Mapping[str, Any]) -> Annotation | None:
    value, kind = result["value"], str(result.get("type", ""))
    labels = _labels(value)
    box, shape = _geometry(kind, value, _size(result))
    if box is None and shape is None:
        return None
    score = result.get("score")
    meta = dict(result["meta"]) if isinstance(result.get("meta"), dict) else {}
    annotation = Annotation(
        label=str(labels[0]) if labels else "object",
        shape=shape,
        box=box,
        score=float(score) if isinstance(score, int | float) else None,
        group=meta.pop("group") if isinstance(meta.get("group"), str) else None,
        description=meta.pop("description") if isinstance(meta.get("description"), str) else "",
        attributes=meta,
    )
    return with_flags(annotation)


def _labels(value: Mapping[str, Any]) -> list[Any]:
    return next((v for k, v in value.items() if k.endswith("labels") and isinstance(v, list)), [])


def _geometry(kind: str, value: Mapping[str, Any], size: Size | None) -> tuple[Edges | None, Shape | None]:
    if kind.startswith("brush"):
        if size is None:
            raise ValueError("a brush mask needs original_width and original_height")
        return None, Pixels(Patch.of(decode_rle(value["rle"], size)), size)
    if kind.startswith("polygon"):
        ring = [[float(v) / 100 for v in point] for point in value["points"]]
        if len(ring) < 3:
            raise ValueError("its outline has fewer than three points")
        return None, Polygons([ring], relative=True)
    if kind.startswith("rectangle"):
        x, y, width, height = (float(value[key]) / 100 for key in ("x", "y", "width", "height"))
        angle = float(value.get("rotation") or 0)
        if angle % 360 == 0 or size is None:
            return Edges(x, y, x + width, y + height, relative=True), None
        # Label Studio turns around the upper left corner.
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) * size
        radians = np.radians(angle)
        turn = [[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]]
        return None, Polygons([(corners @ turn + np.array([x, y]) * size).tolist()])
    if kind.startswith("ellipse"):
        x, y, rx, ry = (float(value[key]) / 100 for key in ("x", "y", "radiusX", "radiusY"))
        return None, Polygons([ellipse((x, y), rx, ry)], relative=True)
    return None, None


def decode_rle(content: Sequence[int], size: Size) -> BoolArray:
    """The mask (H, W) of a brush: where a value is not zero; `ValueError` if it does not fit the size."""
    width, height = size
    bits = "".join(f"{int(byte):08b}" for byte in content)
    at = 0

    def take(count: int) -> int:
        nonlocal at
        if at + count > len(bits):
            raise ValueError("its run lengths end too early")
        value = int(bits[at : at + count], 2)
        at += count
        return value

    total = take(32)
    if total != width * height * 4 or width * height > MAXIMUM_PIXELS:
        raise ValueError(f"its run lengths are not of {width} x {height} pixels")
    word = take(5) + 1
    sizes = [take(4) + 1 for _ in range(4)]
    values = np.zeros(total, np.uint8)
    done = 0
    while done < total:
        repeated = take(1)
        count = take(sizes[take(2)]) + 1
        if done + count > total:
            raise ValueError("its run lengths cover more than the photo")
        if repeated:
            values[done : done + count] = take(word)
        else:
            values[done : done + count] = [take(word) for _ in range(count)]
        done += count
    mask: BoolArray = values.reshape(height, width, 4)[..., 3] > 0
    return mask


def encode_rle(mask: BoolArray) -> list[int]:
    """A mask (H, W) as Label Studio's brush keeps it."""
    flat = mask.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts = np.concatenate([[0], edges]) if flat.size else np.zeros(0, int)
    bits = [f"{flat.size * 4:032b}", f"{7:05b}", *(f"{size - 1:04b}" for size in _SIZES)]
    for start, end in zip(starts.tolist(), [*edges.tolist(), flat.size], strict=True):
        left = (end - start) * 4
        while left > 0:
            count = min(left, 1 << _SIZES[-1])
            index = next(i for i, size in enumerate(_SIZES) if count <= 1 << size)
            value = 255 if flat[start] else 0
            bits.append(f"1{index:02b}{count - 1:0{_SIZES[index]}b}{value:08b}")
            left -= count
    whole = "".join(bits)
    whole += "0" * (8 - len(whole) % 8)
    return [int(whole[i : i + 8], 2) for i in range(0, len(whole), 8)]


def write(dataset: Dataset, folder: Path, account: Account) -> None:
    """Write `tasks.json`: a task a photo, masks as brushes, boxes as rectangles. Photos by their names."""
    with replacing(folder / FILE, "w") as file:
        file.write("[")
        for number, picture in enumerate(dataset.pictures):
            assert picture.size is not None, "writers take photos whose size is known"
            results = [_result(a, picture.size) for a in picture.annotations]
            task = {"data": {"image": quote(picture.name)}, "annotations": [{"result": results}]}
            file.write(",\n" if number else "\n")
            json.dump(task, file, ensure_ascii=False, allow_nan=False)
            account.make("photos")
            for a in picture.annotations:
                account.make("boxes" if a.shape is None else "masks")
        file.write("\n]\n")


def _result(a: Annotation, size: Size) -> dict[str, Any]:
    width, height = size
    result: dict[str, Any] = {
        "id": uuid.uuid4().hex[:10],
        "from_name": "label",
        "to_name": "image",
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
    }
    if a.shape is not None:
        rle = encode_rle(a.shape.patch(size).full(width, height))
        result |= {"type": "brushlabels", "value": {"format": "rle", "rle": rle, "brushlabels": [a.label]}}
    else:
        assert a.box is not None, "an annotation has a shape or a box"
        box = a.box.box(size)
        shares = (box.x0 / width, box.y0 / height, box.width / width, box.height / height)
        value: dict[str, Any] = dict(
            zip(("x", "y", "width", "height"), (100 * s for s in shares), strict=True)
        )
        value |= {"rotation": 0, "rectanglelabels": [a.label]}
        result |= {"type": "rectanglelabels", "value": value}
    if a.score is not None:
        result["score"] = a.score
    facts = {**a.attributes, **a.flags}
    facts |= {name: value for name in ("group", "description") if (value := getattr(a, name))}
    return {**result, "meta": facts} if facts else result
