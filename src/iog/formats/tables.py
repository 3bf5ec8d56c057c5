"""Tables: CSV and Parquet with a row an object.

Columns `image`, `x0`, `y0`, `x1`, `y1` and perhaps `category`: boxes. Parquet may also have `rle`, `width`
and `height`: COCO's compressed run lengths of the whole photo; with `confidence`, `clicks`, `seconds` and
`click_count`. Rows of one photo should follow each other.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from iog.clicks import clicks_from_json
from iog.errors import DataError
from iog.extras import require_pyarrow
from iog.files import replacing
from iog.formats.account import Account
from iog.formats.places import MALFORMED, files_below
from iog.formats.records import Annotation, Dataset, Edges, Picture, Runs, Size, full_rle

FILE = "annotations.parquet"
EDGES = ("x0", "y0", "x1", "y1")
_COLUMNS = "image, x0, y0, x1, y1 and optionally category"

PARQUET_COLUMNS = (
    ("id", "int64"),
    ("image", "string"),
    ("instance", "int32"),
    ("width", "int32"),
    ("height", "int32"),
    ("category", "string"),
    *((edge, "int32") for edge in ("x0", "y0", "x1", "y1")),
)
"""With which every Parquet table of masks begins: (name, Arrow's type)."""


def read_csv(source: Path, account: Account) -> Dataset:
    """A CSV file of boxes, or all of them below a folder.

    Raises
    ------
    DataError
        If a column is missing, or the file is not CSV in UTF-8; one of several is left out with a line.
    """
    return Dataset(classes=[], pictures=_files(source, (".csv",), _csv_rows, account))


def read_parquet(source: Path, account: Account) -> Dataset:
    """A Parquet file of boxes or of masks, or all of them below a folder.

    Raises
    ------
    DataError
        If a column is missing, or the file is not Parquet; one of several is left out with a line. If PyArrow
        is not installed.
    """
    require_pyarrow("reading Parquet")
    return Dataset(classes=[], pictures=_files(source, (".parquet", ".pq"), _parquet_rows, account))


_Rows = Callable[[Path], Iterator[Mapping[str, Any]]]


def _files(source: Path, endings: tuple[str, ...], rows: _Rows, account: Account) -> Iterator[Picture]:
    files = [source] if source.is_file() else list(files_below(source, *endings))
    if not files:
        raise DataError(f"{source} has no {endings[0]} file")
    for file in files:
        try:
            yield from _pictures(rows(file), file, account)
        except DataError as error:
            if len(files) == 1:
                raise
            account.skip("a table cannot be read", str(error))


def _pictures(rows: Iterable[Mapping[str, Any]], source: Path, account: Account) -> Iterator[Picture]:
    for (name, size), group in groupby(enumerate(rows, 1), lambda item: _photo(item[1], source)):
        annotations = []
        before = account.losses
        for number, row in group:
            account.count("objects")
            try:
                if not name:
                    raise ValueError("image is empty")
                annotations.append(_annotation(row, size))
            except MALFORMED as error:
                account.skip("a row cannot be read", f"{source.name}, row {number}: {error}")
        if name:
            yield Picture(name=name, size=size, annotations=annotations, lost=account.losses - before)


def _photo(row: Mapping[str, Any], source: Path) -> tuple[str, Size | None]:
    missing = [column for column in ("image", *EDGES) if column not in row]
    if missing and ("rle" not in row or "image" in missing):
        raise DataError(f"{source} has no column {missing[0]!r}; expected {_COLUMNS}")
    name = row["image"]
    width, height = row.get("width"), row.get("height")
    size = (width, height) if isinstance(width, int) and isinstance(height, int) else None
    return (name if isinstance(name, str) else ""), size


def _annotation(row: Mapping[str, Any], size: Size | None) -> Annotation:
    rle, clicks, score = row.get("rle"), row.get("clicks"), row.get("confidence")
    if rle is not None and size is None:
        raise ValueError("run lengths need the columns width and height")
    return Annotation(
        label=str(row.get("category") or "object"),
        shape=Runs(str(rle), size) if rle is not None and size is not None else None,
        box=None if rle is not None else _edges(row),
        clicks=clicks_from_json(json.loads(clicks)) if clicks else None,
        score=None if score is None else float(score),
        seconds=row.get("seconds"),
        click_count=row.get("click_count"),
    )


def _edges(row: Mapping[str, Any]) -> Edges:
    x0, y0, x1, y1 = (float(row[edge]) for edge in EDGES)
    return Edges(x0, y0, x1, y1)


def _csv_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            yield from rows
            if rows.line_num <= 1:
                what = "has no row below its header" if rows.fieldnames else "is empty"
                raise DataError(f"{path} {what}; expected the columns {_COLUMNS}")
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not a CSV file in UTF-8: {error}") from None


def _parquet_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1024):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path} is not Parquet: {str(error).splitlines()[0]}") from None


def write_parquet(dataset: Dataset, folder: Path, account: Account) -> None:
    """Write `annotations.parquet`; `DataError` if PyArrow is missing."""
    require_pyarrow("writing Parquet")
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            *PARQUET_COLUMNS,
            ("confidence", pa.float64()),
            ("area", pa.int64()),
            ("rle", pa.string()),
            ("clicks", pa.string()),
            ("seconds", pa.float64()),
            ("click_count", pa.int32()),
        ]
    )
    written = 0
    with replacing(folder / FILE) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for picture in dataset.pictures:
            rows = [_row(a, picture, n) for n, a in enumerate(picture.annotations, 1)]
            for row in rows:
                row["id"] = written
                written += 1
                account.make("boxes" if row["rle"] is None else "masks")
            if not rows:
                continue
            account.make("photos")
            writer.write_table(pa.Table.from_pylist(rows, schema))


def _row(a: Annotation, picture: Picture, instance: int) -> dict[str, Any]:
    assert picture.size is not None, "writers take photos whose size is known"
    patch = None if a.shape is None else a.shape.patch(picture.size)
    box = patch.box if patch is not None else a.box.box(picture.size) if a.box is not None else None
    assert box is not None, "an annotation has a shape or a box"
    return {
        "image": picture.name,
        "instance": instance,
        "width": picture.size[0],
        "height": picture.size[1],
        "category": a.label,
        **dict(zip(EDGES, box, strict=True)),
        "confidence": a.score,
        "area": None if patch is None else patch.area,
        "rle": None if patch is None else full_rle(patch, picture.size)["counts"],
        "clicks": a.clicks and json.dumps(a.clicks.to_json()),
        "seconds": a.seconds,
        "click_count": a.click_count,
    }
