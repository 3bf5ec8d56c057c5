"""Who takes part: networks prompted inside-outside, networks with extreme points, classical methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from iog import baselines, zoo
from iog.baselines import METHODS, Baseline
from iog.baselines.limits import Limited, LimitError
from iog.baselines.task import PromptName, UnanswerableError
from iog.clicks import AnyClicks, Clicks, Correction, ExtremeClicks
from iog.errors import DataError
from iog.evaluation.subjects import (
    BOX_CLICKS,
    EXTREME_CLICKS,
    PROMPT_CLICKS,
    Attempt,
    ExtremeNetwork,
    Image,
    NoAnswerError,
    Subject,
    User,
    subject_of,
)
from iog.prediction import Prediction
from iog.robot import BoolArray
from iog.segmenter import Segmenter

Family = Literal["inside-outside", "extreme points", "classical", "none"]


@dataclass(frozen=True)
class Participant:
    """One line of the benchmark."""

    name: str
    """For files and options."""
    title: str
    """For people."""
    family: Family
    """What kind of thing it is; "none" for a box, which is no method."""
    identity: str
    """Changes when its answers do: its weights, or its library and the revision of our code."""
    subject: Subject
    """What answers."""


@dataclass(frozen=True)
class Classical:
    """A classical method with one of its prompts."""

    method: Baseline
    prompt: PromptName | Literal["outline"]
    """`outline`: the four extreme points, for methods that trace the outline."""
    answer: Callable[..., Any]

    @property
    def first(self) -> int:
        """See `Subject.first`."""
        if self.prompt == "outline":
            return EXTREME_CLICKS
        return BOX_CLICKS if self.prompt == "full" and self.method.from_box else PROMPT_CLICKS

    @property
    def last(self) -> int | None:
        """See `Subject.last`."""
        return None if self.method.corrections else self.first

    def begin(self, image: Image, mask: BoolArray, user: User) -> Attempt:
        """See `Subject.begin`."""
        if self.prompt == "outline":
            return _Outlined(self, image, ExtremeClicks(user.extreme_points(mask)))
        return _Seeded(self, image, user.clicks(mask))

    def segment(self, image: Image, clicks: Clicks, **prompt: Any) -> Prediction:
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
        return self._subject.segment(self._image, self.clicks, prompt=self._subject.prompt)


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
) -> Iterator[list[Participant]]:
    """Who has these names.

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
    found: list[Participant] = []
    with ExitStack() as stack:
        for name in dict.fromkeys(wanted):
            model = zoo.bundled(name)
            if model is not None:
                found.append(_network(model.name, f"iog {model.name}", model.name, threads))
                continue
            if name not in available:
                known = ", ".join([*zoo.MODELS, *available])
                raise DataError(
                    f"unknown method {name!r}; known: {known}, classical, all; further models by their files"
                )
            method, prompt = available[name]
            answer: Any = method.load()
            if limited:
                answer = stack.enter_context(Limited(method.name, seconds=seconds, megabytes=megabytes))
            found.append(_classical(name, method, prompt, answer))
        for name, file in models:
            if any(one.name == name for one in found):
                raise DataError(f"two methods are called {name}; give one of the models another name")
            found.append(_network(name, name, file, threads))
        if not found:
            raise DataError("nothing to measure: name methods or models")
        yield found


def _prompts(method: Baseline) -> list[tuple[str, PromptName | Literal["outline"]]]:
    """Names of a method's subjects and what each is given."""
    if method.module == "scissors":
        return [("scissors-full", "full"), ("scissors-outline", "outline")]
    if len(method.prompts) == 1:
        return [(method.name, method.prompts[0])]
    return [(f"{method.name}-{prompt}", prompt) for prompt in method.prompts]


def _classical(
    name: str, method: Baseline, prompt: PromptName | Literal["outline"], answer: Any
) -> Participant:
    titles = {"seeds": f"{method.title}, seeds only", "outline": f"{method.title}, extreme points"}
    return Participant(
        name,
        titles.get(prompt, method.title),
        "none" if method.module == "lazy" else "classical",
        f"{method.version}, revision {baselines.REVISION}",
        Classical(method, prompt, answer),
    )


def _network(name: str, title: str, model: str, threads: int | None) -> Participant:
    segmenter = Segmenter(model, threads=threads)
    subject = subject_of(segmenter)
    family: Family = "extreme points" if isinstance(subject, ExtremeNetwork) else "inside-outside"
    return Participant(name, title, family, f"weights {segmenter.engine.info.weights_sha256}", subject)
