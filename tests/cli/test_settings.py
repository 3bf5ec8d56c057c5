"""Options of a command from the fields of a dataclass."""

from dataclasses import dataclass, field

import pytest
from tests.cli.parsing import parsed

from iog import DataError
from iog.cli.settings import told_as_options


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


def test_errors_name_the_options_of_parameters() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Named:
        first_try: str = field(default="", metadata={"option": "--from"})
        last_try: int = 0

    told_so = pytest.raises(DataError, match=r"^--last-try 3 and --from, in `a folder` and --out$")
    with told_so, told_as_options(Named):
        raise DataError("`last_try` 3 and `first_try`, in `a folder` and `out`")
