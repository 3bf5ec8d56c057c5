"""What the inside click and the box are each worth: things whose boxes overlap, and boxes that are off.

Two measurements beside the protocols, as tables. A pair is two things of one photo whose boxes overlap
(`iog.datasets.neighbours`). With the box of one and the click on the other, the other is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from iog.clicks import Clicks, Pixel
from iog.datasets import ObjectDataset, ObjectSample
from iog.datasets.neighbours import Neighbours
from iog.evaluation.metrics import iou
from iog.evaluation.protocol import evaluate
from iog.evaluation.settings import Settings
from iog.evaluation.tables import markdown
from iog.masks import mask_box
from iog.robot import BoolArray, RobotUser, depth
from iog.segmenter import Segmenter


@dataclass(frozen=True, slots=True, kw_only=True)
class PairResult:
    """What became of one thing beside another, IoU and shares in 0..1."""

    group: str
    clicked: float
    """IoU with this thing after the box of the other one and a click on this."""
    boxed: float
    """IoU of the same answer with the other one."""
    own: float
    """IoU with this thing after its own box and click."""
    taken: float
    """Share of the other one's pixels that the answer to its own box and click takes in."""

    @property
    def answered(self) -> bool:
        """Whether the clicked thing was answered rather than the boxed one."""
        return self.clicked > self.boxed


def pairs(objects: ObjectDataset, indices: Iterable[int]) -> list[tuple[int, int]]:
    """Which (thing, other thing) share a photo and overlap with their boxes, both ways round."""
    neighbours = Neighbours(objects)
    return [(index, other) for index in indices for other in neighbours.of(index)]


def measure_pairs(
    segmenter: Segmenter, objects: ObjectDataset, chosen: Iterable[tuple[int, int]]
) -> Iterator[PairResult]:
    """The answers for pairs of things; those of which the other's box shows too little are left out."""
    for index, other_index in chosen:
        this, other = objects[index], objects[other_index]
        inside = _click_on(this, other)
        if inside is None:
            continue
        own = RobotUser().clicks(this.mask)
        own_answer = segmenter.segment(this.image, own).mask
        other_box = RobotUser().clicks(other.mask, inside=False)
        answer = segmenter.segment(this.image, Clicks(other_box.corners, inside)).mask
        rest = other.mask & ~this.mask
        yield PairResult(
            group=this.group,
            clicked=iou(answer, this.mask, this.void),
            boxed=iou(answer, other.mask, other.void),
            own=iou(own_answer, this.mask, this.void),
            taken=float(np.count_nonzero(own_answer & rest) / max(1, int(np.count_nonzero(rest)))),
        )


def _click_on(this: ObjectSample, other: ObjectSample) -> Pixel | None:
    """The deepest pixel of `this` in the other's box, if possible one that is not the other's, too."""
    box = mask_box(other.mask)
    assert box is not None
    within = np.zeros_like(this.mask)
    within[box.y0 : box.y1, box.x0 : box.x1] = this.mask[box.y0 : box.y1, box.x0 : box.x1]
    alone: BoolArray = within & ~other.mask
    clickable = alone if np.count_nonzero(alone) >= 0.1 * np.count_nonzero(within) else within
    if np.count_nonzero(clickable) < 0.1 * np.count_nonzero(this.mask):
        return None
    row, column = np.unravel_index(int(depth(clickable).argmax()), clickable.shape)
    return Pixel(int(column), int(row))


def pairs_table(results: Sequence[PairResult]) -> str:
    """A row a set: how often the clicked thing is answered, and how much of its neighbour is taken in."""
    header = [
        *("set", "pairs", "box of one, click on the other: the clicked one is answered", "IoU with it"),
        *("own box and click: IoU", "of the other is taken in"),
    ]
    rows = []
    for group in sorted({r.group for r in results}):
        chosen = [r for r in results if r.group == group]
        figures = np.mean([(r.answered, r.clicked, r.own, r.taken) for r in chosen], axis=0)
        rows.append([group, str(len(chosen)), *(f"{100 * figure:.1f}" for figure in figures)])
    return markdown(header, rows)


def corners_table(
    segmenter: Segmenter,
    objects: ObjectDataset,
    indices: Sequence[int],
    errors: Sequence[float],
    settings: Settings,
) -> str:
    """Mean IoU with corners off by a normal error of each share of the box side, and what that costs."""
    by_error = []
    for error in (0.0, *errors):
        found = evaluate(segmenter, objects, replace(settings, jitter=error), indices=indices)
        by_error.append({r.index: r for r in found})
    first = by_error[0]
    clicks = ["box only", *(f"{k} clicks" for k in range(3, settings.clicks + 1))]
    header = ["set", "objects", "corners off by", *clicks]
    rows = []
    for group in sorted({r.group for r in first.values()}):
        chosen = [i for i, r in first.items() if r.group == group]
        clean = np.mean([first[i].curve for i in chosen], axis=0)
        for error, results in zip((0.0, *errors), by_error, strict=True):
            mean = np.mean([results[i].curve for i in chosen], axis=0)
            lost = [f" ({100 * (m - c):+.1f})" if error else "" for m, c in zip(mean, clean, strict=True)]
            figures = [f"{100 * m:.1f}{text}" for m, text in zip(mean, lost, strict=True)]
            rows.append([group, str(len(chosen)), f"{100 * error:g} %", *figures])
    return markdown(header, rows)
