"""Open Images: boxes in CSV files, by codes whose names lie beside them; read alone.

Edges are shares of width and height. https://storage.googleapis.com/openimages/web/download.html
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from iog.errors import DataError
from iog.formats.account import Account
from iog.formats.places import read_names
from iog.formats.records import Annotation, Dataset, Edges, Picture

CLASSES = ("class-descriptions-boxable.csv", "oidv7-class-descriptions-boxable.csv")


def read(source: Path, account: Account) -> Dataset:
    """`SPLIT-annotations-bbox.csv`; boxes around groups (`IsGroupOf` 1) are crowds.

    Raises
    ------
    DataError
        If it is not CSV in UTF-8 with the columns of Open Images.
    """
    return Dataset(classes=[], pictures=_pictures(source, account))


def _pictures(source: Path, account: Account) -> Iterator[Picture]:
    names = _names(source.parent, account)
    for image, rows in groupby(enumerate(_rows(source), 2), lambda item: item[1].get("ImageID") or ""):
        annotations = []
        before = account.losses
        for number, row in rows:
            account.count("objects")
            try:
                x0, x1, y0, y1 = (float(row[edge]) for edge in ("XMin", "XMax", "YMin", "YMax"))
                if not (0 <= x0 <= x1 <= 1 and 0 <= y0 <= y1 <= 1):  # also catches NaN
                    raise ValueError("edges must be shares of the photo, least first")
                label = row["LabelName"]
            except (KeyError, ValueError, TypeError) as error:
                account.skip("a line cannot be read", f"{source.name}, line {number}: {error}")
                continue
            crowd = row.get("IsGroupOf") == "1"
            box = Edges(x0, y0, x1, y1, relative=True)
            annotations.append(Annotation(label=names.get(label, label), box=box, crowd=crowd))
        lost = account.losses - before
        yield Picture(name=image, size=None, annotations=annotations, stem=True, lost=lost)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not a CSV file in UTF-8: {error}") from None


def _names(folder: Path, account: Account) -> dict[str, str]:
    for name in CLASSES:
        if (folder / name).is_file():  # it has no header
            rows = csv.reader(read_names(folder / name, account))
            return {row[0]: row[1] for row in rows if len(row) == 2}
    return {}
