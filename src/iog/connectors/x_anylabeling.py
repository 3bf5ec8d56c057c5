"""X-AnyLabeling: the remote server that its `Remote-Server` model asks.

Convention: continuous pixel coordinates. https://github.com/CVHub520/X-AnyLabeling-Server

Each request brings all marks of the photo: boxes, and points that belong to the box around them. Of a refusal
the tool shows nothing, and an answer that fails may clear what the user drew; so refused predictions are
answered with no shapes and "replace: false", and the sentence is in this server's output.
Release 4.2: a batch mode of null is refused, and batches send the last marks, never the shapes of the file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import cv2
import numpy as np
from fastapi import APIRouter
from pydantic import BaseModel, Field

from iog.clicks import Box
from iog.connectors.core import Core, patch_of
from iog.connectors.objects import UnknownError
from iog.connectors.prompts import Mark, box_of, clicks_of, photo_of_text, shared_out
from iog.connectors.settings import ServeSettings
from iog.errors import ClickError
from iog.formats.records import outlines
from iog.formats.yolo import bridged
from iog.masks import Ring
from iog.prediction import Prediction
from iog.serving.messages import Coordinate

MODEL = "iog"
"""The id under which the tool asks."""
UNFINISHED = "AUTOLABEL_OBJECT"
"""The label of an object that the user has not yet named."""
LABEL = "object"
"""The label where the tool asks for none."""

_NO_SHAPES = {"shapes": [], "description": "", "replace": False}
_TOUCHED = {
    "button_add_rect": "Draw a box around the object",
    "button_add_point": "Click on the object, first near its middle",
    "button_remove_point": "Click next to the object",
    "button_clear": None,
    "button_finish_object": None,
    "mask_fineness_slider": None,
    "mask_fineness_value_label": None,
    "toggle_preserve_existing_annotations": None,
}
_VALUES = {"mask_fineness_slider": 10, "toggle_preserve_existing_annotations": True}
_TASKS = {
    "polygon": "Mask as polygons",
    "rectangle": "Box of the mask",
    "rotation": "Turned box of the mask",
    "every-photo": "Polygons, these marks on every photo",
}


class _Mark(BaseModel):
    type: Literal["point", "rectangle"]
    data: list[Coordinate] = Field(min_length=2, max_length=4)
    label: int = 1
    """1: on the object; 0: not."""


class _Params(BaseModel):
    marks: list[_Mark] = Field(default=[], max_length=500)
    epsilon_factor: float = Field(default=0.001, ge=0, le=1, allow_inf_nan=False)
    """How far an outline may stray, as a share of its length."""
    current_task: str | None = Field(default=None, max_length=100)


class _Ask(BaseModel):
    model: str = Field(max_length=200)
    image: str
    params: _Params = Field(default_factory=_Params)


def router(core: Core, settings: ServeSettings) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/health")
    def health() -> dict[str, Any]:
        return {"status": "healthy", "models_loaded": 1}

    @routes.get("/v1/models")
    def models() -> dict[str, Any]:
        return {"success": True, "data": {MODEL: _description(core.version)}}

    @routes.get("/v1/models/{model}/info")
    def info(model: Annotated[str, Field(max_length=200)]) -> dict[str, Any]:
        _check_model(model)
        return {"success": True, "data": {"model_id": MODEL, **_description(core.version)}}

    @routes.post("/v1/predict")
    def predict(ask: _Ask) -> dict[str, Any]:
        _check_model(ask.model)
        params = ask.params
        kind = params.current_task or "polygon"
        if kind not in _TASKS:
            raise ClickError(f"there is no task {kind!r}; choose one of {', '.join(_TASKS)}")
        if not params.marks:
            if kind == "every-photo":
                raise ClickError("there are no marks; draw a box on this photo, then run all photos")
            return {"success": True, "data": _NO_SHAPES}
        photo = photo_of_text(core, ask.image)
        boxes, points = _sorted(params.marks, photo.size)
        shapes = [
            shape
            for box, own in zip(boxes, shared_out(boxes, points), strict=True)
            for shape in _shapes(
                core.predict(photo, clicks_of(box, own, photo.size)), box, kind, params.epsilon_factor
            )
        ]
        # Null: in a batch the tool's own switch says whether existing shapes are kept.
        replace = None if kind == "every-photo" else False
        return {"success": True, "data": {"shapes": shapes, "description": "", "replace": replace}}

    return routes


def _description(version: str) -> dict[str, Any]:
    """What the tool shows, and which of its controls: older releases know no tasks."""
    return {
        "display_name": f"IOG {version}",
        "widgets": [{"name": name, "value": _VALUES.get(name)} for name in _TOUCHED],
        "batch_processing_mode": None,
        "available_tasks": [
            {
                "id": task,
                "name": name,
                "active_widgets": {w: {} if tip is None else {"tooltip": tip} for w, tip in _TOUCHED.items()},
                "batch_processing_mode": "default" if task == "every-photo" else None,
            }
            for task, name in _TASKS.items()
        ],
    }


def _check_model(model: str) -> None:
    if model != MODEL:
        raise UnknownError(f"there is no model {model!r} here; this server has {MODEL!r}")


def _sorted(marks: Sequence[_Mark], size: tuple[int, int]) -> tuple[list[Box], list[Mark]]:
    """Boxes and points, each in the order in which they were made."""
    boxes: list[Box] = []
    points: list[Mark] = []
    for number, mark in enumerate(marks, 1):
        if len(mark.data) != (2 if mark.type == "point" else 4):
            raise ClickError(f"mark {number}: a {mark.type} of {len(mark.data)} numbers cannot be read")
        if mark.type == "point":
            points.append((mark.data[0], mark.data[1], mark.label == 1))
        elif mark.label != 1:
            raise ClickError("iog does not use boxes around the background; click there instead")
        else:
            boxes.append(box_of(mark.data, size))
    if not boxes:
        raise ClickError("there is a point but no box; draw a rectangle (+Rect) around the object first")
    return boxes, points


def _shapes(prediction: Prediction, box: Box, kind: str, fineness: float) -> Iterator[dict[str, Any]]:
    patch = patch_of(prediction)
    if not patch.area:
        return
    common = {
        "label": LABEL if kind == "every-photo" else UNFINISHED,
        "score": round(prediction.confidence, 4),
        "attributes": {},
        "difficult": False,
        "group_id": None,
    }
    if kind == "rectangle":
        yield {**common, "shape_type": "rectangle", "points": _rectangle(patch.box)}
    elif kind == "rotation":
        points, direction = _turned([outer for outer, _ in outlines(patch, 0)])
        yield {**common, "shape_type": "rotation", "points": points, "direction": direction}
    else:
        rings = [_outline(outer, holes, fineness) for outer, holes in outlines(patch, 0)]
        # Parts of one object share a number, which the corner of its box makes another than its neighbours'.
        group = box.y0 * prediction.image_size[0] + box.x0 + 1 if len(rings) > 1 else None
        for ring in rings:
            yield {**common, "shape_type": "polygon", "points": ring, "group_id": group}


def _outline(outer: Ring, holes: Sequence[Ring], fineness: float) -> Ring:
    """One ring with bridges to its holes, simplified as the tool's slider says."""
    rings = [_simplified(ring, fineness) for ring in (outer, *holes)]
    first, *others = rings
    return bridged([first if len(first) >= 3 else outer, *(ring for ring in others if len(ring) >= 3)])


def _simplified(ring: Ring, fineness: float) -> Ring:
    if fineness == 0:
        return ring
    points = np.array(ring, np.float32)
    found: Ring = cv2.approxPolyDP(points, fineness * cv2.arcLength(points, True), True)[:, 0].tolist()
    return found


def _rectangle(box: Box) -> Ring:
    x0, y0, x1, y1 = (float(edge) for edge in box)
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]


def _turned(rings: Sequence[Ring]) -> tuple[Ring, float]:
    """The smallest turned rectangle around outlines, and the angle of its first side in radians."""
    corners = np.concatenate([np.array(ring, np.float32) for ring in rings])
    points: Ring = cv2.boxPoints(cv2.minAreaRect(corners)).tolist()
    (x0, y0), (x1, y1) = points[:2]
    return points, math.atan2(y1 - y0, x1 - x0) % math.tau


def refusal(status: int, reason: str) -> tuple[int, bytes]:
    """The tool's own form; without shapes where it would read an answer."""
    error = {"code": {401: "UNAUTHORIZED", 404: "NOT_FOUND"}.get(status, "REFUSED"), "message": reason}
    if status == 422:
        return 200, json.dumps({"success": False, "error": error, "data": _NO_SHAPES}).encode()
    return status, json.dumps({"success": False, "error": error}).encode()


def instructions(address: str, token: str | None, settings: ServeSettings) -> list[str]:
    """What to paste where."""
    return [
        "1. X-AnyLabeling: the AI button at the left, then the model CVHub, Remote-Server",
        f"   Server URL: {address}",
        f"   API Key: {token or '(leave it empty)'}",
        "2. +Rect: draw a box around the object; the mask appears.",
        "3. +Point: click near its middle; further points correct, -Point removes.",
        "4. Finish (f) names it. The slider makes outlines finer or coarser.",
        "What the tool does not show, such as refusals, is printed here.",
    ]
