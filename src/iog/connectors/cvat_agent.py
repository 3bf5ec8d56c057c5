"""CVAT's agents: masks for app.cvat.ai and CVAT Enterprise from a program on one's own machine.

    cvat-cli function create-native IOG --function-module iog.connectors.cvat_agent
    cvat-cli function run-agent NUMBER --function-module iog.connectors.cvat_agent

Three clicks are an interaction; with `-p boxes=str:FILE` it is a detector that puts a mask into each box.
Convention: continuous pixel coordinates. https://docs.cvat.ai/docs/api_sdk/sdk/auto-annotation/
Of errors other than `BadFunctionError` the person sees "Unknown error".
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from iog.clicks import Clicks
from iog.connectors.core import Core, Photo
from iog.connectors.nuclio import mask_points
from iog.connectors.prompts import box_of, clicks_of
from iog.errors import DataError, IogError
from iog.formats import table
from iog.formats.account import Account
from iog.formats.matching import PhotoIndex
from iog.formats.records import Annotation, Picture
from iog.formats.yolo import bridged
from iog.images import read_image
from iog.masks import polygons
from iog.prediction import Prediction
from iog.segmenter import Segmenter

try:
    import cvat_sdk.auto_annotation as sdk
    from cvat_sdk.models import AttributeValRequest
except ImportError:  # pragma: no cover
    raise DataError("agents of CVAT need its SDK: pip install cvat-cli") from None

_TOLERANCE = 0.5  # pixels that a polygon may stray


def create(model: str = "lite", boxes: str | None = None) -> Interaction | BoxDetector:
    """What an agent runs.

    Parameters
    ----------
    model
        A name from `iog models`, an exported model or a checkpoint.
    boxes
        A file or folder of boxes that iog reads, by the names of CVAT's frames: masks go into these. None:
        masks for boxes and points that a person makes.

    Raises
    ------
    DataError
        If the boxes cannot be read, or the SDK is too old for interaction.
    ModelError
        If there is no such model, or it takes extreme points.
    """
    core = Core(Segmenter(model))
    return Interaction(core) if boxes is None else BoxDetector(core, Path(boxes))


class Interaction:
    """A box and points -> a mask."""

    def __init__(self, core: Core) -> None:
        if not hasattr(sdk, "InteractionFunctionSpec"):
            raise DataError("this CVAT SDK is too old for interaction: pip install --upgrade cvat-cli")
        self._core = core
        self.spec = sdk.InteractionFunctionSpec(min_pos_points=1, min_neg_points=0, min_bounding_boxes=1)

    def preprocess_image(self, context: Any, image: Any) -> Photo:
        """The picture as it is kept for further clicks."""
        return _photo(image)

    def detect(self, context: Any, pp_image: Photo, prompts: Any) -> list[Any]:
        """The mask, with its confidence; none where it is empty."""
        try:
            (left, top), (right, bottom) = prompts.bounding_box
            box = box_of((left, top, right, bottom), pp_image.size)
            marks = [(x, y, True) for x, y in prompts.pos_points]
            marks += [(x, y, False) for x, y in prompts.neg_points]
            prediction = self._core.predict(pp_image, clicks_of(box, marks, pp_image.size))
        except IogError as error:  # of other errors CVAT shows no word
            raise sdk.BadFunctionError(str(error)) from None
        points = mask_points(prediction.mask)
        if not points:
            return []
        confidence = AttributeValRequest(
            spec_id=int(sdk.InteractionResultAttributes.CONFIDENCE), value=f"{prediction.confidence:.4f}"
        )
        return [sdk.InteractionResultShape(type="mask", points=points, attributes=[confidence])]


class BoxDetector:
    """A detector that puts a mask into each box of a file."""

    def __init__(self, core: Core, boxes: Path) -> None:
        self._core = core
        self._pictures: dict[str, list[Picture]] = defaultdict(list)
        labels: dict[str, None] = {}
        dataset = table.read(boxes, Account())
        for picture in dataset.pictures:
            self._pictures[_stem(picture.name)].append(picture)
            labels.update(dict.fromkeys(annotation.label for annotation in picture.annotations))
        if not labels:
            raise DataError(f"{boxes} lists no box")
        self._numbers = {label: number for number, label in enumerate(labels)}
        self.spec = sdk.DetectionFunctionSpec(
            labels=[sdk.label_spec(label, number) for label, number in self._numbers.items()]
        )

    def detect(self, context: Any, image: Any) -> list[Any]:
        """Masks, or polygons where CVAT asks for them, of at least the confidence that it asks for."""
        photo = _photo(image)
        found: list[Any] = []
        for annotation in self._annotations(context.frame_name):
            try:
                edges = annotation.edges()
                box = box_of((edges.x0, edges.y0, edges.x1, edges.y1), photo.size, relative=edges.relative)
                clicks = Clicks.of(((box.x0, box.y0), (box.x1 - 1, box.y1 - 1)))
                prediction = self._core.predict(photo, clicks)
            except (IogError, ValueError) as error:
                raise sdk.BadFunctionError(f"{context.frame_name}: {error}") from None
            if prediction.confidence >= (context.conf_threshold or 0):
                found.extend(_shapes(prediction, self._numbers[annotation.label], context.conv_mask_to_poly))
        return found

    def _annotations(self, frame: str) -> list[Annotation]:
        index = PhotoIndex([frame])
        found: list[Annotation] = []
        for picture in self._pictures.get(_stem(frame), []):
            try:
                index.find(picture)
            except LookupError:
                continue
            found.extend(picture.annotations)
        return found


def _shapes(prediction: Prediction, label: int, as_polygons: bool) -> Iterator[Any]:
    points = mask_points(prediction.mask)
    if points and not as_polygons:
        yield sdk.mask(label, points)
    elif points:
        for part in polygons(prediction.mask, _TOLERANCE):
            ring = bridged([part["outer"], *part["holes"]])
            yield sdk.polygon(label, [value for point in ring for value in point])


def _photo(image: Any) -> Photo:
    pixels = read_image(image)
    return Photo((pixels.shape, hashlib.sha256(pixels.tobytes()).digest()), pixels)


def _stem(name: str) -> str:
    return PurePosixPath(name).stem
