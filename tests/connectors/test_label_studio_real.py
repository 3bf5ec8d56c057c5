"""A scripted annotator labels five photos in a running Label Studio through our backend."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

import iog
from iog.clicks import Clicks
from iog.connectors.label_studio import CONFIG
from iog.formats.account import Account
from iog.formats.label_studio import read as read_label_studio
from iog.images import read_image
from iog.samples import samples
from tests.connectors.test_label_studio import keypoint, mask_of, rectangle
from tests.connectors.tools import KEY, label_studio, serving

pytest.importorskip("httpx")


class Tool(NamedTuple):
    """A running Label Studio, and what it was given."""

    address: str
    api: Any


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    """Starting it takes a minute."""
    with label_studio(tmp_path_factory.mktemp("label-studio")) as (address, api):
        yield Tool(address, api)


class Photo(NamedTuple):
    """What the annotator has before the eyes."""

    name: str
    content: bytes
    clicks: Clicks

    @property
    def pixels(self) -> Any:
        return read_image(Image.open(io.BytesIO(self.content)))

    @property
    def size(self) -> tuple[int, int]:
        height, width, _ = self.pixels.shape
        return width, height


def _photos() -> list[Photo]:
    found = [Photo(s.photo.name, s.photo.read_bytes(), s.clicks) for s in samples()]
    # A fifth: the first one as a camera held sideways keeps it.
    first = Image.fromarray(read_image(samples()[0].photo)).transpose(Image.Transpose.ROTATE_90)
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    first.save(file, "JPEG", exif=exif, quality=95)
    return [*found, Photo("sideways.jpg", file.getvalue(), samples()[0].clicks)]


def _ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def _tasks(tool: Tool, project: int) -> dict[str, Any]:
    found = _ok(tool.api.get("/api/tasks", params={"project": project, "page_size": 100}))["tasks"]
    return {task["data"]["image"].rpartition("-")[2]: task for task in found}


def test_five_photos_from_box_to_export(tool: Tool, tmp_path: Path) -> None:
    photos = _photos()
    with serving("label-studio", tmp_path / "log", "--label-studio", tool.address) as backend:
        project = _ok(tool.api.post("/api/projects", json={"title": "iog", "label_config": CONFIG}))["id"]
        files = [("file", (photo.name, photo.content)) for photo in photos]
        for file in files:
            _ok(tool.api.post(f"/api/projects/{project}/import", files=[file]))
        model = _ok(
            tool.api.post(
                "/api/ml", json={"project": project, "url": backend, "title": "iog", "is_interactive": True}
            )
        )
        assert model["readable_state"] == "Connected"
        tasks = _tasks(tool, project)
        assert len(tasks) == 5

        def ask(task: int, *regions: dict[str, Any]) -> list[dict[str, Any]]:
            body = {"task": task, "context": {"result": list(regions)}}
            answer = _ok(tool.api.post(f"/api/ml/{model['id']}/interactive-annotating", json=body))
            assert not answer.get("errors"), answer
            return list(answer["data"]["result"])

        expected = {}
        for photo in photos:
            task, size, clicks = tasks[photo.name]["id"], photo.size, photo.clicks
            assert clicks.inside is not None
            x, y = clicks.inside
            (box,) = ask(task, rectangle(clicks.box, size))
            assert np.array_equal(mask_of(box), iog.segment(photo.pixels, clicks.corners).mask)
            (third,) = ask(task, keypoint(x, y, size))
            away = clicks.box.x0 + 1, clicks.box.y0 + 1
            (region,) = ask(task, keypoint(x, y, size), keypoint(*away, size, positive=False))
            expected[photo.name] = iog.segment(
                photo.pixels, clicks.corners, clicks.inside, [(*away, False)]
            ).mask
            assert np.array_equal(
                mask_of(third), iog.segment(photo.pixels, clicks.corners, clicks.inside).mask
            )
            _ok(tool.api.post(f"/api/tasks/{task}/annotations", json={"result": [region]}))

        exported = tool.api.get(f"/api/projects/{project}/export", params={"exportType": "JSON"})
        (tmp_path / "tasks.json").write_bytes(exported.content)
        read = {p.name: p for p in read_label_studio(tmp_path / "tasks.json", Account()).pictures}
        assert len(json.loads(exported.content)) == 5
        for photo in photos:
            (annotation,) = read[photo.name].annotations
            assert annotation.shape is not None
            mask = annotation.shape.patch(photo.size).full(*photo.size)
            assert np.array_equal(mask, expected[photo.name])


def test_boxes_become_masks_that_sort_by_score(tool: Tool, tmp_path: Path) -> None:
    photos = _photos()[:2]
    secret = "correct-horse-battery"
    options = ("--label-studio", tool.address, "--label-studio-token", KEY, "--token", secret)
    with serving("label-studio", tmp_path / "log", *options) as backend:
        project = _ok(tool.api.post("/api/projects", json={"title": "boxes", "label_config": CONFIG}))["id"]
        for photo in photos:
            file = [("file", (photo.name, photo.content))]
            _ok(tool.api.post(f"/api/projects/{project}/import", files=file))
        tasks = _tasks(tool, project)
        for photo in photos:
            region = rectangle(photo.clicks.box, photo.size)
            _ok(tool.api.post(f"/api/tasks/{tasks[photo.name]['id']}/annotations", json={"result": [region]}))
        login = {"auth_method": "BASIC_AUTH", "basic_auth_user": "iog", "basic_auth_pass": secret}
        body = {"project": project, "url": backend, "title": "iog", **login}
        assert _ok(tool.api.post("/api/ml", json=body))["readable_state"] == "Connected"
        action = {"id": "retrieve_tasks_predictions", "project": project}
        chosen = {"selectedItems": {"all": True, "excluded": []}, "project": project}
        _ok(tool.api.post("/api/dm/actions", params=action, json=chosen))
        for photo in photos:
            (made,) = _ok(tool.api.get("/api/predictions", params={"task": tasks[photo.name]["id"]}))
            wanted = iog.segment(photo.pixels, photo.clicks.corners)
            assert np.array_equal(mask_of(made["result"][0]), wanted.mask)
            assert made["score"] == round(wanted.confidence, 4)
