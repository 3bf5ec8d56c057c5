"""YOLO: a text file a photo, `class x1 y1 x2 y2 ...` with coordinates divided by the photo's size.

Four numbers are a box (centre and size), five a box and a confidence, more an outline. A line holds one
ring. Parts and holes of an object become one ring through bridges of no width, there and back on the same
line. With the even-odd rule the mask stays the same.
https://docs.ultralytics.com/datasets/segment/
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path, PurePosixPath

import numpy as np

from iog.errors import DataError
from iog.files import replacing, write_text
from iog.formats import yolo_layout
from iog.formats.account import Account
from iog.formats.checking import each
from iog.formats.places import files_below, named_pictures, part_of, read_names, read_text
from iog.formats.records import Annotation, Class, Dataset, Edges, Picture, Polygons, numbered, outlines
from iog.masks import Ring

_LISTS = frozenset(
    {"classes.txt", "obj.names", "train.txt", "val.txt", "valid.txt", "test.txt", "readme.txt"}
)
_CLASSES = 10**6
"""No class has such a number."""
_NAMES = ("classes.txt", "obj.names", "predefined_classes.txt")


def read(source: Path, account: Account) -> Dataset:
    """A folder with text files of labels, in any of the usual layouts.

    Roboflow's `train/labels`, the standard `labels/train`, CVAT's `obj_train_data` and plain folders; a
    `data.yaml` may name another folder. Names come from `data.yaml`, `classes.txt` or `obj.names` in the
    folder, in `labels` or beside it. Photos that a list such as `train.txt` names and that have no file of
    labels are photos without objects.

    Raises
    ------
    DataError
        If the folder has no text files of labels.
    """
    layout = yolo_layout.find(source)
    root = layout.root
    lists = {place.resolve() for _, place in layout.lists()}
    files = {
        file.relative_to(root).with_suffix("").as_posix(): file
        for file in files_below(root, ".txt")
        if file.resolve() not in lists and (_is_named_for_labels(file) or yolo_layout.holds_labels(file))
    }
    if not files:
        raise DataError(f"{source} has no .txt files of labels (YOLO)")
    names = _names(source, root, account)
    if not names:
        account.note("no data.yaml or classes.txt gives names to the classes; they are called 'class N'")
    for name, count in Counter(names.values()).items():
        if count > 1:
            account.note("classes of one name become one class", name)
    classes = [Class(name=name, number=number) for number, name in sorted(names.items())]
    listed = layout.listed(files, account)
    points = layout.keypoint_values
    pictures = each(
        files.items(),
        lambda item: _picture(item[1], root, names, account, listed.parts.get(item[0]), points),
        account,
        source.name,
    )
    return Dataset(classes=classes, pictures=chain(pictures, listed.negatives))


def _picture(
    file: Path, root: Path, names: Mapping[int, str], account: Account, part: str | None, points: int
) -> Picture:
    relative = file.relative_to(root)
    annotations = []
    before = account.losses
    try:
        lines, readable = read_text(file).splitlines(), True
    except (OSError, ValueError):
        account.skip("a file is not text in UTF-8", relative.as_posix())
        lines, readable = [], False
    for number, line in enumerate(lines, 1):
        if line.strip():
            account.count("objects")
            try:
                annotations.append(_annotation(line.split(), names, points))
                if points:
                    account.note("keypoints are left out; the box is used", relative.as_posix())
            except ValueError as error:
                account.skip("a line cannot be read", f"{relative.as_posix()}, line {number}: {error}")
    stem = PurePosixPath(relative.with_suffix("").as_posix())
    return Picture(
        name=stem.name,
        size=None,
        annotations=annotations,
        stem=True,
        negative=readable and not any(line.strip() for line in lines),
        split=part_of(str(stem.parent)) if part is None else part,
        sections=_sections(stem),
        lost=account.losses - before,
    )


def _sections(stem: PurePosixPath) -> list[str]:
    """Where photos lie in the layouts: `labels/train` becomes `images/train`, or `train` alone."""
    folders = stem.parts[:-1]
    as_images = tuple("images" if part == "labels" else part for part in folders)
    without = tuple(part for part in folders if part not in ("labels", "obj_train_data"))
    return list(dict.fromkeys("/".join(parts) for parts in (as_images, without, folders) if parts))


def _annotation(words: Sequence[str], names: Mapping[int, str], points: int) -> Annotation:
    head, *rest = words
    values = [float(word) for word in rest]
    if not all(math.isfinite(value) for value in values):
        raise ValueError("a coordinate is not a number")
    number = float(head)
    if not number.is_integer() or not 0 <= number < _CLASSES:
        raise ValueError(f"{head} is not a class number")
    label = names.get(int(number), f"class {int(number)}")
    if points and len(values) in (4 + points, 5 + points):
        values = [*values[:4], *values[4 + points :]]
    if len(values) in (4, 5):
        x, y, width, height = values[:4]
        box = Edges(x - width / 2, y - height / 2, x + width / 2, y + height / 2, relative=True)
        return Annotation(label=label, box=box, score=values[4] if len(values) == 5 else None)
    if len(values) < 6:
        raise ValueError("expected a class and 4 numbers, or a class and the points of an outline")
    score = values.pop() if len(values) % 2 else None
    if not all(-0.1 <= value <= 1.1 for value in values):
        raise ValueError("a point lies outside of the photo; coordinates are shares of its sides, 0 to 1")
    ring = [list(point) for point in zip(values[::2], values[1::2], strict=True)]
    return Annotation(label=label, shape=Polygons([ring], relative=True), score=score)


def write(dataset: Dataset, folder: Path, account: Account, *, tolerance: float = 0) -> None:
    """Write `labels/PHOTO.txt` for each photo, empty for photos without objects, and `data.yaml`."""
    numbers = class_numbers(dataset.classes, account)
    parts: dict[str, list[str]] = {}
    for stem, picture in named_pictures(dataset):
        if picture.split:
            photo = f"./images/{stem}{PurePosixPath(picture.name).suffix}"
            parts.setdefault(picture.split, []).append(photo)
        if stem != str(PurePosixPath(picture.name).with_suffix("")):
            account.note(
                "names collide without their endings; rename the photos as the labels",
                f"{picture.name}: {stem}.txt",
            )
        path = folder / "labels" / f"{stem}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, "w") as file:
            file.writelines(lines(picture, numbers, tolerance, account))
    with replacing(folder / "data.yaml", "w") as file:
        file.write(names_document(numbers, parts))
    for part, photos in parts.items():
        write_text(folder / f"{part}.txt", "".join(f"{photo}\n" for photo in photos))


def class_numbers(classes: Sequence[Class], account: Account) -> dict[str, int]:
    """A number for each class, from 0 without gaps; the account says where they are others than stated."""
    numbers = numbered(classes, 0, gapless=True)
    for one in classes:
        if one.number is not None and one.number != numbers[one.name]:
            account.note("YOLO counts classes from 0 without gaps; this class gets another number", one.name)
    return numbers


def names_document(numbers: Mapping[str, int], parts: Collection[str] = ()) -> str:
    """The content of `data.yaml`; each of the `parts` has a list of photos, `PART.txt`."""
    # A JSON string is a YAML string.
    ordered = sorted(numbers.items(), key=lambda item: item[1])
    names = "".join(f"  {number}: {json.dumps(label, ensure_ascii=False)}\n" for label, number in ordered)
    places = "".join(f"{part}: {part}.txt\n" for part in parts) or "train: images\nval: images\n"
    return f"path: .\n{places}names:\n{names}"


def lines(picture: Picture, numbers: Mapping[str, int], tolerance: float, account: Account) -> Iterator[str]:
    """The lines of a photo's file, which the account counts with the photo."""
    account.make("photos")
    for a in picture.annotations:
        yield _line(a, picture, numbers, tolerance, account)
        account.make("boxes" if a.shape is None else "masks")


def _line(
    a: Annotation, picture: Picture, numbers: Mapping[str, int], tolerance: float, account: Account
) -> str:
    assert picture.size is not None, "writers take photos whose size is known"
    width, height = picture.size
    if a.shape is None:
        assert a.box is not None, "an annotation has a shape or a box"
        box = a.box.box(picture.size)
        values = [
            (box.x0 + box.x1) / 2 / width,
            (box.y0 + box.y1) / 2 / height,
            box.width / width,
            box.height / height,
        ]
    else:
        parts = outlines(a.shape.patch(picture.size), tolerance)
        rings = [ring for outer, holes in parts for ring in (outer, *holes)]
        if any(holes for _, holes in parts):
            account.note(
                "objects have holes, joined to the outline by bridges; readers that do not fill by "
                "the even-odd rule fill them",
                picture.name,
            )
        values = (np.array(bridged(rings)) / (width, height)).ravel().tolist()
    return f"{numbers[a.label]} {' '.join(f'{value:.9g}' for value in values)}\n"


def bridged(rings: Sequence[Ring]) -> Ring:
    """Rings as one, by bridges of no width between their nearest points: there and back on the same line."""
    first, *others = (np.array(ring, np.float64) for ring in rings)
    joined = first
    for ring in others:
        distances = ((joined[:, None] - ring[None]) ** 2).sum(axis=2)
        here, there = np.unravel_index(int(distances.argmin()), distances.shape)
        turned = np.roll(ring, -int(there), axis=0)
        joined = np.concatenate([joined[: here + 1], turned, turned[:1], joined[here:]])
    result: Ring = joined.tolist()
    return result


def _is_named_for_labels(file: Path) -> bool:
    """Whether a file's name is none that lists, names of classes and notes have."""
    return file.name.lower() not in _LISTS and not file.name.lower().startswith("readme.")


def _names(source: Path, root: Path, account: Account) -> dict[int, str]:
    """Names of classes by number, from the first file that gives some."""
    if source.is_file():
        return _from_yaml(source)
    places = [source, root, root / "labels", root.parent, *(sorted(p for p in root.iterdir() if p.is_dir()))]
    for place in places:
        file = yolo_layout.description(place)
        if file is not None and (names := _from_yaml(file)):
            return names
        for name in _NAMES:
            if (place / name).is_file():
                return dict(enumerate(read_names(place / name, account)))
    return {}


def _from_yaml(path: Path) -> dict[int, str]:
    """The entry `names` of a data.yaml, a list or a map. Every value is taken as text: `no` is a name."""
    names = yolo_layout.entries(path).get("names")
    if isinstance(names, str):
        names = [names]
    pairs = names.items() if isinstance(names, dict) else enumerate(names or [])
    try:
        return {int(number): str(name) for number, name in pairs}
    except ValueError:
        raise DataError(f"{path}: 'names' is neither a list nor a map from class numbers to names") from None
