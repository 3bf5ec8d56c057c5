"""The ML backend as Label Studio calls it, with the bodies that it sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

import iog
from iog.clicks import Box, Clicks
from iog.connectors.core import Core
from iog.connectors.label_studio import CONFIG
from iog.connectors.settings import ServeSettings
from iog.formats.label_studio import decode_rle
from iog.images import read_image
from iog.masks import BoolArray, rasterize
from iog.samples import Sample
from tests.connectors.conftest import Connect, write_samples

POLYGONS = CONFIG.replace("BrushLabels", "PolygonLabels")


@pytest.fixture
def client(connect: Connect, core: Core, tmp_path: Path) -> TestClient:
    write_samples(tmp_path)
    return connect("label-studio", core, ServeSettings(root=tmp_path))


def rectangle(box: Box, size: tuple[int, int], label: str = "object") -> dict[str, Any]:
    """A region as the editor sends it."""
    width, height = size
    return {
        "id": "r1",
        "type": "rectanglelabels",
        "from_name": "box",
        "to_name": "image",
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": {
            "x": 100 * box.x0 / width,
            "y": 100 * box.y0 / height,
            "width": 100 * box.width / width,
            "height": 100 * box.height / height,
            "rotation": 0,
            "rectanglelabels": [label],
        },
    }


def keypoint(x: float, y: float, size: tuple[int, int], positive: bool = True) -> dict[str, Any]:
    """A region as the editor sends it."""
    value = {"x": 100 * x / size[0], "y": 100 * y / size[1], "width": 0.3, "keypointlabels": ["object"]}
    return {"id": "k", "type": "keypointlabels", "is_positive": positive, "image_rotation": 0, "value": value}


def mask_of(region: dict[str, Any]) -> BoolArray:
    return decode_rle(region["value"]["rle"], (region["original_width"], region["original_height"]))


def size_of(sample: Sample) -> tuple[int, int]:
    height, width, _ = read_image(sample.photo).shape
    return width, height


def ask(sample: Sample, result: list[Any] | None, task: int = 1, config: str = CONFIG) -> dict[str, Any]:
    """The body of a request."""
    return {
        "tasks": [
            {"id": task, "data": {"image": f"/data/local-files/?d={sample.photo.name}"}, "annotations": []}
        ],
        "project": "3.1700000000",
        "label_config": config,
        "params": {
            "login": None,
            "password": None,
            "context": None if result is None else {"result": result},
        },
    }


def test_a_box_then_points(client: TestClient, coffee: Sample) -> None:
    """The editor sends boxes alone, then points alone."""
    size, clicks = size_of(coffee), coffee.clicks
    assert clicks.inside is not None
    x, y = clicks.inside
    far = clicks.box.x0 + 2, clicks.box.y0 + 2

    def answer(*regions: dict[str, Any]) -> dict[str, Any]:
        results = client.post("/predict", json=ask(coffee, list(regions))).json()["results"]
        assert len(results) == 1
        (region,) = results[0]["result"]
        assert (region["from_name"], region["type"]) == ("mask", "brushlabels")
        assert region["value"]["brushlabels"] == ["object"]
        return region

    box = answer(rectangle(clicks.box, size))
    assert np.array_equal(mask_of(box), iog.segment(coffee.photo, clicks.corners).mask)
    third = answer(keypoint(x + 0.5, y + 0.5, size))
    expected = iog.segment(coffee.photo, clicks.corners, (x, y))
    assert np.array_equal(mask_of(third), expected.mask)
    assert third["score"] == round(expected.confidence, 4)
    corrected = answer(keypoint(x, y, size), keypoint(*far, size, positive=False))
    assert np.array_equal(
        mask_of(corrected), iog.segment(coffee.photo, clicks.corners, (x, y), [(*far, False)]).mask
    )
    # All at once, as programs send it.
    whole = answer(rectangle(clicks.box, size), keypoint(x, y, size))
    assert np.array_equal(mask_of(whole), expected.mask)


def test_a_point_in_an_older_box_refines_that(client: TestClient, coffee: Sample) -> None:
    size, clicks = size_of(coffee), coffee.clicks
    assert clicks.inside is not None
    client.post("/predict", json=ask(coffee, [rectangle(clicks.box, size)]))
    client.post("/predict", json=ask(coffee, [rectangle(Box(0, 0, 40, 40), size)]))
    point = keypoint(clicks.inside[0] + 0.5, clicks.inside[1] + 0.5, size)
    (region,) = client.post("/predict", json=ask(coffee, [point])).json()["results"][0]["result"]
    assert np.array_equal(mask_of(region), iog.segment(coffee.photo, clicks.corners, clicks.inside).mask)


def test_a_point_takes_no_box_that_it_is_not_in(client: TestClient, coffee: Sample) -> None:
    """The tool does not say who asks: the box may be another person's."""
    size, centre = size_of(coffee), coffee.clicks.box.centre
    client.post("/predict", json=ask(coffee, [rectangle(Box(0, 0, 40, 40), size)], task=12))
    for positive in (True, False):
        answer = client.post("/predict", json=ask(coffee, [keypoint(*centre, size, positive)], task=12))
        assert answer.status_code == 422 and "no box around it" in answer.json()["error"]
    assert client.post("/predict", json=ask(coffee, [keypoint(20, 20, size)], task=12)).status_code == 200


def test_points_go_to_the_box_that_they_are_in(client: TestClient, coffee: Sample) -> None:
    size, box = size_of(coffee), coffee.clicks.box
    other = Box(5, 5, 60, 50)
    client.post("/predict", json=ask(coffee, [rectangle(box, size), rectangle(other, size)], task=8))
    asked = ask(coffee, [keypoint(*box.centre, size)], task=8)
    first, second = client.post("/predict", json=asked).json()["results"][0]["result"]
    expected = iog.segment(coffee.photo, coffee.clicks.corners, box.centre)
    assert np.array_equal(mask_of(first), expected.mask)
    assert np.array_equal(mask_of(second), iog.segment(coffee.photo, ((5, 5), (59, 49))).mask)
    assert client.post("/predict", json=ask(coffee, [], task=8)).json()["results"][0]["result"] == []
    forgotten = client.post("/predict", json=asked)
    assert forgotten.status_code == 422 and "draw a smart rectangle" in forgotten.json()["error"]


def test_polygons_on_request(client: TestClient, coffee: Sample) -> None:
    size = size_of(coffee)
    body = ask(coffee, [rectangle(coffee.clicks.box, size)], task=9, config=POLYGONS)
    regions = client.post("/predict", json=body).json()["results"][0]["result"]
    assert {region["type"] for region in regions} == {"polygonlabels"}
    rings = [[[x * size[0] / 100, y * size[1] / 100] for x, y in r["value"]["points"]] for r in regions]
    found = rasterize(rings, *size)
    expected = iog.segment(coffee.photo, coffee.clicks.corners).mask
    assert (found & expected).sum() / (found | expected).sum() > 0.95  # simplified, and without holes


def test_tasks_that_carry_boxes(client: TestClient, coffee: Sample) -> None:
    size, box = size_of(coffee), coffee.clicks.box
    body = ask(coffee, None)
    first = {
        **body["tasks"][0],
        "annotations": [{"result": [rectangle(box, size), rectangle(Box(5, 5, 60, 50), size, "no label")]}],
    }
    bare = {"id": 2, "data": {"image": "/data/local-files/?d=x.png"}, "annotations": [], "predictions": []}
    lost = {
        **bare,
        "id": 3,
        "annotations": None,
        "predictions": [{"result": [rectangle(box, size)], "score": None}],
    }
    answer = client.post("/predict", json={**body, "tasks": [first, bare, lost]}).json()
    made, empty, missing = answer["results"]
    one, two = (iog.segment(coffee.photo, c) for c in (coffee.clicks.corners, ((5, 5), (59, 49))))
    assert [mask_of(r).sum() for r in made["result"]] == [one.mask.sum(), two.mask.sum()]
    assert made["score"] == round(min(one.confidence, two.confidence), 4)
    assert [r["value"]["brushlabels"] for r in made["result"]] == [["object"], ["object"]]
    # Label Studio keeps no prediction of these, and writes what was wrong into its log.
    assert "result" not in empty and "no box" in empty["error"]
    assert "result" not in missing and "no file" in missing["error"]


def test_turned_rectangles(client: TestClient, coffee: Sample) -> None:
    size, box = size_of(coffee), coffee.clicks.box
    region = rectangle(box, size)
    # The same rectangle, from its upper right corner, turned by 90 degrees.
    region["value"] |= {
        "x": 100 * box.x1 / size[0],
        "width": 100 * box.height / size[0],
        "height": 100 * box.width / size[1],
        "rotation": 90,
    }
    answer = client.post("/predict", json=ask(coffee, [region], task=4)).json()["results"][0]["result"][0]
    assert np.array_equal(mask_of(answer), iog.segment(coffee.photo, coffee.clicks.corners).mask)


def test_the_other_calls(client: TestClient, core: Core) -> None:
    for path in ("/", "/health"):
        assert client.get(path).json()["status"] == "UP"
    body = {"project": "3.17", "schema": CONFIG, "hostname": "http://localhost:8080", "access_token": "abc"}
    assert client.post("/setup", json=body).json() == {"model_version": core.version}
    assert client.get("/versions").json() == {"versions": [core.version]}
    assert client.post("/webhook", json={"action": "ANNOTATION_CREATED"}).status_code == 201
    for path in ("/webhook", "/train"):
        refused = client.post(path, json={"action": "START_TRAINING"})
        assert refused.status_code == 422 and "iog train" in refused.json()["error"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"label_config": "<View><Image name='image' value='$image'/></View>"}, "paste the one"),
        ({"label_config": "<View"}, "cannot be read"),
        ({"label_config": "<!DOCTYPE x [<!ENTITY e 'e'>]><View/>"}, "document type"),
        ({"tasks": []}, "tasks"),
        ({"tasks": [{"id": 1, "data": {}}]}, "no photo in its data"),
        ({"tasks": [{"id": 1, "data": {"image": "http://169.254.169.254/x"}}]}, "elsewhere"),
        ({"tasks": [{"id": 1, "data": {"image": "/data/local-files/?d=../../etc/passwd"}}]}, "no file"),
        ({"params": {"context": {"result": 3}}}, "not a list"),
        ({"params": {"context": {"result": [{"type": "rectanglelabels"}]}}}, "rectangle cannot be read"),
        ({"params": {"context": {"result": [{"type": "keypointlabels", "value": 1}]}}}, "point cannot be"),
    ],
)
def test_mistakes_are_one_sentence(
    client: TestClient, coffee: Sample, change: dict[str, Any], says: str
) -> None:
    answer = client.post("/predict", json={**ask(coffee, []), **change})
    assert answer.status_code == 422 and says in answer.json()["error"]


def test_half_characters_come_back(client: TestClient, coffee: Sample) -> None:
    """JSON has them as escapes, UTF-8 does not."""
    body = ask(coffee, None)
    body["tasks"][0] |= {"id": "\ud800", "data": {"image": "\ud800"}}
    headers = {"Content-Type": "application/json"}
    answer = client.post("/predict", content=json.dumps(body), headers=headers)
    assert answer.status_code == 200 and "\ud800" in answer.json()["results"][0]["error"]
    region = rectangle(coffee.clicks.box, size_of(coffee))
    for results, says in (
        ([region], "not an address"),
        (2**40, "no box"),
    ):  # a photo that is asked for; no list
        body["tasks"][0]["annotations"] = [{"result": results}]
        answer = client.post("/predict", content=json.dumps(body), headers=headers)
        assert says in answer.json()["results"][0]["error"]


def test_a_photo_that_was_turned_in_the_editor_is_refused(client: TestClient, coffee: Sample) -> None:
    region = {**rectangle(coffee.clicks.box, size_of(coffee)), "image_rotation": 90}
    assert "turn it back" in client.post("/predict", json=ask(coffee, [region])).json()["error"]


def test_boxes_and_clicks_of_percent_are_those_of_pixels() -> None:
    size = (601, 397)
    for box in (Box(3, 7, 77, 91), Box(0, 0, 601, 397), Box(333, 111, 337, 396)):
        region = rectangle(box, size)["value"]
        from iog.connectors.prompts import box_of, clicks_of

        edges = [region[k] / 100 for k in ("x", "y", "width", "height")]
        found = box_of((edges[0], edges[1], edges[0] + edges[2], edges[1] + edges[3]), size, relative=True)
        assert found == box
        x, y = box.centre
        value = keypoint(x, y, size)["value"]
        marks = [(value["x"] / 100 * size[0], value["y"] / 100 * size[1], True)]
        corners = ((box.x0, box.y0), (box.x1 - 1, box.y1 - 1))
        assert clicks_of(box, marks, size) == Clicks.of(corners, (x, y))
