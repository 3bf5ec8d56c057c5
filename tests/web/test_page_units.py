"""The unit tests of the page (web/tests) pass: geometry, keys, previews, what the browser computes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"


def test_the_page_passes_its_unit_tests() -> None:
    npm = shutil.which("npm")
    if npm is None or not (WEB / "node_modules" / "vitest").is_dir():
        reason = "PAGE'S UNITS NOT TESTED: it needs Node 20 and `npm ci` in web/ (`make web-tools`)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    done = subprocess.run([npm, "run", "test"], cwd=WEB, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
