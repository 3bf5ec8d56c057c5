"""What a command makes of its options."""

from collections.abc import Sequence
from typing import TypeVar

import click
from click.testing import CliRunner

from iog.cli.settings import from_options, options_of

T = TypeVar("T")


def parsed(defaults: T, arguments: Sequence[str]) -> T | str:
    """The settings that a command with these defaults gets, or what it says instead."""
    found: list[T] = []

    @click.command()
    @options_of(type(defaults))
    def command(**options: object) -> None:
        found.append(from_options(defaults, options))

    result = CliRunner().invoke(command, arguments)
    return found[0] if found else result.output
