"""Label Studio: the ML backend that it asks, for smart boxes and points and for pre-annotation.

Convention: coordinates are percent of the photo's width and height. https://labelstud.io/guide/ml_create

The editor sends the regions of one control and label alone: the boxes, or the points, never both. So the
boxes of a task that were asked about last are remembered, and points refine their masks. Nothing that it
sends says who asks, so a point takes a remembered box only where it lies within it.
One magic tool stands for all `smartOnly` controls, in the order of the config.
"""

from __future__ import annotations

import math
import threading
import uuid
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Field

from iog.clicks import Box
from iog.connectors.core import Core, Photo, patch_of
from iog.connectors.fetching import Fetcher
from iog.connectors.log import warn
from iog.connectors.prompts import Mark, box_of, clicks_of, shared_out
from iog.connectors.settings import ServeSettings, Shapes
from iog.errors import ClickError, DataError, IogError
from iog.formats.label_studio import encode_rle
from iog.formats.places import MALFORMED
from iog.formats.records import outlines
from iog.formats.voc import parse
from iog.prediction import Prediction
from iog.serving.guard import plain_refusal as refusal

__all__ = ["CONFIG", "instructions", "refusal", "router"]

CONFIG = """\
<View>
  <Image name="image" value="$image" zoom="true" zoomControl="true"/>
  <RectangleLabels name="box" toName="image" smart="true" smartOnly="true">
    <Label value="object"/>
  </RectangleLabels>
  <KeyPointLabels name="point" toName="image" smart="true" smartOnly="true">
    <Label value="object"/>
  </KeyPointLabels>
  <BrushLabels name="mask" toName="image">
    <Label value="object"/>
  </BrushLabels>
</View>"""
"""A labelling config, ready to paste. The editor's smart tools come in its order: the rectangle first."""

REMEMBERED = 10_000
"""Tasks whose boxes are remembered."""
_TOLERANCE = 0.5  # pixels that a polygon may stray
PROMPTS = 20
"""Of a task, whose boxes a point may mean."""


class _Task(BaseModel):
    id: int | str | None = None
    data: dict[str, Any] = {}
    annotations: list[Any] | None = None
    drafts: list[Any] | None = None
    predictions: list[Any] | None = None


class _Ask(BaseModel):
    tasks: list[_Task] = Field(min_length=1, max_length=10_000)
    label_config: str = Field(max_length=1 << 20)
    project: str | int | None = None
    params: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Control:
    """Where masks go in a labelling config."""

    name: str
    to_name: str
    kind: str
    """`brushlabels` or `polygonlabels`."""
    labels: tuple[str, ...]
    image: str
    """Key of the photo in a task's data."""

    @classmethod
    def of(cls, config: str, shapes: Shapes) -> _Control:
        """The control that takes masks, or else polygons; with `shapes` "polygon" the other way round."""
        try:
            root = parse(config.encode())
        except ValueError as error:
            raise DataError(f"the labelling config cannot be read: {error}") from None
        order = ("BrushLabels", "PolygonLabels") if shapes == "mask" else ("PolygonLabels", "BrushLabels")
        found = next((e for tag in order for e in root.iter(tag)), None)
        images = {e.get("name"): e.get("value", "") for e in root.iter("Image")}
        if found is None or found.get("toName") not in images:
            raise DataError(
                "the labelling config has no <BrushLabels> or <PolygonLabels> of an <Image>; paste the one "
                "that iog serve label-studio prints"
            )
        return cls(
            found.get("name", ""),
            found.get("toName", ""),
            found.tag.lower(),
            tuple(label.get("value", "") for label in found.iter("Label")),
            images[found.get("toName")].lstrip("$"),
        )

    def label(self, wanted: str | None) -> str:
        """A label of the control."""
        return wanted if wanted in self.labels else self.labels[0] if self.labels else wanted or "object"


@dataclass(frozen=True, slots=True)
class _Labelled:
    """A box and its label."""

    box: Box
    label: str | None


class _Memory:
    """The boxes that were asked about, a task: the tool sends the newest prompt alone."""

    def __init__(self) -> None:
        self._prompts: OrderedDict[Hashable, list[list[_Labelled]]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, key: Hashable, boxes: list[_Labelled]) -> None:
        """Remember the boxes of a prompt; none: forget all of the task."""
        with self._lock:
            self._prompts[key] = [*self._prompts.get(key, [])[1 - PROMPTS :], boxes] if boxes else []
            self._prompts.move_to_end(key)
            while len(self._prompts) > REMEMBERED:
                self._prompts.popitem(last=False)

    def boxes(self, key: Hashable, points: Sequence[Mark]) -> list[_Labelled]:
        """The newest of the prompts with boxes around the most points on the object; none around none."""
        finite = [one for one in points if math.isfinite(one[0]) and math.isfinite(one[1])]
        wanted = [
            (math.floor(x), math.floor(y))
            for x, y, _ in [one for one in finite if one[2]] or finite  # else those off the object
        ]

        def around(boxes: list[_Labelled]) -> int:
            return sum(any(one.box.contains(x, y) for one in boxes) for x, y in wanted)

        with self._lock:
            prompts = self._prompts.get(key, [])[::-1]
        best = max(prompts, key=around, default=[])
        return best if around(best) else []


def router(core: Core, settings: ServeSettings) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    fetcher = Fetcher(settings.tool_url, settings.tool_token, settings.root)
    memory = _Memory()

    def photo_of(task: _Task, control: _Control) -> Photo:
        address = task.data.get(control.image)
        if not isinstance(address, str) or not address:
            raise DataError(f"the task has no photo in its data under {control.image!r}")
        key, content = fetcher.source(address, task.id)
        return core.photo_of(key, content, "the photo")

    @routes.get("/")
    @routes.get("/health")
    def health() -> dict[str, Any]:
        return {"status": "UP", "model_class": "iog", "model_version": core.version}

    @routes.get("/versions")
    def versions() -> dict[str, Any]:
        return {"versions": [core.version]}

    @routes.post("/setup")
    def setup(body: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        token, schema = body.get("access_token"), body.get("schema")
        if isinstance(token, str) and token:
            fetcher.hear(token)
        try:
            _Control.of(schema if isinstance(schema, str) else "", settings.shapes)
        except DataError as error:  # the config may still be written after the model is connected
            warn(f"project {body.get('project')}: {error}")
        return {"model_version": core.version}

    @routes.post("/predict")
    def predict(ask: _Ask) -> dict[str, Any]:
        control = _Control.of(ask.label_config, settings.shapes)
        context = (ask.params or {}).get("context")
        if isinstance(context, Mapping) and "result" in context:
            task = ask.tasks[0]
            key = (str(ask.project), str(task.id))
            photo = photo_of(task, control)
            return {"results": [_answer(core, photo, control, _prompted(context, photo, memory, key))]}
        results: list[dict[str, Any]] = []
        for task in ask.tasks:
            try:
                results.append(_annotated(core, task, control, photo_of))
            except IogError as error:  # the others of the batch are kept; the tool logs this one
                warn(f"task {task.id}: {error}")
                results.append({"error": f"task {task.id}: {error}"})
        return {"results": results}

    @routes.post("/webhook", status_code=201)
    def webhook(body: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        if body.get("action") == "START_TRAINING":
            raise DataError("iog is not trained from Label Studio; export the labels, then iog train")
        return {}

    @routes.post("/train")
    def train() -> Response:
        raise DataError("iog is not trained from Label Studio; export the labels, then iog train")

    return routes


def _annotated(core: Core, task: _Task, control: _Control, photo_of: Any) -> dict[str, Any]:
    """A mask for each box that a task carries."""
    regions = _carried(task)
    if not regions:
        raise DataError("it carries no box; draw or import rectangles first")
    photo = photo_of(task, control)
    boxes = [_labelled(region, photo) for region in regions]
    return _answer(core, photo, control, [(box, ()) for box in boxes])


def _carried(task: _Task) -> list[Any]:
    """The rectangles of a task: those of its latest annotation, or draft, or prediction that has any."""
    for made in (task.annotations, task.drafts, task.predictions):
        for one in reversed(made or []):
            if not isinstance(one, Mapping) or one.get("was_cancelled"):
                continue
            regions = one.get("result")
            found = (
                [r for r in regions if _kind(r).startswith("rectangle")] if isinstance(regions, list) else []
            )
            if found:
                return found
    return []


def _prompted(
    context: Mapping[str, Any], photo: Photo, memory: _Memory, key: Hashable
) -> list[tuple[_Labelled, tuple[Mark, ...]]]:
    """Boxes, each with the points that refine it."""
    regions = context["result"]
    if not isinstance(regions, list):
        raise DataError("context.result is not a list of regions")
    boxes = [_labelled(r, photo) for r in regions if _kind(r).startswith("rectangle")]
    points = [_mark(r, photo) for r in regions if _kind(r).startswith("keypoint")]
    if boxes or not points:  # without any region the last prompt was deleted
        memory.keep(key, boxes)
    boxes = boxes or memory.boxes(key, points)
    if points and not boxes:
        raise ClickError("there is a point but no box around it; draw a smart rectangle first")
    shares = shared_out([one.box for one in boxes], points)
    return [(box, tuple(own)) for box, own in zip(boxes, shares, strict=True)]


def _answer(
    core: Core, photo: Photo, control: _Control, asked: list[tuple[_Labelled, tuple[Mark, ...]]]
) -> dict[str, Any]:
    predictions = [core.predict(photo, clicks_of(one.box, marks, photo.size)) for one, marks in asked]
    regions = [
        region
        for (one, _), prediction in zip(asked, predictions, strict=True)
        for region in _regions(prediction, control, control.label(one.label))
    ]
    # A task is as sure as its least sure mask: sorted by score, doubtful ones come first.
    score = min((p.confidence for p in predictions), default=0.0)
    return {"result": regions, "score": round(score, 4), "model_version": core.version}


def _regions(prediction: Prediction, control: _Control, label: str) -> Iterator[dict[str, Any]]:
    patch = patch_of(prediction)
    if not patch.area:
        return
    width, height = prediction.image_size
    common = {
        "from_name": control.name,
        "to_name": control.to_name,
        "type": control.kind,
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "score": round(prediction.confidence, 4),
    }
    values: list[dict[str, Any]] = (
        [{"format": "rle", "rle": encode_rle(prediction.mask)}]
        if control.kind == "brushlabels"
        else [
            {"points": [[100 * x / width, 100 * y / height] for x, y in outer], "closed": True}
            for outer, _ in outlines(patch, _TOLERANCE)
        ]
    )
    for value in values:
        yield {"id": uuid.uuid4().hex[:10], **common, "value": {**value, control.kind: [label]}}


def _kind(region: object) -> str:
    return str(region.get("type", "")) if isinstance(region, Mapping) else ""


def _labelled(region: Mapping[str, Any], photo: Photo) -> _Labelled:
    """A rectangle as the box around it, turned or not."""
    width, height = photo.size
    try:
        _check_upright(region)
        value = region["value"]
        x, y, w, h = (float(value[name]) / 100 for name in ("x", "y", "width", "height"))
        angle = math.radians(float(value.get("rotation") or 0))
        across = w * width * math.cos(angle), w * width * math.sin(angle)
        down = -h * height * math.sin(angle), h * height * math.cos(angle)
        columns = [x * width + i * across[0] + j * down[0] for i in (0, 1) for j in (0, 1)]
        rows = [y * height + i * across[1] + j * down[1] for i in (0, 1) for j in (0, 1)]
        edges = min(columns), min(rows), max(columns), max(rows)
        return _Labelled(box_of(edges, photo.size), _label(region))
    except IogError:
        raise
    except MALFORMED as error:
        raise DataError(f"a rectangle cannot be read: {error!r}") from None


def _mark(region: Mapping[str, Any], photo: Photo) -> Mark:
    width, height = photo.size
    try:
        _check_upright(region)
        x, y = float(region["value"]["x"]) / 100 * width, float(region["value"]["y"]) / 100 * height
        return x, y, bool(region.get("is_positive", True))
    except IogError:
        raise
    except MALFORMED as error:
        raise DataError(f"a point cannot be read: {error!r}") from None


def _check_upright(region: Mapping[str, Any]) -> None:
    if float(region.get("image_rotation") or 0) % 360:
        raise DataError("the photo was turned in the editor; turn it back, then draw")


def _label(region: Mapping[str, Any]) -> str | None:
    value = region["value"]
    labels = next((v for k, v in value.items() if k.endswith("labels") and isinstance(v, list)), None)
    return str(labels[0]) if labels else None


def instructions(address: str, token: str | None, settings: ServeSettings) -> list[str]:
    """What to paste where."""
    how = [f"   Authentication: Basic, user iog, password {token}"] if token else []
    keys = (
        []
        if settings.tool_token
        else [
            "   LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN=true, so that iog may fetch photos "
            "(or start iog with --label-studio-token)",
        ]
    )
    return [
        f"1. Label Studio must run at {settings.tool_url} (--label-studio) and with these settings:",
        "   ML_BLOCK_LOCAL_IP=false and SSRF_PROTECTION_ENABLED=false, so that it may ask a private address",
        *keys,
        "2. Project, Settings, Labeling Interface, Code:",
        *("   " + line for line in CONFIG.splitlines()),
        "3. Project, Settings, Model, Connect Model:",
        f"   Backend URL: {address}",
        *how,
        "   Interactive preannotations: on",
        "4. Label: turn Auto-Annotation on. Choose the magic tool at the right, then label 1; draw a box.",
        "   Click the magic tool twice more, to the point, then label 2; Ctrl+click the object (Alt: off).",
    ]
