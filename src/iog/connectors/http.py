"""HTTP for everybody: photos and objects by id, masks as run lengths, polygons or PNG."""

from __future__ import annotations

import base64
import io
import json
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from PIL import Image
from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic.config import JsonDict

from iog.clicks import Clicks
from iog.connectors.core import Core, patch_of
from iog.connectors.objects import Objects
from iog.connectors.prompts import box_of, bytes_of_text
from iog.connectors.settings import ServeSettings
from iog.errors import ClickError
from iog.formats.records import full_rle, outlines
from iog.masks import Ring
from iog.prediction import Prediction
from iog.serving.guard import plain_refusal
from iog.serving.messages import Coordinate, CorrectionMessage, Line, Message, Point
from iog.serving.reference import reference

Include = Literal["rle", "polygons", "png"]
Includes = Annotated[list[Include], Query(max_length=3)]
Tolerance = Annotated[float, Query(ge=0, le=50)]
Id = Annotated[str, Path(min_length=1, max_length=64)]
Edge = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
_CUP: JsonDict = {
    "photo": "0f343b0931126a20f133d67c2b018a3b",
    "corners": [[40, 30], [310, 280]],
    "inside": [170, 160],
    "corrections": [[300, 40, False]],
}
_PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAFElEQVR4nGM8YaPBgBsw4ZEbwdIAdvEB"
    "QFdSoakAAAAASUVORK5CYII="
)


class KeptPhoto(Message):
    """A photo that is kept for a while."""

    photo: str
    """Its id, the same for the same file."""
    width: int
    height: int


class Prompt(Message):
    """The clicks of an object on a photo."""

    photo: str | None = Field(None, max_length=64)
    """Id of an uploaded photo; or else give `image`."""
    image: str | None = None
    """The file as a data URI or in base64."""
    corners: tuple[Point, Point]
    """Two opposite corner pixels of a box around the object."""
    inside: Point | None = None
    """A pixel near the object's middle; without it the box alone is answered."""
    corrections: list[CorrectionMessage] = Field(default=[], max_length=200)
    """Further clicks in order: x, y, whether the pixel is on the object. A stroke, drawn through several
    pixels, has their list as a fourth item; x and y are its middle one."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CUP]})

    @model_validator(mode="after")
    def _one_photo(self) -> Prompt:
        _check_one(self.photo, self.image)
        return self

    def clicks(self) -> Clicks:
        """The value; `ClickError` if it breaks a rule."""
        return Clicks.of(self.corners, self.inside, self.corrections)


class Click(Message):
    """One more click."""

    x: Coordinate
    y: Coordinate
    foreground: bool = True
    """Whether the pixel is on the object."""
    role: Literal["auto", "inside", "correction"] = "auto"
    """`auto`: the first click on the object in the box is the inside click, all others are corrections."""
    path: Line | None = None
    """The pixels through which a correction that is drawn, a stroke, goes on from x, y."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"x": 170, "y": 160}]})

    def on(self, clicks: Clicks) -> Clicks:
        """The clicks with this one."""
        if self.role == "inside" and not self.foreground:
            raise ClickError("an inside click is on the object; give foreground true, or role correction")
        if self.path is not None:
            if self.role == "inside":
                raise ClickError("an inside click is one pixel; leave path out, or give role correction")
            return clicks.with_stroke([(self.x, self.y), *self.path], self.foreground)
        first = clicks.inside is None and not clicks.corrections and self.foreground
        within = clicks.box.contains(int(np.floor(self.x)), int(np.floor(self.y)))
        if self.role == "inside" or (self.role == "auto" and first and within):
            return clicks.with_inside(self.x, self.y)
        return clicks.with_correction(self.x, self.y, self.foreground)


class BoxesMessage(Message):
    """Boxes of a photo, for a mask each."""

    photo: str | None = Field(None, max_length=64)
    """Id of an uploaded photo; or else give `image`."""
    image: str | None = None
    """The file as a data URI or in base64."""
    boxes: list[tuple[Edge, Edge, Edge, Edge]] = Field(min_length=1, max_length=500)
    """Left, top, right and bottom edge of each in image coordinates."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"image": _PIXEL, "boxes": [[1, 1, 9, 9]]}]})

    @model_validator(mode="after")
    def _one_photo(self) -> BoxesMessage:
        _check_one(self.photo, self.image)
        return self


class PolygonMessage(Message):
    """One part of an object, in continuous image coordinates."""

    outer: Ring
    holes: list[Ring]


class SegmentedObject(Message):
    """An object and its mask."""

    id: str
    photo: str
    width: int
    height: int
    clicks: dict[str, Any]
    """`corners`, `inside` and `corrections`."""
    confidence: float
    """Expected IoU of the mask, 0 to 1."""
    box: tuple[int, int, int, int] | None
    """Of the mask: left, top, right and bottom edge; null where it is empty."""
    area: int
    """Pixels of the mask."""
    can_undo: bool
    can_redo: bool
    rle: dict[str, Any] | None = None
    """COCO's compressed run lengths: `size` [height, width] and `counts`."""
    polygons: list[PolygonMessage] | None = None
    """Its parts, largest first, each with `outer` and `holes`."""
    png: str | None = None
    """A grey picture in base64: 255 the object."""


class ObjectList(Message):
    """Objects in the order of the boxes."""

    objects: list[SegmentedObject]


class HealthMessage(Message):
    """The server runs."""

    status: Literal["ok"] = "ok"
    model: str


class ErrorMessage(Message):
    """What was wrong and what to do."""

    error: str


_NO: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorMessage} for status in (401, 403, 404, 413, 422)
}
_BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_FILE = {"required": True, "content": _BINARY}
_PROMPT_OR_FILE = {
    "required": True,
    "content": {"application/json": {"schema": Prompt.model_json_schema()}, **_BINARY},
}


def router(core: Core, settings: ServeSettings) -> APIRouter:
    """The routes."""
    objects = Objects(core)
    routes = APIRouter(responses=_NO)

    def message(
        name: str, found: tuple[str, Prediction], include: list[Include], tolerance: float
    ) -> SegmentedObject:
        return _message(name, *found, objects.can_walk(name), include, tolerance)

    def named(photo: str | None, image: str | None) -> str:
        if photo is not None:
            return photo
        return objects.add_photo(bytes_of_text(image or ""))[0]

    @routes.get("/health")
    def health() -> HealthMessage:
        """The server runs."""
        return HealthMessage(model=core.version)

    @routes.post("/v1/photos", status_code=201, openapi_extra={"requestBody": _FILE})
    async def add_photo(request: Request) -> KeptPhoto:
        """Upload a photo: the bytes of its file, of any type that Pillow reads."""
        content = await request.body()
        name, photo = await run_in_threadpool(objects.add_photo, content)
        return KeptPhoto(photo=name, width=photo.size[0], height=photo.size[1])

    @routes.delete("/v1/photos/{photo}", status_code=204, response_model=None)
    def forget_photo(photo: Id) -> None:
        """Forget a photo before its time."""
        objects.forget_photo(photo)

    def start_one(prompt: Prompt, photo: str, include: list[Include], tolerance: float) -> SegmentedObject:
        name, prediction = objects.start(photo, prompt.clicks())
        return message(name, (photo, prediction), include, tolerance)

    @routes.post("/v1/objects", status_code=201, openapi_extra={"requestBody": _PROMPT_OR_FILE})
    async def start(
        request: Request,
        corners: Annotated[list[Coordinate] | None, Query(min_length=4, max_length=4)] = None,
        include: Includes = ["rle"],  # noqa: B006
        tolerance: Tolerance = 0,
    ) -> SegmentedObject:
        """Two corners, and further clicks if there are any: a new object.

        The body is JSON; or the photo's file, and `corners` four numbers of the query: x0, y0, x1, y1.
        """
        body = await request.body()
        if corners is not None:
            photo, _ = await run_in_threadpool(objects.add_photo, body)
            body = json.dumps({"photo": photo, "corners": [corners[:2], corners[2:]]}).encode()
        try:
            prompt = Prompt.model_validate_json(body)
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from None
        photo = await run_in_threadpool(named, prompt.photo, prompt.image)
        return await run_in_threadpool(start_one, prompt, photo, include, tolerance)

    @routes.post("/v1/boxes", status_code=201)
    def start_many(boxes: BoxesMessage, include: Includes = ["rle"], tolerance: Tolerance = 0) -> ObjectList:  # noqa: B006
        """An object for each of many boxes."""
        photo = named(boxes.photo, boxes.image)
        size = objects.photo(photo).size
        made = []
        for number, values in enumerate(boxes.boxes, 1):
            try:
                box = box_of(values, size)
                clicks = Clicks.of(((box.x0, box.y0), (box.x1 - 1, box.y1 - 1)))
                name, prediction = objects.start(photo, clicks)
            except ClickError as error:
                raise ClickError(f"box {number}: {error}") from None
            made.append(message(name, (photo, prediction), include, tolerance))
        return ObjectList(objects=made)

    @routes.get("/v1/objects/{id}")
    def look(id: Id, include: Includes = ["rle"], tolerance: Tolerance = 0) -> SegmentedObject:  # noqa: B006
        """An object as it is."""
        return message(id, objects.look(id), include, tolerance)

    @routes.get("/v1/objects/{id}/mask.png", response_class=Response)
    def picture(id: Id) -> Response:
        """Its mask as a grey picture: 255 the object."""
        return Response(_png(objects.look(id)[1]), media_type="image/png")

    @routes.post("/v1/objects/{id}/clicks")
    def click(id: Id, click: Click, include: Includes = ["rle"], tolerance: Tolerance = 0) -> SegmentedObject:  # noqa: B006
        """One more click."""
        return message(id, objects.change(id, click.on), include, tolerance)

    @routes.post("/v1/objects/{id}/undo")
    def undo(id: Id, include: Includes = ["rle"], tolerance: Tolerance = 0) -> SegmentedObject:  # noqa: B006
        """Take the last click back; does nothing when there is none."""
        return message(id, objects.walk(id, -1), include, tolerance)

    @routes.post("/v1/objects/{id}/redo")
    def redo(id: Id, include: Includes = ["rle"], tolerance: Tolerance = 0) -> SegmentedObject:  # noqa: B006
        """Make the click again that was taken back last."""
        return message(id, objects.walk(id, 1), include, tolerance)

    @routes.delete("/v1/objects/{id}", status_code=204, response_model=None)
    def forget(id: Id) -> None:
        """Forget an object before its time."""
        objects.forget(id)

    @routes.get("/", include_in_schema=False)
    def describe(request: Request) -> HTMLResponse:
        return HTMLResponse(reference(request.app.openapi()))

    return routes


def _message(
    name: str,
    photo: str,
    prediction: Prediction,
    can: tuple[bool, bool],
    include: list[Include],
    tolerance: float,
) -> SegmentedObject:
    patch, size = patch_of(prediction), prediction.image_size
    return SegmentedObject(
        id=name,
        photo=photo,
        width=size[0],
        height=size[1],
        clicks=prediction.clicks.to_json(),
        confidence=round(prediction.confidence, 4),
        box=patch.box if patch.area else None,
        area=patch.area,
        can_undo=can[0],
        can_redo=can[1],
        rle=full_rle(patch, size) if "rle" in include else None,
        polygons=[PolygonMessage(outer=outer, holes=holes) for outer, holes in outlines(patch, tolerance)]
        if "polygons" in include
        else None,
        png=base64.b64encode(_png(prediction)).decode() if "png" in include else None,
    )


def _png(prediction: Prediction) -> bytes:
    file = io.BytesIO()
    Image.fromarray(prediction.mask.astype(np.uint8) * 255).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _check_one(photo: str | None, image: str | None) -> None:
    if (photo is None) == (image is None):
        raise ValueError("give either photo (the id of an uploaded one) or image (a data URI or base64)")


refusal = plain_refusal


def instructions(address: str, token: str | None, settings: ServeSettings) -> list[str]:
    """What to paste where."""
    head = "" if token is None else f" -H 'Authorization: Bearer {token}'"
    return [
        f"The API and its description: {address}/  (for machines: {address}/api/openapi.json)",
        "Try it:",
        f"    curl{head} --data-binary @PHOTO.jpg "
        f"'{address}/v1/objects?corners=40&corners=30&corners=310&corners=280'",
        "Programs of ten lines in Python and JavaScript: docs/connectors.md",
    ]
