"""Whether a copy needs fewer clicks than the present model, on objects that neither has seen.

The robot user, with the jitter of a hand, clicks until the IoU is 90 %. A copy is better if it needs no more
clicks, and if its gain is beyond the noise: were both equally good, each object's difference would as often
have the other sign, so the share of sign changes that give a sum as large must be small (paired permutation
test, one-sided). The clicks may show it, or the IoU after three of them: many objects cost three clicks with
both, so that five or ten objects show a gain of half a click by their masks alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from iog.datasets import ObjectSample
from iog.evaluation.measure import measure
from iog.evaluation.metrics import clicks_to_reach, mean_interval
from iog.evaluation.subjects import subject_of
from iog.robot import RobotUser
from iog.segmenter import Segmenter

TARGET = 0.9
"""IoU at which the robot user is content."""
PROMPT, MOST_CLICKS = 3, 12
"""Clicks that every object costs; with which it is given up."""
NOISE = 0.1
"""Greatest probability that two equally good models differ so much. Of five objects one may be against it."""

_EXACT = 12  # differences up to which all sign changes are counted
_DRAWS = 20_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What an object costs the robot user."""

    clicks: int
    """Up to an IoU of `TARGET`: `PROMPT` at least, `MOST_CLICKS` if it is not reached."""
    iou: float
    """After `PROMPT` clicks."""


def cost_of(segmenter: Segmenter, sample: ObjectSample, seed: int) -> Cost:
    """What an object costs with a model; the hand's jitter depends on the seed alone."""
    user = RobotUser(corner_jitter=0.02, inside_depth=0.5, correction_depth=0.5, seed=seed)
    curve = measure(subject_of(segmenter), sample, user, MOST_CLICKS, boundary_ratio=None, until=TARGET)
    reached = clicks_to_reach(curve.ious, TARGET, curve.first)
    clicks = MOST_CLICKS if reached is None else max(PROMPT, reached)
    return Cost(clicks, curve.ious[PROMPT - curve.first])


def probability_of_noise(gains: Sequence[float]) -> float:
    """The share of sign changes of the gains that give a sum at least as large; 1 where nothing differs."""
    differing = np.array([gain for gain in gains if gain], np.float64)
    if not len(differing):
        return 1.0
    if len(differing) <= _EXACT:
        signs = np.array(list(itertools.product((-1, 1), repeat=len(differing))), np.float64)
    else:
        signs = np.random.default_rng(0).choice((-1.0, 1.0), (_DRAWS, len(differing)))
    return float(np.mean(signs @ differing >= differing.sum() - 1e-9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the comparison found."""

    held: int
    """Objects that were measured."""
    before: float
    """Mean clicks per object with the present model."""
    after: float
    """With the copy."""
    low: float
    """Of the saved clicks per object: 95 % interval."""
    high: float
    iou_before: float
    """Mean IoU after `PROMPT` clicks."""
    iou_after: float
    better: bool

    @classmethod
    def of(cls, before: Sequence[Cost], after: Sequence[Cost]) -> Verdict:
        """From the costs of the same objects with both, one at least."""
        pairs = list(zip(before, after, strict=True))
        gains = [b.clicks - a.clicks for b, a in pairs]
        noise = min(probability_of_noise(gains), probability_of_noise([a.iou - b.iou for b, a in pairs]))
        low, high = mean_interval(gains)
        return cls(
            held=len(gains),
            before=float(np.mean([b.clicks for b in before])),
            after=float(np.mean([a.clicks for a in after])),
            low=low,
            high=high,
            iou_before=float(np.mean([b.iou for b in before])),
            iou_after=float(np.mean([a.iou for a in after])),
            better=sum(gains) >= 0 and noise <= NOISE,
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Fold:
    """What one copy learns from, and what it is measured on, as places in a list of objects."""

    train: tuple[int, ...]
    held: tuple[int, ...]


HOLD_OUT = 40
"""Unseen objects from which a third is held back for good; fewer are cross-validated in two halves."""
MEASURED = 40
"""Objects to measure, at most."""


def folds_of(photos: Sequence[str], unseen: Sequence[int]) -> list[Fold]:
    """Whom to train and measure on what.

    Parameters
    ----------
    photos
        The photo of each object.
    unseen
        Places of the objects that the current model has not learned from: only these are held back.

    Returns
    -------
    Two folds, each held back from the other's copy; or one, if there are many objects. Photos are kept
    together, unless one has most of the objects.
    """
    count = 3 if len(unseen) >= HOLD_OUT else 2
    parts = _by_photo(photos, unseen, count)
    if min(map(len, parts)) * 2 * count < len(unseen):
        parts = [list(unseen[part::count]) for part in range(count)]
    if count == 3:
        parts = parts[:1]
    return [
        Fold(tuple(i for i in range(len(photos)) if i not in set(part)), tuple(part[:MEASURED]))
        for part in parts
        if part
    ]


def _by_photo(photos: Sequence[str], unseen: Sequence[int], count: int) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for place in unseen:
        groups.setdefault(photos[place], []).append(place)
    parts: list[list[int]] = [[] for _ in range(count)]
    for group in sorted(groups.values(), key=len, reverse=True):
        min(parts, key=len).extend(group)
    return [sorted(part) for part in parts]
