"""The page without a server: what is done by hand there makes the masks that this package makes of it."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
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


def test_the_page_makes_the_same_masks() -> None:
    npx = shutil.which("npx")
    if npx is None or not (WEB / "node_modules" / "vitest").is_dir():
        reason = "THE PAGE'S UNITS NOT TESTED: they need Node 20 and `npm ci` in web/ (`make web-tools`)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    command = [npx, "--no-install", "vitest", "run", "--dir", "tests"]
    result = subprocess.run(command, cwd=WEB, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
