"""The page without a server says of its exports what the package says."""

from __future__ import annotations

import json
from pathlib import Path

from iog.formats.promises import PROMISES, lost

TABLE = Path(__file__).parents[2] / "web" / "src" / "local" / "formats" / "lost.json"


def test_the_page_knows_what_formats_have_no_place_for() -> None:
    facts = ("difficult", "crowd", "group", "description", "attributes")
    written = [name for name in PROMISES if name != "parquet"]  # which only the package writes
    assert json.loads(TABLE.read_text()) == {name: lost(name, facts) for name in written}
