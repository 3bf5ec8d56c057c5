"""Plots of a results folder as SVG; needs matplotlib. Lines differ by mark and dash, not by colour alone."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from iog.bench.results import Method, mean_percent
from iog.bench.tables import chosen, common, noc, ranked, sets_of, size_of
from iog.extras import require

# Okabe and Ito's colours, which the colour-blind tell apart; readable on white and on black.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#c79a00", "#3a93c9")
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
_DASHES = ("-", "--", ":", "-.")
_INK = "#5b6470"  # text and axes, in both colour schemes
_NAMED = 10  # lines in one plot; the others are in the tables


def plots(methods: Sequence[Method], speed: Mapping[str, Any] | None) -> dict[str, tuple[str, str]]:
    """SVG and description, by name.

    Raises
    ------
    DataError
        If matplotlib is not installed.
    """
    require("matplotlib", "plots need matplotlib", "bench")
    import matplotlib

    matplotlib.use("agg")
    style = {
        "svg.hashsalt": "iog",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.3,
        "legend.frameon": False,
        **dict.fromkeys(
            ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), _INK
        ),
        "axes.titlecolor": _INK,
    }
    shared = common(methods)
    best = ranked(methods, shared)
    makers: dict[str, tuple[Callable[..., bool], tuple[Any, ...], str]] = {
        "curves": (_curves, (best, shared), "Mean IoU by clicks, one picture a set"),
        "noc": (_noc, (best, shared), "Share of objects that reach 90 % IoU within so many clicks"),
        "jitter": (_jitter, (best,), "Mean IoU of the complete prompt by the hand's error"),
        "sizes": (_sizes, (best, shared), "Mean IoU after four clicks by size of the object"),
        "speed": (_speed, (best, shared, speed or {}), "Mean IoU after four clicks against time per mask"),
    }
    found = {}
    with matplotlib.rc_context(style):
        from matplotlib import pyplot

        for name, (maker, arguments, description) in makers.items():
            figure = pyplot.figure()
            if maker(figure, *arguments):
                text = io.StringIO()
                figure.savefig(
                    text, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None}
                )
                found[name] = text.getvalue(), description
            pyplot.close(figure)
    return found


def _look(number: int) -> dict[str, Any]:
    return {
        "color": _COLOURS[number % len(_COLOURS)],
        "marker": _MARKS[number % len(_MARKS)],
        "linestyle": _DASHES[number // len(_COLOURS) % len(_DASHES)],
        "markersize": 4,
    }


def _legend(figure: Any, axes: Any, columns: int) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=columns)


def _curves(figure: Any, methods: Sequence[Method], shared: set[tuple[str, int, float]]) -> bool:
    pairs = sets_of(methods)
    columns = min(3, len(pairs))
    rows = -(-len(pairs) // columns)
    figure.set_size_inches(3.6 * columns, 2.7 * rows)
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for place, (split, group) in zip(axes, pairs, strict=False):
        for number, method in enumerate(methods[:_NAMED]):
            records = chosen(method, shared, lambda r, s=split, g=group: (r.split, r.group) == (s, g))  # type: ignore[misc]
            if records:
                first = records[0].first
                last = max(first + len(r.ious) - 1 for r in records)
                ks = list(range(first, last + 1))
                means = [mean_percent([r.at(k) or 0.0 for r in records]) for k in ks]
                place.plot(ks, means, label=method.title, **_look(number))
        place.set_title(f"{group} ({split})")
        place.set_xlabel("clicks")
        place.set_ylim(0, 100)
        place.xaxis.get_major_locator().set_params(integer=True)
    for place in axes[len(pairs) :]:
        place.set_visible(False)
    axes[0].set_ylabel("mean IoU, %")
    figure.tight_layout()
    _legend(figure, axes[0], columns)
    return True


def _noc(figure: Any, methods: Sequence[Method], shared: set[tuple[str, int, float]]) -> bool:
    figure.set_size_inches(7, 3.6)
    axes = figure.subplots()
    for number, method in enumerate(methods[:_NAMED]):
        records = chosen(method, shared)
        if not records:
            continue
        first = records[0].first
        last = max(first + len(r.ious) - 1 for r in records)
        needed = [noc(r, 90) for r in records]
        ks = list(range(first, last + 1))
        shares = [mean_percent([n is not None and n <= k for n in needed]) for k in ks]
        axes.plot(ks, shares, label=method.title, drawstyle="steps-post", **_look(number))
    axes.set_xlabel("clicks")
    axes.set_ylabel("objects at 90 % IoU, %")
    axes.set_ylim(0, 100)
    axes.xaxis.get_major_locator().set_params(integer=True)
    _legend(figure, axes, 2)
    return True


def _jitter(figure: Any, methods: Sequence[Method]) -> bool:
    shown = [m for m in methods if m.jittered][:_NAMED]
    figure.set_size_inches(7, 3.6)
    axes = figure.subplots()
    for method in shown:
        objects = set.intersection(*({(r.split, r.index) for r in rs} for rs in method.jittered.values()))
        levels = {0.0: method.results, **method.jittered}
        points = []
        for jitter, records in levels.items():
            values = [r.at(max(3, r.first)) or 0.0 for r in records if (r.split, r.index) in objects]
            if values:
                points.append((100 * jitter, mean_percent(values)))
        if points:
            axes.plot(*zip(*points, strict=True), label=method.title, **_look(methods.index(method)))
    axes.set_xlabel("error of the hand, % of the box's side (standard deviation)")
    axes.set_ylabel("mean IoU, %")
    axes.set_ylim(0, 100)
    _legend(figure, axes, 2)
    return bool(shown)


def _sizes(figure: Any, methods: Sequence[Method], shared: set[tuple[str, int, float]]) -> bool:
    names = ("small", "medium", "large")
    figure.set_size_inches(7, 3.6)
    axes = figure.subplots()
    shown = methods[:6]
    width = 0.8 / len(shown)
    for number, method in enumerate(shown):
        groups = [chosen(method, shared, lambda r, n=n: size_of(r) == n) for n in names]  # type: ignore[misc]
        heights = [mean_percent([r.at(max(4, r.first)) or 0.0 for r in g]) if g else 0 for g in groups]
        places = np.arange(len(names)) + (number - (len(shown) - 1) / 2) * width
        hatch = ("", "//", "..", "\\\\", "xx", "--")[number % 6]
        axes.bar(
            places, heights, width, label=method.title, color=_COLOURS[number], hatch=hatch, edgecolor="white"
        )
    axes.set_xticks(range(len(names)), names)
    axes.set_ylabel("mean IoU, %")
    axes.set_ylim(0, 100)
    _legend(figure, axes, 2)
    return True


def _speed(
    figure: Any, methods: Sequence[Method], shared: set[tuple[str, int, float]], speed: Mapping[str, Any]
) -> bool:
    times = {entry["name"]: entry["click"]["least"] for entry in speed.get("methods", ())}
    shown = [m for m in methods if m.name in times and chosen(m, shared)]
    figure.set_size_inches(7, 4.2)
    axes = figure.subplots()
    for method in shown:
        value = mean_percent([r.at(max(4, r.first)) or 0.0 for r in chosen(method, shared)])
        look = {**_look(methods.index(method)), "linestyle": "none", "markersize": 8}
        axes.plot([max(times[method.name], 0.1)], [value], label=method.title, **look)
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds per mask, least of all rounds")
    axes.set_ylabel("mean IoU, %")
    axes.set_ylim(0, 100)
    if shown:
        _legend(figure, axes, 2)
    return bool(shown)
