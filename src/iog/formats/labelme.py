"""LabelMe and X-AnyLabeling: a JSON file a photo.

Convention: a mask is `shape_type: "mask"` with the two inclusive corner pixels of its box and a PNG of the
patch, which loses nothing. Polygons, rectangles, rotated rectangles, circles and ellipses become masks or
boxes; shapes of one `group_id` and label are parts of one object; points, lines and strips have no area and
are left out with a line in the account. https://github.com/wkentaro/labelme
"""

from __future__ import annotations

import base64
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from iog.clicks import Box
from iog.errors import DataError
from iog.files import write_json
from iog.formats.account import Account
from iog.formats.checking import each, reason
from iog.formats.matching import clean
from iog.formats.places import MALFORMED, files_below, named_pictures, part_of, read_text
from iog.formats.records import Annotation, Dataset, Edges, Picture, Pixels, Polygons, Shape, Size, with_flags
from iog.images import MAXIMUM_PIXELS
from iog.masks import Ring
from iog.patch import Patch

_NO_AREA = frozenset({"point", "points", "line", "linestrip", "lines"})
_KNOWN = frozenset({"label", "points", "group_id", "description", "shape_type", "mask", "difficult", "score"})


def read(source: Path, account: Account) -> Dataset:
    """One file, or all such files below a folder; other JSON files are left out with a line in the account.

    Raises
    ------
    DataError
        If there is no such file.
    """
    files = [source] if source.is_file() else list(files_below(source, ".json"))
    if not files:
        raise DataError(f"{source} has no .json files (LabelMe)")
    root = source if source.is_dir() else source.parent
    return Dataset(
        classes=[],
        pictures=each(files, lambda file: _picture(file, root, account), account, source.name),
    )


def _picture(file: Path, root: Path, account: Account) -> Picture | None:
    name = file.relative_to(root).as_posix()
    try:
        data = json.loads(read_text(file))
    except (OSError, ValueError, RecursionError):
        account.skip("a file is not JSON that can be read", name)
        return None
    if not isinstance(data, dict) or not isinstance(data.get("shapes"), list):
        account.skip("a JSON file is not of LabelMe: it has no list 'shapes'", name)
        return None
    size = _size(data)
    found = []
    before = account.losses
    for number, shape in enumerate(data["shapes"], 1):
        account.count("shapes")
        try:
            annotation = _annotation(shape, size)
        except MALFORMED as error:
            account.skip("a shape cannot be read", f"{name}, shape {number}: {reason(error)}")
            continue
        if annotation is None:
            account.skip(
                f"shapes of type {shape.get('shape_type')!r} have no area", f"{name}, shape {number}"
            )
        else:
            found.append(annotation)
    image = str(data.get("imagePath") or "")
    path = PurePosixPath(clean(image))
    stated = path.name
    inner = file.relative_to(root).parent.as_posix()
    sections = [_beside(inner, image), str(path.parent), inner]
    if any((data.get("flags") or {}).values()) if isinstance(data.get("flags"), Mapping) else False:
        account.note("flags of photos are left out", name)
    return Picture(
        name=stated or file.stem,
        size=size,
        annotations=[_grouped(a) for a in _joined(found, account, name)],
        stem=not stated,
        negative=not data["shapes"],
        file=name,
        split=part_of(str(path.parent)) or part_of(inner),
        sections=[part for part in dict.fromkeys(sections) if part != "."],
        lost=account.losses - before,
    )


def _beside(folder: str, stated: str) -> str:
    """The folder of a photo that a file in `folder` states: LabelMe's paths begin at the file."""
    parts = [] if "://" in stated or stated[:1] in "/\\" or stated[1:2] == ":" else folder.split("/")
    for part in stated.replace("\\", "/").split("/")[:-1]:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(part for part in parts if part not in ("", ".")) or "."


def _size(data: Mapping[str, Any]) -> Size | None:
    width, height = data.get("imageWidth"), data.get("imageHeight")
    try:
        sides = round(float(width or 0)), round(float(height or 0))
    except (TypeError, ValueError, OverflowError):
        return None
    return sides if min(sides) > 0 and sides[0] * sides[1] <= MAXIMUM_PIXELS else None


def _annotation(shape: Mapping[str, Any], size: Size | None) -> Annotation | None:
    """None for shapes without area."""
    if not isinstance(shape, Mapping):
        raise ValueError("it is not an object with named values")
    kind = shape.get("shape_type") or "polygon"  # files of LabelMe before 3.8 do not say
    if kind in _NO_AREA:
        return None
    points = np.array(shape["points"], np.float64).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise ValueError("a coordinate is not a number")
    box, drawn = _geometry(kind, points, shape)
    flags = shape.get("flags") if isinstance(shape.get("flags"), Mapping) else {}
    attributes = dict(shape["attributes"]) if isinstance(shape.get("attributes"), Mapping) else {}
    attributes |= {str(key): value for key, value in (flags or {}).items()}
    known = {*_KNOWN, "flags", "attributes"}
    attributes |= {
        key: value
        for key, value in shape.items()
        if key not in known and value is not None and value != "" and value != [] and value != {}
    }
    score = shape.get("score")
    if shape["label"] is None:
        raise ValueError("it has no label")
    annotation = Annotation(
        label=str(shape["label"]),
        shape=drawn,
        box=box,
        score=float(score) if isinstance(score, int | float) else None,
        group=None if shape.get("group_id") is None else str(shape["group_id"]),
        description=str(shape.get("description") or ""),
        difficult=bool(shape.get("difficult")),
        attributes=attributes,
    )
    return with_flags(annotation)


def _geometry(kind: str, points: Any, shape: Mapping[str, Any]) -> tuple[Edges | None, Shape | None]:
    if kind == "mask":
        return None, Pixels(_decoded(shape["mask"], points))
    if kind == "rectangle":
        low, high = points.min(axis=0), points.max(axis=0)
        return Edges(*low.tolist(), *high.tolist()), None
    if kind == "circle":
        centre, edge = points
        radius = float(np.hypot(*(edge - centre)))
        return None, Polygons([ellipse(centre, radius, radius)])
    if kind == "ellipse":
        low, high = points.min(axis=0), points.max(axis=0)
        return None, Polygons([ellipse((low + high) / 2, *((high - low) / 2).tolist())])
    if kind in ("polygon", "rotation", "quadrilateral"):
        if len(points) < 3:
            raise ValueError("its outline has fewer than three points")
        return None, Polygons([points.tolist()])
    raise ValueError(f"shapes of type {kind!r} are not known")


def ellipse(centre: Any, across: float, down: float) -> Ring:
    """A ring of 180 points, from the centre and both radii."""
    angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    ring: Ring = (
        np.asarray(centre) + np.stack([across * np.cos(angles), down * np.sin(angles)], axis=1)
    ).tolist()
    return ring


def _joined(found: Sequence[Annotation], account: Account, name: str) -> Iterator[Annotation]:
    """Objects: the parts with one group and label as one, in the place of the first."""
    groups: dict[tuple[str, str], list[Annotation]] = {}
    for a in found:
        if a.group is not None and a.shape is not None:
            groups.setdefault((a.group, a.label), []).append(a)
    for a in found:
        parts = groups.get((a.group, a.label), []) if a.group is not None and a.shape is not None else []
        if len(parts) < 2:
            yield a
        elif a is parts[0]:
            account.note("shapes of one group and label are parts of one object", f"{name}: group {a.group}")
            # A number that only made the parts one object says nothing more.
            group = a.group if len({label for g, label in groups if g == a.group}) > 1 else None
            shapes = [part.shape for part in parts if part.shape is not None]
            yield replace(a, shape=_Together(shapes), group=group)


def _grouped(a: Annotation) -> Annotation:
    """The annotation with the group that `_ungrouped` put among its attributes."""
    if a.group is not None or not isinstance(a.attributes.get("group"), str):
        return a
    attributes = dict(a.attributes)
    return replace(a, group=attributes.pop("group"), attributes=attributes)


class _Together:
    """Several shapes as one."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._shapes = shapes

    def patch(self, size: Size) -> Patch:
        mask = np.zeros(size[::-1], bool)
        for shape in self._shapes:
            mask |= shape.patch(size).full(*size)
        return Patch.of(mask)


def _decoded(text: str, points: Any) -> Patch:
    x, y = (round(value) for value in points[0])
    try:
        with Image.open(io.BytesIO(base64.b64decode(text)), formats=("PNG",)) as picture:
            if picture.width * picture.height > MAXIMUM_PIXELS:
                raise ValueError("its mask is too large")
            mask = np.asarray(picture.convert("L")) > 0
    except Exception as error:  # Pillow's readers raise many kinds for broken data
        raise ValueError(f"its mask is not a PNG that can be read: {reason(error)}") from None
    return Patch(Box(x, y, x + mask.shape[1], y + mask.shape[0]), mask)


def write(dataset: Dataset, folder: Path, account: Account) -> None:
    """Write `PHOTO.json` for each photo, at the photo's place in its folder."""
    write_files(dataset, folder, account, lambda picture: [_shape(a, picture) for a in picture.annotations])


def write_files(
    dataset: Dataset,
    folder: Path,
    account: Account,
    shapes: Callable[[Picture], list[dict[str, Any]]],
    head: Mapping[str, Any] = MappingProxyType({"version": "5.5.0"}),
) -> None:
    """Write `PHOTO.json` for each photo with the shapes that a function makes of it."""
    for stem, stated in named_pictures(dataset):
        picture = _ungrouped(stated, account)
        assert picture.size is not None, "writers take photos whose size is known"
        path = folder / f"{stem}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        document: dict[str, Any] = {
            **head,
            "flags": {},
            "shapes": shapes(picture),
            "imagePath": PurePosixPath(picture.name).name,
            "imageData": None,
            "imageHeight": picture.size[1],
            "imageWidth": picture.size[0],
        }
        write_json(path, document)
        account.make("photos")
        for a in picture.annotations:
            account.make("boxes" if a.shape is None else "masks")


def _ungrouped(picture: Picture, account: Account) -> Picture:
    """Shapes of one group and label are read as one object, so such groups become attributes."""
    often = Counter((a.group, a.label) for a in picture.annotations if a.group is not None)
    if max(often.values(), default=0) < 2:
        return picture
    account.note("objects of one label share a group, which becomes the attribute 'group'", picture.name)
    annotations = [
        replace(a, group=None, attributes={**a.attributes, "group": a.group})
        if a.group is not None and often[a.group, a.label] > 1
        else a
        for a in picture.annotations
    ]
    return replace(picture, annotations=annotations)


def _shape(a: Annotation, picture: Picture) -> dict[str, Any]:
    assert picture.size is not None, "writers take photos whose size is known"
    patch = None if a.shape is None else a.shape.patch(picture.size)
    box = patch.box if patch is not None else a.box.box(picture.size) if a.box is not None else None
    assert box is not None, "an annotation has a shape or a box"
    shape: dict[str, Any] = {
        "points": [[box.x0, box.y0], [box.x1 - (patch is not None), box.y1 - (patch is not None)]],
        "shape_type": "rectangle" if patch is None else "mask",
        **stated(a),
    }
    if patch is not None:
        shape["mask"] = _encoded(patch)
    return shape


def stated(a: Annotation) -> dict[str, Any]:
    """What a shape says of its object besides its geometry."""
    shape: dict[str, Any] = {
        "label": a.label,
        "group_id": int(a.group) if a.group is not None and a.group.isdecimal() else a.group,
        "description": a.description,
        "flags": {key: value for key, value in a.attributes.items() if isinstance(value, bool)},
    }
    others = {key: value for key, value in a.attributes.items() if not isinstance(value, bool)}
    others |= {flag: True for flag in a.flags if flag != "difficult"}  # which has a place of its own
    if others:
        shape["attributes"] = others
    if a.difficult:
        shape["difficult"] = True
    if a.score is not None:
        shape["score"] = round(a.score, 4)
    return shape


def _encoded(patch: Patch) -> str:
    buffer = io.BytesIO()
    Image.fromarray(patch.mask.astype(np.uint8) * 255).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
