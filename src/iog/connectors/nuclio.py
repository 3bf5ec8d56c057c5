"""CVAT's interactors: what its server asks of a function, and a function of nuclio that answers it.

Convention: continuous pixel coordinates. CVAT keeps no order between points on the object and beside it; so
the points on it count as made first. https://docs.cvat.ai/docs/guides/serverless-tutorial/
Its page sends `obj_bbox` only to an interactor that declares `startswith_box`, else null.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from iog._version import __version__
from iog.clicks import Box
from iog.connectors.core import Core
from iog.connectors.prompts import box_of, clicks_of, photo_of_text
from iog.connectors.settings import ANSWERS, Answer
from iog.errors import ClickError, DataError, IogError
from iog.files import write_text
from iog.formats.cvat import encode_rle
from iog.formats.places import replacing_folder
from iog.masks import BoolArray, mask_box
from iog.segmenter import Segmenter
from iog.zoo import bundled, calibration_file, files_of

FUNCTION = "iog-three-clicks"
"""The function's name: letters, digits and hyphens."""
DESCRIPTION = "Three clicks to an object mask: a box, then a point near the object's middle"
ANNOTATIONS = {
    "name": "IOG",
    "version": "2",
    "type": "interactor",
    "spec": "",
    "min_pos_points": "1",
    "min_neg_points": "0",
    "startswith_box": "true",
    "help_message": "Draw a box around the object, then click near its middle. Further clicks correct, "
    "with the right button where the object is not.",
}
"""What CVAT reads of the function; all values are text."""

_CONFIDENCE = 0  # the attribute that CVAT knows of a shape
_POINTS = 500  # of an object
_LARGEST = 33554432  # bytes of a request, CVAT's usual limit
_MAIN = f'''"""IOG in CVAT: nuclio calls these two. Written by iog {__version__}."""

from iog.connectors.nuclio import handler, init_context

__all__ = ["handler", "init_context"]
'''


def answer(core: Core, body: object, form: Answer = "mask") -> bytes:
    """What CVAT gets for a body that it sent.

    Parameters
    ----------
    core
        Answers the clicks.
    body
        `image` (base64), `pos_points` and `neg_points` ([[x, y], ...]) and `obj_bbox` ([[x, y], [x, y]]).
    form
        "mask": all pixels as numbers, for every release; "shapes": run lengths with the confidence, for newer
        ones, a thousandth of the bytes.

    Returns
    -------
    bytes
        A JSON document.

    Raises
    ------
    ClickError, ImageError, DataError
        If the body cannot be answered.
    """
    if not isinstance(body, Mapping):
        raise DataError("the request is no object with image, pos_points, neg_points and obj_bbox")
    image = body.get("image")
    if not isinstance(image, str) or not image:
        raise DataError("the request has no image")
    marks = [(x, y, True) for x, y in _points(body, "pos_points")]
    marks += [(x, y, False) for x, y in _points(body, "neg_points")]
    photo = photo_of_text(core, image)
    box = _box(body.get("obj_bbox"), photo.size)
    prediction = core.predict(photo, clicks_of(box, marks, photo.size))
    if form == "mask":
        return b'{"mask": ' + _rows(prediction.mask) + b"}"
    points = mask_points(prediction.mask)
    confidence = {"spec_id": _CONFIDENCE, "value": f"{prediction.confidence:.4f}"}
    shapes = [{"type": "mask", "points": points, "attributes": [confidence]}] if points else []
    return json.dumps({"shapes": shapes}).encode()


def mask_points(mask: BoolArray) -> list[int]:
    """A mask as CVAT keeps it: run lengths within its box, background first, then the box's outer pixels.

    Empty where the mask is.
    """
    box = mask_box(mask)
    if box is None:
        return []
    x0, y0, x1, y1 = box
    return [*encode_rle(mask[y0:y1, x0:x1]), x0, y0, x1 - 1, y1 - 1]


def _rows(mask: BoolArray) -> bytes:
    """A list of rows of 0 and 1 as JSON; a mask of 12 megapixels has that many numbers."""
    height, width = mask.shape
    text = np.full((height, 2 * width + 1), ord(","), np.uint8)
    text[:, 0] = ord("[")
    text[:, 1::2] = mask.astype(np.uint8) + ord("0")
    text[:, -1] = ord("]")
    return b"[" + b",".join(row.tobytes() for row in text) + b"]"


def _points(body: Mapping[Any, Any], name: str) -> list[tuple[float, float]]:
    given = body.get(name) or []
    try:
        found = [(float(x), float(y)) for x, y in given]
    except (TypeError, ValueError, OverflowError):
        raise ClickError(f"{name} is not a list of points [x, y]") from None
    if len(found) > _POINTS:
        raise ClickError(f"{name} has {len(found)} points; at most {_POINTS} are taken")
    return found


def _box(given: object, size: tuple[int, int]) -> Box:
    """Two corners, or four numbers as older servers send them."""
    if given is None or given == []:
        raise ClickError("there is no box; draw one around the object first")
    try:
        values = np.array(given, np.float64).ravel().tolist()
    except (TypeError, ValueError, OverflowError):
        values = []
    if len(values) != 4 or not all(math.isfinite(value) for value in values):
        raise ClickError("obj_bbox is not a box [[x, y], [x, y]]")
    return box_of(values, size)


def init_context(context: Any) -> None:
    """Load the model, once for each of nuclio's workers."""
    context.user_data.core = Core(Segmenter(os.environ.get("IOG_MODEL", "lite")))
    context.user_data.form = form_of(os.environ.get("IOG_ANSWER", "mask"))


def form_of(text: str) -> Answer:
    """A form of answers by its name."""
    for form in ANSWERS:
        if form == text:
            return form
    raise DataError(f"IOG_ANSWER is {text!r}; it must be one of {', '.join(ANSWERS)}")


def handler(context: Any, event: Any) -> Any:
    """Answer one request of CVAT's server."""
    try:
        body = event.body
        if isinstance(body, bytes | str):
            body = _parsed(body)
        content, status = answer(context.user_data.core, body, context.user_data.form), 200
    except IogError as error:  # CVAT shows its user the number alone
        context.logger.warn(f"refused: {error}")
        content, status = json.dumps({"error": str(error)}).encode(), 422
    return context.Response(body=content, headers={}, content_type="application/json", status_code=status)


def _parsed(body: bytes | str) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise DataError("the request is not JSON") from None


def write_function(folder: Path, model: str = "lite", form: Answer = "mask") -> None:
    """Write a folder for nuclio: iog itself, `function.yaml`, `main.py` and `requirements.txt`.

    Parameters
    ----------
    folder
        A new or an empty one, or one that this wrote before.
    model
        A bundled model's name, or the path of an exported one, which is copied.
    form
        See `answer`.

    Raises
    ------
    DataError
        If the folder holds something else.
    ModelError
        If there is no such model, or it is a checkpoint, for which the function would need PyTorch.
    """
    encoder, decoder = files_of(model)
    Segmenter(model)  # says what is wrong with it here and not in the container
    with replacing_folder(folder) as made:
        package = Path(__file__).parents[1]
        shutil.copytree(package, made / "iog", ignore=shutil.ignore_patterns("__pycache__"))
        environment: dict[str, str] = {"IOG_ANSWER": form}
        if bundled(model) is None:
            for file in (encoder, decoder, calibration_file(model)):
                if file.is_file():
                    shutil.copy(file, made / file.name)
            environment["IOG_MODEL"] = f"/opt/nuclio/{encoder.name}"
        write_text(made / "main.py", _MAIN)
        write_text(made / "requirements.txt", "".join(f"{name}\n" for name in _requirements()))
        write_text(made / "function.yaml", yaml.safe_dump(_function(environment), sort_keys=False))


def _requirements() -> list[str]:
    """What iog needs, without extras."""
    return [name for name in metadata.requires("iog") or [] if "extra ==" not in name]


def _function(environment: Mapping[str, str]) -> dict[str, Any]:
    numbers = {name: int(ANNOTATIONS[name]) for name in ("version", "min_pos_points", "min_neg_points")}
    install = "pip install --no-cache-dir -r /opt/nuclio/requirements.txt"
    return {
        "metadata": {
            "name": FUNCTION,
            "namespace": "cvat",
            "annotations": {**ANNOTATIONS, **numbers, "spec": None, "startswith_box": True},
        },
        "spec": {
            "description": DESCRIPTION,
            "runtime": "python:3.11",
            "handler": "main:handler",
            "eventTimeout": "30s",
            "env": [{"name": name, "value": value} for name, value in environment.items()],
            "build": {
                "image": f"cvat.{FUNCTION}",
                "baseImage": "python:3.11-slim",
                "directives": {"postCopy": [{"kind": "RUN", "value": install}]},
            },
            "triggers": {
                "myHttpTrigger": {
                    "kind": "http",
                    "maxWorkers": 1,
                    "workerAvailabilityTimeoutMilliseconds": 10000,
                    "attributes": {"maxRequestBodySize": _LARGEST},
                }
            },
            "platform": {
                "attributes": {
                    "restartPolicy": {"name": "always", "maximumRetryCount": 3},
                    "mountMode": "volume",
                }
            },
        },
    }
