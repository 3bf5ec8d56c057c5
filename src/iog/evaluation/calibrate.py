"""How far a model's estimates can be believed: measured on photos with true masks, and made into curves.

Every object is asked for in every way: from the box alone, with an inside click, with one correction, and by
the methods of `iog.auto`. A curve that was fitted on some photos is judged on others only: the photos are
split into folds, each of which is judged with curves fitted on the rest. What is kept is fitted on all.

The error is the expected calibration error: objects in ten bins of equal width by their confidence; the
distance between mean confidence and mean IoU of each bin, weighted with its objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from iog.box_methods import METHODS, BoxSegmenter
from iog.calibration import Calibration, ConfidenceCurve
from iog.datasets import ObjectDataset, ObjectSample
from iog.engines import Engine, Features
from iog.errors import DataError
from iog.evaluation.metrics import iou
from iog.prediction import Prediction
from iog.robot import RobotUser
from iog.segmenter import Segmenter

FOLDS = 5
BINS = 10
"""Bins of the calibration error, and of the plot."""
_LEAST = 40
"""Objects behind one point of a curve."""
_MOST = 20
"""Points of a curve."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """One object."""

    photo: str
    group: str
    answers: Mapping[str, tuple[float, float]]
    """By the kind of prompt: (estimate, IoU)."""


def measure(segmenter: Segmenter, objects: ObjectDataset, indices: Iterable[int]) -> Iterator[Measured]:
    """Ask for each object in every way. Objects without a pixel are left out."""
    # Without curves: what is measured is the estimate. All ways share the features of one crop.
    plain = Segmenter(_Remembering(segmenter.engine))
    for index in indices:
        sample = objects[index]
        if not sample.mask.any():
            continue
        answers = {
            prompt: (prediction.estimate, iou(prediction.mask, sample.mask, sample.void))
            for prompt, prediction in _asked(plain, sample)
        }
        yield Measured(sample.name.rpartition("#")[0], sample.group, answers)


def _asked(segmenter: Segmenter, sample: ObjectSample) -> Iterator[tuple[str, Prediction]]:
    user = RobotUser()
    clicks = user.clicks(sample.mask)
    session = segmenter.session(sample.image, clicks.corners)
    yield "box", session.prediction
    for method in METHODS:
        if method != "box":
            (answer,) = BoxSegmenter(segmenter, method).segment(sample.image, [clicks.box])
            yield method, answer.prediction
    if clicks.inside is None:
        return
    three = session.click(*clicks.inside)
    yield "inside", three
    if segmenter.takes_corrections:
        correction = user.correction(three.mask, sample.mask, sample.void)
        if correction is not None:
            yield "corrections", session.correct(*correction)


class _Remembering:
    """An engine that does not encode the same twice in a row."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._last: tuple[npt.NDArray[Any], Features] | None = None

    @property
    def info(self) -> Any:
        return self._engine.info

    def encode(self, inputs: npt.NDArray[Any]) -> Features:
        if self._last is None or not np.array_equal(inputs, self._last[0]):
            self._last = inputs, self._engine.encode(inputs)
        return self._last[1]

    def decode(self, features: Features, click_maps: Any) -> Any:
        return self._engine.decode(features, click_maps)


def calibrate(
    measured: Sequence[Measured], weights_sha256: str, record: Mapping[str, Any], *, seed: int = 0
) -> Calibration:
    """The curves, fitted on all; `measured["prompts"]` has the errors on photos held out.

    Parameters
    ----------
    measured
        From `measure`.
    weights_sha256
        The model that was measured.
    record
        What to note beside the errors: the dataset, the command.
    seed
        Of the folds.

    Raises
    ------
    DataError
        If there are too few objects or photos.
    """
    if len(measured) < 2 * _LEAST or len({m.photo for m in measured}) < FOLDS:
        raise DataError(f"{len(measured)} objects are too few to calibrate: at least {2 * _LEAST}")
    fold_of = _folds([m.photo for m in measured], seed)
    curves: dict[str, ConfidenceCurve] = {}
    prompts: dict[str, Any] = {}
    for prompt in dict.fromkeys(prompt for m in measured for prompt in m.answers):
        chosen = [m for m in measured if prompt in m.answers]
        estimates, ious = np.array([m.answers[prompt] for m in chosen], np.float64).T
        folds = np.array([fold_of[m.photo] for m in chosen])
        confidences = np.empty_like(estimates)
        for fold in range(FOLDS):
            held_out = folds == fold
            confidences[held_out] = fit(estimates[~held_out], ious[~held_out])(estimates[held_out])
        curves[prompt] = fit(estimates, ious)
        groups = np.array([m.group for m in chosen])
        prompts[prompt] = {
            **_summary(confidences, ious),
            "error_of_estimate": round(_error(estimates, ious), 4),
            "rank_correlation": round(_rank_correlation(estimates, ious), 3),
            "bins": _bins(confidences, ious),
            "bins_of_estimate": _bins(estimates, ious),
            "groups": {
                str(g): _summary(confidences[groups == g], ious[groups == g]) for g in np.unique(groups)
            },
        }
    settings = {**record, "objects": len(measured), "photos": len(fold_of), "folds": FOLDS}
    return Calibration(weights_sha256, curves, {**settings, "prompts": prompts})


def fit(estimates: Floats, ious: Floats) -> ConfidenceCurve:
    """A curve through the means of bins of equally many objects, made never to fall (isotonic)."""
    order = np.argsort(estimates, kind="stable")
    bins = np.array_split(order, int(np.clip(len(order) // _LEAST, 1, _MOST)))
    x = np.array([estimates[b].mean() for b in bins])
    heights = _never_falling([float(ious[b].mean()) for b in bins], [len(b) for b in bins])
    kept = np.concatenate([[True], np.diff(x) > 0])
    return ConfidenceCurve(tuple(_rounded(x[kept])), tuple(_rounded(np.array(heights)[kept])))


def _never_falling(values: Sequence[float], weights: Sequence[int]) -> list[float]:
    """The nearest rising sequence in the least-squares sense: neighbours that fall take their mean (PAVA)."""
    blocks: list[tuple[float, int, int]] = []  # mean, weight, length
    for value, weight in zip(values, weights, strict=True):
        blocks.append((value, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, weight_a, length_a), (b, weight_b, length_b) = blocks[-2:]
            total = weight_a + weight_b
            blocks[-2:] = [((a * weight_a + b * weight_b) / total, total, length_a + length_b)]
    return [mean for mean, _, length in blocks for _ in range(length)]


def _folds(photos: Sequence[str], seed: int) -> dict[str, int]:
    names = sorted(set(photos))
    order = np.random.default_rng(seed).permutation(len(names))
    return {names[place]: number % FOLDS for number, place in enumerate(order)}


def _summary(confidences: Floats, ious: Floats) -> dict[str, Any]:
    return {
        "objects": len(ious),
        "iou": round(float(ious.mean()), 4),
        "confidence": round(float(confidences.mean()), 4),
        "error": round(_error(confidences, ious), 4),
    }


def _error(confidences: Floats, ious: Floats) -> float:
    apart = [b["objects"] * abs(b["confidence"] - b["iou"]) for b in _bins(confidences, ious, digits=9)]
    return float(sum(apart)) / len(ious)


def _bins(confidences: Floats, ious: Floats, digits: int = 4) -> list[dict[str, Any]]:
    number = np.minimum((confidences * BINS).astype(int), BINS - 1)
    return [
        {
            "objects": int((number == b).sum()),
            "confidence": round(float(confidences[number == b].mean()), digits),
            "iou": round(float(ious[number == b].mean()), digits),
        }
        for b in range(BINS)
        if (number == b).any()
    ]


def _rank_correlation(a: Floats, b: Floats) -> float:
    """Spearman's."""
    if len(a) < 2:
        return 0.0
    first, second = (np.argsort(np.argsort(values, kind="stable")).astype(np.float64) for values in (a, b))
    return float(np.corrcoef(first, second)[0, 1])


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), 5) for value in values]


def report(calibration: Calibration) -> list[list[str]]:
    """A row for each kind of prompt and group: prompt, set, objects, mean IoU and confidence, errors."""
    rows = []
    for prompt, all_ in calibration.measured["prompts"].items():
        before = f"{100 * all_['error_of_estimate']:.1f}"
        rows.append([prompt, "all", *_figures(all_), before])
        rows += [[prompt, group, *_figures(part), ""] for group, part in all_["groups"].items()]
    return rows


HEADER = ["prompt", "set", "objects", "mean IoU", "mean confidence", "calibration error", "before"]
"""Of `report`, in percent and points."""


def _figures(part: Mapping[str, Any]) -> list[str]:
    percent = [f"{100 * part[key]:.1f}" for key in ("iou", "confidence", "error")]
    return [str(part["objects"]), *percent]


PLOTTED = ("box", "two-stage", "inside")
"""Kinds of prompts in the plot."""


def reliability_plot(calibration: Calibration, prompts: Sequence[str]) -> str:
    """An SVG: for each kind of prompt, mean IoU over confidence by bin, on photos held out."""
    panels = [_panel(calibration.measured["prompts"][p], p, i) for i, p in enumerate(prompts)]
    width = 30 + _STEP * len(prompts)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 300"'
    ground = f'<rect width="{width}" height="300" fill="#fff"/>'
    legend = (
        '<text x="45" y="285">mean IoU of bins of <tspan fill="#06c">confidence</tspan> and of the '
        '<tspan fill="#c60">estimate</tspan> that it is made from; bars: objects</text>'
    )
    start = f'{head} font-family="sans-serif" font-size="11">'
    return "\n".join([start, ground, *panels, legend, "</svg>", ""])


_SIDE, _STEP = 200, 250


def _panel(measured: Mapping[str, Any], prompt: str, number: int) -> str:
    left, top = 45 + _STEP * number, 30

    def at(x: float, y: float) -> str:
        return f"{left + _SIDE * x:.1f},{top + _SIDE * (1 - y):.1f}"

    def line(bins: Sequence[Mapping[str, Any]], colour: str, dash: str) -> str:
        points = " ".join(at(b["confidence"], b["iou"]) for b in bins)
        drawn = f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-dasharray="{dash}"/>'
        dots = (at(b["confidence"], b["iou"]).split(",") for b in bins)
        return drawn + "".join(f'<circle cx="{x}" cy="{y}" r="2.5" fill="{colour}"/>' for x, y in dots)

    most = max(b["objects"] for b in measured["bins"])
    bars = "".join(
        f'<rect x="{left + _SIDE * int(min(b["confidence"], 0.999) * BINS) / BINS:.1f}" '
        f'y="{top + _SIDE - 50 * b["objects"] / most:.1f}" width="{_SIDE / BINS - 1:.1f}" '
        f'height="{50 * b["objects"] / most:.1f}" fill="#ddd"/>'
        for b in measured["bins"]
    )
    ticks = "".join(
        f'<text x="{left + _SIDE * t:.0f}" y="{top + _SIDE + 14}" text-anchor="middle">{t:g}</text>'
        f'<text x="{left - 5}" y="{top + _SIDE * (1 - t) + 4:.0f}" text-anchor="end">{t:g}</text>'
        for t in (0, 0.5, 1)
    )
    error, before = 100 * measured["error"], 100 * measured["error_of_estimate"]
    title = f"{prompt}: error {error:.1f} points, before {before:.1f}"
    return (
        f'<text x="{left}" y="18">{title}</text>{bars}'
        f'<rect x="{left}" y="{top}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#888"/>'
        f'<polyline points="{at(0, 0)} {at(1, 1)}" stroke="#888" fill="none"/>{ticks}'
        f'<text x="{left + _SIDE / 2}" y="{top + _SIDE + 30}" text-anchor="middle">confidence</text>'
        + line(measured["bins_of_estimate"], "#c60", "4 3")
        + line(measured["bins"], "#06c", "")
    )
