"""Files of labels as disks, editors and scripts break them.

    python -m tests.formats.mutations --count 10000      # a format; prints what was found

Whatever the bytes and the values are, a reader yields pictures, leaves out with a line in the account, or
raises an `IogError`; and whatever is written from them is whole.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

import numpy as np
from PIL import Image

from iog.errors import IogError
from iog.formats import table
from iog.formats.account import Account
from iog.formats.convert import convert
from iog.formats.records import Annotation, Class, Dataset, Edges, Picture, Pixels
from iog.images import MAXIMUM_PIXELS
from iog.patch import Patch

SIZE = (20, 16)
_PIECES = (
    b"NaN",
    b"null",
    b"-1",
    b"1e999",
    b'"',
    b"[",
    b"}",
    b"\xff\xfe",
    b"\0",
    b"<!DOCTYPE a>",
    b"0.5",
    b"true",
    b"\n",
)


def sample() -> Dataset:
    """Two photos with masks, a box and attributes."""
    mask = np.zeros(SIZE[::-1], bool)
    mask[2:9, 3:12] = True
    mask[4:6, 5:7] = False
    annotations = [
        Annotation(label="cat", shape=Pixels(Patch.of(mask)), score=0.5, group="1", attributes={"a": True}),
        Annotation(label="dog", box=Edges(1, 2, 11, 12), difficult=True),
    ]
    pictures = [
        Picture(name="a.png", size=SIZE, annotations=annotations),
        Picture(name="s/b.png", size=SIZE, annotations=annotations[:1]),
    ]
    return Dataset(classes=[Class("cat", 0), Class("dog", 1)], pictures=pictures)


def mutated(content: bytes, rng: random.Random) -> bytes:
    """A few changes of bytes: other values, pieces put in, taken out or doubled, an early end."""
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(content) + 1), rng.randint(1, 12)
        how = rng.randrange(5)
        if how == 0:
            content = content[:at] + rng.choice(_PIECES) + content[at + rng.randint(0, 4) :]
        elif how == 1:
            content = content[:at] + content[at + length :]
        elif how == 2:
            content = content[:at] + content[at : at + length] * 2 + content[at + length :]
        elif how == 3:
            content = content[:at] + bytes(rng.randrange(256) for _ in range(length)) + content[at + length :]
        else:
            content = content[: max(1, at)]
    return content


_VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, -5.5, 10**12, 10**30, 10**400, math.nan, math.inf, 1e308),
    *("", "..", "xx", "9" * 5000, "a\0b.png", "a\nb.png", "a\x01b", "\ud800", "http://[bad/a.png", "x" * 300),
    *([], {}, [5], [None, "x"], {"a": 1}, {"size": [10**9, 10**9], "counts": [1]}),
    json.loads("[" * 400 + "]" * 400),
)
"""What no file of labels should have in that place, whatever the place is."""

_WORD = re.compile(r"[^\s,:;<>\[\]{}\"'=]+")


def restructured(content: bytes, ending: str, rng: random.Random) -> bytes:
    """A few values of a well-formed file become others: other types, huge, no numbers, impossible names."""
    if ending == ".json":
        data = json.loads(content)
        for _ in range(rng.randint(1, 3)):
            places = list(_places(data))
            holder, key = rng.choice(places)
            if isinstance(holder, dict) and rng.random() < 0.15:
                del holder[key]
            else:
                holder[key] = deepcopy(rng.choice(_VALUES))
        return json.dumps(data).encode()
    text = content.decode()
    for _ in range(rng.randint(1, 3)):
        words = list(_WORD.finditer(text))
        if words:
            word = rng.choice(words)
            text = f"{text[: word.start()]}{rng.choice(_VALUES)}{text[word.end() :]}"
    return text.encode("utf-8", "surrogatepass")


def _places(data: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """(list or map, index or key) of each value in a document, however deep."""
    entries: Iterable[tuple[Any, Any]] = ()
    if isinstance(data, dict):
        entries = list(data.items())
    elif isinstance(data, list):
        entries = list(enumerate(data[:50]))
    for key, value in entries:
        yield data, key
        if depth < 20:
            yield from _places(value, depth + 1)


def attempts(format_: table.WriteName, count: int, seed: int = 0) -> Iterator[str]:
    """What became of each mutation: "read", "left out" or "refused". Anything else is a defect and raises.

    Every second one changes values of a file that stays well-formed; every fourth is also converted, with
    photos and without, and what was written must be whole.
    """
    rng = random.Random(f"{format_} {seed}")
    with tempfile.TemporaryDirectory() as place:
        folder, photos = Path(place) / "labels", Path(place) / "photos"
        folder.mkdir()
        for picture in sample().pictures:
            (photos / picture.name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", SIZE).save(photos / picture.name)
        table.writer(format_)(sample(), folder, Account())
        files = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".png")
        whole = {file: file.read_bytes() for file in files}
        for number in range(count):
            broken = rng.choice(files)
            by_value = number % 2 and broken.suffix != ".parquet"
            content = whole[broken]
            changed = restructured(content, broken.suffix, rng) if by_value else mutated(content, rng)
            broken.write_bytes(changed)
            try:
                yield _outcome(format_, folder)
                if number % 4 == 1:
                    to = rng.choice(get_args(table.WriteName))
                    _convert(format_, folder, Path(place) / "out", to, rng.choice((photos, None)))
            except Exception as error:
                error.add_note(f"{broken.name}: {changed[:2000]!r}")
                raise
            broken.write_bytes(content)


def _outcome(format_: table.WriteName, folder: Path) -> str:
    account = Account()
    try:
        for picture in table.read(folder, account, _read_as(format_)).pictures:
            for annotation in picture.annotations:
                try:
                    if annotation.shape is not None:
                        annotation.shape.patch(SIZE)
                    elif annotation.box is not None:
                        annotation.box.box(SIZE)
                except ValueError:
                    account.skip("an object cannot be used")
    except IogError as error:
        assert str(error) and "\n" not in str(error)
        return "refused"
    return "left out" if account.skipped else "read"


def _convert(
    format_: table.WriteName, folder: Path, out: Path, to: table.WriteName, photos: Path | None
) -> None:
    """What was written can be read, each JSON file by any parser; nothing is lost on the way back."""
    try:
        convert(folder, out, to, name=_read_as(format_), photos=photos)
    except IogError:
        assert not list(out.parent.glob(".out*"))
        return
    for file in out.rglob("*.json"):
        json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse)
    account = Account()
    for picture in table.read(out, account, _read_as(to)).pictures:
        assert picture.size is None or (0 < picture.size[0] * picture.size[1] <= MAXIMUM_PIXELS)
    assert not account.skipped, list(account.lines())
    shutil.rmtree(out)


def _refuse(constant: str) -> float:
    raise AssertionError(f"{constant} is not JSON")


def _read_as(format_: table.WriteName) -> table.ReadName:
    return table.READ_AS.get(format_, format_)  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=10000)
    count = parser.parse_args().count
    for format_ in get_args(table.WriteName):
        print(f"{format_:<14} {dict(Counter(attempts(format_, count)))}", flush=True)


if __name__ == "__main__":
    main()
