"""Options of a command from the fields of a dataclass, with their docstrings as help."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import click

from iog.cli.types import ParamType
from iog.errors import IogError

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., Any])


def options_of(settings: type) -> Callable[[Command], Command]:
    """Add one option a field; nested dataclasses become --outer.inner. The command gets them as keywords."""

    def decorate(command: Command) -> Command:
        for name, type_, default, text, alias in reversed(_fields(settings)):
            names = (_option(name), alias) if alias else (_option(name),)
            shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
            help_ = f"{text} [default: {shown}]"
            chosen = get_origin(type_) is Literal
            converter = click.Choice(get_args(type_)) if chosen else _Converter(type_)
            command = click.option(*names, _key(name), type=converter, help=help_)(command)
        return command

    return decorate


def from_options(settings: T, values: Mapping[str, Any]) -> T:
    """The settings, with the options that the user gave in place of the defaults."""
    assert is_dataclass(settings)
    changed: dict[str, Any] = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            prefix = field.name + "__"
            inner = {k.removeprefix(prefix): v for k, v in values.items() if k.startswith(prefix)}
            changed[field.name] = from_options(value, inner)
        elif values.get(field.name) is not None:
            changed[field.name] = values[field.name]
    result: T = replace(settings, **changed)  # type: ignore[type-var]
    return result


@contextmanager
def told_as_options(settings: type | None = None) -> Iterator[None]:
    """Errors of the library name a parameter in backquotes; whoever typed the command knows its option."""
    try:
        yield
    except IogError as error:
        aliases = {} if settings is None else {name: alias for name, *_, alias in _fields(settings)}
        text = re.sub(r"`([a-z_.]+)`", lambda m: aliases.get(m[1]) or _option(m[1]), str(error))
        raise type(error)(text) from error


class _Converter(ParamType[Any]):
    """str, bool, int, float, and tuples of numbers written with commas."""

    def __init__(self, type_: Any) -> None:
        self.type = type_
        arguments = get_args(type_)
        self.name = ",".join(a.__name__ for a in arguments if a is not Ellipsis) or type_.__name__

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse the text of an option."""
        if self.type is bool:  # bool("false") is True
            return click.BOOL.convert(value, param, ctx)
        try:
            if get_origin(self.type) is tuple:
                return self._numbers(value.split(","))
            return self.type(value)
        except ValueError:
            self.fail(f"{value!r} is not {self.name}", param, ctx)

    def _numbers(self, parts: list[str]) -> tuple[Any, ...]:
        """As many numbers as the tuple has; any count for `tuple[int, ...]`."""
        first, *others = get_args(self.type)
        if Ellipsis not in others and len(parts) != 1 + len(others):
            raise ValueError(parts)
        return tuple(first(part) for part in parts)


def _fields(settings: type, prefix: str = "") -> list[tuple[str, Any, Any, str, str]]:
    """(name, type, default, docstring, second option) of each field; nested ones with the outer names."""
    found: list[tuple[str, Any, Any, str, str]] = []
    hints, texts, defaults = get_type_hints(settings), _docstrings(settings), settings()
    for field in fields(settings):
        name, default = prefix + field.name, getattr(defaults, field.name)
        if is_dataclass(default):
            found += _fields(type(default), f"{name}.")
        else:
            alias = str(field.metadata.get("option", ""))
            found.append((name, hints[field.name], default, texts.get(field.name, ""), alias))
    return found


def _docstrings(settings: type) -> dict[str, str]:
    """The string that follows each field in the source of the class, or of one that it inherits from."""
    bases = [base for base in settings.__bases__ if is_dataclass(base)]
    texts = {name: text for base in bases for name, text in _docstrings(base).items()}
    body = ast.parse(textwrap.dedent(inspect.getsource(settings))).body[0]
    assert isinstance(body, ast.ClassDef)
    for before, after in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(before, ast.AnnAssign)
            and isinstance(before.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            texts[before.target.id] = str(after.value.value)
    return texts


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _key(name: str) -> str:
    return name.replace(".", "__")
