"""The IOG/DEXTR protocol: IoU after each click that the robot user makes, at image resolution.

Three clicks come first (two corners count two), then one correction at a time at the deepest error. The
threshold is fixed (0.5), void pixels are left out of clicks and figures, nothing is averaged over flips,
and no curve stops early.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from iog.datasets import ObjectDataset, ObjectSample
from iog.evaluation.metrics import iou
from iog.robot import RobotUser
from iog.segmenter import Segmenter

SMALL = 0.005
"""Objects below this share of their photo are reported apart."""


@dataclass(frozen=True, slots=True)
class ObjectResult:
    """What one object came to."""

    name: str
    group: str
    category: str
    share: float
    """Part of the photo that the object covers."""
    box_iou: float
    """IoU from the box alone."""
    ious: tuple[float, ...]
    """IoU after 3, 4, 5 ... clicks."""
    confidence: float
    """The segmenter's own estimate of the IoU after 3 clicks."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON line."""
        return asdict(self)


def evaluate(
    segmenter: Segmenter,
    objects: ObjectDataset,
    *,
    clicks: int = 4,
    jitter: float = 0.0,
    inside_depth: float = 1.0,
    seed: int = 0,
    indices: Iterable[int] | None = None,
) -> Iterator[ObjectResult]:
    """Measure each object, one by one.

    Parameters
    ----------
    segmenter
        The model to measure.
    objects
        Whose masks are the truth.
    clicks
        Clicks up to which each object is corrected, at least 3.
    jitter, inside_depth, seed
        The robot user's, see `RobotUser`. Each object has its own random numbers, so that a part of a set
        gives the same figures as in the whole.
    indices
        Which objects; None takes all.

    Nobody can click on an object without a pixel: such objects are left out.
    """
    for index in range(len(objects)) if indices is None else indices:
        sample = objects[index]
        if not sample.mask.any():
            continue
        robot = RobotUser(corner_jitter=jitter, inside_depth=inside_depth, seed=(seed, index))
        yield _measure(segmenter, sample, robot, clicks)


def _measure(segmenter: Segmenter, sample: ObjectSample, robot: RobotUser, clicks: int) -> ObjectResult:
    first = robot.clicks(sample.mask)
    session = segmenter.session(sample.image, first.corners)
    box_iou = iou(session.prediction.mask, sample.mask, sample.void)
    if first.inside is not None:
        session.click(*first.inside)
    prediction = session.prediction
    confidence = prediction.confidence
    ious = [iou(prediction.mask, sample.mask, sample.void)]
    while len(ious) < clicks - 2:
        correction = robot.correction(prediction.mask, sample.mask, sample.void, session.clicks.corrections)
        if correction is None:  # nothing wrong: further clicks would change nothing
            ious += [ious[-1]] * (clicks - 2 - len(ious))
            break
        prediction = session.correct(*correction)
        ious.append(iou(prediction.mask, sample.mask, sample.void))
    return ObjectResult(
        sample.name,
        sample.group,
        sample.category,
        float(np.count_nonzero(sample.mask)) / sample.mask.size,
        box_iou,
        tuple(ious),
        confidence,
    )


def by_group(results: Sequence[ObjectResult]) -> dict[str, list[ObjectResult]]:
    """Results under the name of their group; where a group has small objects, the others once more."""
    groups: dict[str, list[ObjectResult]] = {}
    for result in results:
        groups.setdefault(result.group, []).append(result)
    for name in list(groups):
        large = [r for r in groups[name] if r.share >= SMALL]
        if 0 < len(large) < len(groups[name]):
            groups[f"{name} >= {SMALL:.1%}"] = large
    return dict(sorted(groups.items()))
