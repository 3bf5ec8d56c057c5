"""Options of a command from the fields of a dataclass."""

from dataclasses import dataclass, field

import pytest
from tests.cli.parsing import parsed


@dataclass(frozen=True, kw_only=True)
class Inner:
    depth: int = 1
    """How deep."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    scale: tuple[float, float] = (0.5, 2.0)
    """A pair."""
    sizes: tuple[int, ...] = (1, 2)
    """Any count."""
    on: bool = False
    """A switch."""
    inner: Inner = field(default_factory=Inner)
    """Nested."""


def told(*arguments: str) -> Recipe | str:
    """The settings that a command gets, or what it says instead."""
    return parsed(Recipe(), arguments)


def test_every_field_is_an_option() -> None:
    call = ["--scale", "1,3", "--sizes", "7", "--on", "true", "--inner.depth", "4"]
    assert told(*call) == Recipe(scale=(1, 3), sizes=(7,), on=True, inner=Inner(depth=4))
    assert told() == Recipe()


@pytest.mark.parametrize("text", ["0.75", "1,2,3", "a,b", ""])
def test_a_pair_is_two_numbers(text: str) -> None:
    """One number alone would go on as a pair of it and a default of somewhere else."""
    assert f"{text!r} is not float,float" in str(told("--scale", text))
