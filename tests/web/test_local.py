"""The golden masks to which web/tests/patch.test.ts holds the page without a server."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"


def test_the_golden_works_are_what_this_package_computes() -> None:
    spec = importlib.util.spec_from_file_location("works", WEB / "tests" / "golden" / "write.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    stored = json.loads(module.FILE.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(module.works()))
    for a, b in zip(now, stored, strict=True):
        # Versions of OpenCV may draw an edge otherwise; the rest is the same everywhere.
        assert {**a, "made": None} == {**b, "made": None}
        assert sum(a["made"]["runs"][1::2]) == pytest.approx(sum(b["made"]["runs"][1::2]), rel=0.02)
