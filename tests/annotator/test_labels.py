"""The label manager's side of the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("httpx")
from fastapi.testclient import TestClient

from iog.annotator.server import make_app
from iog.annotator.work import Area, Work
from iog.annotator.workbench import Workbench

SQUARE = Work(strokes=(Area(((10, 10), (20, 10), (20, 20), (10, 20)), True),))


@pytest.fixture
def client(bench: Workbench) -> Iterator[TestClient]:
    with TestClient(make_app(bench), base_url="http://127.0.0.1") as client:
        client.put("/api/labels", json={"labels": ["cat", "dog", "cow"]})
        yield client


def test_a_label_is_deleted_only_when_no_object_has_it(client: TestClient, bench: Workbench) -> None:
    bench.start(next(iter(bench.store.paths().values())), SQUARE, "dog", 0)
    refused = client.post("/api/labels/delete", json={"label": "dog"})
    assert refused.status_code == 422 and "1 object has the label 'dog'" in refused.json()["error"]
    assert client.post("/api/labels/delete", json={"label": "cow"}).json()["labels"] == ["cat", "dog"]
    client.post("/api/labels/delete", json={"label": "cat"})
    assert client.post("/api/labels/merge", json={"old": "dog", "new": "dog"}).status_code == 422
    assert client.post("/api/labels/delete", json={"label": "dog"}).status_code == 422
    assert client.get("/api/project").json()["labels"] == ["dog"]


def test_merging_labels_reaches_what_undo_brings_back(client: TestClient, bench: Workbench) -> None:
    photo = next(iter(bench.store.paths().values()))
    made = bench.start(photo, SQUARE, "dog", 0)
    bench.change(made.id, made.version, made.work, label="cow", state="draft", seconds=0, kind="label")
    assert client.post("/api/labels/merge", json={"old": "dog", "new": "cat"}).json()["labels"] == [
        "cat",
        "cow",
    ]
    back = client.post(f"/api/photos/{photo}/undo", json={}).json()
    assert [found["label"] for found in back["objects"]] == ["cat"]
    assert client.post("/api/labels/merge", json={"old": "cat", "new": "gone"}).status_code == 422


def test_colours_follow_their_labels(client: TestClient) -> None:
    put = {"label": "cat", "colour": "#102030"}
    assert client.put("/api/labels/colour", json=put).json()["colours"] == {"cat": "#102030"}
    client.post("/api/labels/rename", json={"old": "cat", "new": "tiger"})
    assert client.get("/api/project").json()["colours"] == {"tiger": "#102030"}
    client.post("/api/labels/merge", json={"old": "tiger", "new": "dog"})
    assert client.get("/api/project").json()["colours"] == {}
    assert client.put("/api/labels/colour", json={"label": "dog", "colour": "red"}).status_code == 422
    assert client.put("/api/labels/colour", json={"label": "none"}).status_code == 422
