"""Figures in documents: a command writes them between two markers, so that nobody types them.

<!-- figures: NAME -->
... what the command printed ...
<!-- end of figures: NAME -->
"""

from __future__ import annotations

from pathlib import Path

from iog.errors import DataError
from iog.files import write_text


def check_quotable(document: Path, name: str) -> None:
    """Raise `DataError` unless the document has the markers of `name`, once and in their order."""
    filled(_text(document, name), name, "", str(document))


def quote(document: Path, name: str, figures: str) -> None:
    """Put `figures` between the markers of `name`, in place of what is there.

    Raises
    ------
    DataError
        As `check_quotable`.
    """
    write_text(document, filled(_text(document, name), name, figures, str(document)))


def filled(text: str, name: str, figures: str, document: str = "the document") -> str:
    """A document's text with `figures` between the markers of `name`; errors call it `document`.

    Raises
    ------
    DataError
        If the markers are not there, once and in their order.
    """
    begin, end = markers(name)
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed) or begin in rest or end in after:
        raise DataError(f"{document} must have the lines {begin} and {end} once, in this order")
    return f"{before}{begin}\n{figures.strip()}\n{end}{after}"


def markers(name: str) -> tuple[str, str]:
    """The lines before and after the figures `name`."""
    return f"<!-- figures: {name} -->", f"<!-- end of figures: {name} -->"


def _text(document: Path, name: str) -> str:
    if not document.is_file():
        begin, end = markers(name)
        raise DataError(f"{document} is missing; name a document that has the markers {begin} and {end}")
    return document.read_text(encoding="utf-8")
