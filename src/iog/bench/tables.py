"""Tables of a results folder, as Markdown, CSV, LaTeX and HTML from one value."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from iog.bench.results import Method, MethodResult, mean_percent
from iog.evaluation.metrics import clicks_to_reach
from iog.evaluation.protocol import TARGETS
from iog.evaluation.tables import interval, markdown

NONE = "–"
"""Stands where a method has no such figure."""

_SIZES = ((32**2, "small"), (96**2, "medium"), (float("inf"), "large"))


@dataclass(frozen=True, slots=True)
class Table:
    """One table; the first columns, `labels` of them, are text, the others figures or `NONE`."""

    name: str
    title: str
    note: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    labels: int = 2

    def markdown(self) -> str:
        """With title and note."""
        return f"### {self.title}\n\n{self.note}\n\n{markdown(self.header, self.rows)}\n"

    def csv(self) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.header, *self.rows])
        return text.getvalue()

    def latex(self) -> str:
        """A `tabular` for booktabs, with the title as caption."""
        columns = "l" * self.labels + "r" * (len(self.header) - self.labels)
        lines = [" & ".join(map(_tex, row)) + r" \\" for row in (self.header, *self.rows)]
        return "\n".join(
            [
                r"\begin{table}",
                rf"\caption{{{_tex(self.title)}. {_tex(self.note)}}}",
                rf"\label{{tab:{self.name}}}",
                rf"\begin{{tabular}}{{{columns}}}",
                r"\toprule",
                lines[0],
                r"\midrule",
                *lines[1:],
                r"\bottomrule",
                r"\end{tabular}",
                r"\end{table}",
                "",
            ]
        )

    def html(self) -> str:
        """A table whose columns sort when their heads are pressed; the best figure of a column is marked."""
        best = [self._best(column) for column in range(len(self.header))]
        heads = "".join(
            f'<th scope="col"{"" if i < self.labels else " class=n"}>'
            f'<button type="button">{html.escape(h)}</button></th>'
            for i, h in enumerate(self.header)
        )
        body = []
        for row in self.rows:
            cells = [f'<th scope="row">{html.escape(row[0])}</th>']
            for i, cell in enumerate(row[1:], 1):
                kind = "" if i < self.labels else ' class="n best"' if cell == best[i] else " class=n"
                cells.append(f"<td{kind}>{html.escape(cell)}</td>")
            body.append(f"<tr>{''.join(cells)}</tr>")
        return (
            f'<div class="scroll"><table><caption>{html.escape(self.note)}</caption><thead><tr>{heads}</tr>'
            f"</thead><tbody>{''.join(body)}</tbody></table></div>"
        )

    def _best(self, column: int) -> str | None:
        """The best text of a column of IoUs, or of clicks or milliseconds, where less is better."""
        if column < self.labels or self.header[column] in _NEUTRAL:
            return None
        figures = [(number, row[column]) for row in self.rows if (number := _number(row[column])) is not None]
        if not figures:
            return None
        less = any(word in self.header[column] for word in _LESS) or self.name in _LESS_TABLES
        return (min if less else max)(figures)[1]


_NEUTRAL = {"objects", "95 % interval", "failed masks", "masks", "library or weights", "GFLOP"}
_LESS = ("NoC", "failures", "ms", "MB")
_LESS_TABLES = {"scaling"}


def tables(methods: Sequence[Method]) -> list[Table]:
    """All accuracy tables. Every figure is over the objects that all methods were measured on."""
    shared = common(methods)
    return [
        by_set(methods, shared, 3),
        by_set(methods, shared, 4),
        by_clicks(methods, shared),
        *number_of_clicks(methods, shared),
        by_size(methods, shared),
        by_jitter(methods),
        failures(methods),
        identities(methods),
    ]


def common(methods: Sequence[Method]) -> set[tuple[str, int, float]]:
    """The objects that every method was measured on."""
    found = {record.key for record in methods[0].results}
    for method in methods[1:]:
        found &= {record.key for record in method.results}
    return found


def sets_of(methods: Sequence[Method]) -> list[tuple[str, str]]:
    """(split, set), in the order of the files; validation before test."""
    pairs = {(r.split, r.group) for m in methods for r in m.results}
    return sorted(pairs, key=lambda pair: (pair[0] != "val", pair))


def chosen(
    method: Method,
    shared: set[tuple[str, int, float]],
    wanted: Callable[[MethodResult], bool] = lambda r: True,
) -> list[MethodResult]:
    """The shared records of a method that are wanted."""
    return [r for r in method.results if r.key in shared and wanted(r)]


def ranked(methods: Sequence[Method], shared: set[tuple[str, int, float]], clicks: int = 4) -> list[Method]:
    """Best first, by the mean over sets of what so many clicks give; who needs more, by what those give."""

    def score(method: Method) -> float:
        by = [chosen(method, shared, _of(*pair)) for pair in sets_of([method])]
        means = [np.mean([r.at(max(clicks, r.first)) for r in group]) for group in by if group]
        return -float(np.mean(means)) if means else 0.0

    return sorted(methods, key=score)


def by_set(methods: Sequence[Method], shared: set[tuple[str, int, float]], clicks: int) -> Table:
    """Mean IoU of each set after so many clicks."""
    pairs = sets_of(methods)
    rows = []
    for method in ranked(methods, shared, clicks):
        groups = [chosen(method, shared, _of(*pair)) for pair in pairs]
        cells = [mean_cell(r.at(clicks) for r in group) for group in groups]
        means = [float(c) for c in cells if c != NONE]
        known = [(100 * v, r.photo) for group in groups for r in group if (v := r.at(clicks)) is not None]
        rows.append(
            [
                method.title,
                method.family,
                *cells,
                f"{np.mean(means):.1f}" if means else NONE,
                interval([v for v, _ in known], [photo for _, photo in known]) if known else NONE,
            ]
        )
    counts = [len(chosen(methods[0], shared, _of(*pair))) for pair in pairs]
    heads = [
        f"{group.replace('_', ' ')} ({split}, {n})" for (split, group), n in zip(pairs, counts, strict=True)
    ]
    return Table(
        f"iou_at_{clicks}",
        f"Mean IoU in percent after {clicks} clicks",
        "In brackets: the part of the data and how many objects. A method that takes no more clicks keeps "
        f"its mask; {NONE}: needs more clicks. Failures count 0. The interval is over all "
        "objects, drawn by photo.",
        ["method", "kind", *heads, "mean of sets", "95 % interval"],
        rows,
    )


def by_clicks(methods: Sequence[Method], shared: set[tuple[str, int, float]]) -> Table:
    """Mean IoU over all objects by clicks."""
    last = max((r.first + len(r.ious) - 1 for m in methods for r in m.results), default=3)
    shown = [k for k in (2, 3, 4, 5, 6, 8, 10, 15, 20) if k <= last]
    rows = []
    for method in ranked(methods, shared):
        records = chosen(method, shared)
        end = _end(method)
        cells = [mean_cell(r.at(k) for r in records) if k <= end else NONE for k in shown]
        boundary = mean_cell(r.at(3, boundary=True) for r in records)
        rows.append([method.title, method.family, *cells, boundary])
    return Table(
        "iou_by_clicks",
        "Mean IoU in percent by clicks, over all objects",
        f"{len(shared)} objects of all sets. {NONE}: not measured so far, or the method has no mask yet.",
        ["method", "kind", *(f"{k} clicks" for k in shown), "boundary IoU at 3"],
        rows,
    )


def number_of_clicks(methods: Sequence[Method], shared: set[tuple[str, int, float]]) -> list[Table]:
    """NoC and failures: of all methods to the click that all reached, of the others to their own."""
    ends = {m.name: _end(m) for m in methods}
    # A method that takes no corrections will not get further with more clicks.
    corrected = [m for m in methods if ends[m.name] > max(m.results[0].first, 3)]
    caps = sorted({ends[m.name] for m in corrected}) or [max(ends.values())]
    return [_noc_table("noc", methods, shared, caps[0])] + [
        _noc_table(f"noc_{cap}", [m for m in corrected if ends[m.name] >= cap], shared, cap)
        for cap in caps[1:]
    ]


def _noc_table(name: str, methods: Sequence[Method], shared: set[tuple[str, int, float]], cap: int) -> Table:
    rows = []
    for method in ranked(methods, shared):
        records = chosen(method, shared)
        cells = []
        for target in TARGETS:
            needed = [n if (n := noc(r, target)) is not None and n <= cap else None for r in records]
            cells += [
                f"{np.mean([cap if n is None else n for n in needed]):.2f}" if records else NONE,
                str(sum(n is None for n in needed)),
            ]
        rows.append([method.title, method.family, *cells])
    heads = [text for t in TARGETS for text in (f"NoC@{t}", f"failures@{t}")]
    return Table(
        name,
        f"Clicks needed to reach an IoU, out of {cap}",
        f"{len(shared)} objects of all sets. One that never gets there counts {cap} and is a failure.",
        ["method", "kind", *heads],
        rows,
    )


def by_size(methods: Sequence[Method], shared: set[tuple[str, int, float]]) -> Table:
    """Mean IoU at 4 clicks for COCO's sizes."""
    rows = []
    names = [name for _, name in _SIZES]
    for method in ranked(methods, shared):
        cells = []
        for name in names:
            records = chosen(method, shared, lambda r, n=name: size_of(r) == n)  # type: ignore[misc]
            cells.append(mean_cell(r.at(4) for r in records))
        rows.append([method.title, method.family, *cells])
    counts = [sum(size_of(r) == name for r in chosen(methods[0], shared)) for name in names]
    return Table(
        "iou_by_size",
        "Mean IoU in percent after 4 clicks, by size of the object",
        "COCO's sizes: small under 32² pixels, medium under 96², large. In brackets: objects.",
        ["method", "kind", *(f"{name} ({n})" for name, n in zip(names, counts, strict=True))],
        rows,
    )


def by_jitter(methods: Sequence[Method]) -> Table:
    """Mean IoU of the first prompt by corner error, on the objects measured at each."""
    jitters = sorted({j for m in methods for j in m.jittered})
    rows = []
    shared = common(methods)
    for method in ranked(methods, shared):
        keys = [{(r.split, r.index) for r in method.jittered[j]} for j in method.jittered]
        objects = set.intersection(*keys) if keys else set()
        exact = [r for r in method.results if (r.split, r.index) in objects]
        cells = [mean_cell(r.at(max(3, r.first)) for r in exact)]
        for jitter in jitters:
            noisy = [r for r in method.jittered.get(jitter, []) if (r.split, r.index) in objects]
            cells.append(mean_cell(r.at(max(3, r.first)) for r in noisy))
        rows.append([method.title, method.family, str(len(objects)), *cells])
    return Table(
        "iou_by_jitter",
        "Mean IoU in percent of the complete prompt, by the hand's error",
        "Standard deviation of each coordinate of corners or extreme points, in percent of the box's side; "
        "three clicks, four where the prompt is extreme points.",
        ["method", "kind", "objects", "0 %", *(f"{100 * j:g} %" for j in jitters)],
        rows,
    )


def failures(methods: Sequence[Method]) -> Table:
    """What went wrong, how often."""
    rows = []
    for method in methods:
        records = [*method.results, *(r for records in method.jittered.values() for r in records)]
        masks = sum(len(r.ious) for r in records)
        reasons: dict[str, int] = {}
        for record in records:
            for _, why in record.failures:
                reasons[why] = reasons.get(why, 0) + 1
        told = "; ".join(f"{why}: {n}" for why, n in sorted(reasons.items(), key=lambda item: -item[1]))
        rows.append([method.title, method.family, told or "none", str(sum(reasons.values())), str(masks)])
    return Table(
        "failures",
        "Masks that a method could not make",
        "They count as empty masks. Limits are per mask, see the settings.",
        ["method", "kind", "why", "failed masks", "masks"],
        rows,
        labels=3,
    )


def identities(methods: Sequence[Method]) -> Table:
    """With what each method was measured."""
    return Table(
        "methods",
        "What was measured",
        "Library and revision of our code, or the SHA-256 of the weights.",
        ["method", "kind", "name", "library or weights", "objects"],
        [[m.title, m.family, m.name, m.identity[:40], str(len(m.results))] for m in methods],
        labels=4,
    )


def noc(record: MethodResult, target: float) -> int | None:
    """With which click the object reaches `target` percent."""
    return clicks_to_reach(record.ious, target / 100, record.first)


def size_of(record: MethodResult) -> str:
    """The object's size, as COCO calls it."""
    return next(name for limit, name in _SIZES if record.area < limit)


def _end(method: Method) -> int:
    """The last click that the method was measured with."""
    return max((r.first + len(r.ious) - 1 for r in method.results), default=0)


def _of(split: str, group: str) -> Callable[[MethodResult], bool]:
    return lambda record: (record.split, record.group) == (split, group)


def mean_cell(values: Iterable[float | None]) -> str:
    """Mean of shares in percent; `NONE` where there are none."""
    known = [v for v in values if v is not None]
    return f"{mean_percent(known):.1f}" if known else NONE


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _tex(text: Any) -> str:
    escaped = str(text)
    for character in "&%$#_":
        escaped = escaped.replace(character, "\\" + character)
    return escaped.replace("²", "$^2$").replace("–", "--")
