"""Results as Markdown tables. Figures are in percent; intervals are 95 % bootstrap, drawn by photo."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from iog.evaluation.metrics import mean_interval
from iog.evaluation.protocol import TARGETS, THRESHOLDS, ObjectResult
from iog.evaluation.settings import By, ProtocolName
from iog.evaluation.strata import strata
from iog.evaluation.subjects import BOX_CLICKS


def report(results: Sequence[ObjectResult], protocol: ProtocolName, by: By = "group") -> str:
    """The tables of a protocol, one row a stratum."""
    if protocol == "iog":
        return iog_table(results, by)
    if protocol == "all":
        return summary_table(results, by)
    return "\n\n".join([noc_table(results, by), "Mean IoU by clicks:", curve_table(results, by)])


def iog_table(results: Sequence[ObjectResult], by: By = "group") -> str:
    """Mean IoU from the box alone and after 3, 4, ... clicks; interval and boundary IoU at 3 clicks."""
    last = results[0].last
    shown = [k for k in range(3, last + 1) if k <= 6 or k in (10, 15, 20)]
    header = [
        *(_heading(by), "objects", *_first_heads(results)),
        *(f"{k} clicks" for k in shown),
        *("95 % interval at 3", "boundary IoU at 3"),
    ]
    rows = []
    for name, group in strata(results, by).items():
        row = [name, str(len(group)), *(_percent(values) for values in _first_values(group))]
        row += [_percent([r.ious[k - 3] for r in group]) for k in shown]
        row.append(interval([100 * r.ious[0] for r in group], _photos(group)))
        row.append(_percent([r.boundary_ious[0] for r in group]))
        rows.append(row)
    return markdown(header, rows)


def noc_table(results: Sequence[ObjectResult], by: By = "group") -> str:
    """Number of Clicks for each target, failures, and boundary IoU at the start and the end.

    An object that never reaches the target counts with the last click that was made (RITM) and is a
    failure; one that reaches it with the very last click is none.
    """
    last = results[0].last
    header = [_heading(by), "objects"]
    for target in TARGETS:
        header += [f"NoC@{target}", f"failures@{target}"]
    header += ["95 % interval of NoC@90", "boundary IoU at 3", f"boundary IoU at {last}"]
    rows = []
    for name, group in strata(results, by).items():
        row = [name, str(len(group))]
        for target in TARGETS:
            row.append(f"{np.mean(clicks_needed(group, target)):.2f}")
            row.append(_failures(group, target))
        row.append(interval(clicks_needed(group, 90), _photos(group), digits=2))
        row.append(_percent([r.boundary_ious[0] for r in group]))
        row.append(_percent([r.boundary_ious[-1] for r in group]))
        rows.append(row)
    return markdown(header, rows)


def summary_table(results: Sequence[ObjectResult], by: By = "group") -> str:
    """Both protocols in one row a stratum: mean IoU with intervals, NoC, failures, boundary IoU."""
    last = results[0].last
    shown = [k for k in (3, 4, 5) if k <= last]
    targets = "/".join(map(str, TARGETS))
    header = [
        *(_heading(by), "objects", *_first_heads(results)),
        *(f"{k} clicks" for k in shown),
        *(f"NoC@{target}" for target in TARGETS),
        *(f"failures@{targets} at {last}", "boundary IoU at 3"),
    ]
    rows = []
    for name, group in strata(results, by).items():
        photos = _photos(group)
        row = [name, str(len(group)), *(_with_interval(values, photos) for values in _first_values(group))]
        row += [_with_interval([r.ious[k - 3] for r in group], photos) for k in shown]
        row += [f"{np.mean(clicks_needed(group, target)):.2f}" for target in TARGETS]
        row.append("/".join(str(sum(r.noc(target) is None for r in group)) for target in TARGETS))
        row.append(_percent([r.boundary_ious[0] for r in group]))
        rows.append(row)
    return markdown(header, rows)


def curve_table(results: Sequence[ObjectResult], by: By = "group") -> str:
    """Mean IoU from the first mask (2 clicks: the box alone) to the last click, every object to the end."""
    header = [_heading(by), *(str(k) for k in range(results[0].first, results[0].last + 1))]
    rows = []
    for name, group in strata(results, by).items():
        means = 100 * np.mean([r.curve for r in group], axis=0)
        rows.append([name, *(f"{value:.1f}" for value in means)])
    return markdown(header, rows)


def sweep_table(results: Sequence[ObjectResult], by: By = "group") -> str:
    """Mean IoU after 3 clicks by threshold."""
    header = [_heading(by), *(f"{threshold:g}" for threshold in THRESHOLDS)]
    rows = []
    for name, group in strata(results, by).items():
        means = 100 * np.mean([r.swept for r in group], axis=0)
        rows.append([name, *(f"{value:.1f}" for value in means)])
    return markdown(header, rows)


def clicks_needed(results: Sequence[ObjectResult], target: float) -> list[int]:
    """Each object's clicks to `target` percent; the last one made where it never gets there."""
    return [result.last if (count := result.noc(target)) is None else count for result in results]


def interval(values: Sequence[float], photos: Sequence[Hashable], digits: int = 1) -> str:
    """95 % bootstrap interval of the mean as text; `photos` says of which photo each value is."""
    if len(set(photos)) == 1:
        return "one photo"
    low, high = mean_interval(values, photos)
    return f"{low:.{digits}f} to {high:.{digits}f}"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, ["---"] * len(header), *rows])


def _heading(by: By) -> str:
    return "set" if by == "group" else by


def _first_heads(results: Sequence[ObjectResult]) -> tuple[str, ...]:
    """What comes before 3 clicks."""
    return ("box only",) if results[0].first == BOX_CLICKS else ("1 click", "2 clicks")


def _first_values(results: Sequence[ObjectResult]) -> list[list[float]]:
    return [list(values) for values in zip(*(r.curve[: 3 - r.first] for r in results), strict=True)]


def _percent(values: Sequence[float]) -> str:
    return f"{100 * float(np.mean(values)):.1f}"


def _with_interval(values: Sequence[float], photos: Sequence[str]) -> str:
    return f"{_percent(values)} ({interval([100 * value for value in values], photos)})"


def _photos(results: Sequence[ObjectResult]) -> list[str]:
    return [result.photo for result in results]


def _failures(results: Sequence[ObjectResult], target: float) -> str:
    count = sum(result.noc(target) is None for result in results)
    return f"{count} ({count / len(results):.1%})"
