"""The one loop of the robot user: a subject and an object -> IoU, click by click.

The prompt comes first, then one correction at a time at the deepest error. Void pixels are left out of clicks
and figures, nothing is averaged over flips, no second crop is taken.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from iog.clicks import AnyClicks, Correction
from iog.datasets import ObjectSample
from iog.evaluation.metrics import BOUNDARY_RATIO, boundary_iou, iou
from iog.evaluation.subjects import PROMPT_CLICKS, CurveAttempt, NoAnswerError, Subject, User
from iog.prediction import Prediction


@dataclass(frozen=True, slots=True)
class Curve:
    """What one object came to."""

    first: int
    """Clicks after which `ious` begins."""
    ious: tuple[float, ...]
    """IoU after `first`, `first` + 1, ... clicks; 0 without a mask. Ends where nothing is wrong any more."""
    boundary_ious: tuple[float, ...]
    """Boundary IoU likewise; empty if it was not asked for."""
    failures: tuple[tuple[int, str], ...]
    """Clicks after which there was no mask, and why."""
    milliseconds: tuple[float, ...]
    """Of each step up to its mask at image resolution."""
    clicks: AnyClicks
    """Every click that was made."""
    prompted: Prediction | None
    """The answer to the whole prompt, or to three clicks without a box; None if there was none."""


def measure(
    subject: Subject,
    sample: ObjectSample,
    user: User,
    clicks: int,
    *,
    boundary_ratio: float | None = BOUNDARY_RATIO,
    until: float | None = None,
) -> Curve:
    """One object, from the first mask to the last click.

    Parameters
    ----------
    subject
        What is measured.
    sample
        The object; its mask is not empty, as nobody could click on it.
    user
        Who clicks.
    clicks
        Clicks up to which the object is corrected, if the subject takes so many. It is asked for one mask at
        least.
    boundary_ratio
        See `iog.evaluation.metrics.boundary_iou`; None leaves that out.
    until
        IoU at which the user is content with a corrected object; None makes all clicks.
    """
    last = max(clicks if subject.last is None else min(clicks, subject.last), subject.first)
    attempt = subject.begin(sample.image, sample.mask, user)
    ious: list[float] = []
    boundary_ious: list[float] = []
    failures: list[tuple[int, str]] = []
    milliseconds: list[float] = []
    corrections: tuple[Correction, ...] = ()
    mask = nothing = np.zeros_like(sample.mask)
    prompted: Prediction | None = None
    for number in range(subject.first, last + 1):
        correction, drag = None, None
        if number > subject.prompt:
            if until is not None and ious and ious[-1] >= until:
                break
            if isinstance(attempt, CurveAttempt):
                drag = attempt.ask(user, sample.mask)
            else:
                correction = user.correction(mask, sample.mask, sample.void, corrections)
            if correction is None and drag is None:  # further clicks would change nothing
                break
            corrections += () if correction is None else (correction,)
        started = time.perf_counter()
        prediction: Prediction | None = None
        try:
            if drag is not None:
                assert isinstance(attempt, CurveAttempt)
                prediction = attempt.drag(drag)
            else:
                prediction = attempt.step(correction)
            mask = prediction.mask  # pasting into the image is part of what a person waits for
        except NoAnswerError as error:
            mask = nothing
            failures.append((number, str(error)))
        milliseconds.append(1000 * (time.perf_counter() - started))
        ious.append(iou(mask, sample.mask, sample.void))
        if boundary_ratio is not None:
            boundary_ious.append(boundary_iou(mask, sample.mask, sample.void, ratio=boundary_ratio))
        if number <= max(subject.first, PROMPT_CLICKS):
            prompted = prediction
    return Curve(
        first=subject.first,
        ious=tuple(ious),
        boundary_ious=tuple(boundary_ious),
        failures=tuple(failures),
        milliseconds=tuple(milliseconds),
        clicks=attempt.clicks,
        prompted=prompted,
    )
