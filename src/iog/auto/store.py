"""Finished shards at their place.

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
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, NamedTuple, TypedDict

from iog.auto.lock import LOCK
from iog.auto.plan import Plan
from iog.errors import DataError
from iog.masks import RLE
from iog.places import Place

PLAN = "plan.json"
"""Settings of the run and their hash."""


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


class FailureRow(TypedDict):
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


class DoneShard(NamedTuple):
    """What a valid manifest says."""

    rows: int
    failures: list[FailureRow]


class Shards:
    """The shards of one plan at one place: all that a worker on another machine needs to write one.

    Parameters
    ----------
    place
        The output folder.
    config
        Hash of the plan.
    """

    def __init__(self, place: Place, config: str) -> None:
        self.place, self.config = place, config

    def done(self, shard: int) -> DoneShard | None:
        """What is known of a finished shard; None if it is missing, damaged or another plan's."""
        try:
            with self.place.reading(_manifest(shard)) as file:
                manifest = json.loads(file.read())
            with self.place.reading(_rows(shard)) as file:
                sha256 = hashlib.sha256()
                while block := file.read(1 << 20):
                    sha256.update(block)
            if manifest["config"] != self.config or manifest["sha256"] != sha256.hexdigest():
                return None
            return DoneShard(manifest["rows"], manifest["failures"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @contextmanager
    def writing(self, shard: int) -> Iterator[ShardWriter]:
        """Write a shard; it exists once the block has ended without an exception."""
        with self.place.writing(_rows(shard)) as file:
            writer = ShardWriter(file)
            yield writer
        manifest = {
            "config": self.config,
            "shard": shard,
            "rows": writer.rows,
            "sha256": writer.digest.hexdigest(),
            "failures": writer.failures,
        }
        with self.place.writing(_manifest(shard), "w") as text:
            json.dump(manifest, text, ensure_ascii=False, indent=1)
            text.write("\n")

    def records(self, shard: int) -> Iterator[Record]:
        """The masks of a finished shard."""
        with self.place.reading(_rows(shard)) as file:
            for line in file:
                yield json.loads(line)


class MaskStore(Shards):
    """All shards of a plan.

    Parameters
    ----------
    place
        The output folder.
    plan
        What is to be there in the end.
    """

    def __init__(self, place: Place, plan: Plan) -> None:
        super().__init__(place, plan.config)
        self.plan = plan

    def claim(self) -> None:
        """Make the folder this plan's, or see that it is. Raises as `check`."""
        self.check()
        if not self.place.exists(PLAN):
            with self.place.writing(PLAN, "w") as file:
                json.dump(self.plan.settings | {"config": self.plan.config}, file, indent=1)
                file.write("\n")

    def check(self) -> None:
        """See that the folder is free or this plan's.

        Raises
        ------
        DataError
            If the folder belongs to another plan, or holds something else.
        """
        settings = self.plan.settings | {"config": self.plan.config}
        if self.place.exists(PLAN):
            try:
                with self.place.reading(PLAN) as file:
                    found = json.loads(file.read())
                changed = [key for key in settings if found.get(key) != settings[key] and key != "config"]
            except (ValueError, AttributeError):
                raise DataError(
                    f"{self.place}/{PLAN} is not the plan of a run; choose another `out`"
                ) from None
            if changed:
                what = ", ".join(
                    f"{key} {_short(found.get(key))} -> {_short(settings[key])}" for key in changed
                )
                raise DataError(
                    f"{self.place} holds a run with other boxes or settings ({what}); "
                    "choose another `out`, or repeat the settings in plan.json"
                )
        elif any(name != LOCK and not temporary(name) for name in self.place.names()):
            raise DataError(f"{self.place} holds other files and no plan.json; choose an empty `out`")

    def tidy(self) -> None:
        """Remove what a run that was killed had not finished writing."""
        for name in list(filter(temporary, self.place.names())):
            self.place.remove(name)

    def all_records(self) -> Iterator[Record]:
        """The masks of all shards, photo by photo."""
        for shard in range(self.plan.shards):
            yield from self.records(shard)


@dataclass(frozen=True)
class Finished:
    """A run that has ended, known from its folder alone."""

    shards: Shards
    settings: Mapping[str, Any]
    """What plan.json says."""
    count: int
    """How many shards."""
    failures: Mapping[str, int]
    """Boxes without a mask, by what is to blame."""

    def records(self) -> Iterator[Record]:
        """All masks, photo by photo."""
        for shard in range(self.count):
            yield from self.shards.records(shard)


def finished(place: Place) -> Finished:
    """The run in an output folder.

    Raises
    ------
    DataError
        If there is none, or it has not ended.
    """
    try:
        with place.reading(PLAN) as file:
            settings = json.loads(file.read())
        count = -(-int(settings["boxes"]) // int(settings["shard_size"]))
        shards = Shards(place, str(settings["config"]))
    except FileNotFoundError:
        raise DataError(f"{place} is not an output of iog auto: it has no {PLAN}") from None
    except (ValueError, KeyError, TypeError, ZeroDivisionError):
        raise DataError(f"{place}/{PLAN} is not the plan of a run") from None
    failures: Counter[str] = Counter()
    for shard in range(count):
        done = shards.done(shard)
        if done is None:
            raise DataError(
                f"{place} is not finished: shard {shard} is missing; repeat the command of the run"
            )
        failures.update(failure["kind"] for failure in done.failures)
    return Finished(shards, settings, count, failures)


def _rows(shard: int) -> str:
    return f"shards/{shard:05d}.jsonl"


def _manifest(shard: int) -> str:
    return f"shards/{shard:05d}.json"


class ShardWriter:
    """Takes the content of one shard, in order."""

    def __init__(self, file: IO[Any]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.rows = 0
        self.failures: list[FailureRow] = []

    def add(self, lines: list[bytes]) -> None:
        """Masks, as `line_of` made them."""
        for line in lines:
            self._file.write(line)
            self.digest.update(line)
        self.rows += len(lines)

    def fail(self, failure: FailureRow) -> None:
        """A box that has no mask."""
        self.failures.append(failure)


def line_of(record: Record) -> bytes:
    """A record as a line of a shard."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def temporary(name: str) -> bool:
    """Whether a file is what a killed run leaves."""
    last = name.rpartition("/")[2]
    return last.startswith(".") and last.endswith(".tmp")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 16 else text[:12]
