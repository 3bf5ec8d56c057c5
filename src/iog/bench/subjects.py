"""Who takes part: networks with each kind of prompt, classical methods."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from iog import baselines, zoo
from iog.baselines import METHODS, Baseline
from iog.baselines.limits import Limited
from iog.bench.adapters import Clicker, OneShot, Sam, adapter_of
from iog.errors import DataError, ModelError
from iog.evaluation.classical import Classical, Given
from iog.evaluation.subjects import (
    BoxedNetwork,
    CurveNetwork,
    ExtremeNetwork,
    PointNetwork,
    StrokedNetwork,
    Subject,
    subject_of,
)
from iog.segmenter import Segmenter

Family = Literal["inside-outside", "extreme points", "clicks alone", "classical", "none"]


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
    strokes: bool = False
    """Whether the robot user draws strokes along medial axes instead of clicking."""


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
        (name, file) of further networks; each is asked by its own prompt. `KIND:FILE` is a network of others
        (`iog.bench.adapters`), `strokes:FILE` one of ours for which the robot user draws strokes.
    seconds, megabytes
        Limits of a classical method per answer.
    threads
        Of networks; None leaves it to ONNX Runtime and PyTorch.
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
        if threads and "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(threads)
        yield found


def _prompts(method: Baseline) -> list[tuple[str, Given]]:
    """Names of a method's subjects and what each is given."""
    if method.module == "scissors":
        return [("scissors-full", "full"), ("scissors-outline", "outline")]
    if len(method.prompts) == 1:
        return [(method.name, method.prompts[0])]
    given: tuple[Given, ...] = (*method.prompts, "clicks")
    return [(f"{method.name}-{one}", one) for one in given]


def _classical(name: str, method: Baseline, prompt: Given, answer: Any) -> Participant:
    titles = {
        "seeds": f"{method.title}, seeds only",
        "clicks": f"{method.title}, clicks alone",
        "outline": f"{method.title}, extreme points",
    }
    return Participant(
        name,
        titles.get(prompt, method.title),
        "none" if method.module == "lazy" else "classical",
        f"{method.version}, revision {baselines.REVISION}",
        Classical(method, prompt, answer),
    )


_FAMILIES: dict[type, Family] = {
    BoxedNetwork: "inside-outside",
    ExtremeNetwork: "extreme points",
    PointNetwork: "clicks alone",
    StrokedNetwork: "inside-outside",
    CurveNetwork: "inside-outside",
}

_STROKES = "strokes:"

_ADAPTED: dict[type, Family] = {Sam: "inside-outside", Clicker: "clicks alone", OneShot: "inside-outside"}


def _network(name: str, title: str, model: str, threads: int | None) -> Participant:
    adapted = adapter_of(model, name, threads)
    if adapted is not None:
        other, digest = adapted
        return Participant(name, title, _ADAPTED[type(other)], f"weights {digest}", other)
    strokes = model.startswith(_STROKES) and not Path(model).exists()
    segmenter = Segmenter(model.removeprefix(_STROKES) if strokes else model, threads=threads)
    subject = subject_of(segmenter)
    if strokes:
        if not segmenter.takes_corrections:  # nor do curves
            raise ModelError(f"{name} takes no corrections, which strokes are")
        subject = StrokedNetwork(segmenter) if isinstance(subject, BoxedNetwork) else subject
    family = _FAMILIES[type(subject)]
    identity = f"weights {segmenter.engine.info.weights_sha256}"
    return Participant(name, title, family, f"{identity}, strokes" if strokes else identity, subject, strokes)
