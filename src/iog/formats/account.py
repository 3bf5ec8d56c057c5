"""What was read, made and left out: the account of an import, an export or a conversion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from iog.errors import DataError
from iog.wording import counted

EXAMPLES = 3
LONGEST = 300
"""Characters of an example; a broken file can state thousands."""


@dataclass(slots=True)
class Tally:
    """How often something happened, and where first."""

    count: int = 0
    examples: list[str] = field(default_factory=list)
    more: bool = False
    """There are other examples."""

    def add(self, example: str, count: int = 1) -> None:
        """Count one more, or several."""
        self.count += count
        example = example if len(example) <= LONGEST else f"{example[:LONGEST]}..."
        if not example or example in self.examples:
            return
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)
        else:
            self.more = True

    def __str__(self) -> str:
        return "; ".join(self.examples) + ("; ..." if self.more else "")


@dataclass(slots=True)
class Account:
    """Counts and reasons, filled while the work goes on."""

    read: dict[str, int] = field(default_factory=dict)
    """How many photos and objects the source has."""
    made: dict[str, int] = field(default_factory=dict)
    """What came of them: photos, masks, boxes."""
    skipped: dict[str, Tally] = field(default_factory=dict)
    """What was left out, by the reason."""
    notes: dict[str, Tally] = field(default_factory=dict)
    """What was changed or guessed, by the sentence."""
    unasked: dict[str, Tally] = field(default_factory=dict)
    """What a person's own choice leaves out, by the kind: no loss, but told."""
    kept: int = 0
    """Objects that were there already, and stay."""
    log: list[str] | None = None
    """Takes each thing that was left out, if it is a list."""

    def count(self, what: str, number: int = 1) -> None:
        """The source has so many more."""
        self.read[what] = self.read.get(what, 0) + number

    def make(self, what: str, number: int = 1) -> None:
        """So many more were made."""
        self.made[what] = self.made.get(what, 0) + number

    def skip(self, reason: str, example: str = "", count: int = 1) -> None:
        """Something was left out."""
        self.skipped.setdefault(reason, Tally()).add(example, count)
        if self.log is not None:
            self.log.append(f"{example}: {reason}" if example else reason)

    def note(self, sentence: str, example: str = "") -> None:
        """Something is worth knowing."""
        self.notes.setdefault(sentence, Tally()).add(example)

    def spare(self, kind: str, example: str = "", count: int = 1) -> None:
        """Something was not asked for: other labels, photos that are not done."""
        self.unasked.setdefault(kind, Tally()).add(example, count)

    @property
    def objects(self) -> int:
        """How many masks and boxes were made."""
        return self.made.get("masks", 0) + self.made.get("boxes", 0)

    @property
    def losses(self) -> int:
        """How often something was left out."""
        return sum(tally.count for tally in self.skipped.values())

    @property
    def useless(self) -> bool:
        """Whether nothing came of something: then a command must not report success."""
        left = [*self.skipped.values(), *self.unasked.values()]
        objects = (count for what, count in self.read.items() if what != "photos")
        there = sum(objects) + sum(tally.count for tally in left)
        return there > 0 and sum(self.made.values()) + self.kept == 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing was left out, changed or guessed."""
        return not self.skipped and not self.notes

    def check(self, strict: bool, done: str) -> None:
        """With `strict`, raise `DataError` if anything was left out or changed; `done`: "written"."""
        if strict and not self.is_clean:
            lines = "\n".join(self.lines())
            raise DataError(f"nothing was {done}, since something would be left out or changed:\n{lines}")

    def lines(self) -> Iterator[str]:
        """The account as a short table."""
        yield f"read     {_counts(self.read)}"
        yield f"made     {_counts(self.made)}"
        if self.kept:
            yield f"kept     {self.kept} already there"
        for kind, tally in self.unasked.items():
            yield f"as asked {tally.count:>6}  {kind} left out" + (f"  ({tally})" if tally.examples else "")
        for reason, tally in self.skipped.items():
            yield f"skipped  {tally.count:>6}  {reason}" + (f"  ({tally})" if tally.examples else "")
        for sentence, tally in self.notes.items():
            yield f"note     {tally.count:>6}  {sentence}" + (f"  ({tally})" if tally.examples else "")


def _counts(numbers: dict[str, int]) -> str:
    return ", ".join(counted(number, what) for what, number in numbers.items()) or "nothing"
