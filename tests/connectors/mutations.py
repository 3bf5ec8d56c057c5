"""Broken requests to every server: python -m tests.connectors.mutations --count 10000

Each is a right request in which values were exchanged, left out, doubled or made absurd, or whose bytes were
cut; the same number gives the same requests. An answer of 500 or more is a fault, and printed.
"""

from __future__ import annotations

import argparse
import base64
import copy
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from fastapi.testclient import TestClient

import iog
from iog.connectors.core import Core
from iog.connectors.label_studio import CONFIG
from iog.connectors.nuclio import FUNCTION
from iog.connectors.server import make_app
from iog.connectors.table import PLUGS
from tests.annotator.conftest import DiscEngine
from tests.connectors.conftest import picture

Request = tuple[str, str, Any, dict[str, str]]
"""Method, path, JSON or bytes, headers."""
_IMAGE = "data:image/png;base64," + base64.b64encode(picture()).decode()
_RECTANGLE = {
    "type": "rectanglelabels",
    "value": {"x": 10, "y": 10, "width": 50, "height": 60, "rotation": 0, "rectanglelabels": ["object"]},
}
_POINT = {"type": "keypointlabels", "value": {"x": 40, "y": 40, "keypointlabels": ["object"]}}
_TASK = {"id": 1, "data": {"image": _IMAGE}, "annotations": [{"result": [_RECTANGLE]}]}
_ASK = {"tasks": [_TASK], "label_config": CONFIG, "project": "1"}
_MARKS = [
    {"type": "rectangle", "data": [10, 5, 50, 35], "label": 1},
    {"type": "point", "data": [30, 20], "label": 1},
    {"type": "point", "data": [12, 7], "label": 0},
]
_CVAT = {
    "image": _IMAGE.partition(",")[2],
    "pos_points": [[30, 20]],
    "neg_points": [[12, 7]],
    "obj_bbox": [[10, 5], [50, 35]],
}
_PROMPT = {
    "image": _IMAGE,
    "corners": [[10, 5], [49, 34]],
    "inside": [30, 20],
    "corrections": [[12, 7, False]],
}

RIGHT: dict[str, list[Request]] = {
    "label-studio": [
        ("POST", "/predict", {**_ASK, "params": {"context": {"result": [_RECTANGLE]}}}, {}),
        ("POST", "/predict", {**_ASK, "params": {"context": {"result": [_RECTANGLE, _POINT]}}}, {}),
        ("POST", "/predict", {**_ASK, "params": {"context": None}}, {}),
        ("POST", "/setup", {"project": "1", "schema": CONFIG, "access_token": "x"}, {}),
        ("POST", "/webhook", {"action": "ANNOTATION_CREATED"}, {}),
    ],
    "x-anylabeling": [
        ("POST", "/v1/predict", {"model": "iog", "image": _IMAGE, "params": {"marks": _MARKS, **own}}, {})
        for own in (
            {"epsilon_factor": 0.001},
            {"current_task": "rotation"},
            {"current_task": "rectangle"},
            {"current_task": "every-photo"},
        )
    ],
    "cvat": [
        ("POST", "/", _CVAT, {}),
        ("POST", "/api/function_invocations", _CVAT, {"x-nuclio-function-name": FUNCTION}),
        ("GET", f"/api/functions/{FUNCTION}", None, {}),
    ],
    "http": [
        ("POST", "/v1/objects?include=rle&include=polygons&tolerance=1", _PROMPT, {}),
        ("POST", "/v1/boxes", {"image": _IMAGE, "boxes": [[10, 5, 50, 35], [1, 1, 9, 9]]}, {}),
        ("POST", "/v1/photos", picture(), {}),
        ("POST", "/v1/objects?corners=1&corners=1&corners=30&corners=30", picture(), {}),
        ("POST", "/v1/objects/x/clicks", {"x": 3, "y": 4, "foreground": True, "role": "auto"}, {}),
        ("GET", "/v1/objects/x?include=png", None, {}),
    ],
}
"""Requests as they should be."""

ABSURD: list[Any] = [
    *(None, True, False, 0, -1, 1, 0.5, 1e308, -1e308, 10**30, float("nan"), float("inf"), 2**31, 2**63),
    *(
        "",
        " ",
        "NaN",
        "1",
        "\x00",
        "\ud800",
        "é" * 9,
        "../../etc/passwd",
        "http://169.254.169.254/",
        "data:,",
    ),
    *("%00", "A" * 5000, "<!DOCTYPE x [<!ENTITY e 'e'>]><x>&e;</x>"),
    *([], {}, [[]], [None], [1, 2, 3, 4], {"": None}, [[[[[[[[1]]]]]]]]),
]


def broken(name: str, count: int, seed: int = 0) -> Iterator[Request]:
    """That many broken requests to a server."""
    dice = random.Random(f"{name} {seed}")
    for _ in range(count):
        method, path, body, headers = copy.deepcopy(dice.choice(RIGHT[name]))
        for _ in range(dice.choice((1, 1, 1, 2, 4))):
            if isinstance(body, bytes) or body is None or dice.random() < 0.08:
                path, body = _of_bytes(dice, path, body)
            else:
                body = _of_values(dice, body)
        if dice.random() < 0.03:
            method = dice.choice(("GET", "PUT", "DELETE", "HEAD", "POST"))
        yield method, path, body, headers


def _of_values(dice: random.Random, body: Any) -> Any:
    """With one value exchanged, left out or doubled."""
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        pairs = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, inner in list(pairs):
            places.append((value, key))
            walk(inner)

    walk(body)
    if not places:
        return dice.choice(ABSURD)
    holder, key = dice.choice(places)
    match dice.randrange(5):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, list):
            holder.extend(copy.deepcopy([holder[key]]) * dice.choice((1, 3, 600)))
        case 2:
            other, its = dice.choice(places)
            try:
                holder[key] = copy.deepcopy(other[its])
            except LookupError:
                holder[key] = dice.choice(ABSURD)
        case 3 if isinstance(holder[key], str):
            text = holder[key]
            at = dice.randrange(len(text) + 1)
            holder[key] = text[:at] + str(dice.choice(ABSURD)) + text[at + dice.randrange(9) :]
        case _:
            holder[key] = copy.deepcopy(dice.choice(ABSURD))
    return body


def _of_bytes(dice: random.Random, path: str, body: Any) -> tuple[str, Any]:
    """With bytes cut or turned, or another address."""
    if body is None or dice.random() < 0.2:
        at = dice.randrange(1, len(path) + 1)
        odd = dice.choice(("", "%", "%ff", "../", "é", "?corners=x", "/" * 9, "A" * 300))
        return "/" + (path[:at] + odd).lstrip("/"), body  # "//x" is another host
    content = bytearray(body if isinstance(body, bytes) else _bytes(body))
    match dice.randrange(3):
        case 0:
            del content[dice.randrange(len(content) + 1) :]
        case 1:
            for _ in range(dice.choice((1, 5))):
                if content:
                    content[dice.randrange(len(content))] = dice.randrange(256)
        case _:
            content = bytearray(
                dice.choice((b"", b"[" * 5000, b'{"a":' * 5000, b"\xff\xfe", b"null", b"1e999"))
            )
    return path, bytes(content)


def _bytes(body: Any) -> bytes:
    return json.dumps(body).encode("utf-8", "surrogatepass")


def faults(name: str, core: Core, count: int, seed: int = 0) -> tuple[Counter[int], list[str]]:
    """How often each status was answered; and what was answered by 500 or more."""
    app: Any = make_app(name, core)
    statuses: Counter[int] = Counter()
    found = []
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        for method, path, body, headers in broken(name, count, seed):
            content = body if isinstance(body, bytes) else None if body is None else _bytes(body)
            kind = {} if isinstance(body, bytes) else {"Content-Type": "application/json"}
            answer = client.request(method, path, content=content, headers={**kind, **headers})
            statuses[answer.status_code] += 1
            if answer.status_code >= 500:
                shown = (content or b"").replace(_CVAT["image"].encode(), b"PHOTO")
                found.append(f"{method} {path} {shown[:1000]!r}: {answer.text[:300]}")
    return statuses, found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    bad = False
    for name in PLUGS:
        statuses, found = faults(name, Core(iog.Segmenter(DiscEngine())), arguments.count, arguments.seed)
        told = ", ".join(f"{status}: {times}" for status, times in sorted(statuses.items()))
        print(f"{name:16}{sum(statuses.values()):8} requests   {told}")
        print(*found[:20], sep="\n", end="\n" if found else "")
        bad = bad or bool(found)
    sys.exit(bad)


if __name__ == "__main__":
    main()
