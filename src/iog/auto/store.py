"""Finished shards on disk.

    OUT/
        plan.json               settings of the run and their hash
        shards/00000.jsonl      masks of a shard, one record a line
        shards/00000.json       its manifest: rows, sha256, failures

A shard is written to a temporary file, synced and renamed, and its manifest after it: whatever lacks a valid
manifest was not finished. JSON lines need nothing but the standard library and can be read by eye; other
formats are made from them (`iog.auto.outputs`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, TypedDict

from iog.auto.plan import Plan
from iog.errors import DataError
from iog.files import replacing
from iog.masks import RLE


class Record(TypedDict):
    """A mask, as a line of a shard."""

    id: int
    """Number of the box in the plan, from 0."""
    image: str
    """Photo, as `Item.image`."""
    instance: int
    """Number of the box within its photo, from 1."""
    width: int
    height: int
    category: str
    box: list[int]
    """Half-open (x0, y0, x1, y1) in pixels."""
    click: list[int] | None
    """Inside click that was inferred, (x, y)."""
    confidence: float
    """`Prediction.confidence`, four decimals."""
    area: int
    """Pixels of the mask."""
    note: str | None
    """What was done other than the method says."""
    rle: RLE


class Failure(TypedDict):
    """A box without a mask."""

    id: int | None
    """Number of the box in the plan; None for what could not even be listed."""
    image: str
    category: str
    edges: list[float | None]
    """As its file has it; None for what is no finite number."""
    kind: str
    """"photo", "box" or "listing": what is to blame."""
    error: str


class Done(NamedTuple):
    """What a valid manifest says."""

    rows: int
    failures: list[Failure]


class Store:
    """The shards of one plan below one folder.

    Parameters
    ----------
    folder
        The output folder; must exist.
    plan
        What is to be there in the end.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self._shards = folder / "shards"

    def claim(self) -> None:
        """Make the folder this plan's, or see that it is.

        Raises
        ------
        DataError
            If the folder belongs to another plan, or holds something else.
        """
        path = self.folder / "plan.json"
        settings = self.plan.settings | {"config": self.plan.config}
        if path.is_file():
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
                changed = [key for key in settings if found.get(key) != settings[key] and key != "config"]
            except (ValueError, AttributeError):
                raise DataError(f"{path} is not the plan of a run; choose another --out") from None
            if changed:
                what = ", ".join(
                    f"{key} {_short(found.get(key))} -> {_short(settings[key])}" for key in changed
                )
                raise DataError(
                    f"{self.folder} holds a run with other boxes or settings ({what}); "
                    "choose another --out, or repeat the settings in plan.json"
                )
        elif any(path for path in self.folder.iterdir() if path.name != ".lock" and not _temporary(path)):
            raise DataError(f"{self.folder} holds other files and no plan.json; choose an empty --out")
        else:
            with replacing(path, "w") as file:
                json.dump(settings, file, indent=1)
                file.write("\n")
        self._shards.mkdir(exist_ok=True)

    def tidy(self) -> None:
        """Remove what a run that was killed had not finished writing."""
        for path in self.folder.rglob(".*.tmp"):
            path.unlink()

    def done(self, shard: int) -> Done | None:
        """What is known of a finished shard; None if it is missing, damaged or another plan's."""
        try:
            manifest = json.loads(self._manifest(shard).read_text(encoding="utf-8"))
            with self._rows(shard).open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            if manifest["config"] != self.plan.config or manifest["sha256"] != sha256:
                return None
            return Done(manifest["rows"], manifest["failures"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @contextmanager
    def writing(self, shard: int) -> Iterator[ShardWriter]:
        """Write a shard; it exists once the block has ended without an exception."""
        with replacing(self._rows(shard)) as file:
            writer = ShardWriter(file)
            yield writer
        manifest = {
            "config": self.plan.config,
            "shard": shard,
            "rows": writer.rows,
            "sha256": writer.digest.hexdigest(),
            "failures": writer.failures,
        }
        with replacing(self._manifest(shard), "w") as text:
            json.dump(manifest, text, ensure_ascii=False, indent=1)
            text.write("\n")

    def records(self, shard: int) -> Iterator[Record]:
        """The masks of a finished shard."""
        with self._rows(shard).open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

    def all_records(self) -> Iterator[Record]:
        """The masks of all shards, photo by photo."""
        for shard in range(self.plan.shards):
            yield from self.records(shard)

    def _rows(self, shard: int) -> Path:
        return self._shards / f"{shard:05d}.jsonl"

    def _manifest(self, shard: int) -> Path:
        return self._shards / f"{shard:05d}.json"


class ShardWriter:
    """Takes the content of one shard, in order."""

    def __init__(self, file: IO[Any]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.rows = 0
        self.failures: list[Failure] = []

    def add(self, lines: list[bytes]) -> None:
        """Masks, as `line_of` made them."""
        for line in lines:
            self._file.write(line)
            self.digest.update(line)
        self.rows += len(lines)

    def fail(self, failure: Failure) -> None:
        """A box that has no mask."""
        self.failures.append(failure)


def line_of(record: Record) -> bytes:
    """A record as a line of a shard."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _temporary(path: Path) -> bool:
    return path.name.startswith(".") and path.suffix == ".tmp"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 16 else text[:12]
