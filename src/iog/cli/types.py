"""Types of options. Before click 8.4 the base class took no parameter, which only the type checker needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click import ParamType
else:

    class ParamType(click.ParamType):
        """`click.ParamType` that may be written with a type in brackets."""

        def __class_getitem__(cls, _: Any) -> type:
            return cls


__all__ = ["ParamType"]
