"""IoU after each click that the robot user makes, at image resolution: the two protocols' common part.

The prompt is a box and the inside click; a model that takes clicks alone is given none (RITM's start). The
threshold is fixed (0.5), and no curve stops early; for the rest see `iog.evaluation.measure`.

    iog    IOG's and DEXTR's: mean IoU over objects after 3, 4, 5 ... clicks
    ritm   RITM's: with which click each object reaches 80, 85, 90, 95 % (NoC), out of 20
    all    one table with the figures of both

docs/evaluation.md says what the figures mean and what they do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from iog.clicks import AnyClicks, Clicks, Correction, PointClicks, clicks_from_json
from iog.datasets import ObjectDataset, ObjectSample
from iog.description import Info, ModelInfo, PublishedInfo
from iog.errors import ClickError, DataError, ModelError
from iog.evaluation.measure import measure
from iog.evaluation.metrics import clicks_to_reach, iou
from iog.evaluation.overlap import fingerprint
from iog.evaluation.settings import Settings
from iog.evaluation.stopwatch import Stopwatch
from iog.evaluation.subjects import BOX_CLICKS, PROMPT_CLICKS, User, subject_of
from iog.robot import BoolArray, Drag, ExtremePixels, RobotUser
from iog.segmenter import Segmenter

THRESHOLDS = tuple(tenth / 10 for tenth in range(1, 10))
"""What the published test tries on its test set, reporting the best."""

TARGETS = (80, 85, 90, 95)
"""IoU in percent that Number of Clicks asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectResult:
    """What one object came to."""

    index: int
    """Its number in the dataset."""
    name: str
    group: str
    category: str
    area: int
    """Pixels of the object."""
    share: float
    """Part of the photo that the object covers."""
    photo: str
    """Fingerprint of the photo (`iog.evaluation.overlap`)."""
    box_iou: float
    """IoU after 2 clicks: from the box alone, where there is one."""
    ious: tuple[float, ...]
    """IoU after 3, 4, 5 ... clicks."""
    box_boundary_iou: float
    """Boundary IoU after 2 clicks."""
    boundary_ious: tuple[float, ...]
    """Boundary IoU after 3, 4, 5 ... clicks."""
    confidence: float
    """The segmenter's own estimate of the IoU after 3 clicks."""
    clicks: AnyClicks
    """Every click that was made."""
    one_iou: float | None = None
    """IoU after 1 click; None where clicks begin with a box."""
    swept: tuple[float, ...] = ()
    """IoU after 3 clicks at each of `THRESHOLDS`, if that was asked for."""
    milliseconds: Mapping[str, Any] = field(compare=False)
    """`encode`: the encoder on the box's crop. `clicks`: each step up to its mask (box without the encoder,
    inside click, corrections). Taken beside other work: no benchmark."""

    @property
    def curve(self) -> tuple[float, ...]:
        """IoU after `first` clicks and on."""
        one = () if self.one_iou is None else (self.one_iou,)
        return *one, self.box_iou, *self.ious

    @property
    def first(self) -> int:
        """Clicks at which the curve begins: 2 with a box, 1 without."""
        return BOX_CLICKS if self.one_iou is None else 1

    @property
    def last(self) -> int:
        """Clicks at the end of the curve."""
        return BOX_CLICKS + len(self.ious)

    def noc(self, target: float) -> int | None:
        """With which click the IoU first reaches `target` percent; None if it never does."""
        return clicks_to_reach(self.curve, target / 100, self.first)

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON line."""
        data = {name: getattr(self, name) for name in self.__dataclass_fields__}
        data["clicks"] = self.clicks.to_json()
        if self.one_iou is None:
            del data["one_iou"]
        data["noc"] = {str(target): self.noc(target) for target in TARGETS}
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ObjectResult:
        """What `to_json` wrote.

        Raises
        ------
        DataError
            If the line has not all its parts.
        """
        try:
            data = {"swept": (), "one_iou": None, **data}
            known = {name: data[name] for name in cls.__dataclass_fields__}
            for name in ("ious", "boundary_ious", "swept"):
                known[name] = tuple(data[name])
            known["clicks"] = clicks_from_json(data["clicks"])
        except (KeyError, TypeError, ClickError) as error:
            raise DataError(f"not a result line of iog eval: {type(error).__name__}: {error}") from error
        return cls(**known)


def evaluate(
    segmenter: Segmenter,
    objects: ObjectDataset,
    settings: Settings | None = None,
    *,
    indices: Iterable[int] | None = None,
    recorded: Mapping[int, ObjectResult] | None = None,
) -> Iterator[ObjectResult]:
    """Measure each object, one by one.

    Parameters
    ----------
    segmenter
        The model to measure.
    objects
        Whose masks are the truth.
    settings
        See `Settings`; None takes the defaults. Each object has its own random numbers, so that a part of a
        set gives the same figures as in the whole.
    indices
        Which objects; None takes all.
    recorded
        Earlier results by index, whose clicks are made again in place of the robot user's.

    Nobody can click on an object without a pixel: such objects are left out.

    Raises
    ------
    DataError
        If a recorded result is missing or names another object than the dataset has there.
    ModelError
        If the model takes extreme points, or no corrections and `clicks` is more than 3.
    """
    settings = settings or Settings()
    check_measurable(segmenter, settings)
    for index in range(len(objects)) if indices is None else indices:
        sample = objects[index]
        if not sample.mask.any():
            continue
        user: User
        if recorded is None:
            user = RobotUser(
                corner_jitter=settings.jitter,
                inside_depth=settings.inside_depth,
                correction_depth=settings.correction_depth,
                seed=(settings.seed, index),
            )
        else:
            user = _recording(recorded, index, sample)
        yield _measure(segmenter, index, sample, user, settings)


def check_measurable(segmenter: Segmenter, settings: Settings) -> None:
    """Raise `ModelError` if the model takes extreme points, or no corrections and there are to be some."""
    if segmenter.prompting.takes is not PointClicks:
        segmenter.require(Clicks)
    if settings.clicks > PROMPT_CLICKS and subject_of(segmenter).last is not None:
        raise ModelError(f"{segmenter.model} takes no corrections; measure it with `clicks` {PROMPT_CLICKS}")


class _Recording:
    """Stands in for the robot user: makes the clicks of an earlier run."""

    def __init__(self, clicks: AnyClicks) -> None:
        self._clicks = clicks

    def clicks(self, mask: BoolArray) -> Clicks:
        if not isinstance(self._clicks, Clicks):
            raise DataError("the recorded run has no boxes; replay it with a model that takes clicks alone")
        return Clicks(self._clicks.corners, self._clicks.inside)

    def extreme_points(self, mask: BoolArray) -> ExtremePixels:
        raise NotImplementedError("a recording has the clicks that were made")

    def correction(
        self,
        prediction: BoolArray,
        mask: BoolArray,
        void: BoolArray | None = None,
        clicked: tuple[Correction, ...] = (),
    ) -> Correction | None:
        made = self._clicks.corrections
        return made[len(clicked)] if len(clicked) < len(made) else None

    def drag(self, points: npt.NDArray[np.float64], mask: BoolArray) -> Drag | None:
        raise DataError("a recorded run holds no points that were dragged; leave --replay out")


def _recording(recorded: Mapping[int, ObjectResult], index: int, sample: ObjectSample) -> _Recording:
    if index not in recorded:
        raise DataError(f"the recorded run has no object {index} ({sample.name})")
    if recorded[index].name != sample.name:
        raise DataError(
            f"object {index} is {sample.name} but {recorded[index].name} in the recorded run; "
            "replay it with the data that it was made with"
        )
    return _Recording(recorded[index].clicks)


def _measure(
    segmenter: Segmenter, index: int, sample: ObjectSample, user: User, settings: Settings
) -> ObjectResult:
    timed, watch = _measured_as(segmenter, settings)
    subject = subject_of(timed)
    curve = measure(subject, sample, user, settings.clicks, boundary_ratio=settings.boundary_ratio)
    ious, boundary_ious = (
        # Where nothing is wrong any more, further clicks change nothing.
        values + values[-1:] * (settings.clicks - subject.first + 1 - len(values))
        for values in (curve.ious, curve.boundary_ious)
    )
    three = curve.prompted
    assert three is not None
    encode, *_ = watch.encode_milliseconds
    first, *others = curve.milliseconds
    box = BOX_CLICKS - subject.first
    area = int(np.count_nonzero(sample.mask))
    return ObjectResult(
        index=index,
        name=sample.name,
        group=sample.group,
        category=sample.category,
        area=area,
        share=area / sample.mask.size,
        photo=fingerprint(sample.image),
        one_iou=ious[0] if box else None,
        box_iou=ious[box],
        ious=ious[box + 1 :],
        box_boundary_iou=boundary_ious[box],
        boundary_ious=boundary_ious[box + 1 :],
        confidence=three.confidence,
        clicks=curve.clicks,
        swept=tuple(
            iou(three.probability >= threshold, sample.mask, sample.void)
            for threshold in THRESHOLDS
            if settings.sweep_thresholds
        ),
        milliseconds={
            "encode": round(encode, 2),
            "clicks": [round(value, 2) for value in (first - encode, *others)],
        },
    )


def measured_as(segmenter: Segmenter, settings: Settings) -> Segmenter:
    """The model as `settings` have it answer, for pictures of what was measured."""
    return _measured_as(segmenter, settings)[0]


def _measured_as(segmenter: Segmenter, settings: Settings) -> tuple[Segmenter, Stopwatch]:
    watch = Stopwatch(segmenter.engine)
    if settings.stretch_to_full_range:
        watch.info = _stretched(watch.info)
    return Segmenter(watch, calibration=segmenter.calibration), watch


def _stretched(info: Info) -> PublishedInfo:
    if isinstance(info, ModelInfo):
        raise ModelError(f"stretch_to_full_range is a quirk of published models, which {info.name} is not")
    return replace(info, settings=replace(info.settings, stretch_to_full_range=True))
