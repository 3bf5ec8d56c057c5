"""What is measured: a subject lets the robot user place its first clicks, then answers click by click.

A box costs two clicks, the inside click one, four extreme points four, each correction one, and so does each
click of a model that takes no box, a stroke, and a point of a curve that is dragged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from iog.box_methods import BoxSegmenter
from iog.clicks import AnyClicks, Clicks, Correction, ExtremeClicks, PointClicks
from iog.prediction import Prediction
from iog.prompting import BoxPrompting
from iog.robot import BoolArray, Drag, ExtremePixels
from iog.segmenter import Segmenter, Session

Image = npt.NDArray[np.uint8]

BOX_CLICKS, PROMPT_CLICKS, EXTREME_CLICKS = 2, 3, 4
"""What a box costs, a box with the inside click, four extreme points."""


class NoAnswerError(Exception):
    """A subject has no mask for these clicks; the message says why. It counts as an empty mask."""


class User(Protocol):
    """Who places clicks: `iog.robot.RobotUser`, or a recording of it."""

    def clicks(self, mask: BoolArray) -> Clicks:
        """The first clicks on the object `mask`, (H, W) bool: a box, and an inside click if it can be."""
        ...

    def extreme_points(self, mask: BoolArray) -> ExtremePixels:
        """The four outermost pixels of `mask`, (H, W) bool."""
        ...

    def correction(
        self,
        prediction: BoolArray,
        mask: BoolArray,
        void: BoolArray | None = None,
        clicked: tuple[Correction, ...] = (),
    ) -> Correction | None:
        """The next click on what `prediction` has wrong; None when that is nothing."""
        ...

    def drag(self, points: npt.NDArray[np.float64], mask: BoolArray) -> Drag | None:
        """The next point of a curve (N, 2) to drag, and where to; None when the curve fits."""
        ...


class Attempt(Protocol):
    """One object in work."""

    @property
    def clicks(self) -> AnyClicks: ...

    def step(self, correction: Correction | None) -> Prediction:
        """The mask after the first clicks, at the next call after one more, and so on.

        The correction is None until the prompt is complete.

        Raises
        ------
        NoAnswerError
            If there is no mask.
        """
        ...


class Subject(Protocol):
    """What is measured."""

    @property
    def first(self) -> int:
        """Clicks after which it has a mask."""
        ...

    @property
    def prompt(self) -> int:
        """Clicks of its prompt, after which the user corrects; 0 if each click answers the mask before."""
        ...

    @property
    def last(self) -> int | None:
        """Clicks after which it takes no more; None for as many as one makes."""
        ...

    def begin(self, image: Image, mask: BoolArray, user: User) -> Attempt:
        """Let the user place the first clicks on the object `mask`, (H, W) bool, of a photo (H, W, 3) RGB."""
        ...


@dataclass(frozen=True)
class BoxedNetwork:
    """A model that takes a box, an inside click, and perhaps corrections."""

    segmenter: Segmenter
    first: ClassVar[int] = BOX_CLICKS
    prompt: ClassVar[int] = PROMPT_CLICKS

    @property
    def last(self) -> int | None:
        """The whole prompt, without corrections."""
        if isinstance(self.segmenter.prompting, BoxPrompting):
            return BOX_CLICKS
        return None if self.segmenter.takes_corrections else PROMPT_CLICKS

    def begin(self, image: Image, mask: BoolArray, user: User) -> Attempt:
        """See `Subject.begin`. The box is encoded with the first step."""
        return _SessionAttempt(self.segmenter, image, user.clicks(mask))


class StrokedNetwork(BoxedNetwork):
    """The same whose user draws strokes after the box, in place of the inside click and of corrections."""

    prompt: ClassVar[int] = BOX_CLICKS


class _SessionAttempt:
    def __init__(self, segmenter: Segmenter, image: Image, clicks: Clicks) -> None:
        self._segmenter, self._image, self._prompt = segmenter, image, clicks
        self._session: Session | None = None

    @property
    def clicks(self) -> AnyClicks:
        return self._prompt if self._session is None else self._session.clicks

    def step(self, correction: Correction | None) -> Prediction:
        if self._session is None:
            self._session = self._segmenter.session(self._image, self._prompt.corners)
            return self._session.prediction
        if correction is not None:
            return self._session.change(self._session.clicks.followed_by(correction))
        # A jittered box may miss a thin object: then there is nothing to click on, and the box's mask stays.
        inside = self._prompt.inside
        return self._session.prediction if inside is None else self._session.click(*inside)


@dataclass(frozen=True)
class ExtremeNetwork:
    """A model whose whole prompt is four extreme points."""

    segmenter: Segmenter
    first: ClassVar[int] = EXTREME_CLICKS
    prompt: ClassVar[int] = EXTREME_CLICKS
    last: ClassVar[int | None] = EXTREME_CLICKS

    def begin(self, image: Image, mask: BoolArray, user: User) -> Attempt:
        return _OneAnswer(self.segmenter, image, ExtremeClicks(user.extreme_points(mask)))


@dataclass(frozen=True)
class _OneAnswer:
    segmenter: Segmenter
    image: Image
    clicks: AnyClicks

    def step(self, correction: Correction | None) -> Prediction:
        return self.segmenter.segment(self.image, self.clicks)


@dataclass(frozen=True)
class BoxMethod:
    """A way to make a mask from a box alone (`iog.box_methods`)."""

    boxes: BoxSegmenter
    first: ClassVar[int] = BOX_CLICKS
    prompt: ClassVar[int] = BOX_CLICKS
    last: ClassVar[int | None] = BOX_CLICKS

    def begin(self, image: Image, mask: BoolArray, user: User) -> Attempt:
        return _BoxAttempt(self.boxes, image, Clicks(user.clicks(mask).corners))


@dataclass(frozen=True)
class _BoxAttempt:
    boxes: BoxSegmenter
    image: Image
    clicks: Clicks

    def step(self, correction: Correction | None) -> Prediction:
        (answer,) = self.boxes.segment(self.image, [self.clicks.box])
        return answer.prediction


@dataclass(frozen=True)
class PointNetwork:
    """A model that takes clicks alone: the first on the object's deepest pixel, the others on the errors.

    This is RITM's way to begin: the first click corrects an empty mask.
    """

    segmenter: Segmenter
    first: ClassVar[int] = 1
    prompt: ClassVar[int] = 0
    last: ClassVar[int | None] = None

    def begin(self, image: Image, mask: BoolArray, user: User) -> Attempt:
        """See `Subject.begin`. The photo is encoded with the first step."""
        return _PointAttempt(self.segmenter, image)


class _PointAttempt:
    def __init__(self, segmenter: Segmenter, image: Image) -> None:
        self._segmenter, self._image = segmenter, image
        self._session: Session | None = None

    @property
    def clicks(self) -> PointClicks:
        size = self._image.shape[1], self._image.shape[0]
        if self._session is None:
            return PointClicks(size)
        assert isinstance(self._session.clicks, PointClicks)
        return self._session.clicks

    def step(self, correction: Correction | None) -> Prediction:
        assert correction is not None
        if self._session is None:  # opened with the click: a mask to no click would cost as much
            self._session = Session(self._segmenter, self._image, self.clicks.followed_by(correction))
            return self._session.prediction
        return self._session.change(self._session.clicks.followed_by(correction))


@dataclass(frozen=True)
class CurveNetwork:
    """A model that makes a curve from a box; whoever drags one of its points has the neighbours follow."""

    segmenter: Segmenter
    first: ClassVar[int] = BOX_CLICKS
    prompt: ClassVar[int] = BOX_CLICKS
    last: ClassVar[int | None] = None

    def begin(self, image: Image, mask: BoolArray, user: User) -> Attempt:
        """See `Subject.begin`. The box is encoded with the first step."""
        return CurveAttempt(self.segmenter, image, Clicks(user.clicks(mask).corners))


class CurveAttempt:
    """One object; its features are kept between drags."""

    def __init__(self, segmenter: Segmenter, image: Image, clicks: Clicks) -> None:
        self._segmenter, self._image = segmenter, image
        self.clicks = clicks
        self.drags: list[Drag] = []
        """The points that were dragged, in order."""
        self._crop = segmenter.crop(clicks)
        self._features: Any = None
        self._maps = segmenter.prompting.decoder_input([clicks], [self._crop], [None])
        self._points: npt.NDArray[Any] = np.zeros((0, 2))

    @property
    def points(self) -> npt.NDArray[np.float64]:
        """The control points, (N, 2) continuous (x, y) of the image."""
        window = self._crop.window
        return np.asarray(self._points * (window.width, window.height) + window[:2], np.float64)

    def ask(self, user: User, mask: BoolArray) -> Drag | None:
        """What the user drags next; None when the curve fits."""
        return user.drag(self.points, mask)

    def step(self, correction: Any = None) -> Prediction:
        """The mask of the box."""
        return self._answer()

    def drag(self, drag: Drag) -> Prediction:
        """The mask after one more point was dragged."""
        self.drags.append(drag)
        return self._answer()

    def _answer(self) -> Prediction:
        segmenter, image = self._segmenter, self._image
        if self._features is None:
            self._features = segmenter.encode([segmenter.encoder_input(image, self.clicks, self._crop)])
        engine: Any = segmenter.engine
        to_crop = self._crop.window
        places = [
            (d.point, ((d.x + 0.5 - to_crop.x0) / to_crop.width, (d.y + 0.5 - to_crop.y0) / to_crop.height))
            for d in self.drags
        ]
        self._points, probability = engine.curve(self._features, self._maps, places)
        size = image.shape[1], image.shape[0]
        return segmenter.prediction(self.clicks, self._crop, probability, size)


NetworkSubject: TypeAlias = BoxedNetwork | ExtremeNetwork | PointNetwork | CurveNetwork

_SUBJECTS: Mapping[type[AnyClicks], type[NetworkSubject]] = {
    Clicks: BoxedNetwork,
    ExtremeClicks: ExtremeNetwork,
    PointClicks: PointNetwork,
}


def subject_of(segmenter: Segmenter) -> NetworkSubject:
    """A model with the clicks that it takes."""
    if getattr(segmenter.engine, "drags", False):
        return CurveNetwork(segmenter)
    return _SUBJECTS[segmenter.prompting.takes](segmenter)
