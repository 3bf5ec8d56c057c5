"""CVAT's own command line and SDK run our agent; its server is a stub."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import iog
from iog.clicks import Box, Clicks
from iog.connectors.nuclio import mask_points
from iog.images import read_image
from iog.masks import BoolArray, rasterize
from iog.samples import samples
from tests.connectors.cvat_stub import Stub, running
from tests.connectors.test_cvat import corners_of, mask_of
from tests.connectors.tools import ROOT, interpreter, program

MODULE = ["--function-module", "iog.connectors.cvat_agent"]


@pytest.fixture(scope="module")
def python() -> str:
    """The Python of CVAT's environment, in which our package's few requirements are too."""
    found = interpreter("IOG_CVAT_CLI", "cvat-cli", "cvat-cli")
    needs = "import cv2, numpy, onnxruntime, pycocotools, yaml"
    if subprocess.run([found, "-c", needs], capture_output=True).returncode:
        pytest.skip(f"CVAT NOT TESTED: {found} -m pip install {ROOT}")
    return found


def _cli(port: int, home: Path, *arguments: str) -> str:
    command = [program("IOG_CVAT_CLI", "cvat-cli", "cvat-cli"), "--server-host", f"http://127.0.0.1:{port}"]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CVAT")}
    own = {"PYTHONPATH": str(ROOT / "src"), "CVAT_ACCESS_TOKEN": "secret", "XDG_CACHE_HOME": str(home)}
    ran = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=120, env={**kept, **own}
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout


def _photos() -> list[tuple[Path, Clicks]]:
    found = [(s.photo, s.clicks) for s in samples()]
    return [*found, (found[0][0], Clicks.of(((5, 5), (120, 90)), (60, 45)))]


def _size(photo: Path) -> tuple[int, int]:
    height, width, _ = read_image(photo).shape
    return width, height


def _interaction(frame: int, clicks: Clicks) -> dict[str, Any]:
    """As the server asks after a box, a click and a correction in its editor."""
    assert clicks.inside is not None
    x, y = clicks.inside
    away = [[clicks.box.x0 + 1.5, clicks.box.y0 + 1.5]]
    return {
        "type": "interact",
        "frame": frame,
        "pos_points": [[x + 0.5, y + 0.5]],
        "neg_points": away,
        "obj_bbox": corners_of(clicks.box),
    }


def _expected(photo: Any, clicks: Clicks) -> iog.Prediction:
    away = clicks.box.x0 + 1, clicks.box.y0 + 1
    return iog.segment(photo, clicks.corners, clicks.inside, [(*away, False)])


def test_five_photos_through_its_agent(python: str, tmp_path: Path) -> None:
    photos = _photos()
    requests = [_interaction(frame, clicks) for frame, (_, clicks) in enumerate(photos)]
    # Then a part of a photo alone, and a click that the model refuses.
    (photo, clicks), corner = photos[0], (clicks_corner(photos[0][1]))
    assert clicks.inside is not None
    moved = Clicks.of(
        tuple((x - corner[0], y - corner[1]) for x, y in clicks.corners),
        (clicks.inside[0] - corner[0], clicks.inside[1] - corner[1]),
    )
    width, height = _size(photo)
    requests.append({**_interaction(0, moved), "roi": [*corner, width, height]})
    requests.append({**requests[0], "pos_points": [[-40, -40]]})
    stub = Stub([photo for photo, _ in photos], ["object"], requests)
    with running(stub) as port:
        number = _cli(port, tmp_path, "function", "create-native", "IOG", *MODULE).strip()
        assert number == "7"
        said = stub.function
        assert (said["kind"], said["min_pos_points"], said["min_neg_points"]) == ("interactor", 1, 0)
        assert said["startswith_box"] is True
        _cli(port, tmp_path, "function", "run-agent", number, *MODULE, "--burst")
    for frame, (path, clicks) in enumerate(photos):
        (shape,) = stub.done[f"r{frame}"]["shapes"]
        expected = _expected(path, clicks)
        assert shape["type"] == "mask"
        assert shape["attributes"] == [{"spec_id": 0, "value": f"{expected.confidence:.4f}"}]
        assert np.array_equal(mask_of([int(p) for p in shape["points"]], _size(path)), expected.mask)
    pixels = read_image(photo)[corner[1] :, corner[0] :]
    (shape,) = stub.done[f"r{len(photos)}"]["shapes"]
    found = mask_of([int(p) for p in shape["points"]], (pixels.shape[1], pixels.shape[0]))
    assert np.array_equal(found, _expected(pixels, moved).mask)
    assert list(stub.failed) == [f"r{len(photos) + 1}"] and "outside" in stub.failed[f"r{len(photos) + 1}"]


def clicks_corner(clicks: Clicks) -> tuple[int, int]:
    """A little before the box."""
    return max(0, clicks.box.x0 - 20), max(0, clicks.box.y0 - 20)


def _coco(folder: Path, photos: list[tuple[Path, Clicks]]) -> Path:
    """Boxes by the names of the frames."""
    images, annotations = [], []
    for number, (photo, clicks) in enumerate(photos):
        width, height = _size(photo)
        images.append({"id": number, "file_name": photo.name, "width": width, "height": height})
        for category, box in ((1, clicks.box), (2, Box(5, 5, 60, 50))):
            values = [box.x0, box.y0, box.width, box.height]
            annotations.append(
                {"id": 2 * number + category, "image_id": number, "category_id": category, "bbox": values}
            )
    categories = [{"id": 1, "name": "thing"}, {"id": 2, "name": "corner"}]
    path = folder / "boxes.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path


def test_a_detector_puts_polygons_into_boxes(python: str, tmp_path: Path) -> None:
    photos = _photos()[:2]
    options = [*MODULE, "-p", f"boxes=str:{_coco(tmp_path, photos)}"]
    mapping = {name: {"name": name, "attributes": {}} for name in ("thing", "corner")}
    request = {
        "type": "annotate_task",
        "threshold": None,
        "mapping": mapping,
        "conv_mask_to_poly": True,
    }
    stub = Stub([photo for photo, _ in photos], ["thing", "corner"], [request])
    with running(stub) as port:
        _cli(port, tmp_path, "function", "create-native", "IOG boxes", *options)
        assert [label["name"] for label in stub.function["labels_v2"]] == ["thing", "corner"]
        _cli(port, tmp_path, "function", "run-agent", "7", *options, "--burst")
    assert not stub.failed
    shapes = stub.done["r0"]["annotations"]["shapes"]
    for frame, (photo, clicks) in enumerate(photos):
        for label, corners in ((40, clicks.corners), (41, ((5, 5), (59, 49)))):
            own = [s for s in shapes if (s["frame"], s["label_id"]) == (frame, label)]
            expected = iog.segment(photo, corners).mask
            assert {shape["type"] for shape in own} == {"polygon"}
            assert _overlap(_rasterized(own, _size(photo)), expected) > 0.97


def _rasterized(shapes: list[Any], size: tuple[int, int]) -> BoolArray:
    rings = [np.array(shape["points"]).reshape(-1, 2).tolist() for shape in shapes]
    return rasterize(rings, *size)


def _overlap(first: BoolArray, second: BoolArray) -> float:
    return float((first & second).sum() / (first | second).sum())


def test_the_sdk_annotates_a_task(python: str, tmp_path: Path) -> None:
    """`annotate_task` of the SDK, for servers without agents: CVAT Community."""
    photos = _photos()[:1]
    boxes = _coco(tmp_path, photos)
    stub = Stub([photo for photo, _ in photos], ["thing", "corner"], [])
    with running(stub) as port:
        _cli(port, tmp_path, "task", "auto-annotate", "1", *MODULE, "-p", f"boxes=str:{boxes}")
    thing = next(s for s in stub.stored["shapes"] if s["label_id"] == 40)
    photo, clicks = photos[0]
    expected = iog.segment(photo, clicks.corners).mask
    assert np.array_equal(mask_of([int(p) for p in thing["points"]], _size(photo)), expected)


def test_masks_are_encoded_as_the_sdk_does(python: str) -> None:
    masks = [
        np.random.default_rng(seed).random((9, 13)) < share for seed, share in enumerate((0.1, 0.5, 0.9))
    ]
    code = (
        "import json, sys, numpy; from cvat_sdk.masks import encode_mask; "
        "print(json.dumps([encode_mask(numpy.array(m, bool)) for m in json.load(sys.stdin)]))"
    )
    ran = subprocess.run(
        [python, "-c", code], input=json.dumps([m.tolist() for m in masks]), capture_output=True, text=True
    )
    assert json.loads(ran.stdout) == [mask_points(mask) for mask in masks]
