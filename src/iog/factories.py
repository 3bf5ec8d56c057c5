"""What users bring, by name: `package.module:factory`, or `package.module:factory=FILE` with its weights.

Only names that a person typed are imported, never one that a file holds: loading a file executes no code.
"""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iog.errors import ModelError

_REFERENCE = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*)(?:=(.+))?")


@dataclass(frozen=True, slots=True)
class Reference:
    """A factory, and the file with the weights for what it makes."""

    factory: str
    """`package.module:factory`."""
    file: Path | None = None
    """A checkpoint; None where the factory brings its weights, or has none."""

    def make(self) -> Any:
        """What the factory makes, called without arguments.

        Raises
        ------
        ModelError
            If there is no such module or factory.
        """
        return named(self.factory)()


def reference_of(text: str | Path) -> Reference | None:
    """The reference that a text is; None for a path or any other text."""
    match = _REFERENCE.fullmatch(str(text))
    if match is None or Path(text).exists():
        return None
    return Reference(match[1], Path(match[2]) if match[2] else None)


def named(name: str) -> Any:
    """What `package.module:name` names. The current folder is searched too, as `python` does.

    Raises
    ------
    ModelError
        If there is no such module, or nothing of this name in it.
    """
    module, _, attribute = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # a package that the module itself needs
        raise ModelError(f"{name}: there is no module {module}; looked in {here} and Python's path") from None
    except AttributeError:
        if attribute in getattr(sys.modules.get(module), "__dict__", {}):
            raise
        raise ModelError(f"{name}: the module {module} has nothing called {attribute}") from None
