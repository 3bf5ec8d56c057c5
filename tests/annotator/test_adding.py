"""Photos that are dropped on the page go into the folder; none that is there is replaced."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("httpx")
from fastapi.testclient import TestClient
from PIL import Image

from iog.annotator.server import make_app
from iog.annotator.workbench import Workbench
from tests.annotator.conftest import DiscEngine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@pytest.fixture
def client(folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    bench = Workbench(folder, tmp_path / "project.iog", DiscEngine())
    with TestClient(make_app(bench), base_url="http://127.0.0.1") as client:
        yield client


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 200, 30)).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_dropped_photo_is_listed_and_opens(client: TestClient, folder: Path) -> None:
    assert client.get("/api/project").json()["first"] is None
    assert client.post("/api/photos?name=a.png", content=picture()).status_code == 200
    assert (folder / "a.png").read_bytes() == picture()
    first = client.get("/api/project").json()["first"]
    assert first["path"] == "a.png"
    assert client.get(f"/api/photos/{first['id']}").json()["photo"]["width"] == 40


def test_nothing_is_replaced_and_nothing_else_is_written(client: TestClient, folder: Path) -> None:
    client.post("/api/photos?name=a.png", content=picture())
    for name, content, said in (
        ("a.png", picture(), "already"),
        ("../../b.exe", picture(), "is not a photo"),
        (".hidden.png", picture(), "is not a photo"),
        ("c.png", b"no picture", "c.png"),
    ):
        answer = client.post("/api/photos", params={"name": name}, content=content)
        assert answer.status_code == 422 and said in answer.json()["error"], name
    assert client.post("/api/photos", params={"name": "../d.png"}, content=picture()).status_code == 200
    assert sorted(path.name for path in folder.iterdir()) == ["a.png", "d.png"]
    assert not (folder.parent / "d.png").exists()
