"""Several objects at once: each time one step for undo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("httpx")
from fastapi.testclient import TestClient

from iog.annotator.server import make_app
from iog.annotator.workbench import Workbench


@pytest.fixture
def client(bench: Workbench) -> Iterator[TestClient]:
    with TestClient(make_app(bench), base_url="http://127.0.0.1") as client:
        yield client


def number(bench: Workbench, path: str) -> int:
    return bench.store.paths()[path]


def drawn(client: TestClient, photo: int, *squares: int, label: str = "cat") -> dict[str, Any]:
    """An object of squares of 10 pixels, each from x on."""
    strokes = [{"outline": [[x, 10], [x + 10, 10], [x + 10, 20], [x, 20]], "add": True} for x in squares]
    body = {"corners": None, "strokes": strokes, "label": label}
    answer = client.post(f"/api/photos/{photo}/objects", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def bulk(client: TestClient, here: int, kind: str, *objects: dict[str, Any], **more: Any) -> Any:
    body = {"kind": kind, "objects": [found["id"] for found in objects], **more}
    return client.post(f"/api/photos/{here}/bulk", json=body)


def areas(client: TestClient, photo: int) -> list[int]:
    return [found["area"] for found in client.get(f"/api/photos/{photo}").json()["objects"]]


def undo(client: TestClient, photo: int) -> None:
    client.post(f"/api/photos/{photo}/undo", json={})


def test_merge_and_split(client: TestClient, bench: Workbench) -> None:
    photo = number(bench, "photo 1.png")
    one, two, three = (drawn(client, photo, x) for x in (10, 40, 70))
    merged = bulk(client, photo, "merge", one, two, three).json()
    assert [found["state"] for found in merged["objects"]] == ["draft", "deleted", "deleted"]
    assert areas(client, photo) == [300]
    undo(client, photo)
    assert areas(client, photo) == [100, 100, 100]
    bulk(client, photo, "merge", one, two)
    apart = bulk(client, photo, "split", one).json()["objects"]
    assert [found["area"] for found in apart] == [100, 100]
    assert areas(client, photo) == [100, 100, 100]
    undo(client, photo)
    assert areas(client, photo) == [200, 100]
    refused = bulk(client, photo, "split", three)
    assert refused.status_code == 422 and "one piece" in refused.json()["error"]
    assert bulk(client, photo, "merge", three).status_code == 422


def test_a_duplicate_keeps_all_pixels_beside_an_accepted_original(
    client: TestClient, bench: Workbench
) -> None:
    photo = number(bench, "photo 1.png")
    one = drawn(client, photo, 10)
    body = {"kind": "accept", "state": "accepted", **{key: one[key] for key in ("version", "work", "label")}}
    assert client.put(f"/api/objects/{one['id']}", json=body).status_code == 200
    (copied,) = bulk(client, photo, "duplicate", one).json()["objects"]
    assert client.get(f"/api/objects/{copied['id']}").json()["area"] == 100
    assert copied["state"] == "draft" and copied["id"] != one["id"]
    undo(client, photo)
    assert areas(client, photo) == [100]


def test_copies_on_another_photo_are_the_same_masks(client: TestClient, bench: Workbench) -> None:
    here, there = (number(bench, f"photo {name}.png") for name in (1, 2))
    both = drawn(client, here, 10, 40), drawn(client, here, 70, label="dog")
    copies = bulk(client, here, "copy", *both, photo=there).json()["objects"]
    assert [(c["photo"], c["label"], c["area"]) for c in copies] == [(there, "cat", 200), (there, "dog", 100)]
    assert areas(client, here) == [200, 100] and areas(client, there) == [200, 100]
    undo(client, there)
    assert areas(client, there) == []
    other = bulk(client, here, "copy", *both, photo=number(bench, "sub/inner.jpg"))
    assert other.status_code == 422 and "another size" in other.json()["error"]


def test_one_label_for_all_is_one_step(client: TestClient, bench: Workbench) -> None:
    photo = number(bench, "photo 1.png")
    both = drawn(client, photo, 10), drawn(client, photo, 40, label="dog")
    changed = bulk(client, photo, "label", *both, label="dog").json()["objects"]
    assert [found["id"] for found in changed] == [both[0]["id"]]
    both = drawn(client, photo, 70, label="cow"), *both
    bulk(client, photo, "label", *both, label="bird")
    undo(client, photo)
    labels = [found["label"] for found in client.get(f"/api/photos/{photo}").json()["objects"]]
    assert labels == ["dog", "dog", "cow"]


def test_objects_of_another_photo_are_refused(client: TestClient, bench: Workbench) -> None:
    one = drawn(client, number(bench, "photo 1.png"), 10)
    assert bulk(client, number(bench, "photo 2.png"), "duplicate", one).status_code == 422


def test_copies_that_nobody_touched_cost_nothing(client: TestClient, bench: Workbench) -> None:
    here, there = (number(bench, f"photo {name}.png") for name in (1, 2))
    one = drawn(client, here, 10)
    bulk(client, here, "copy", one, photo=there)
    (copied,) = bulk(client, here, "duplicate", one).json()["objects"]
    assert client.get("/api/statistics").json()["objects"] == 1
    body = {
        "kind": "label",
        "state": "draft",
        "version": copied["version"],
        "work": copied["work"],
        "label": "dog",
    }
    assert client.put(f"/api/objects/{copied['id']}", json=body).status_code == 200
    assert client.get("/api/statistics").json()["objects"] == 2
