"""The table that `iog bench accuracy` ends with: figures, seconds and costs of every method side by side."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from iog.bench.costs import Costs, costs_of, read_costs
from iog.bench.results import Method, MethodResult, read_methods
from iog.bench.tables import NONE, Table, chosen, common, mean_cell, noc, ranked

_SHOWN = (1, 2, 3, 4, 5, 10, 20)
_TARGETS = (85, 90)
_CAP = 20


def summary(folder: Path) -> Table:
    """The table of a results folder, best first by the IoU after three clicks.

    Raises
    ------
    DataError
        If there are no results.
    """
    methods, known = read_methods(folder), read_costs(folder)
    shared = common(methods)
    rows = []
    for method in ranked(methods, shared, 3):
        records = chosen(method, shared)
        first = min((r.first for r in records), default=0)
        rows.append([method.title, str(first), *_figures(records), *_costs(method, known)])
    heads = [
        *(f"{k}" for k in _SHOWN),
        "boundary at 3",
        *(text for target in _TARGETS for text in (f"NoC@{target}", f"failures@{target}")),
        *("ms, first mask", "ms, click"),
        *("M parameters", "GMAC, prompt", "GMAC, click", "peak MB"),
    ]
    return Table(
        "summary",
        "Mean IoU in percent by clicks, clicks needed, and costs",
        f"{len(shared)} objects that every method was measured on. First: clicks before the first mask; a "
        "box counts two, extreme points four, a stroke and a dragged point one. "
        f"{NONE}: no mask yet, or not known. A method that takes no more clicks keeps its mask. NoC: clicks "
        f"needed, {_CAP} where they do not suffice, which is a failure. Milliseconds: medians of this run; "
        "classical methods run in processes of their own.",
        ["method", "first", *heads],
        rows,
    )


def every_click(methods: Sequence[Method], shared: set[tuple[str, int, float]]) -> Table:
    """Mean IoU after each click from the first to the last."""
    shown = range(1, _CAP + 1)
    rows = []
    for method in ranked(methods, shared, 3):
        records = chosen(method, shared)
        end = max((r.first + len(r.ious) - 1 for r in records), default=0)
        cells = [mean_cell(r.at(k) for r in records) if k <= end else NONE for k in shown]
        rows.append([method.title, method.family, *cells])
    return Table(
        "iou_every_click",
        "Mean IoU in percent after each click, over all objects",
        f"{len(shared)} objects of all sets. {NONE}: no mask yet, or no further click was made.",
        ["method", "kind", *map(str, shown)],
        rows,
    )


def _figures(records: Sequence[MethodResult]) -> list[str]:
    cells = [mean_cell(r.at(k) for r in records) for k in _SHOWN]
    cells.append(mean_cell(r.at(max(3, r.first), boundary=True) for r in records))
    for target in _TARGETS:
        needed = [noc(r, target) for r in records]
        within = [n if n is not None and n <= _CAP else None for n in needed]
        cells.append(f"{np.mean([n or _CAP for n in within]):.2f}" if within else NONE)
        cells.append(str(sum(n is None for n in within)))
    first = [r.milliseconds[0] for r in records if r.milliseconds]
    later = [ms for r in records for ms in r.milliseconds[1:]]
    return cells + [f"{statistics.median(ms):.0f}" if ms else NONE for ms in (first, later)]


def _costs(method: Method, known: Mapping[str, Costs]) -> list[str]:
    costs = costs_of(known, method.name, method.identity)
    if costs is None:
        return [NONE] * 4
    millions = None if costs.parameters is None else costs.parameters / 1e6
    figures = ((millions, 2), (costs.prompt_gmac, 2), (costs.click_gmac, 2), (costs.peak_mb, 0))
    return [NONE if value is None else f"{value:.{digits}f}" for value, digits in figures]
