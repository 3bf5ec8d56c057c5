"""Tables, plots, gallery and one self-contained page of a results folder; `iog bench report`."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from iog.bench.plots import plots
from iog.bench.results import Method, MethodResult, read_json, read_methods
from iog.bench.speed import speed_tables
from iog.bench.summary import every_click
from iog.bench.tables import Table, chosen, common, ranked, tables
from iog.clicks import Clicks, Pixel
from iog.datasets import ObjectDataset, known
from iog.errors import DataError
from iog.evaluation.gallery import picture
from iog.files import write_text
from iog.images import open_picture, write_picture
from iog.masks import decode_rle

PLOT_OF_TABLE = {
    "iou_at_4": "curves",
    "noc": "noc",
    "iou_by_size": "sizes",
    "iou_by_jitter": "jitter",
    "speed": "speed",
}
"""Which plot belongs to which table."""

_SIDE = 360  # of a gallery picture
_INK = "#5b6470"  # `plots` draws text in it; the page's own colour takes its place


def write_report(folder: Path, data: Path | None = None, pictures: int = 2) -> Path:
    """Make everything that follows from the results in `folder`; the page's path.

    Parameters
    ----------
    folder
        From `iog bench accuracy` and `iog bench speed`.
    data
        Folder of the dataset, for the gallery; None leaves it out.
    pictures
        How many best, median and worst objects of each method.

    Raises
    ------
    DataError
        If there are no results, the data are others, or matplotlib is not installed.
    """
    methods = read_methods(folder)
    shared = common(methods)
    if not shared:
        raise DataError(
            f"no object of {folder} was measured with all methods; finish iog bench accuracy first"
        )
    speed = read_json(folder / "speed.json") if (folder / "speed.json").exists() else None
    made = [*tables(methods), every_click(methods, shared), *(speed_tables(speed) if speed else [])]
    drawn = plots(methods, speed)
    settings, environment = (
        read_json(folder / name) if (folder / name).exists() else {}
        for name in ("settings.json", "environment.json")
    )
    for name in ("tables", "plots", "gallery"):
        (folder / name).mkdir(exist_ok=True)
    for table in made:
        write_text(folder / "tables" / f"{table.name}.md", table.markdown())
        write_text(folder / "tables" / f"{table.name}.csv", table.csv())
        write_text(folder / "tables" / f"{table.name}.tex", table.latex())
    for name, (svg, _) in drawn.items():
        write_text(folder / "plots" / f"{name}.svg", _with_ground(svg))
    shown = (
        {} if data is None else _gallery(folder, data, settings, ranked(methods, shared), shared, pictures)
    )
    page = folder / "report.html"
    write_text(page, _page(made, drawn, shown, settings, environment, incomplete(methods, shared)))
    return page


def incomplete(methods: Sequence[Method], shared: set[tuple[str, int, float]]) -> list[str]:
    """What to say where some methods were measured on fewer objects than others."""
    most = max(len(m.results) for m in methods)
    fewer = [f"{m.title} has {len(m.results)} of {most} objects." for m in methods if len(m.results) < most]
    compared = f"The tables compare the {len(shared)} objects that all methods were measured on."
    return [compared, *fewer] if fewer else []


def _gallery(
    folder: Path,
    data: Path,
    settings: Mapping[str, Any],
    methods: Sequence[Method],
    shared: set[tuple[str, int, float]],
    pictures: int,
) -> dict[str, list[tuple[str, Path, str]]]:
    """Pictures by method: (best, median or worst; file; description)."""
    sets: dict[str, ObjectDataset] = {
        split: known.open_objects(settings["dataset"], data, split) for split in settings["splits"]
    }
    found: dict[str, list[tuple[str, Path, str]]] = {}
    for method in methods:
        records = sorted(chosen(method, shared), key=lambda r: (-_shown_iou(r), r.name))
        if not records:
            continue
        middle = max(0, (len(records) - pictures) // 2)
        parts = {
            "best": records[:pictures],
            "median": records[middle : middle + pictures],
            "worst": records[-pictures:][::-1],
        }
        (folder / "gallery" / method.name).mkdir(exist_ok=True)
        for kind, members in parts.items():
            for number, record in enumerate(members, 1):
                sample = sets[record.split][record.index]
                if sample.name != record.name:
                    raise DataError(
                        f"object {record.index} of {record.split} is {sample.name} but {record.name} in the "
                        "results; give the data that were measured"
                    )
                caption = f"IoU {100 * _shown_iou(record):.1f} %"
                made = _first_clicks(record)
                path = folder / "gallery" / method.name / f"{kind}-{number}.jpg"
                mask = decode_rle(record.rle)  # type: ignore[arg-type]
                write_picture(path, picture(sample, mask, made, caption, _SIDE))
                told = f"{method.title}, {kind}: {record.category or 'object'} of {record.group}, {caption}"
                found.setdefault(method.title, []).append((kind, path, told))
    return found


def _shown_iou(record: MethodResult) -> float:
    """IoU of the mask that the record keeps."""
    value = record.at(max(3, record.first))
    assert value is not None
    return value


def _first_clicks(record: MethodResult) -> Clicks | list[Pixel]:
    if "points" in record.prompt:  # extreme points, or clicks without a box, each with its side
        return [Pixel(*point[:2]) for point in record.prompt["points"][: record.first]]
    clicks = Clicks.from_json(record.prompt)
    return Clicks(clicks.corners, clicks.inside)


def _page(
    made: Sequence[Table],
    drawn: Mapping[str, tuple[str, str]],
    shown: Mapping[str, Sequence[tuple[str, Path, str]]],
    settings: Mapping[str, Any],
    environment: Mapping[str, Any],
    notes: Sequence[str],
) -> str:
    sections = []
    for table in made:
        parts = [f'<section id="{table.name}"><h2>{html.escape(table.title)}</h2>', table.html()]
        beside = PLOT_OF_TABLE.get(table.name)
        if beside is not None and beside in drawn:
            svg, description = drawn[beside]
            inline = svg[svg.index("<svg") :].replace(_INK, "currentColor")
            # Ids of two plots on one page must not meet.
            for mark in ('id="', "url(#", 'href="#'):
                inline = inline.replace(mark, f"{mark}{beside}-")
            parts.append(
                f'<figure><div class="plot" role="img" aria-label="{html.escape(description)}">{inline}</div>'
                f"<figcaption>{html.escape(description)}</figcaption></figure>"
            )
        sections.append("".join([*parts, "</section>"]))
    gallery = []
    for title, pictures in shown.items():
        figures = "".join(
            f'<button type="button" class="shot" data-told="{html.escape(told)}"><img loading="lazy" '
            f'src="{_data_uri(path)}" alt="{html.escape(told)}"><span>{kind}</span></button>'
            for kind, path, told in pictures
        )
        gallery.append(f"<h3>{html.escape(title)}</h3><div class=shots>{figures}</div>")
    if gallery:
        legend = (
            "<p>Blue with a white outline: the mask after three clicks, or four extreme points. Orange "
            "outline: the truth. Plus and minus: clicks. Grey: unknown. Press a picture to enlarge it.</p>"
        )
        sections.append(
            f'<section id="gallery"><h2>Best, median, worst</h2>{legend}{"".join(gallery)}</section>'
        )
    facts = [
        _facts("Settings", settings),
        _facts("Machine and versions", {k: v for k, v in environment.items() if k != "methods"}),
    ]
    sections.append(f'<section id="conditions"><h2>Conditions</h2>{"".join(facts)}</section>')
    links = [(t.name, t.title) for t in made]
    links += [("gallery", "Best, median, worst")] if gallery else []
    links.append(("conditions", "Conditions"))
    template = resources.files("iog.bench").joinpath("report.template.html").read_text("utf-8")
    return (
        template.replace("{{links}}", "".join(f'<a href="#{n}">{html.escape(t)}</a>' for n, t in links))
        .replace("{{notes}}", "".join(f"<p class=note>{html.escape(n)}</p>" for n in notes))
        .replace("{{machine}}", html.escape(str(environment.get("processor", "unknown processor"))))
        .replace("{{version}}", html.escape(str(environment.get("iog", ""))))
        .replace("{{sections}}", "\n".join(sections))
    )


def _facts(title: str, facts: Mapping[str, Any]) -> str:
    def text(value: Any) -> str:
        if isinstance(value, Mapping):
            return ", ".join(f"{k} {v}" for k, v in value.items())
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    rows = "".join(
        f"<dt>{html.escape(key.replace('_', ' '))}</dt><dd>{html.escape(text(value)) or 'all'}</dd>"
        for key, value in facts.items()
    )
    return f"<h3>{title}</h3><dl>{rows}</dl>"


def _data_uri(path: Path) -> str:
    """The picture at a size that fits a page, as JPEG within the page."""
    buffer = io.BytesIO()
    with open_picture(path) as picture_:
        Image.fromarray(np.asarray(picture_.convert("RGB"))).save(buffer, format="JPEG", quality=78)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _with_ground(svg: str) -> str:
    """A plot that can be read on any page: on white."""
    head, start, rest = svg.partition("<svg")
    tag, end, body = rest.partition(">")
    return f'{head}{start}{tag}{end}\n <rect width="100%" height="100%" fill="#ffffff"/>{body}'
