"""Four photos with stored clicks, for the demo and for tests; README.md here names their sources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from iog.clicks import Clicks

FOLDER = Path(__file__).parent


class Sample(NamedTuple):
    """A photo, the object that is meant, and three clicks on it."""

    photo: Path
    object: str
    clicks: Clicks


def samples() -> list[Sample]:
    """The bundled photos."""
    lines = (FOLDER / "clicks.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Sample(FOLDER / data["image"], data["label"], Clicks.from_json(data))
        for data in map(json.loads, lines)
    ]
