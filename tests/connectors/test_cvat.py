"""CVAT's bodies, answered by this server in nuclio's place and by a function of nuclio."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml
from click.testing import CliRunner

import iog
from iog.cli import main
from iog.clicks import Box
from iog.connectors import nuclio
from iog.connectors.core import Core
from iog.connectors.settings import ServeSettings
from iog.formats.cvat import decode_rle
from iog.images import read_image
from iog.masks import BoolArray, mask_box
from iog.samples import Sample
from tests.connectors.conftest import Connect

INVOKE = {"x-nuclio-function-name": nuclio.FUNCTION, "x-nuclio-path": "/"}


def body(sample: Sample, pos: list[Any], neg: list[Any], box: Any) -> dict[str, Any]:
    """What CVAT's server sends to an interactor."""
    image = base64.b64encode(sample.photo.read_bytes()).decode()
    return {"image": image, "pos_points": pos, "neg_points": neg, "obj_bbox": box}


def corners_of(box: Box) -> list[list[float]]:
    return [[box.x0, box.y0], [box.x1, box.y1]]


def mask_of(points: list[int], size: tuple[int, int]) -> BoolArray:
    *runs, x0, y0, x1, y1 = points
    mask = np.zeros(size[::-1], bool)
    mask[y0 : y1 + 1, x0 : x1 + 1] = decode_rle(runs, x1 - x0 + 1, y1 - y0 + 1)
    return mask


def asked(sample: Sample) -> tuple[dict[str, Any], iog.Prediction]:
    """A box, a click and a correction; and what must come of them."""
    box, inside = sample.clicks.box, sample.clicks.inside
    assert inside is not None
    away = box.x0 + 1, box.y0 + 1
    expected = iog.segment(sample.photo, sample.clicks.corners, inside, [(*away, False)])
    neg = [[away[0] + 0.5, away[1] + 0.5]]
    return body(sample, [[inside[0] + 0.4, inside[1] + 0.9]], neg, corners_of(box)), expected


def test_in_the_place_of_nuclio(connect: Connect, core: Core, coffee: Sample) -> None:
    """As `LambdaGateway` of CVAT's server asks."""
    client = connect("cvat", core)
    request, expected = asked(coffee)
    (function,) = client.get("/api/functions").json().items()
    assert function[0] == function[1]["metadata"]["name"]
    assert client.get(f"/api/functions/{function[0]}").json() == function[1]
    assert function[1]["spec"]["description"] and function[1]["status"]["state"] == "ready"
    # Values are text, of which it makes numbers and truths.
    said = function[1]["metadata"]["annotations"]
    assert all(isinstance(value, str) for value in said.values())
    assert (said["type"], int(said["min_pos_points"]), int(said["min_neg_points"])) == ("interactor", 1, 0)
    assert bool(said.get("startswith_box", False)) and not bool(said.get("startswith_box_optional", False))
    assert int(said["version"]) >= 2 and json.loads(said.get("spec") or "[]") == []
    for path, headers in (("/api/function_invocations", INVOKE), ("/", {})):
        answer = client.post(path, json=request, headers=headers).json()
        assert list(answer) == ["mask"]
        assert np.array_equal(np.array(answer["mask"], bool), expected.mask)
    assert client.post("/api/function_invocations", json=request).status_code == 404


def test_shapes_on_request(connect: Connect, core: Core, coffee: Sample) -> None:
    request, expected = asked(coffee)
    (shape,) = connect("cvat", core, ServeSettings(answer="shapes")).post("/", json=request).json()["shapes"]
    assert shape["type"] == "mask"
    assert shape["attributes"] == [{"spec_id": 0, "value": f"{expected.confidence:.4f}"}]
    height, width, _ = read_image(coffee.photo).shape
    assert np.array_equal(mask_of(shape["points"], (width, height)), expected.mask)
    x0, y0, x1, y1 = mask_box(expected.mask) or (0, 0, 0, 0)
    assert shape["points"][-4:] == [x0, y0, x1 - 1, y1 - 1]


def test_points_of_masks() -> None:
    mask = np.zeros((4, 6), bool)
    assert nuclio.mask_points(mask) == []
    mask[1, 2:4] = mask[2, 3] = True
    assert nuclio.mask_points(mask) == [0, 2, 1, 1, 2, 1, 3, 2]
    assert json.loads(nuclio._rows(mask)) == mask.astype(int).tolist()


@pytest.mark.parametrize("box", ["corners", "flat", "turned"])
def test_boxes_of_old_and_new_servers(connect: Connect, core: Core, coffee: Sample, box: str) -> None:
    first, second = corners_of(coffee.clicks.box)
    given = {"corners": [first, second], "flat": [*first, *second], "turned": [second, first]}[box]
    inside = coffee.clicks.inside
    assert inside is not None
    answer = connect("cvat", core).post("/", json=body(coffee, [list(inside)], [], given)).json()
    expected = iog.segment(coffee.photo, coffee.clicks.corners, inside).mask
    assert np.array_equal(np.array(answer["mask"], bool), expected)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"image": ""}, "no image"),
        ({"image": "####"}, "not base64"),
        ({"image": "aGVsbG8="}, "the image"),
        ({"obj_bbox": None}, "draw one"),
        ({"obj_bbox": []}, "draw one"),
        ({"obj_bbox": [1, 2, 3]}, "not a box"),
        ({"obj_bbox": [[1, 2], [3, "x"]]}, "not a box"),
        ({"obj_bbox": {"x": 1}}, "not a box"),
        ({"pos_points": 3}, "pos_points"),
        ({"neg_points": [[1, 2, 3]]}, "neg_points"),
        ({"pos_points": [[10**400, 2]]}, "pos_points"),
        ({"pos_points": [[-5, 2]]}, "outside"),
        ({"pos_points": [[1, 2]] * 501}, "at most 500"),
    ],
)
def test_mistakes_are_one_sentence(
    connect: Connect, core: Core, coffee: Sample, change: dict[str, Any], says: str
) -> None:
    request = {**asked(coffee)[0], **change}
    answer = connect("cvat", core).post("/", json=request)
    assert answer.status_code == 422 and says in answer.json()["error"]
    # And the same by the function, in whose log it is.
    context, log = _context(core)
    refused = nuclio.handler(context, SimpleNamespace(body=json.dumps(request).encode()))
    assert refused.status_code == 422 and json.loads(refused.body) == answer.json()
    assert says in log[0]


def _context(core: Core, form: str = "mask") -> tuple[Any, list[str]]:
    log: list[str] = []
    data = SimpleNamespace(core=core, form=form)
    return SimpleNamespace(
        user_data=data, logger=SimpleNamespace(warn=log.append), Response=SimpleNamespace
    ), log


@pytest.mark.parametrize("given", ["bytes", "object"])
def test_the_handler(core: Core, coffee: Sample, given: str) -> None:
    request, expected = asked(coffee)
    context, log = _context(core)
    sent = json.dumps(request).encode() if given == "bytes" else request  # nuclio reads JSON itself
    answer = nuclio.handler(context, SimpleNamespace(body=sent))
    assert (answer.status_code, answer.content_type) == (200, "application/json") and not log
    assert np.array_equal(np.array(json.loads(answer.body)["mask"], bool), expected.mask)
    for broken in (b"{", b"[" * 10_000, "3", None, b"\xff"):
        assert nuclio.handler(context, SimpleNamespace(body=broken)).status_code == 422


CALL = """
import json, sys
from types import SimpleNamespace
import main, iog
context = SimpleNamespace(user_data=SimpleNamespace(), logger=None, Response=SimpleNamespace)
main.init_context(context)
answer = main.handler(context, SimpleNamespace(body=json.load(sys.stdin)))
print(json.dumps({"package": iog.__file__, "status": answer.status_code, "body": json.loads(answer.body)}))
"""


def test_a_written_function_stands_alone(tmp_path: Path, coffee: Sample) -> None:
    """Its folder alone, as in the container, with another model beside it."""
    from iog.zoo import files_of

    for file in (*files_of("lite"), files_of("lite")[0].with_name("lite.calibration.json")):
        (tmp_path / file.name.replace("lite", "mine")).write_bytes(file.read_bytes())
    folder = tmp_path / "function"
    model = str(tmp_path / "mine.encoder.onnx")
    for _ in range(2):  # and again over the first one
        command = ["serve", "cvat", "--write", str(folder), "--answer", "shapes", "--model", model]
        written = CliRunner().invoke(main, command)
        assert written.exit_code == 0 and "nuctl deploy" in written.output
    stated = yaml.safe_load((folder / "function.yaml").read_text())
    said, spec = stated["metadata"]["annotations"], stated["spec"]
    assert {k: said[k] for k in ("type", "version", "min_pos_points", "min_neg_points")} == {
        "type": "interactor",
        "version": 2,
        "min_pos_points": 1,
        "min_neg_points": 0,
    }
    assert said["startswith_box"] is True and "startswith_box_optional" not in said
    assert set("._") & set(stated["metadata"]["name"]) == set()
    assert spec["handler"] == "main:handler" and spec["triggers"]["myHttpTrigger"]["kind"] == "http"
    needed = (folder / "requirements.txt").read_text().splitlines()
    assert any(name.startswith("onnxruntime") for name in needed) and not any("torch" in n for n in needed)

    environment = {entry["name"]: entry["value"] for entry in spec["env"]}
    environment["IOG_MODEL"] = environment["IOG_MODEL"].replace("/opt/nuclio", str(folder))
    request, expected = asked(coffee)
    ran = subprocess.run(
        [sys.executable, "-c", CALL],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **environment, "PYTHONPATH": str(folder)},
    )
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert Path(answer["package"]).is_relative_to(folder) and answer["status"] == 200
    height, width, _ = read_image(coffee.photo).shape
    found = mask_of(answer["body"]["shapes"][0]["points"], (width, height))
    assert np.array_equal(found, expected.mask)


def test_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    for options in (["--write", str(tmp_path)], ["--write", str(tmp_path / "f"), "--model", "x.pth"]):
        refused = CliRunner().invoke(main, ["serve", "cvat", *options])
        assert refused.exit_code == 2 and refused.output.startswith("Error")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_address_with_the_token_lets_its_server_in(tmp_path: Path) -> None:
    """CVAT has no field for a token; its HTTP library takes a name and a password before the host."""
    from tests.connectors.tools import serving

    httpx = pytest.importorskip("httpx")
    secret = "correct-horse-battery"
    with serving("cvat", tmp_path / "log", "--token", secret) as address:
        named = address.replace("http://", f"http://iog:{secret}@")
        assert httpx.get(f"{named}/api/functions").status_code == 200
        assert httpx.get(f"{address}/api/functions").status_code == 401
