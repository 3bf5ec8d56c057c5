"""Parquet: one table, a row an object. Needs the extra `scale`.

Columns with the names that `iog auto` gives them, and `clicks`, `seconds`, `click_count` of our own. `rle`
holds COCO's compressed run lengths of the whole photo; a table without it holds boxes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from iog.annotator.exchange.base import Found, Picture, from_rle
from iog.annotator.patch import Patch
from iog.clicks import Clicks
from iog.errors import DataError
from iog.extras import require_pyarrow
from iog.files import replacing
from iog.formats import PARQUET_COLUMNS
from iog.masks import encode_rle

FILE = "annotations.parquet"


def write(pictures: Sequence[Picture], folder: Path) -> None:
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
    rows: list[dict[str, Any]] = []
    for picture in pictures:
        for instance, item in enumerate(picture.items, 1):
            rows.append(
                {
                    "id": len(rows),
                    "image": picture.path,
                    "instance": instance,
                    "width": picture.width,
                    "height": picture.height,
                    "category": item.label,
                    **dict(zip(("x0", "y0", "x1", "y1"), item.mask.box, strict=True)),
                    "confidence": item.confidence,
                    "area": item.mask.area,
                    "rle": encode_rle(item.mask.full(picture.width, picture.height))["counts"],
                    "clicks": item.clicks and json.dumps(item.clicks.to_json()),
                    "seconds": item.seconds,
                    "click_count": item.click_count,
                }
            )
    with replacing(folder / FILE) as file:
        pq.write_table(pa.Table.from_pylist(rows, schema), file, compression="zstd")


def has_masks(path: Path) -> bool:
    """Whether a table has run lengths; `DataError` if it is no Parquet file or PyArrow is missing."""
    require_pyarrow(f"reading {path.name}")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return "rle" in pq.read_schema(path).names
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path.name} is not Parquet: {error}") from None


def read(path: Path) -> Iterator[tuple[str, tuple[int, int], list[Found]]]:
    """(photo path, (width, height), objects) of each row of a table with run lengths.

    Raises
    ------
    DataError
        If a row is malformed.
    """
    import pyarrow.parquet as pq

    number = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            for row in batch.to_pylist():
                number += 1
                try:
                    size = int(row["width"]), int(row["height"])
                    yield str(row["image"]), size, [_found(row, size)]
                except (KeyError, TypeError, ValueError, OverflowError) as error:
                    raise DataError(f"{path.name}, row {number} cannot be read: {error!r}") from None


def _found(row: Mapping[str, Any], size: tuple[int, int]) -> Found:
    clicks, confidence = row.get("clicks"), row.get("confidence")
    return Found(
        label=str(row.get("category") or "object"),
        mask=Patch.of(from_rle(row["rle"], *size)),
        clicks=Clicks.from_json(json.loads(clicks)) if clicks else None,
        confidence=None if confidence is None else float(confidence),
    )
