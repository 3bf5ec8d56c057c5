"""What the user says of the tool that will ask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Shapes = Literal["mask", "polygon"]
Answer = Literal["mask", "shapes"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """Options of `iog serve`; each connector reads what concerns it."""

    shapes: Shapes = "mask"
    """Answer if the labelling config takes both."""
    tool_url: str = "http://localhost:8080"
    """Label Studio's address: the only place from which photos are fetched."""
    tool_token: str | None = None
    """Label Studio's API key; None takes the one that it sends."""
    root: Path | None = None
    """The only folder from which files are read; None reads none."""
    answer: Answer = "mask"
    """What CVAT gets: all pixels, or run lengths with a confidence."""
