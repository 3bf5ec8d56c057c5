"""Files of labels as disks, editors and scripts break them.

    python -m tests.formats.mutations --count 10000      # a format; prints what was found

Whatever the bytes are, a reader yields pictures, leaves out with a line in the account, or raises an
`IogError`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np

from iog.errors import IogError
from iog.formats import table
from iog.formats.account import Account
from iog.formats.records import Annotation, Class, Dataset, Edges, Picture, Pixels
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


def attempts(format_: table.WriteName, count: int, seed: int = 0) -> Iterator[str]:
    """What became of each mutation: "read", "left out" or "refused". Anything else is a defect and raises."""
    rng = random.Random(f"{format_} {seed}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        table.writer(format_)(sample(), folder, Account())
        files = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".png")
        whole = {file: file.read_bytes() for file in files}
        for _ in range(count):
            broken = rng.choice(files)
            broken.write_bytes(mutated(whole[broken], rng))
            yield _outcome(format_, folder)
            broken.write_bytes(whole[broken])


def _outcome(format_: table.WriteName, folder: Path) -> str:
    account = Account()
    try:
        for picture in table.read(folder, account, table.READ_AS.get(format_, format_)).pictures:  # type: ignore[arg-type]
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=10000)
    count = parser.parse_args().count
    for format_ in get_args(table.WriteName):
        print(f"{format_:<14} {dict(Counter(attempts(format_, count)))}", flush=True)


if __name__ == "__main__":
    main()
