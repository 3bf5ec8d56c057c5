"""Figures in documents: a command writes them between two markers, so that nobody types them.

<!-- figures: NAME -->
... what the command printed ...
<!-- end of figures: NAME -->
"""

from __future__ import annotations

from pathlib import Path

from iog.errors import DataError
from iog.files import replacing


def check_quotable(document: Path, name: str) -> None:
    """Raise `DataError` unless the document has the markers of `name`, once and in their order."""
    _parts(document, name)


def quote(document: Path, name: str, figures: str) -> None:
    """Put `figures` between the markers of `name`, in place of what is there.

    Raises
    ------
    DataError
        As `check_quotable`.
    """
    before, after = _parts(document, name)
    begin, end = _markers(name)
    with replacing(document, "w") as file:
        file.write(f"{before}{begin}\n{figures.strip()}\n{end}{after}")


def _parts(document: Path, name: str) -> tuple[str, str]:
    begin, end = _markers(name)
    if not document.is_file():
        raise DataError(f"{document} is missing; name a document that has the markers {begin} and {end}")
    text = document.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed) or begin in rest or end in after:
        raise DataError(f"{document} must have the lines {begin} and {end} once, in this order")
    return before, after


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- figures: {name} -->", f"<!-- end of figures: {name} -->"
