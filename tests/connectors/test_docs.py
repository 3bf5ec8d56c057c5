"""docs/connectors.md: its programs run, and it says what the code says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import iog
from iog.connectors.label_studio import CONFIG
from iog.connectors.table import PLUGS
from iog.masks import decode_rle
from iog.samples import Sample
from tests.connectors.tools import ROOT, serving

TEXT = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")


def _program(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    return str(found)


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_short_clients(language: str, coffee: Sample, tmp_path: Path) -> None:
    runner = {"python": sys.executable, "javascript": shutil.which("node")}[language]
    if runner is None:
        pytest.skip("THE JAVASCRIPT CLIENT IS NOT TESTED: install Node 20")
    (tmp_path / coffee.photo.name).write_bytes(coffee.photo.read_bytes())
    file = tmp_path / {"python": "client.py", "javascript": "client.mjs"}[language]
    with serving("http", tmp_path / "log") as address:
        file.write_text(_program(language).replace("http://127.0.0.1:8721", address))
        ran = subprocess.run([runner, file.name], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    expected = iog.segment(coffee.photo, ((172, 17), (409, 306)), (285, 200), [(400, 290, False)])
    assert np.array_equal(decode_rle(answer["rle"]), expected.mask)
    assert answer["confidence"] == round(expected.confidence, 4)
    assert sum(line.strip() != "" for line in _program(language).splitlines()) <= 12


def test_the_config_is_the_one_that_is_printed() -> None:
    assert _program("xml").strip() == CONFIG


@pytest.mark.parametrize("name", sorted(PLUGS))
def test_every_plug_is_described(name: str) -> None:
    assert f"iog serve {name}" in TEXT and str(PLUGS[name].port) in TEXT


def test_pictures_are_there() -> None:
    shown = re.findall(r"!\[[^]]*\]\((images/[^)]+)\)", TEXT)
    assert len(shown) == 3
    assert all((ROOT / "docs" / name).is_file() for name in shown)
