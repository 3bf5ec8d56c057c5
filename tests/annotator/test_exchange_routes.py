"""What an export holds, and what it says that it leaves out, over HTTP."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("httpx")
from fastapi.testclient import TestClient

from iog.annotator.server import make_app
from iog.annotator.work import Area, Work
from iog.annotator.workbench import Workbench


def square(x: int) -> Work:
    return Work(strokes=(Area(((x, 10), (x + 10, 10), (x + 10, 20), (x, 20)), True),))


@pytest.fixture
def client(bench: Workbench) -> Iterator[TestClient]:
    """Photo 1 has an accepted cat and a draft, and is done; photo 2 has an accepted dog."""
    numbers = bench.store.paths()
    for photo, label, state in (("1", "cat", "accepted"), ("1", "cat", "draft"), ("2", "dog", "accepted")):
        made = bench.start(numbers[f"photo {photo}.png"], square(10 if state == "accepted" else 40), label, 0)
        if state == "accepted":
            bench.change(
                made.id, made.version, made.work, label=label, state="accepted", seconds=0, kind="accept"
            )
    with TestClient(make_app(bench), base_url="http://127.0.0.1") as client:
        client.patch(f"/api/photos/{numbers['photo 1.png']}", json={"done": True})
        yield client


def exported(client: TestClient, **choice: Any) -> tuple[list[str], list[str]]:
    """The labels of what a COCO export holds, and what it says that it leaves out."""
    answer = client.get("/api/export/coco", params=choice)
    assert answer.status_code == 200, answer.text
    (name, *_) = (
        name for name in zipfile.ZipFile(io.BytesIO(answer.content)).namelist() if name.endswith("json")
    )
    coco = json.loads(zipfile.ZipFile(io.BytesIO(answer.content)).read(name))
    names = {category["id"]: category["name"] for category in coco["categories"]}
    return [names[one["category_id"]] for one in coco["annotations"]], json.loads(
        answer.headers["X-Left-Out"]
    )


def test_an_export_says_before_and_after_what_it_leaves_out(client: TestClient) -> None:
    labels, said = exported(client)
    assert labels == ["cat", "dog"]
    to_do, sentence = said
    assert "photos that are neither done nor have objects" in to_do
    assert sentence.startswith("Left out: 1 objects that nobody has accepted, on photos marked done")
    assert client.get("/api/notes/coco").json() == said
    labels, said = exported(client, drafts=True)
    assert labels == ["cat", "cat", "dog"] and said == [to_do]
    assert client.get("/api/notes/coco", params={"drafts": True}).json() == [to_do]


def test_an_export_by_label_photo_and_state(client: TestClient, bench: Workbench) -> None:
    labels, said = exported(client, label=["dog"])
    assert labels == ["dog"]
    assert said[0].startswith("As you chose: 2 objects of other labels left out")
    assert exported(client, label=["dog", "cat"])[0] == ["cat", "dog"]
    assert exported(client, done=True)[0] == ["cat"]
    assert exported(client, photo=bench.store.paths()["photo 2.png"])[0] == ["dog"]
    assert client.get("/api/export/coco", params={"photo": 999}).status_code == 422


def test_parts_for_training_and_validation(client: TestClient) -> None:
    answer = client.get("/api/export/yolo", params={"val": 0.5})
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert any("train" in name for name in names) and any("val" in name for name in names)
    assert client.get("/api/export/yolo", params={"val": 1}).status_code == 422
