"""A core with the real model, one with a stub, and clients of single connectors."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import iog
from tests.annotator.conftest import DiscEngine

pytest.importorskip("fastapi", reason="the connectors need the `serve` extra")
pytest.importorskip("httpx", reason="httpx is not installed")
from fastapi.testclient import TestClient

from iog.connectors.core import Core
from iog.connectors.server import make_app
from iog.connectors.settings import ServeSettings


@pytest.fixture(scope="session")
def core(segmenter: iog.Segmenter) -> Core:
    return Core(segmenter)


@pytest.fixture
def stub() -> Core:
    return Core(iog.Segmenter(DiscEngine()))


Connect = Callable[..., TestClient]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """A client of a connector: `connect(name, core, settings=…, token=…)`."""
    opened: list[TestClient] = []

    def make(
        name: str, core: Core, settings: ServeSettings | None = None, token: str | None = None
    ) -> TestClient:
        app: Any = make_app(name, core, settings, token=token)
        opened.append(TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False))
        return opened[-1].__enter__()

    yield make
    for client in opened:
        client.__exit__(None, None, None)


def picture(width: int = 60, height: int = 40, kind: str = "PNG", seed: int = 0) -> bytes:
    """The bytes of a small picture's file."""
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it has so many pixels."""
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return file.getvalue()


def write_samples(folder: Path) -> None:
    """The sample photos under their names."""
    folder.mkdir(parents=True, exist_ok=True)
    from iog.samples import samples

    for photo, _, _ in samples():
        (folder / photo.name).write_bytes(photo.read_bytes())
