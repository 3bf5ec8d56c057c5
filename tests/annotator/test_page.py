from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = resources.files("iog.annotator").joinpath("page")


def test_the_page_is_complete_and_refers_to_nothing_elsewhere() -> None:
    names = {entry.name for entry in PAGE.iterdir()}
    assert {"index.html", "app.js", "style.css", "icon.svg"} <= names
    for name in names:
        addresses = re.findall(r"https?://[^\s\"'`)]+", PAGE.joinpath(name).read_text())
        assert set(addresses) <= {"http://www.w3.org/2000/svg"}, name


def test_the_committed_page_is_what_the_source_builds() -> None:
    npm = shutil.which("npm")
    if npm is None or not (ROOT / "web" / "node_modules").is_dir():
        reason = (
            "PAGE NOT CHECKED AGAINST ITS SOURCE: it needs Node 20 and `npm ci` in web/ (`make web-tools`)"
        )
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    result = subprocess.run([npm, "run", "check"], cwd=ROOT / "web", capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted([_luminance(one), _luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(theme: int) -> None:
    source = (ROOT / "web" / "src" / "style.css").read_text()
    block = re.findall(r":root[^{]*{([^}]*)}", source)[theme]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
    pairs = [(text, ground) for text in ("text", "quiet", "good", "warn") for ground in ("panel", "hover")]
    pairs += [("text", "chosen"), ("quiet", "chosen"), ("accent", "panel"), ("on-accent", "accent")]
    pairs += [("quiet", "ground")]
    for text, ground in pairs:
        assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
