"""What a file of labels is, by what it begins with: neither its name nor a word somewhere in it counts."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

from iog.formats.jsonstream import beginning

JsonKind = Literal["coco", "labelme", "label-studio", "png"]
_LISTS = frozenset({"shapes", "images", "annotations"})
_EMPTY: dict[str, JsonKind] = {"objects.json": "png", "tasks.json": "label-studio"}
"""What an empty list is, by the name that our own writers give it."""

_BEFORE = rb"\s|<\?.*?\?>|<!--.*?-->|<![^>]*>|\xef\xbb\xbf|\xff\xfe|\xfe\xff"
_ROOT = re.compile(rb"(?:" + _BEFORE + rb")*<([\w.:-]+)", re.DOTALL)


def json_kind(file: Path) -> JsonKind | None:
    """The format of a JSON file; None if it is of none, or cannot be read.

    An object is told by the first of its own entries that a format knows, a list by its first item.
    """
    with suppress(OSError):
        key, item = beginning(file, _LISTS) or ("", 0)
        if key:
            return "labelme" if key == "shapes" else "coco"
        if isinstance(item, Mapping):
            if "data" in item:
                return "label-studio"
            if "image_id" in item:
                return "coco"
            return "png" if "mask" in item and "photo" in item else None
        return _EMPTY.get(file.name) if item is None else None
    return None


def xml_kind(file: Path) -> Literal["cvat", "voc"] | None:
    """The format of an XML file, by its root; None if it is of none, or cannot be read."""
    with suppress(OSError), file.open("rb") as opened:
        found = _ROOT.match(opened.read(1 << 12).replace(b"\0", b""))  # UTF-16
        root = found.group(1) if found else b""
        return "cvat" if root == b"annotations" else "voc" if root == b"annotation" else None
    return None


def csv_kind(file: Path) -> Literal["csv", "open-images"] | None:
    """The format of a CSV file, by its header; None if it is of none, or cannot be read."""
    with suppress(OSError, ValueError, csv.Error), file.open(encoding="utf-8-sig", newline="") as opened:
        header = next(csv.reader(opened), [])
        return "open-images" if "ImageID" in header else "csv" if "image" in header else None
    return None
