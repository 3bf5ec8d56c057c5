"""The remote server as X-AnyLabeling calls it, with the bodies that it sends."""

from __future__ import annotations

import base64
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

import iog
from iog.clicks import Box
from iog.connectors import x_anylabeling
from iog.connectors.core import Core
from iog.images import read_image
from iog.masks import BoolArray, mask_box, polygons, rasterize
from iog.samples import Sample
from tests.connectors.conftest import Connect


@pytest.fixture
def client(connect: Connect, core: Core) -> TestClient:
    return connect("x-anylabeling", core)


def rectangle(box: Box) -> dict[str, Any]:
    return {"type": "rectangle", "data": [box.x0, box.y0, box.x1, box.y1], "label": 1}


def point(x: int, y: int, label: int = 1) -> dict[str, Any]:
    return {"type": "point", "data": [x, y], "label": label}


def ask(
    sample: Sample, *marks: dict[str, Any], task: str | None = None, fineness: float = 0
) -> dict[str, Any]:
    """The body of a request."""
    params: dict[str, Any] = {"conf_threshold": 0.0, "iou_threshold": 0.0, "epsilon_factor": fineness}
    if marks:
        params["marks"] = list(marks)
    if task is not None:
        params["current_task"] = task
    image = "data:image/png;base64," + base64.b64encode(sample.photo.read_bytes()).decode()
    return {"model": "iog", "image": image, "params": params}


def shapes_of(client: TestClient, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = client.post("/v1/predict", json=body).json()
    assert answer["success"], answer
    return list(answer["data"]["shapes"])


def mask_of(shapes: list[dict[str, Any]], sample: Sample) -> BoolArray:
    height, width, _ = read_image(sample.photo).shape
    return rasterize([shape["points"] for shape in shapes], width, height)


def test_a_box_then_points(client: TestClient, coffee: Sample) -> None:
    box, inside = coffee.clicks.box, coffee.clicks.inside
    assert inside is not None
    away = box.x0 + 2, box.y0 + 2
    first = client.post("/v1/predict", json=ask(coffee, rectangle(box))).json()
    assert first["data"]["replace"] is False and first["data"]["description"] == ""
    corners = coffee.clicks.corners
    assert np.array_equal(mask_of(first["data"]["shapes"], coffee), iog.segment(coffee.photo, corners).mask)
    third = shapes_of(client, ask(coffee, rectangle(box), point(*inside)))
    expected = iog.segment(coffee.photo, corners, inside)
    assert np.array_equal(mask_of(third, coffee), expected.mask)
    assert {shape["score"] for shape in third} == {round(expected.confidence, 4)}
    assert {(shape["label"], shape["shape_type"]) for shape in third} == {("AUTOLABEL_OBJECT", "polygon")}
    fourth = shapes_of(client, ask(coffee, rectangle(box), point(*inside), point(*away, 0)))
    corrected = iog.segment(coffee.photo, corners, inside, [(*away, False)])
    assert np.array_equal(mask_of(fourth, coffee), corrected.mask)


def test_several_objects_in_one_request(client: TestClient, coffee: Sample) -> None:
    box, other = coffee.clicks.box, Box(5, 5, 60, 50)
    body = ask(coffee, rectangle(other), rectangle(box), point(*box.centre))
    one = iog.segment(coffee.photo, ((5, 5), (59, 49))).mask
    two = iog.segment(coffee.photo, coffee.clicks.corners, box.centre).mask
    shapes = shapes_of(client, body)
    count = len(polygons(one))
    assert np.array_equal(mask_of(shapes[:count], coffee), one)
    assert np.array_equal(mask_of(shapes[count:], coffee), two)


def test_parts_of_an_object_share_a_group() -> None:
    mask = np.zeros((40, 60), bool)
    mask[5:15, 5:20] = mask[20:35, 10:40] = True
    mask[24:30, 15:25] = False
    prediction: Any = SimpleNamespace(
        visible=(Box(0, 0, 60, 40), mask.astype(np.float32)),
        prompting=SimpleNamespace(threshold=0.5),
        confidence=0.5,
        image_size=(60, 40),
    )
    shapes = list(x_anylabeling._shapes(prediction, Box(4, 4, 46, 37), "polygon", 0))
    assert len(shapes) == 2 and {shape["group_id"] for shape in shapes} == {4 * 60 + 4 + 1}
    assert np.array_equal(rasterize([shape["points"] for shape in shapes], 60, 40), mask)


def test_boxes_and_turned_boxes(client: TestClient, coffee: Sample) -> None:
    marks = rectangle(coffee.clicks.box), point(*coffee.clicks.box.centre)
    mask = iog.segment(coffee.photo, coffee.clicks.corners, coffee.clicks.box.centre).mask
    (shape,) = shapes_of(client, ask(coffee, *marks, task="rectangle"))
    box = mask_box(mask)
    assert box is not None and shape["shape_type"] == "rectangle"
    assert (*shape["points"][0], *shape["points"][2]) == tuple(box)
    (turned,) = shapes_of(client, ask(coffee, *marks, task="rotation"))
    assert turned["shape_type"] == "rotation"
    points = np.array(turned["points"])
    sides = np.diff(np.vstack([points, points[:1]]), axis=0)
    assert abs(np.dot(sides[0], sides[1])) < 0.1 * np.linalg.norm(sides[0])
    assert turned["direction"] == pytest.approx(math.atan2(sides[0][1], sides[0][0]) % math.tau)
    covered = mask_of([turned], coffee)
    assert (covered & mask).sum() > 0.99 * mask.sum()
    assert covered.sum() <= box.width * box.height


def test_the_slider_makes_outlines_coarser(client: TestClient, coffee: Sample) -> None:
    mask = iog.segment(coffee.photo, coffee.clicks.corners).mask
    counts, shares = [], []
    for fineness in (0, 0.0001, 0.001, 0.01):
        shapes = shapes_of(client, ask(coffee, rectangle(coffee.clicks.box), fineness=fineness))
        found = mask_of(shapes, coffee)
        counts.append(sum(len(shape["points"]) for shape in shapes))
        shares.append((found & mask).sum() / (found | mask).sum())
    assert counts == sorted(counts, reverse=True) and counts[0] > 5 * counts[3]
    assert shares[0] == 1 and shares[2] > 0.98 and shares[3] > 0.9


def test_a_batch_is_labelled(client: TestClient, coffee: Sample) -> None:
    body = ask(coffee, rectangle(coffee.clicks.box), task="every-photo")
    data = client.post("/v1/predict", json=body).json()["data"]
    assert data["replace"] is None and {shape["label"] for shape in data["shapes"]} == {"object"}


def test_what_is_listed(client: TestClient, core: Core) -> None:
    assert client.get("/health").json()["status"] == "healthy"
    (model,) = client.get("/v1/models").json()["data"].items()
    assert model[0] == "iog" and core.version in model[1]["display_name"]
    # Released clients refuse to run a batch where this is null.
    modes = {task["id"]: task["batch_processing_mode"] for task in model[1]["available_tasks"]}
    assert modes == {"polygon": None, "rectangle": None, "rotation": None, "every-photo": "default"}
    info = client.get("/v1/models/iog/info").json()["data"]
    assert info == {"model_id": "iog", **model[1]}
    assert client.get("/v1/models/sam/info").json()["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"image": "data:image/png;base64,####"}, "not base64"),
        ({"image": "aGVsbG8="}, "the image"),
        ({"params": {"marks": [point(3, 3)]}}, "no box"),
        ({"params": {"marks": [{"type": "rectangle", "data": [1, 2], "label": 1}]}}, "mark 1"),
        ({"params": {"marks": [{"type": "rectangle", "data": [1, 2, 30, 40], "label": 0}]}}, "click there"),
        ({"params": {"marks": [{"type": "lasso", "data": [1, 2]}]}}, "marks.0.type"),
        ({"params": {"marks": [], "current_task": "video"}}, "no task 'video'"),
        ({"params": {"current_task": "every-photo"}}, "draw a box"),
        ({"params": 3}, "params"),
    ],
)
def test_refusals_leave_what_was_drawn(
    client: TestClient, coffee: Sample, change: dict[str, Any], says: str
) -> None:
    """The released client clears unlocked shapes after an answer that it cannot read."""
    answer = client.post("/v1/predict", json={**ask(coffee, rectangle(coffee.clicks.box)), **change})
    body = answer.json()
    assert answer.status_code == 200 and body["success"] is False
    assert says in body["error"]["message"] and body["data"]["replace"] is False


def test_an_unknown_model_and_no_marks(client: TestClient, coffee: Sample) -> None:
    answer = client.post("/v1/predict", json={**ask(coffee), "model": "sam"})
    assert answer.status_code == 404 and answer.json()["error"]["code"] == "NOT_FOUND"
    assert shapes_of(client, ask(coffee)) == []
