"""Attributes, comments and groups of objects: kept, taken back, exported; projects of older releases."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from iog.annotator import exchange
from iog.annotator.server import make_app
from iog.annotator.store import FORMAT, Store
from iog.annotator.workbench import Workbench
from iog.formats.promises import PROMISES
from tests.annotator.test_server import HOST, change, inside, start

FACTS = {
    "occluded": True,
    "crowd": True,
    "group": "7",
    "description": "half behind the cup",
    "attributes": {"breed": "tabby", "wet": True},
}
NONE = {
    "occluded": False,
    "truncated": False,
    "difficult": False,
    "crowd": False,
    "group": None,
    "description": "",
    "attributes": {},
}


@pytest.fixture
def client(bench: Workbench) -> Iterator[TestClient]:
    with TestClient(make_app(bench), base_url=HOST) as client:
        yield client


def older(path: Path, format: int) -> Store:
    """A project that an older release wrote: a deleted object (imported) and a draft of two steps."""
    text = (Path(__file__).parent / "projects" / f"format-{format}.sql").read_text()
    with sqlite3.connect(path) as database:
        database.executescript(text)
    return Store(path)


@pytest.mark.parametrize("format", range(1, FORMAT))
def test_a_project_of_an_older_release_keeps_everything(tmp_path: Path, format: int) -> None:
    older(tmp_path / "p.iog", format).close()
    store = Store(tmp_path / "p.iog")  # migrated once
    assert store.labels == ["cat", "dog"]
    (draft,) = store.objects(1)
    assert (draft.label, draft.confidence, draft.mask and draft.mask.area, draft.facts) == (
        "dog",
        0.9,
        20,
        {},
    )
    (deleted,) = store.deleted(1)
    known = {} if format == 1 else {"group": "7", "occluded": True, "attributes": {"breed": "tabby"}}
    assert deleted.facts == known
    assert store.restore(deleted.id, 0).facts == known
    store.undo_photo(1)
    created = store.create(2, draft.work, label="new", facts={"crowd": True})
    assert store.one(created.id).facts == {"crowd": True}


def test_undo_takes_back_attributes(client: TestClient) -> None:
    found = inside(client, start(client))
    assert found["facts"] == NONE
    stated = change(client, found, kind="facts", facts=FACTS)
    assert stated["facts"] == {**NONE, **FACTS}
    later = change(client, stated, kind="accept", state="accepted")  # without facts: they stay
    assert later["facts"] == stated["facts"]
    photo = found["photo"]
    for expected in (stated["facts"], NONE):
        (back,) = client.post(f"/api/photos/{photo}/undo", json={}).json()["objects"]
        assert back["facts"] == expected
    (again,) = client.post(f"/api/photos/{photo}/redo", json={}).json()["objects"]
    assert again["facts"] == stated["facts"]
    deleted = change(client, again, kind="delete", state="deleted")
    restored = client.post(f"/api/objects/{deleted['id']}/restore", json={}).json()
    assert restored["facts"] == stated["facts"]


def test_attributes_survive_a_restart_and_an_acceptance_needs_no_look_again(
    client: TestClient, bench: Workbench
) -> None:
    found = inside(client, start(client))
    accepted = change(client, found, kind="accept", state="accepted")
    stated = change(client, accepted, kind="facts", facts=FACTS)
    assert stated["state"] == "accepted" and stated["mask"] == accepted["mask"]
    again = Store(bench.store.path)
    assert again.one(found["id"]).facts == FACTS
    again.close()


ODD = {"group": "g" * 200, "description": "a\x01b", "attributes": {"x" * 200: "y", "a\nb": 1, "id": 2**70}}


def test_a_fact_that_changes_leaves_the_others_as_other_tools_wrote_them(
    client: TestClient, bench: Workbench
) -> None:
    found = inside(client, start(client))
    row = bench.store.one(found["id"])
    kept = {"label": "cat", "state": row.state, "mask": row.mask, "confidence": 0.9, "seconds": 0}
    bench.store.change(row.id, row.version, row.work, **kept, kind="import", facts=ODD)  # type: ignore[arg-type]
    (found,) = client.get(f"/api/photos/{row.photo}").json()["objects"]
    found = change(client, found, kind="facts", facts={"occluded": True})
    assert bench.store.one(row.id).facts == {**ODD, "occluded": True}
    found = change(client, found, kind="facts", facts={"attributes": {"x" * 200: "z", "a\nb": None}})
    answers = {"x" * 200: "z", "id": 2**70}
    assert bench.store.one(row.id).facts == {**ODD, "occluded": True, "attributes": answers}
    change(client, found, kind="facts", facts={"occluded": False, "group": None, "description": ""})
    assert bench.store.one(row.id).facts == {"attributes": answers}


@pytest.mark.parametrize(
    "facts",
    [
        {"colour": "red"},
        {"group": ""},
        {"description": "a\x00b"},
        {"attributes": {"": True}},
        {"attributes": {"x": float("inf")}},
    ],
)
def test_what_cannot_be_kept_is_refused(client: TestClient, facts: dict[str, Any]) -> None:
    found = start(client)
    body = {"version": 1, "kind": "facts", "label": "cat", "state": "draft", "work": found["work"]}
    content = json.dumps({**body, "facts": facts})
    answer = client.put(f"/api/objects/{found['id']}", content=content)
    assert answer.status_code == 422
    assert client.get(f"/api/photos/{found['photo']}").json()["objects"][0]["facts"] == NONE


def test_a_project_asks_what_it_is_told_to(client: TestClient) -> None:
    asked = [{"name": "wet", "choices": []}, {"name": "breed", "choices": ["tabby", "siamese"]}]
    assert client.get("/api/project").json()["attributes"] == []
    assert client.put("/api/attributes", json={"attributes": asked}).json()["attributes"] == asked
    assert client.get("/api/project").json()["attributes"] == asked
    for names in (["wet", "wet"], ["Occluded"], ["group"]):
        wish = {"attributes": [{"name": name} for name in names]}
        answer = client.put("/api/attributes", json=wish)
        assert answer.status_code == 422
        assert answer.json()["error"].endswith("name")  # a sentence for a person, not for the page
    assert client.get("/api/project").json()["attributes"] == asked


def test_what_cvat_asks_becomes_what_the_project_asks(bench: Workbench, tmp_path: Path) -> None:
    """As CVAT declares it with its labels; a project's own question stays, and goes out with an export."""
    specs = "".join(
        f"<attribute><name>{name}</name><mutable>False</mutable><input_type>{kind}</input_type>"
        f"<default_value></default_value><values>{values}</values></attribute>"
        for name, kind, values in (
            ("breed", "select", "tabby\nsiamese"),
            ("wet", "checkbox", "false"),
            ("age", "number", "0\n20\n1"),
            ("occluded", "checkbox", "false"),
            ("mood", "radio", "good\nbad"),
        )
    )
    label = f"<label><name>cat</name><attributes>{specs}</attributes></label>"
    shape = '<polygon label="cat" points="20,10;90,10;90,60"/>'
    image = f'<image id="0" name="photo 1.png" width="120" height="80">{shape}</image>'
    labels = f"<meta><task><labels>{label}</labels></task></meta>"
    (tmp_path / "a.xml").write_text(f"<annotations><version>1.1</version>{labels}{image}</annotations>")
    bench.store.attributes = {"mood": ["calm"]}
    exchange.import_path(bench.store, bench.photos, tmp_path / "a.xml")
    asked = {"mood": ["calm"], "breed": ["tabby", "siamese"], "wet": []}
    assert bench.store.attributes == asked
    exchange.export(bench.store, bench.photos, "cvat", tmp_path / "out")
    again = Workbench(bench.photos.folder, tmp_path / "again.iog", "lite")
    exchange.import_path(again.store, again.photos, tmp_path / "out")
    assert again.store.attributes == asked
    again.close()


def test_a_group_is_one_step(client: TestClient) -> None:
    first, second, third = (start(client) for _ in range(3))
    photo = first["photo"]
    change(client, third, kind="facts", facts={"group": "1"})
    wish = {"kind": "group", "objects": [first["id"], second["id"]]}
    grouped = client.post(f"/api/photos/{photo}/bulk", json=wish).json()["objects"]
    assert [row["facts"]["group"] for row in grouped] == ["2", "2"]
    client.post(f"/api/photos/{photo}/undo", json={})
    objects = client.get(f"/api/photos/{photo}").json()["objects"]
    assert [row["facts"]["group"] for row in objects] == [None, None, "1"]


@pytest.mark.parametrize("format", [name for name, promise in PROMISES.items() if promise.flags])
def test_what_a_person_states_is_exported_and_comes_back(
    client: TestClient, bench: Workbench, tmp_path: Path, format: Any
) -> None:
    found = change(client, inside(client, start(client)), kind="accept", state="accepted")
    change(client, found, kind="facts", facts=FACTS)
    exchange.export(bench.store, bench.photos, format, tmp_path / "out")
    again = Workbench(bench.photos.folder, tmp_path / "again.iog", "lite")
    exchange.import_path(again.store, again.photos, tmp_path / "out")
    (back,) = again.store.objects(found["photo"])
    again.close()
    promise = PROMISES[format]
    assert back.facts["occluded"] is True
    assert back.facts.get("crowd", False) is promise.crowd
    if promise.group:
        assert back.facts["group"] == "7"
    if promise.attributes:
        assert back.facts["attributes"] == FACTS["attributes"]
    if promise.description:
        assert back.facts["description"] == FACTS["description"]


def test_an_export_says_what_its_format_has_no_place_for(
    client: TestClient, bench: Workbench, tmp_path: Path
) -> None:
    found = change(client, inside(client, start(client)), kind="accept", state="accepted")
    facts = {**FACTS, "attributes": {"wet": "a\x0bb"}}
    bench.store.change(
        found["id"],
        found["version"],
        bench.store.one(found["id"]).work,
        label="cat",
        state="accepted",
        mask=bench.store.one(found["id"]).mask,
        confidence=None,
        seconds=0,
        kind="facts",
        facts=facts,
    )
    account = exchange.export(bench.store, bench.photos, "yolo", tmp_path / "yolo")
    for what in ("flags", "crowds", "groups", "comments", "attributes"):
        assert any(f"has no place for {what}" in note for note in account.notes), what
    account = exchange.export(bench.store, bench.photos, "cvat", tmp_path / "cvat")
    assert [note for note in account.notes if "XML" in note]  # and the file can be read
    again = Workbench(bench.photos.folder, tmp_path / "again.iog", "lite")
    exchange.import_path(again.store, again.photos, tmp_path / "cvat")
    (back,) = again.store.objects(found["photo"])
    again.close()
    assert back.facts["attributes"] == {"wet": "ab"} and back.facts["description"] == FACTS["description"]
