"""The core for browsers (web/packages/iog-web): its golden vectors are this package's, and its tests pass."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from iog.masks import decode_rle

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "web" / "packages" / "iog-web"


@pytest.fixture(scope="module")
def write() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write", PACKAGE / "golden" / "write.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _committed(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((PACKAGE / "golden" / name).read_text(encoding="utf-8"))
    return cases


def test_geometry_is_what_this_package_computes(write: ModuleType) -> None:
    cases = _committed("geometry.json")
    assert len(cases) == 200
    for now, stored in zip(write.geometry(), cases, strict=True):
        for exact in ("image", "size", "margin", "clicks", "window", "at", "pixels"):
            assert now[exact] == stored[exact]
        for name, values in stored["maps"].items():
            np.testing.assert_allclose(now["maps"][name], values, atol=1e-6)
            assert now["map_sums"][name] == pytest.approx(stored["map_sums"][name], abs=1e-2)


def test_masks_of_the_samples_are_what_this_package_computes(write: ModuleType) -> None:
    for now, stored in zip(write.sample_masks(), _committed("samples.json"), strict=True):
        for a, b in zip(now["stages"], stored["stages"], strict=True):
            assert a["clicks"] == b["clicks"]
            first, second = decode_rle(a["mask"]), decode_rle(b["mask"])
            # Other versions of ONNX Runtime round 8 bits differently, at the mask's edge.
            assert (first & second).sum() / (first | second).sum() > 0.99


@pytest.mark.parametrize("script", ["check", "test"])
def test_the_package_passes_its_own_tests(script: str) -> None:
    npm = shutil.which("npm")
    if npm is None or not (ROOT / "web" / "node_modules" / "onnxruntime-web").is_dir():
        reason = "IOG-WEB NOT TESTED: it needs Node 20 and `npm ci` in web/ (`make web-tools`)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    result = subprocess.run([npm, "run", script], cwd=PACKAGE, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
