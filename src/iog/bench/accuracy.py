"""IoU of every method on the same objects, click by click; `iog bench accuracy`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from iog.baselines.limits import LimitError
from iog.baselines.task import UnanswerableError
from iog.bench.results import MethodFile, Record, check_settings, write_environment
from iog.bench.settings import Settings
from iog.bench.subjects import Classical, Subject
from iog.clicks import Correction
from iog.datasets import ObjectDataset, ObjectSample, known
from iog.errors import DataError
from iog.evaluation.metrics import boundary_iou, iou
from iog.masks import encode_rle
from iog.robot import RobotUser

PROMPT_CLICKS = 3
"""Corners and inside click; what follows are corrections."""


@dataclass(frozen=True, slots=True)
class Item:
    """One object to measure at one jitter."""

    split: str
    index: int
    jitter: float

    @property
    def key(self) -> tuple[str, int, float]:
        """As `Record.key`."""
        return self.split, self.index, self.jitter


def plan(sets: dict[str, ObjectDataset], settings: Settings) -> list[Item]:
    """What to measure: of each set as many objects as the limit says, evenly spread, and the jittered ones.

    The seed decides where in the set the spread begins.

    Raises
    ------
    DataError
        If nothing is left.
    """
    random = np.random.default_rng(settings.seed)
    items: list[Item] = []
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
                items.append(Item(split, index, 0.0))
                if number % settings.jitter_every == 0:
                    items += [Item(split, index, jitter) for jitter in settings.jitter]
    if not items:
        raise DataError(
            f"no objects of the sets {', '.join(settings.sets)}" if settings.sets else "no objects"
        )
    return items


def run(
    folder: Path, data: Path, subjects: Sequence[Subject], settings: Settings, threads: int | None = None
) -> Iterator[str]:
    """Measure what the folder does not hold yet; gives a line of text a method.

    Raises
    ------
    DataError
        If the folder was made with other settings, or the data set is not there.
    """
    check_settings(folder, settings)
    sets = {split: known.open_objects(settings.dataset, data, split) for split in settings.splits}
    items = plan(sets, settings)
    write_environment(folder, threads, {subject.name: subject.identity for subject in subjects})
    for subject in subjects:
        about = {"title": subject.title, "family": subject.family, "identity": subject.identity}
        with MethodFile(folder, subject.name, about) as file:
            left = [item for item in items if item.key not in file.records]
            failed = 0
            progress = tqdm(left, desc=subject.name, unit="object", disable=None, dynamic_ncols=True)
            for item in progress:
                sample = sets[item.split][item.index]
                if sample.mask.any():  # nobody can click on an object without a pixel
                    record = measure(subject, item, sample, settings)
                    failed += bool(record.failures)
                    file.add(record)
            changed = f", {file.dropped} out of date" if file.dropped else ""
            yield f"{subject.name}: {len(left)} of {len(items)} measured now{changed}, {failed} with failures"


def measure(subject: Subject, item: Item, sample: ObjectSample, settings: Settings) -> Record:
    """One object, from the first mask to the last click; a failure counts as an empty mask."""
    user = RobotUser(corner_jitter=item.jitter, seed=(settings.seed, item.index))
    most = settings.classical_clicks if isinstance(subject, Classical) else settings.clicks
    last = most if subject.last is None else min(most, subject.last)
    if item.jitter:
        last = min(last, PROMPT_CLICKS)
    last = max(last, subject.first)
    attempt = subject.begin(sample.image, sample.mask, user)
    mask = shown = np.zeros_like(sample.mask)
    ious: list[float] = []
    boundary_ious: list[float] = []
    failures: list[tuple[int, str]] = []
    milliseconds: list[float] = []
    corrections: tuple[Correction, ...] = ()
    for clicks in range(subject.first, last + 1):
        correction = None
        if clicks > max(subject.first, PROMPT_CLICKS):
            correction = user.correction(mask, sample.mask, sample.void, corrections)
            if correction is None:  # nothing is wrong any more: further clicks would change nothing
                break
            corrections += (correction,)
        started = time.perf_counter()
        try:
            mask = attempt.step(correction)
        except (UnanswerableError, LimitError) as error:
            mask = np.zeros_like(sample.mask)
            failures.append((clicks, str(error)))
        milliseconds.append(round(1000 * (time.perf_counter() - started), 2))
        ious.append(round(iou(mask, sample.mask, sample.void), 5))
        boundary_ious.append(round(boundary_iou(mask, sample.mask, sample.void), 5))
        if clicks <= max(subject.first, PROMPT_CLICKS):
            shown = mask
    area = int(np.count_nonzero(sample.mask))
    return Record(
        split=item.split,
        index=item.index,
        name=sample.name,
        group=sample.group,
        category=sample.category,
        area=area,
        share=area / sample.mask.size,
        jitter=item.jitter,
        first=subject.first,
        ious=tuple(ious),
        boundary_ious=tuple(boundary_ious),
        failures=tuple(failures),
        prompt=attempt.prompt,
        rle=encode_rle(shown),
        milliseconds=tuple(milliseconds),
    )
