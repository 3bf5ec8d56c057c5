"""What the page and the server say to each other about learning."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from iog.annotator.parts import Label
from iog.learning.learner import Learner, LearningAttempt
from iog.learning.shelf import LearnedModel, Shelf
from iog.serving.messages import Message


class LearnedMessage(Message):
    """A model that was learned."""

    number: int
    name: str
    label: str
    objects: int
    """From how many it learned."""
    before: float
    """Clicks per object before, measured on objects that it had not seen."""
    after: float
    used: bool
    """Whether the next objects with its label are opened with it."""
    back: int | None
    """If it is used: the model that its label used before; 0 is the one that the project started with."""

    @classmethod
    def of(cls, model: LearnedModel, shelf: Shelf) -> LearnedMessage:
        used = shelf.labels().get(model.label) == model.number
        return cls(
            number=model.number,
            name=model.name,
            label=model.label,
            objects=model.objects,
            before=model.before,
            after=model.after,
            used=used,
            back=shelf.before(model.label) if used else None,
        )


class AttemptMessage(Message):
    """The last time that a label was learned."""

    label: str
    objects: int
    before: float | None
    """Clicks per object; None if it failed."""
    after: float | None
    better: bool
    problem: str | None

    @classmethod
    def of(cls, attempt: LearningAttempt) -> AttemptMessage:
        verdict = attempt.verdict
        return cls(
            label=attempt.label,
            objects=attempt.objects,
            before=None if verdict is None else verdict.before,
            after=None if verdict is None else verdict.after,
            better=verdict is not None and verdict.better,
            problem=attempt.problem,
        )


class CostMessage(Message):
    """What an accepted object cost."""

    label: str
    clicks: int


class LearningMessage(Message):
    """How learning stands."""

    on: bool
    missing: Literal["extra", "model"] | None
    """Why nothing can be learned: the `train` extra is not installed, or the model is no lite network."""
    label: str | None
    """What is being learned, or is about to be."""
    share: float
    """How much of that is done, 0 to 1."""
    paused: bool
    """It stands still, because the person works."""
    problem: str | None
    """Why a learned model cannot be used."""
    models: list[LearnedMessage]
    attempts: list[AttemptMessage]
    costs: list[CostMessage]
    """The newest accepted objects, in the order in which they were accepted."""

    @classmethod
    def of(cls, learner: Learner) -> LearningMessage:
        return cls(
            on=learner.shelf.on,
            missing=learner.missing(),
            label=learner.label or learner.asked,
            share=learner.share,
            paused=learner.paused,
            problem=learner.problem,
            models=[LearnedMessage.of(m, learner.shelf) for m in learner.shelf.models()],
            attempts=[AttemptMessage.of(attempt) for attempt in learner.attempts()],
            costs=[CostMessage(label=label, clicks=clicks) for label, clicks in learner.costs()],
        )


class Switch(Message):
    """Whether to learn while the person labels."""

    on: bool


class WhichLabel(Message):
    """The label that is meant."""

    label: Label


class Use(Message):
    """Which model a label shall use; 0 is the one that the project started with."""

    label: Label
    number: Annotated[int, Field(ge=0, le=2**31)]


class Name(Message):
    """Another name for a model."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
