"""Numbers in sentences."""

from __future__ import annotations


def counted(number: int, things: str) -> str:
    """Number and noun: `counted(1, "boxes")` is "1 box", `counted(1200, "boxes")` "1,200 boxes"."""
    things, without, what = things.partition(" without ")
    if number == 1:
        things = things[:-2] if things.endswith("xes") else things.removesuffix("s")
    return f"{number:,} {things}{without}{what}"
