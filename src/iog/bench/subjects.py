"""What is compared: networks prompted inside-outside, networks with extreme points, classical methods.

A `Subject` makes its own prompt with the robot user and then answers click by click. The price of a click is
the protocol's (`iog.evaluation.protocol`): a box two, the inside click one, four extreme points four, a
correction one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from iog import baselines, zoo
from iog.baselines import METHODS, Baseline
from iog.baselines.limits import Limited
from iog.baselines.task import PromptName
from iog.clicks import Clicks, Correction, ExtremeClicks
from iog.errors import DataError
from iog.extreme import ExtremePoints
from iog.prompting import takes_extreme_points
from iog.robot import BoolArray, RobotUser
from iog.segmenter import Segmenter, Session

Family = Literal["inside-outside", "extreme points", "classical", "none"]
Image = npt.NDArray[np.uint8]

_EXTREME_CLICKS = 4


class Attempt(Protocol):
    """One object in work."""

    @property
    def prompt(self) -> dict[str, Any]:
        """The clicks so far, as plain data."""
        ...

    def step(self, correction: Correction | None) -> BoolArray:
        """The mask (H, W) after the first clicks, at the next call after one more, and so on.

        The correction is None until the prompt is complete.
        """
        ...


class Subject(Protocol):
    """One line of the benchmark."""

    @property
    def name(self) -> str:
        """For files and options."""
        ...

    @property
    def title(self) -> str:
        """For people."""
        ...

    @property
    def family(self) -> Family:
        """What kind of thing it is."""
        ...

    @property
    def identity(self) -> str:
        """Changes when its answers do."""
        ...

    @property
    def first(self) -> int:
        """Clicks after which it has a mask."""
        ...

    @property
    def last(self) -> int | None:
        """Clicks after which it takes no more; None for as many as one makes."""
        ...

    def begin(self, image: Image, mask: BoolArray, user: RobotUser) -> Attempt:
        """Let the user place the first clicks on an object (H, W)."""
        ...


@dataclass(frozen=True)
class Network:
    """A model that `Segmenter` opens, at image resolution."""

    name: str
    title: str
    segmenter: Segmenter
    family: Family = "inside-outside"
    first: int = 2

    @property
    def identity(self) -> str:
        """Its weights."""
        return f"weights {self.segmenter.engine.info.weights_sha256}"

    @property
    def last(self) -> int | None:
        """3 without corrections."""
        return None if self.segmenter.takes_corrections else 3

    def begin(self, image: Image, mask: BoolArray, user: RobotUser) -> Attempt:
        """See `Subject.begin`."""
        return _NetworkAttempt(self.segmenter, image, user.clicks(mask))


class _NetworkAttempt:
    def __init__(self, segmenter: Segmenter, image: Image, clicks: Clicks) -> None:
        self._segmenter, self._image, self._clicks = segmenter, image, clicks
        self._session: Session | None = None

    @property
    def prompt(self) -> dict[str, Any]:
        return self._session.clicks.to_json() if self._session else self._clicks.to_json()

    def step(self, correction: Correction | None) -> BoolArray:
        if self._session is None:
            self._session = self._segmenter.session(self._image, self._clicks.corners)
            prediction = self._session.prediction
        elif correction is None:
            assert self._clicks.inside is not None
            prediction = self._session.click(*self._clicks.inside)
        else:
            prediction = self._session.correct(*correction)
        mask: BoolArray = prediction.mask
        return mask


@dataclass(frozen=True)
class ExtremeNetwork:
    """A network whose prompt is four extreme points."""

    name: str
    title: str
    identity: str
    network: ExtremePoints
    family: Family = "extreme points"
    first: int = _EXTREME_CLICKS
    last: int | None = _EXTREME_CLICKS

    def begin(self, image: Image, mask: BoolArray, user: RobotUser) -> Attempt:
        """See `Subject.begin`."""
        clicks = ExtremeClicks(user.extreme_points(mask))
        return _Once(
            {"points": [list(p) for p in clicks.points]}, lambda: self.network.segment(image, clicks).mask
        )


@dataclass(frozen=True)
class Classical:
    """A classical method with one of its prompts."""

    name: str
    title: str
    method: Baseline
    prompt: PromptName | Literal["outline"]
    """`outline`: the four extreme points, for methods that trace the outline."""
    answer: Callable[..., Any]

    @property
    def family(self) -> Family:
        """A box is no method."""
        return "none" if self.method.module == "lazy" else "classical"

    @property
    def identity(self) -> str:
        """Its library and the revision of our code."""
        return f"{self.method.version}, revision {baselines.REVISION}"

    @property
    def first(self) -> int:
        """See `Subject.first`."""
        if self.prompt == "outline":
            return _EXTREME_CLICKS
        return 2 if self.prompt == "full" and self.method.from_box else 3

    @property
    def last(self) -> int | None:
        """See `Subject.last`."""
        return None if self.method.corrections else self.first

    def begin(self, image: Image, mask: BoolArray, user: RobotUser) -> Attempt:
        """See `Subject.begin`."""
        if self.prompt == "outline":
            points = user.extreme_points(mask)
            box = ExtremeClicks(points).box
            clicks = Clicks.of((box[:2], (box.x1 - 1, box.y1 - 1)))
            return _Once(
                {"points": [list(p) for p in points]},
                lambda: (
                    baselines.segment(
                        self.method.name, image, clicks, anchors=points, answer=self.answer
                    ).mask
                ),
            )
        return _ClassicalAttempt(self, image, user.clicks(mask))


class _ClassicalAttempt:
    def __init__(self, subject: Classical, image: Image, clicks: Clicks) -> None:
        self._subject, self._image, self._all = subject, image, clicks
        self._made = Clicks(clicks.corners) if subject.first == 2 else clicks
        self._started = False

    @property
    def prompt(self) -> dict[str, Any]:
        return self._made.to_json()

    def step(self, correction: Correction | None) -> BoolArray:
        if correction is not None:
            self._made = self._made.with_correction(*correction)
        elif self._started:
            self._made = self._all
        self._started = True
        subject = self._subject
        assert subject.prompt != "outline"
        return baselines.segment(
            subject.method.name, self._image, self._made, prompt=subject.prompt, answer=subject.answer
        ).mask


class _Once:
    """A prompt that is answered once."""

    def __init__(self, prompt: dict[str, Any], answer: Callable[[], BoolArray]) -> None:
        self.prompt, self._answer = prompt, answer

    def step(self, correction: Correction | None) -> BoolArray:
        return self._answer()


def classical_names() -> list[str]:
    """Names of all classical subjects."""
    return [name for method in METHODS.values() for name, _ in _prompts(method)]


@contextmanager
def opened(
    names: Sequence[str],
    models: Sequence[tuple[str, str]] = (),
    *,
    seconds: float = 20.0,
    megabytes: int = 2000,
    threads: int | None = None,
    limited: bool = True,
) -> Iterator[list[Subject]]:
    """The subjects of these names.

    Parameters
    ----------
    names
        From `classical_names`, names of bundled models, `classical` for all the former, `all` for both.
    models
        (name, file) of further networks; a file whose prompt is extreme points is asked so.
    seconds, megabytes
        Limits of a classical method per answer.
    threads
        Of networks that ONNX Runtime runs.
    limited
        False runs classical methods in this process, without limits.

    Raises
    ------
    DataError
        If there is no such name, or a method's library is not installed.
    ModelError
        If a file is no model.
    """
    wanted: list[str] = []
    for name in names:
        wanted += {"classical": classical_names(), "all": [*classical_names(), *zoo.MODELS]}.get(name, [name])
    available = {name: (method, prompt) for method in METHODS.values() for name, prompt in _prompts(method)}
    subjects: list[Subject] = []
    with ExitStack() as stack:
        for name in dict.fromkeys(wanted):
            model = zoo.bundled(name)
            if model is not None:
                segmenter = Segmenter(model.name, threads=threads)
                subjects.append(Network(model.name, f"iog {model.name}", segmenter))
                continue
            if name not in available:
                known = ", ".join([*zoo.MODELS, *available])
                raise DataError(
                    f"unknown method {name!r}; known: {known}, classical, all; --model adds others"
                )
            method, prompt = available[name]
            answer: Any = method.load()
            if limited:
                answer = stack.enter_context(Limited(method.name, seconds=seconds, megabytes=megabytes))
            title = {"seeds": f"{method.title}, seeds only", "outline": f"{method.title}, extreme points"}
            subjects.append(Classical(name, title.get(prompt, method.title), method, prompt, answer))
        for name, file in models:
            if any(s.name == name for s in subjects):
                raise DataError(f"two methods are called {name}; give --model another name")
            subjects.append(_network(name, file, threads))
        if not subjects:
            raise DataError("nothing to measure: name methods or models")
        yield subjects


def _prompts(method: Baseline) -> list[tuple[str, PromptName | Literal["outline"]]]:
    """Names of a method's subjects and what each is given."""
    if method.module == "scissors":
        return [("scissors-full", "full"), ("scissors-outline", "outline")]
    if len(method.prompts) == 1:
        return [(method.name, method.prompts[0])]
    return [(f"{method.name}-{prompt}", prompt) for prompt in method.prompts]


def _network(name: str, file: str, threads: int | None) -> Subject:
    engine = zoo.open_model(file, threads=threads)
    if takes_extreme_points(engine.info):
        identity = f"weights {engine.info.weights_sha256}"
        return ExtremeNetwork(name, name, identity, ExtremePoints(engine))
    return Network(name, name, Segmenter(engine))
