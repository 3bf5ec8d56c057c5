"""What a stroke is worth beside a click: the same objects, corrected with clicks and then with strokes.

After the box and the inside click each correction goes to the deepest error that is left: the click to its
deepest pixel, the stroke along its medial axis (`iog.robot`). Objects that three clicks leave nothing wrong
with are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from iog.datasets import ObjectDataset, ObjectSample
from iog.errors import ModelError
from iog.evaluation.measure import Curve, measure
from iog.evaluation.metrics import mean_interval
from iog.evaluation.overlap import fingerprint
from iog.evaluation.settings import Settings
from iog.evaluation.subjects import PROMPT_CLICKS, BoxedNetwork
from iog.evaluation.tables import markdown
from iog.prompting import LitePrompting
from iog.robot import BoolArray, RobotUser, depth
from iog.segmenter import Segmenter

CORRECTIONS = 3
"""How many are compared."""

THIN = 4.0
"""An error is thin if it is so many times as long as wide, were it a strip."""

LARGE = 0.05
"""An error is large from this share of the object's pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StrokeResult:
    """One object, corrected both ways."""

    photo: str
    """Fingerprint of the photo."""
    thin: bool
    """Of the first error: the part in which the first correction lies."""
    large: bool
    clicks: tuple[float, ...]
    """IoU after the prompt, and after 1, 2, 3 clicks, in 0..1."""
    strokes: tuple[float, ...]
    """The same after strokes."""
    length: float
    """Of the first stroke in pixels of the photo."""


def measure_strokes(
    segmenter: Segmenter, objects: ObjectDataset, indices: Iterable[int], settings: Settings
) -> Iterator[StrokeResult]:
    """Both curves of each object that three clicks leave something wrong with.

    The hand is that of `settings`; their number of clicks means nothing here.

    Raises
    ------
    ModelError
        If the model takes no corrections after a box, or sees a stroke as a click on its middle.
    """
    prompting = segmenter.prompting
    subject = BoxedNetwork(segmenter)
    if not isinstance(prompting, LitePrompting) or subject.last is not None:
        raise ModelError(f"{segmenter.model} takes no strokes as corrections; choose lite or one of its kin")
    for index in indices:
        sample = objects[index]
        if not sample.mask.any():
            continue
        clicked, drawn = (
            measure(
                subject,
                sample,
                RobotUser(
                    corner_jitter=settings.jitter,
                    inside_depth=settings.inside_depth,
                    correction_depth=settings.correction_depth,
                    seed=(settings.seed, index),
                    strokes=kind,
                ),
                PROMPT_CLICKS + CORRECTIONS,
                boundary_ratio=None,
            )
            for kind in (None, "axis")
        )
        error = _first_error(clicked, sample)
        if error is None:
            continue
        area, deepest = int(np.count_nonzero(error)), float(depth(error).max())
        yield StrokeResult(
            photo=fingerprint(sample.image),
            thin=area / (2 * deepest) ** 2 >= THIN,
            large=bool(area >= LARGE * np.count_nonzero(sample.mask)),
            clicks=_padded(clicked),
            strokes=_padded(drawn),
            length=drawn.clicks.corrections[0].length,
        )


def _first_error(curve: Curve, sample: ObjectSample) -> BoolArray | None:
    """The part of what is wrong after the prompt in which the first correction lies, (H, W) bool."""
    if not curve.clicks.corrections or curve.prompted is None:
        return None
    click, prediction = curve.clicks.corrections[0], curve.prompted.mask
    wrong = sample.mask & ~prediction if click.foreground else prediction & ~sample.mask
    if sample.void is not None:
        wrong = wrong & ~sample.void
    _, labels = cv2.connectedComponents(wrong.astype(np.uint8), connectivity=8)
    return np.asarray(labels == labels[click.y, click.x])


def _padded(curve: Curve) -> tuple[float, ...]:
    """From the prompt on; where nothing is wrong any more, further corrections change nothing."""
    ious = curve.ious[PROMPT_CLICKS - curve.first :]
    return ious + ious[-1:] * (CORRECTIONS + 1 - len(ious))


_KINDS: tuple[tuple[str, Callable[[StrokeResult], bool]], ...] = (
    ("any", lambda r: True),
    ("thin", lambda r: r.thin),
    ("large", lambda r: r.large),
    ("thin and large", lambda r: r.thin and r.large),
    ("neither", lambda r: not r.thin and not r.large),
)


def strokes_table(results: Sequence[StrokeResult]) -> str:
    """A row a kind of first error: mean IoU after each correction, and what strokes add (95 % interval)."""
    numbers = range(1, CORRECTIONS + 1)
    header = [
        *("first error", "objects", "IoU at 3 clicks"),
        *(f"{n} click{'s' * (n > 1)}, {n} stroke{'s' * (n > 1)}, difference" for n in numbers),
        "first stroke, pixels (median)",
    ]
    rows = []
    for name, belongs in _KINDS:
        chosen = [r for r in results if belongs(r)]
        if not chosen:
            continue
        photos = [r.photo for r in chosen]
        row = [name, str(len(chosen)), f"{100 * np.mean([r.clicks[0] for r in chosen]):.1f}"]
        for number in numbers:
            clicked = float(np.mean([100 * r.clicks[number] for r in chosen]))
            drawn = float(np.mean([100 * r.strokes[number] for r in chosen]))
            low, high = mean_interval([100 * (r.strokes[number] - r.clicks[number]) for r in chosen], photos)
            row.append(f"{clicked:.1f}, {drawn:.1f}, {drawn - clicked:+.1f} ({low:+.1f} to {high:+.1f})")
        row.append(f"{np.median([r.length for r in chosen]):.0f}")
        rows.append(row)
    return markdown(header, rows)
