"""A classical method as a subject, with one of the prompts that it can be given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from iog import baselines
from iog.baselines import Baseline
from iog.baselines.limits import LimitError
from iog.baselines.task import PromptName, UnanswerableError
from iog.clicks import AnyClicks, Clicks, Correction, ExtremeClicks, PointClicks
from iog.evaluation.subjects import (
    BOX_CLICKS,
    EXTREME_CLICKS,
    PROMPT_CLICKS,
    Attempt,
    Image,
    NoAnswerError,
    User,
)
from iog.prediction import Prediction
from iog.robot import BoolArray

Given = PromptName | Literal["outline", "clicks"]
"""What a method may be given."""


@dataclass(frozen=True)
class Classical:
    """A classical method with one of its prompts."""

    method: Baseline
    given: Given
    """`outline`: the four extreme points, for methods that trace the outline; `clicks`: no box."""
    answer: Callable[..., Any]

    @property
    def first(self) -> int:
        if self.given == "outline":
            return EXTREME_CLICKS
        if self.given == "clicks":
            return 1
        return BOX_CLICKS if self.given == "full" and self.method.from_box else PROMPT_CLICKS

    @property
    def prompt(self) -> int:
        return 0 if self.given == "clicks" else max(self.first, PROMPT_CLICKS)

    @property
    def last(self) -> int | None:
        return None if self.method.corrections else self.first

    def begin(self, image: Image, mask: BoolArray, user: User) -> Attempt:
        if self.given == "clicks":
            return _Clicked(self, image)
        if self.given == "outline":
            return _Outlined(self, image, ExtremeClicks(user.extreme_points(mask)))
        return _Seeded(self, image, user.clicks(mask))

    def segment(self, image: Image, clicks: Clicks | PointClicks, **prompt: Any) -> Prediction:
        """`baselines.segment`; `NoAnswerError` where the method cannot work, or takes more than it may."""
        try:
            return baselines.segment(self.method.name, image, clicks, answer=self.answer, **prompt)
        except (UnanswerableError, LimitError) as error:
            raise NoAnswerError(str(error)) from error


@dataclass(frozen=True)
class _Outlined:
    """Four points on the outline, answered once."""

    subject: Classical
    image: Image
    clicks: ExtremeClicks

    def step(self, correction: Correction | None) -> Prediction:
        box, points = self.clicks.box, self.clicks.points
        corners = Clicks.of((box[:2], (box.x1 - 1, box.y1 - 1)))
        return self.subject.segment(self.image, corners, anchors=points)


class _Seeded:
    """A box, an inside click where there is one, and corrections."""

    def __init__(self, subject: Classical, image: Image, clicks: Clicks) -> None:
        self._subject, self._image, self._prompt = subject, image, clicks
        self.clicks: AnyClicks = Clicks(clicks.corners) if subject.first == BOX_CLICKS else clicks
        self._started = False

    def step(self, correction: Correction | None) -> Prediction:
        if correction is not None:
            self._prompt = self._prompt.with_correction(*correction)
        if self._started:
            self.clicks = self._prompt
        self._started = True
        assert isinstance(self.clicks, Clicks)
        return self._subject.segment(self._image, self.clicks, prompt=self._subject.given)


class _Clicked:
    """Clicks alone. Where all of them are on the object, nothing says that anything is not of it."""

    def __init__(self, subject: Classical, image: Image) -> None:
        self._subject, self._image = subject, image
        self.clicks: AnyClicks = PointClicks((image.shape[1], image.shape[0]))

    def step(self, correction: Correction | None) -> Prediction:
        assert correction is not None and isinstance(self.clicks, PointClicks)
        self.clicks = self.clicks.with_correction(*correction)
        return self._subject.segment(self._image, self.clicks, prompt="seeds")
