from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from iog.annotator.server import make_app
from iog.annotator.store import Store
from iog.annotator.workbench import Workbench
from iog.errors import ConflictError
from tests.annotator.conftest import DiscEngine, write_photo

HOST = "http://127.0.0.1:8720"
CORNERS = [[20, 10], [99, 69]]


@pytest.fixture
def client(bench: Workbench) -> Iterator[TestClient]:
    with TestClient(make_app(bench), base_url=HOST) as client:
        yield client


def photo_number(client: TestClient, path: str) -> int:
    (found,) = client.get("/api/photos", params={"search": path}).json()["photos"]
    return int(found["id"])


def start(client: TestClient, photo: int | None = None, corners: Any = CORNERS) -> dict[str, Any]:
    photo = photo or photo_number(client, "photo 1.png")
    body = {"corners": corners, "label": "cat", "seconds": 1.5}
    answer = client.post(f"/api/photos/{photo}/objects", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def change(client: TestClient, found: dict[str, Any], *, expect: int = 200, **wish: Any) -> dict[str, Any]:
    work = {**found["work"], **{k: wish.pop(k) for k in list(wish) if k in found["work"]}}
    body = {
        "version": found["version"],
        "kind": "inside",
        "label": found["label"],
        "state": found["state"],
        **wish,
        "work": work,
    }
    answer = client.put(f"/api/objects/{found['id']}", json=body)
    assert answer.status_code == expect, answer.text
    return answer.json()


def inside(client: TestClient, found: dict[str, Any], x: int = 60, y: int = 40) -> dict[str, Any]:
    return change(client, found, clicks={**found["work"]["clicks"], "inside": [x, y]})


def walked(client: TestClient, found: dict[str, Any], direction: str) -> dict[str, Any]:
    """The object after undo or redo of its photo."""
    (row,) = client.post(f"/api/photos/{found['photo']}/{direction}", json={}).json()["objects"]
    return row


def opened(client: TestClient, found: dict[str, Any]) -> dict[str, Any]:
    """The object as a person sees it who opens it."""
    row: dict[str, Any] = client.get(f"/api/objects/{found['id']}").json()
    return row


def test_looking_at_a_box_on_the_way_back_leaves_what_can_be_redone(client: TestClient) -> None:
    """Its mask was a step of its own: redo had nothing left, and undo could go no further back."""
    found = change(client, inside(client, start(client)), kind="accept", state="accepted")
    for _ in range(2):
        box = walked(client, found, "undo")
    assert not box["computed"]
    shown = opened(client, box)
    assert shown["computed"] and shown["version"] == box["version"] + 1
    assert [walked(client, found, "redo")["state"] for _ in range(2)] == ["draft", "accepted"]
    assert opened(client, found)["mask"] == found["mask"]
    for _ in range(3):
        back = walked(client, found, "undo")
        opened(client, back)
    assert back["state"] == "deleted"
    assert not client.get(f"/api/photos/{found['photo']}").json()["can_undo"]


def test_pixels_that_went_to_an_accepted_object_come_back_with_undo(client: TestClient) -> None:
    first = inside(client, start(client))
    second = inside(client, start(client, corners=[[60, 10], [110, 69]]), x=80)
    change(client, first, kind="accept", state="accepted")
    again = walked(client, start(client, corners=[[2, 2], [9, 9]]), "undo")  # which can be redone
    shown = opened(client, second)
    assert area(shown["mask"]) < area(second["mask"])
    assert walked(client, again, "redo")["state"] == "draft"
    walked(client, again, "undo")
    both = client.post(f"/api/photos/{first['photo']}/undo", json={}).json()["objects"]
    assert {row["id"]: row["state"] for row in both} == {first["id"]: "draft", second["id"]: "draft"}
    assert [row["mask"] for row in both] == [first["mask"], second["mask"]]


def area(mask: dict[str, Any]) -> int:
    assert sum(mask["runs"]) == mask["size"][0] * mask["size"][1]
    return sum(mask["runs"][1::2])


def test_three_clicks_a_correction_undo_and_acceptance(client: TestClient) -> None:
    found = start(client)
    assert not found["computed"] and found["mask"] is None
    found = inside(client, found)
    assert found["area"] == area(found["mask"]) > 500
    corrections = [[25, 15, True]]
    more = change(client, found, clicks={**found["work"]["clicks"], "corrections": corrections})
    assert more["area"] > found["area"]
    undone = walked(client, found, "undo")
    assert undone["area"] == found["area"]
    redone = walked(client, found, "redo")
    assert redone["work"]["clicks"]["corrections"] == corrections
    assert change(client, redone, state="accepted", kind="accept")["state"] == "accepted"


def stages(client: TestClient, found: dict[str, Any], **wish: Any) -> list[dict[str, Any]]:
    """A change of the clicks, in lines as the page asks for it."""
    work = {**found["work"], "clicks": {**found["work"]["clicks"], **wish}}
    body = {"kind": "inside", "work": work, **{k: found[k] for k in ("version", "label", "state")}}
    answer = client.put(f"/api/objects/{found['id']}/staged", json=body)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_mask_is_shown_before_it_is_saved_but_not_called_saved(
    client: TestClient, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = start(client)
    shown, saved = stages(client, found, inside=[60, 40])
    assert shown["object"] is None and shown["failure"] is None
    # The same mask, on the crop's window instead of on the object's box.
    assert area(shown["mask"]) == saved["object"]["area"] == area(saved["object"]["mask"])
    assert bench.store.one(found["id"]).version == saved["object"]["version"]

    def fail(*_: Any, **__: Any) -> None:
        raise ConflictError("another process was faster")

    monkeypatch.setattr(bench.store, "change", fail)
    shown, refused = stages(client, saved["object"], corrections=[[25, 15, True]])
    assert shown["mask"] and refused["object"] is None
    assert refused["failure"]["error"] == "another process was faster"
    assert refused["failure"]["object"]["version"] == saved["object"]["version"]


def test_a_defect_behind_the_mask_is_no_lost_connection(
    client: TestClient, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = start(client)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(bench.store, "change", fail)
    shown, failed = stages(client, found, inside=[60, 40])
    assert shown["mask"] and failed["failure"]["error"].startswith("the server failed")


def test_what_a_person_painted_is_in_the_mask_that_is_shown_first(client: TestClient) -> None:
    found = inside(client, start(client))
    stroke = {"points": [[5, 5], [115, 5]], "radius": 3, "add": True}
    found = change(client, found, strokes=[stroke], kind="brush")
    shown, saved = stages(client, found, corrections=[[60, 41, True]])
    assert shown["mask"] == saved["object"]["mask"]


def test_changes_without_a_mask_are_one_line_and_refusals_are_as_ever(client: TestClient) -> None:
    found = inside(client, start(client))
    (renamed,) = stages(client, {**found, "label": "dog"})
    assert renamed["object"]["label"] == "dog"
    body = {"kind": "label", **{k: found[k] for k in ("version", "work", "label", "state")}}
    late = client.put(f"/api/objects/{found['id']}/staged", json=body)
    assert late.status_code == 409 and late.json()["object"]["version"] == renamed["object"]["version"]


def test_the_first_photo_is_read_before_the_page_asks_for_it(photos: Path, tmp_path: Path) -> None:
    (photos / "photo 0.png").write_bytes(b"no picture")  # that it cannot be read stops nothing
    bench = Workbench(photos, tmp_path / "project.iog", DiscEngine())
    number = bench.store.photos(0, 1)[1][0].id
    bench.read_ahead()
    bench._workers.shutdown()
    assert bench.store.photo(number).problem
    bench.close()

    bench = Workbench(photos, tmp_path / "project.iog", DiscEngine())
    bench.read_ahead()
    bench._workers.shutdown()
    assert bench.store.photos(1, 1)[1][0].sha256 is not None
    bench.close()


def test_objects_of_other_photos_do_not_pile_up_in_memory(photos: Path, tmp_path: Path) -> None:
    for number in range(4, 8):
        write_photo(photos / f"photo {number}.png")
    bench = Workbench(photos, tmp_path / "project.iog", DiscEngine())
    with TestClient(make_app(bench), base_url=HOST) as client:
        made = []
        for row in bench.store.photos(0, 6)[1]:
            start(client, row.id)
            made += [bench.store.objects(row.id)[0].id]
        # A session holds its photo's pixels: 300 MB of them, if the photo is one of 100 megapixels.
        assert list(bench._sessions._open) == made[-2:]
        for _ in range(5):
            start(client, row.id)
        assert len(bench._sessions._open) == 4


def test_the_mask_is_the_segmenters(client: TestClient, bench: Workbench) -> None:
    found = inside(client, start(client))
    row = bench.store.one(found["id"])
    prediction = bench.segmenter().segment(bench.photos.pixels(row.photo), row.work.clicks)
    assert np.array_equal(row.mask.full(120, 80), prediction.mask)


def test_a_preview_changes_nothing_and_stale_ones_are_dropped(client: TestClient) -> None:
    found = start(client)

    def ask(sequence: int) -> dict[str, Any]:
        body = {"x": 60, "y": 40, "tab": "a", "sequence": sequence}
        return client.post(f"/api/objects/{found['id']}/preview", json=body).json()

    newest = ask(7)
    assert not newest["stale"] and area(newest["mask"]) > 500
    assert ask(3) == {"sequence": 3, "stale": True, "mask": None, "confidence": 0}
    (same,) = client.get(f"/api/photos/{found['photo']}").json()["objects"]
    assert same["version"] == found["version"]


def test_a_preview_waiting_for_the_model_gives_way_to_a_later_one(bench: Workbench) -> None:
    photo = bench.store.photos(0, 1)[1][0].id
    with TestClient(make_app(bench), base_url=HOST) as client:
        found = start(client, photo)
        answers: dict[int, dict[str, Any]] = {}

        def ask(sequence: int) -> None:
            body = {"x": 60, "y": 40, "tab": "a", "sequence": sequence}
            answers[sequence] = client.post(f"/api/objects/{found['id']}/preview", json=body).json()

        with bench._previewing:  # the model is busy
            threads = [threading.Thread(target=ask, args=(n,)) for n in (1, 2, 3)]
            for thread in threads:
                thread.start()
            while bench._newest.get("a") != 3:
                pass
        for thread in threads:
            thread.join()
    assert [answers[n]["stale"] for n in (1, 2, 3)] == [True, True, False]


def test_a_brush_works_without_an_inside_click_and_is_undone(client: TestClient) -> None:
    stroke = {"points": [[30.5, 30.5], [50.5, 30.5]], "radius": 4, "add": True}
    found = change(client, start(client), strokes=[stroke], kind="brush")
    assert found["area"] > 150
    undone = walked(client, found, "undo")
    assert undone["mask"] is None


def test_a_stroke_is_a_correction_and_is_undone(client: TestClient, bench: Workbench) -> None:
    found = inside(client, start(client))
    stroke = [95, 40, True, [[90, 30], [95, 40], [99, 50]]]
    clicks = {**found["work"]["clicks"], "corrections": [[95, 65, True], stroke]}
    drawn = change(client, found, clicks=clicks, kind="correction")
    assert drawn["work"]["clicks"] == clicks and drawn["area"] > found["area"]
    kept = bench.store.one(found["id"]).work.clicks
    assert kept is not None and kept.corrections[1].path == ((90, 30), (95, 40), (99, 50))
    assert walked(client, found, "undo")["work"]["clicks"]["corrections"] == []
    assert walked(client, found, "redo")["work"]["clicks"] == clicks
    clicks["corrections"] = [[0, 0, True, [[90, 30], [95, 40], [99, 50]]]]
    assert "middle of its path" in change(client, drawn, clicks=clicks, expect=422)["error"]


def test_moved_outline_points_are_part_of_the_work(client: TestClient) -> None:
    found = inside(client, start(client))
    outline = client.get(f"/api/objects/{found['id']}/outline", params={"tolerance": 1}).json()
    ring = outline["polygons"][0]["outer"]
    before = [ring[-1], ring[0], ring[1]]
    stroke = {"before": before, "after": [ring[-1], [0, 0], ring[1]], "tolerance": 1}
    larger = change(client, found, strokes=[stroke], kind="reshape")
    assert larger["area"] > found["area"] and larger["work"]["strokes"] == [stroke]
    # A later click keeps what was moved.
    corrections = [[95, 65, True]]
    more = change(client, larger, clicks={**larger["work"]["clicks"], "corrections": corrections})
    assert more["area"] > larger["area"] and more["work"]["strokes"] == [stroke]
    for _ in range(2):
        more = walked(client, found, "undo")
    assert more["area"] == found["area"]
    torn = {**stroke, "after": [[1, 1], [0, 0], ring[1]]}
    assert "same ends" in change(client, found, strokes=[torn], expect=422)["error"]


def test_a_large_mask_comes_small_first_and_whole_when_asked_for(photos: Path, tmp_path: Path) -> None:
    Image.new("RGB", (3000, 2000), "grey").save(photos / "large.png")
    bench = Workbench(photos, tmp_path / "p.iog", DiscEngine())
    with TestClient(make_app(bench), base_url=HOST) as client:
        corners = [[100, 100], [2900, 1900]]
        found = inside(client, start(client, photo_number(client, "large.png"), corners), 1500, 1000)
        small, whole = found["mask"], client.get(f"/api/objects/{found['id']}/mask").json()
        assert small["box"] == whole["box"] and area(whole) == found["area"]
        assert abs(area(small) / found["area"] * (whole["box"][2] - whole["box"][0]) ** 2 / 768**2 - 1) < 0.02


def test_a_photo_of_a_hundred_megapixels(photos: Path, tmp_path: Path) -> None:
    Image.new("L", (10_000, 10_000), 128).save(photos / "huge.png", compress_level=1)
    bench = Workbench(photos, tmp_path / "p.iog", DiscEngine())
    with TestClient(make_app(bench), base_url=HOST) as client:
        number = photo_number(client, "huge.png")
        shown = Image.open(io.BytesIO(client.get(f"/api/photos/{number}/image").content))
        assert shown.size == (4096, 4096)
        found = inside(client, start(client, number, [[9000, 9000], [9900, 9900]]), 9450, 9450)
        assert found["area"] > 10_000 and found["mask"]["box"][0] >= 9000


def test_upright_jpegs_are_shown_as_they_are(client: TestClient, photos: Path) -> None:
    number = photo_number(client, "inner.jpg")
    assert client.get(f"/api/photos/{number}/image").content == (photos / "sub" / "inner.jpg").read_bytes()


def test_statistics_of_a_visit(client: TestClient) -> None:
    change(client, inside(client, start(client)), state="accepted", kind="accept", seconds=2)
    everything = client.get("/api/statistics").json()
    assert everything["objects"] == 1 and everything["seconds"] == 3.5 and everything["clicks"] == 3
    assert client.get("/api/statistics", params={"since": time.time() + 9}).json()["objects"] == 0


def test_the_server_says_that_it_runs(client: TestClient) -> None:
    assert client.get("/api/health").json()["status"] == "ok"


def test_accepted_objects_keep_their_pixels(client: TestClient) -> None:
    first = change(client, inside(client, start(client)), state="accepted")
    second = inside(client, start(client, first["photo"]))
    assert second["area"] == 0
    assert change(client, second, spare=False)["area"] == first["area"]


def test_a_box_can_be_accepted_once_its_mask_was_shown(client: TestClient) -> None:
    found = start(client)
    refused = change(client, found, state="accepted", kind="accept", expect=409)
    assert "not shown yet" in refused["error"]
    shown = refused["object"]
    assert shown["state"] == "draft" and shown["area"] > 500
    accepted = change(client, shown, state="accepted", kind="accept")
    assert accepted["mask"] == shown["mask"]


def test_opening_a_box_shows_its_mask(client: TestClient) -> None:
    found = start(client)
    opened = client.get(f"/api/objects/{found['id']}").json()
    assert opened["area"] > 500 and opened["state"] == "draft"
    assert change(client, opened, state="accepted", kind="accept")["mask"] == opened["mask"]


def test_the_mask_that_is_shown_is_the_mask_that_is_saved(client: TestClient) -> None:
    first = inside(client, start(client))
    second = inside(client, start(client, None, [[60, 5], [115, 75]]), 90, 40)
    accepted = change(client, first, state="accepted", kind="accept")
    # Shown before the other was accepted: what would be saved is not what was seen.
    refused = change(client, second, state="accepted", kind="accept", expect=409)
    shown = refused["object"]
    assert 0 < shown["area"] < 0.9 * second["area"]
    failed = change(client, shown, state="accepted", kind="accept", expect=409)
    assert failed["object"] == shown  # nothing was lost: a reason, not another state
    assert "lies on accepted objects" in failed["error"] and "Switch" in failed["error"]
    whole = change(client, shown, spare=False, kind="tidy")
    assert whole["area"] == second["area"]
    saved = change(client, whole, state="accepted", kind="accept")
    assert saved["mask"] == whole["mask"]
    assert client.get(f"/api/objects/{accepted['id']}").json()["area"] == accepted["area"]


def test_an_imported_thing_within_another_keeps_its_pixels(client: TestClient) -> None:
    boxes = {
        "images": [{"id": 1, "file_name": "photo 1.png"}],
        "categories": [{"id": 1, "name": "bench"}, {"id": 2, "name": "book"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 5, 100, 70]},
            {"id": 2, "image_id": 1, "category_id": 2, "bbox": [40, 25, 30, 30]},
        ],
    }
    client.post("/api/import", content=json.dumps(boxes))
    photo = photo_number(client, "photo 1.png")
    assert len(client.post(f"/api/photos/{photo}/masks", json={}).json()["objects"]) == 2
    for found in client.get(f"/api/photos/{photo}").json()["objects"]:
        opened = client.get(f"/api/objects/{found['id']}").json()
        saved = change(client, opened, state="accepted", kind="accept")
        assert saved["mask"] == opened["mask"] == found["mask"] and saved["area"] > 0


def test_one_history_for_a_photo(client: TestClient) -> None:
    first = inside(client, start(client))
    second = inside(client, start(client, None, [[60, 5], [115, 75]]), 90, 40)
    photo = first["photo"]
    change(client, second, state="deleted", kind="delete")
    assert [o["id"] for o in client.get(f"/api/photos/{photo}/deleted").json()] == [second["id"]]
    back = client.post(f"/api/photos/{photo}/undo", json={}).json()
    assert [o["state"] for o in back["objects"]] == ["draft"] and back["can_undo"] and back["can_redo"]
    detail = client.get(f"/api/photos/{photo}").json()
    assert detail["can_undo"] and detail["can_redo"] and len(detail["objects"]) == 2
    again = client.post(f"/api/photos/{photo}/redo", json={}).json()
    assert again["objects"][0]["state"] == "deleted" and not again["can_redo"]
    restored = client.post(f"/api/objects/{second['id']}/restore", json={}).json()
    assert restored["state"] == "draft" and restored["mask"] == second["mask"]


def test_masks_for_all_boxes_are_one_step(client: TestClient) -> None:
    first = start(client)
    start(client, first["photo"], [[5, 5], [60, 60]])
    client.post(f"/api/photos/{first['photo']}/masks", json={})
    back = client.post(f"/api/photos/{first['photo']}/undo", json={}).json()
    assert len(back["objects"]) == 2 and not any(o["computed"] for o in back["objects"])


def test_masks_made_a_few_at_a_time_are_one_step(client: TestClient) -> None:
    first = start(client)
    photo = first["photo"]
    for x in range(2, 22):
        start(client, photo, [[x, 5], [x + 40, 60]])
    step, lefts = None, []
    while not lefts or lefts[-1]:
        made = client.post(f"/api/photos/{photo}/masks", json={"step": step}).json()
        step = made["step"]
        lefts.append(made["left"])
    assert lefts == [13, 5, 0]
    back = client.post(f"/api/photos/{photo}/undo", json={}).json()
    assert len(back["objects"]) == 21 and not any(o["computed"] for o in back["objects"])
    # What was undone is no step to add to.
    other = client.post(f"/api/photos/{photo}/masks", json={"step": step}).json()
    assert len(other["objects"]) == 8
    back = client.post(f"/api/photos/{photo}/undo", json={}).json()
    assert len(back["objects"]) == 8


def test_finishing_a_photo_says_what_nobody_accepted(client: TestClient) -> None:
    found = start(client)
    answer = client.patch(f"/api/photos/{found['photo']}", json={"done": True}).json()
    assert (answer["done"], answer["drafts"]) == (True, 1)


def test_a_project_that_went_is_said_at_the_next_change(client: TestClient, bench: Workbench) -> None:
    found = start(client)
    bench.store.path.unlink()
    answer = client.put("/api/labels", json={"labels": ["cat"]})
    failure = answer.json()
    assert answer.status_code == 503 and failure["lost"] and failure["unsaved"]
    assert f"(rescued.iog) in its place as {bench.store.path.name}" in failure["error"]
    assert client.get("/api/project").json()["lost"] == failure["error"]
    rescued = client.get("/api/rescue")
    assert 'filename="rescued.iog"' in rescued.headers["content-disposition"]
    path = bench.store.path.with_name("rescued.iog")
    path.write_bytes(rescued.content)
    assert [row.id for row in Store(path).objects(found["photo"])] == [found["id"]]


def test_what_a_rule_forbids_is_told_from_what_was_not_kept(client: TestClient, bench: Workbench) -> None:
    found = start(client)
    refused = client.post(
        f"/api/photos/{found['photo']}/bulk", json={"kind": "merge", "objects": [found["id"]]}
    )
    assert refused.status_code == 422 and not refused.json()["unsaved"]
    bench.store._db.execute("PRAGMA max_page_count = 1")  # as if the disk were full
    labels = [f"label {number}" for number in range(3000)]
    full = client.put("/api/labels", json={"labels": labels[:400]})
    for start_ in range(400, 3000, 400):
        full = client.put("/api/labels", json={"labels": labels[start_ : start_ + 400]})
    assert full.status_code == 422 and full.json()["unsaved"], full.text


def test_masks_for_all_boxes(client: TestClient) -> None:
    first = start(client)
    start(client, first["photo"], [[5, 5], [60, 60]])
    assert len(client.post(f"/api/photos/{first['photo']}/masks", json={}).json()["objects"]) == 2
    assert all(o["computed"] for o in client.get(f"/api/photos/{first['photo']}").json()["objects"])
    assert len(client.post(f"/api/photos/{first['photo']}/masks", json={}).json()["objects"]) == 0


def test_masks_for_all_boxes_leave_alone_what_a_person_changes_meanwhile(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TestClient(make_app(bench), base_url=HOST) as client:
        first = start(client)
        start(client, first["photo"], [[5, 5], [60, 60]])
        segmenter = bench.segmenter()
        compute = segmenter.segment_batch

        def slow(*arguments: Any) -> Any:
            predictions = compute(*arguments)
            change(client, first, label="dog")
            return predictions

        monkeypatch.setattr(segmenter, "segment_batch", slow)
        assert len(client.post(f"/api/photos/{first['photo']}/masks", json={}).json()["objects"]) == 1
        assert client.get(f"/api/objects/{first['id']}").json()["label"] == "dog"


def test_two_tabs_get_a_conflict_with_the_newest_state(client: TestClient) -> None:
    found = start(client)
    newest = inside(client, found)
    failure = change(client, found, label="dog", expect=409)
    assert "another tab" in failure["error"]
    assert failure["object"]["version"] == newest["version"]
    assert failure["object"]["work"]["clicks"]["inside"] == [60, 40]


def test_a_click_outside_is_refused_in_one_sentence(client: TestClient) -> None:
    found = start(client)
    wrong = {**found["work"]["clicks"], "inside": [2, 2]}
    assert "outside the box" in change(client, found, clicks=wrong, expect=422)["error"]
    answer = client.post(
        f"/api/photos/{found['photo']}/objects", json={"corners": [[900, 900], [950, 950]], "label": "x"}
    )
    assert answer.status_code == 422 and "outside the image" in answer.json()["error"]


def test_deleted_objects_come_back_with_undo(client: TestClient) -> None:
    found = change(client, start(client), state="deleted", kind="delete")
    detail = client.get(f"/api/photos/{found['photo']}").json()
    assert detail["objects"] == [] and detail["can_undo"]
    walked(client, found, "undo")
    assert len(client.get(f"/api/photos/{found['photo']}").json()["objects"]) == 1


def test_the_outline_has_fewer_points_with_more_tolerance(client: TestClient) -> None:
    found = inside(client, start(client))
    exact, rough = (
        client.get(f"/api/objects/{found['id']}/outline", params={"tolerance": t}).json() for t in (0, 3)
    )
    assert exact["vertices"] > rough["vertices"] > 3


def test_work_survives_a_restart(photos: Path, tmp_path: Path) -> None:
    for visit in range(2):
        bench = Workbench(photos, tmp_path / "p.iog", DiscEngine())
        with TestClient(make_app(bench), base_url=HOST) as client:
            if visit == 0:
                found = inside(client, start(client))
            else:
                again = client.get(f"/api/objects/{found['id']}").json()
                assert again == found
                assert change(client, again, label="dog")["label"] == "dog"


# ---- photos


def test_every_kind_of_photo_is_shown_upright_as_rgb(photos: Path, tmp_path: Path) -> None:
    grey = np.linspace(0, 65535, 40 * 30).reshape(30, 40).astype(np.uint16)
    Image.fromarray(grey).save(photos / "deep.png")
    Image.new("CMYK", (40, 30), (0, 255, 255, 0)).save(photos / "cmyk.jpg")
    Image.new("L", (40, 30), 99).save(photos / "grey.png")
    Image.new("RGBA", (40, 30), (255, 0, 0, 0)).save(photos / "clear.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (40, 30)).save(photos / "turned.jpg", exif=exif)
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    frames[0].save(photos / "moving.gif", save_all=True, append_images=frames[1:])
    bench = Workbench(photos, tmp_path / "p.iog", DiscEngine())
    with TestClient(make_app(bench), base_url=HOST) as client:
        shown = {}
        for name in ("deep.png", "cmyk.jpg", "grey.png", "clear.png", "turned.jpg", "moving.gif"):
            number = photo_number(client, name)
            detail = client.get(f"/api/photos/{number}").json()
            for kind in ("image", "thumbnail"):
                picture = Image.open(io.BytesIO(client.get(f"/api/photos/{number}/{kind}").content))
                assert picture.mode == "RGB" and picture.format == "JPEG"
                assert picture.size == (detail["photo"]["width"], detail["photo"]["height"])
                shown[name, kind] = np.asarray(picture)
    assert shown["turned.jpg", "image"].shape[:2] == (40, 30)
    assert shown["turned.jpg", "thumbnail"].shape[:2] == (40, 30)
    assert shown["clear.png", "image"].min() > 250
    assert shown["deep.png", "image"].max() > 250
    assert shown["moving.gif", "image"][0, 0, 0] > 250


def test_large_photos_are_shown_smaller_but_clicked_at_full_resolution(photos: Path, tmp_path: Path) -> None:
    Image.new("RGB", (8192, 100)).save(photos / "wide.png")
    bench = Workbench(photos, tmp_path / "p.iog", DiscEngine())
    with TestClient(make_app(bench), base_url=HOST) as client:
        number = photo_number(client, "wide.png")
        assert client.get(f"/api/photos/{number}").json()["scale"] == 0.5
        assert Image.open(io.BytesIO(client.get(f"/api/photos/{number}/image").content)).size == (4096, 50)
        found = start(client, number, [[8000, 10], [8100, 90]])
        assert inside(client, found, 8050, 50)["mask"]["box"][0] > 7900


def test_broken_photos_are_listed_with_the_reason(photos: Path, tmp_path: Path) -> None:
    (photos / "noise.jpg").write_bytes(b"nothing")
    content = (photos / "photo 1.png").read_bytes()
    (photos / "short.png").write_bytes(content[: len(content) // 2])
    bench = Workbench(photos, tmp_path / "p.iog", DiscEngine())
    with TestClient(make_app(bench), base_url=HOST) as client:
        for name in ("noise.jpg", "short.png"):
            number = photo_number(client, name)
            assert client.get(f"/api/photos/{number}/thumbnail").status_code == 422
            detail = client.get(f"/api/photos/{number}").json()
            assert name in detail["photo"]["problem"] and str(tmp_path) not in detail["photo"]["problem"]
            body = {"corners": CORNERS, "label": "cat"}
            assert client.post(f"/api/photos/{number}/objects", json=body).status_code == 422
        assert client.get("/api/project").json()["counts"]["broken"] == 2


@pytest.mark.parametrize("kind", ["image", "thumbnail"])
def test_a_picture_is_not_taken_for_that_of_another_project(photos: Path, tmp_path: Path, kind: str) -> None:
    """Both have a photo 1, and the browser knows the address alone."""
    write_photo(tmp_path / "others" / "photo 1.png", seed=7)
    answers, marks = [], []
    for folder in (photos, tmp_path / "others"):
        bench = Workbench(folder, tmp_path / f"{folder.name}.iog", DiscEngine())
        with TestClient(make_app(bench), base_url=HOST) as client:
            address = f"/api/photos/{photo_number(client, 'photo 1.png')}/{kind}"
            answers.append(client.get(address, headers={"If-None-Match": ", ".join(marks)}))
            marks.append(answers[-1].headers["etag"])
            again = client.get(address, headers={"If-None-Match": marks[-1]})
            assert again.status_code == 304 and again.content == b""
            assert answers[-1].headers["cache-control"] == "private, no-cache"
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content != answers[1].content


def test_a_thumbnail_is_of_the_file_that_is_there_now(client: TestClient, photos: Path) -> None:
    address = f"/api/photos/{photo_number(client, 'photo 1.png')}/thumbnail"
    before = client.get(address)
    write_photo(photos / "photo 1.png", 60, 90, seed=8)
    after = client.get(address, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200 and Image.open(io.BytesIO(after.content)).size == (60, 90)


def test_links_out_of_the_folder_are_not_followed(photos: Path, tmp_path: Path) -> None:
    write_photo(tmp_path / "secret.png")
    (photos / "link.png").symlink_to(tmp_path / "secret.png")
    bench = Workbench(photos, tmp_path / "p.iog", DiscEngine())
    with TestClient(make_app(bench), base_url=HOST) as client:
        number = photo_number(client, "link.png")
        for kind in ("image", "thumbnail"):
            answer = client.get(f"/api/photos/{number}/{kind}")
            assert answer.status_code == 422 and "outside the photo folder" in answer.json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/../project.iog",
        "/..%2fproject.iog",
        "/static/../../server.py",
        "/api/photos/../../etc/passwd",
        "/photos/photo%201.png",
        "//etc/passwd",
        "/app.js/../server.py",
    ],
)
def test_no_address_leads_to_a_file(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 422)
    assert b"SQLite" not in answer.content


def test_a_renamed_photo_keeps_its_work(photos: Path, tmp_path: Path) -> None:
    bench = Workbench(photos, tmp_path / "p.iog", DiscEngine())
    with TestClient(make_app(bench), base_url=HOST) as client:
        inside(client, start(client))
    (photos / "photo 1.png").rename(photos / "sub" / "renamed.png")
    bench = Workbench(photos, tmp_path / "p.iog", DiscEngine())
    with TestClient(make_app(bench), base_url=HOST) as client:
        number = photo_number(client, "renamed.png")
        assert len(client.get(f"/api/photos/{number}").json()["objects"]) == 1
        assert client.get("/api/photos").json()["total"] == 4


def test_photos_are_never_changed(client: TestClient, photos: Path) -> None:
    before = {path: path.read_bytes() for path in photos.rglob("*.*g")}
    inside(client, start(client))
    assert {path: path.read_bytes() for path in photos.rglob("*.*g")} == before


# ---- who may talk


def test_foreign_hosts_and_origins_are_refused(client: TestClient) -> None:
    good = {"origin": HOST, "sec-fetch-site": "same-origin"}
    assert client.get("/api/project", headers=good).status_code == 200
    for headers in (
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example"},
        {"host": ""},
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ):
        answer = client.get("/api/project", headers=headers)
        assert answer.status_code == 403 and answer.json()["error"], headers
        assert "access-control-allow-origin" not in answer.headers
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/", headers=followed).status_code == 200


def test_other_machines_need_the_token(bench: Workbench) -> None:
    with TestClient(make_app(bench, "secret"), base_url="http://192.168.0.9:8720") as client:
        assert client.get("/api/project").status_code == 401
        assert client.get("/", params={"token": "wrong"}).status_code == 401
        bearer = {"authorization": "Bearer secret"}
        assert client.get("/api/project", headers=bearer).status_code == 200
        entered = client.get("/", params={"token": "secret"}, follow_redirects=False)
        assert entered.status_code == 303 and "token" not in entered.headers["location"]
        assert "HttpOnly" in entered.headers["set-cookie"]
        assert client.get("/api/project").status_code == 200


def test_pages_may_load_nothing_from_elsewhere(client: TestClient) -> None:
    for path in ("/", "/app.js", "/style.css", "/icon.svg", "/api/project", "/api/nothing"):
        policy = client.get(path).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "http" not in policy
    assert "http" not in client.get("/").text and "http" not in client.get("/style.css").text


def test_a_body_that_is_too_large_is_refused(client: TestClient) -> None:
    answer = client.post("/api/import", content=b"{}", headers={"content-length": str(1 << 40)})
    assert answer.status_code == 413


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=_JSON, number=st.integers(-2, 2**70))
def test_malformed_requests_are_the_callers_fault(client: TestClient, body: Any, number: int) -> None:
    content = json.dumps(body).encode()
    for method, path in (
        ("PUT", f"/api/objects/{number}"),
        ("POST", f"/api/objects/{number}/preview"),
        ("POST", f"/api/photos/{number + 100 if number > 0 else number}/undo"),
        ("POST", "/api/photos/1/objects"),
        ("PATCH", "/api/photos/1"),
        ("PUT", "/api/labels"),
        ("POST", "/api/labels/rename"),
        ("POST", "/api/import"),
        ("GET", f"/api/photos/{number + 100 if number > 0 else number}/image"),
    ):
        answer = client.request(method, path, content=content, headers={"content-type": "application/json"})
        assert 400 <= answer.status_code < 500 and answer.json()["error"], (path, answer.text)


def test_the_api_describes_itself(client: TestClient) -> None:
    description = client.get("/api/openapi.json").json()
    assert "/api/objects/{number}/preview" in description["paths"]
    page = client.get("/api").text
    for path in description["paths"]:
        assert f" {path}</code>" in page
    patterns = (r'href="#([\w-]+)"', r'id="([\w-]+)"')
    links, places = (set(re.findall(pattern, page)) for pattern in patterns)
    assert links <= places == set(description["components"]["schemas"])
    # FastAPI before 0.119 names what is sent apart from what is received.
    assert {"Change", "ObjectMessage", "Stage"} <= {link.removesuffix("-Output") for link in links}
    assert "<script" not in page and "http" not in page.replace("HTTP", "")


# ---- exchange through the server


def test_export_and_import(client: TestClient) -> None:
    found = change(client, inside(client, start(client)), state="accepted", kind="accept")
    for name in client.get("/api/project").json()["formats"]:
        answer = client.get(f"/api/export/{name}")
        assert answer.headers["content-type"] == "application/zip"
        assert zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    archive = zipfile.ZipFile(io.BytesIO(client.get("/api/export/coco-rle").content))
    report = client.post("/api/import", content=archive.read("annotations.json")).json()
    assert report["count"] == 0 and any("already" in note for note in report["notes"])
    again = {"on_duplicate": "add"}
    report = client.post("/api/import", params=again, content=archive.read("annotations.json")).json()
    assert report == {"count": 1, "notes": []}
    first, second = client.get(f"/api/photos/{found['photo']}").json()["objects"]
    assert first["mask"] == second["mask"] and second["work"]["clicks"] == first["work"]["clicks"]
    assert client.post("/api/import", content=b"[]").status_code == 422
    # Any other export goes back in as the ZIP file that it was.
    for name in ("yolo", "voc", "labelme", "png", "png-photo", "parquet"):
        content = client.get(f"/api/export/{name}").content
        report = client.post("/api/import", params={"name": "a.zip", **again}, content=content).json()
        assert report["count"] >= 1, name  # whole objects may cover each other
    for name, content in (("a.zip", b"PK"), ("a.zip", b""), ("a.exe", b"MZ"), ("a.parquet", b"PAR1")):
        answer = client.post("/api/import", params={"name": name}, content=content)
        assert answer.status_code == 422 and "/tmp" not in answer.text, name


def test_importing_iog_loads_no_web_server() -> None:
    code = "import sys, iog, iog.cli; assert not {'fastapi', 'uvicorn', 'pydantic'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
