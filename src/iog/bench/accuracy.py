"""IoU of every method on the same objects, click by click; `iog bench accuracy`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from iog.bench.results import MethodFile, MethodResult, check_settings, write_environment
from iog.bench.settings import BenchSettings
from iog.bench.subjects import Participant
from iog.clicks import AnyClicks, ExtremeClicks
from iog.datasets import ObjectDataset, ObjectSample, known
from iog.errors import DataError
from iog.evaluation.classical import Classical
from iog.evaluation.measure import measure
from iog.evaluation.subjects import PROMPT_CLICKS
from iog.masks import encode_rle
from iog.robot import RobotUser


@dataclass(frozen=True, slots=True)
class PlannedObject:
    """One object to measure at one jitter."""

    split: str
    index: int
    jitter: float

    @property
    def key(self) -> tuple[str, int, float]:
        return self.split, self.index, self.jitter


def plan(sets: dict[str, ObjectDataset], settings: BenchSettings) -> list[PlannedObject]:
    """What to measure: of each set as many objects as the limit says, evenly spread, and the jittered ones.

    The seed decides where in the set the spread begins.

    Raises
    ------
    DataError
        If nothing is left.
    """
    random = np.random.default_rng(settings.seed)
    items: list[PlannedObject] = []
    for split, objects in sets.items():
        groups = np.array(objects.groups)
        for group in dict.fromkeys(objects.groups):
            if settings.sets and group not in settings.sets:
                continue
            members = np.flatnonzero(groups == group)
            count = min(settings.limit or len(members), len(members))
            stride = len(members) / count
            offset = float(random.random()) * stride
            chosen = [int(members[int(offset + i * stride) % len(members)]) for i in range(count)]
            for number, index in enumerate(sorted(chosen)):
                items.append(PlannedObject(split, index, 0.0))
                if settings.jitter_every and number % settings.jitter_every == 0:
                    items += [PlannedObject(split, index, jitter) for jitter in settings.jitter]
    if not items:
        raise DataError(
            f"no objects of the sets {', '.join(settings.sets)}" if settings.sets else "no objects"
        )
    return items


def run(
    folder: Path,
    data: Path,
    participants: Sequence[Participant],
    settings: BenchSettings,
    threads: int | None = None,
) -> Iterator[str]:
    """Measure what the folder does not hold yet; gives a line of text a method.

    Raises
    ------
    DataError
        If the folder was made with other settings, or the dataset is not there.
    """
    check_settings(folder, settings)
    sets = {split: known.open_objects(settings.dataset, data, split) for split in settings.splits}
    items = plan(sets, settings)
    write_environment(folder, threads, {one.name: one.identity for one in participants})
    for one in participants:
        about = {"title": one.title, "family": one.family, "identity": one.identity}
        with MethodFile(folder, one.name, about) as file:
            left = [item for item in items if item.key not in file.results]
            failed = 0
            progress = tqdm(left, desc=one.name, unit="object", disable=None, dynamic_ncols=True)
            for item in progress:
                sample = sets[item.split][item.index]
                if sample.mask.any():  # nobody can click on an object without a pixel
                    result = measured(one, item, sample, settings)
                    failed += bool(result.failures)
                    file.add(result)
            changed = f", {file.dropped} out of date" if file.dropped else ""
            yield f"{one.name}: {len(left)} of {len(items)} measured now{changed}, {failed} with failures"


def measured(
    participant: Participant, planned: PlannedObject, sample: ObjectSample, settings: BenchSettings
) -> MethodResult:
    """One object, from the first mask to the last click; a failure counts as an empty mask."""
    subject = participant.subject
    user = RobotUser(
        corner_jitter=planned.jitter,
        seed=(settings.seed, planned.index),
        strokes="axis" if participant.strokes else None,
    )
    clicks = settings.classical_clicks if isinstance(subject, Classical) else settings.clicks
    # With a jittered prompt the prompt alone is measured.
    curve = measure(subject, sample, user, PROMPT_CLICKS if planned.jitter else clicks)
    area = int(np.count_nonzero(sample.mask))
    return MethodResult(
        split=planned.split,
        index=planned.index,
        name=sample.name,
        group=sample.group,
        category=sample.category,
        area=area,
        share=area / sample.mask.size,
        jitter=planned.jitter,
        first=curve.first,
        ious=tuple(round(value, 5) for value in curve.ious),
        boundary_ious=tuple(round(value, 5) for value in curve.boundary_ious),
        failures=curve.failures,
        prompt=_plain(curve.clicks),
        rle=encode_rle(np.zeros_like(sample.mask) if curve.prompted is None else curve.prompted.mask),
        milliseconds=tuple(round(value, 2) for value in curve.milliseconds),
    )


def _plain(clicks: AnyClicks) -> dict[str, Any]:
    if isinstance(clicks, ExtremeClicks):
        return {"points": [list(point) for point in clicks.points]}
    return clicks.to_json()
