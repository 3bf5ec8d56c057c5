"""What the person who started a connector reads in the terminal."""

from __future__ import annotations

import logging

_LOG = logging.getLogger("uvicorn.error")


def warn(text: str) -> None:
    """Print a line; half characters of a tool's text are shown as escapes, since terminals take none."""
    _LOG.warning("%s", text.encode("utf-8", "backslashreplace").decode("utf-8"))
