"""One page that shows what came of a run: counts, histograms, and masks of each class to look at.

The page holds its pictures in itself, so that it can be sent and kept. Records are read once, as a stream: of
each class only as many masks are remembered as the page shows.
"""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from PIL import Image

from iog.auto.photos import read_photo
from iog.auto.store import Record
from iog.clicks import Box
from iog.errors import IogError
from iog.masks import decode_rle
from iog.overlay import CloseUp, mark_click, outline, tint
from iog.places import Place

BINS = 20
"""Of the histogram of confidence."""

SIZES = (16, 32, 64, 128, 256, 512)
"""Limits of the histogram of size: side of a square of as many pixels."""

_SIDE = 176
"""Of a picture, in pixels."""
_CONTEXT = 0.15


@dataclass
class ClassSample:
    """A class: what is counted, and the masks that are shown."""

    count: int = 0
    empty: int = 0
    """Masks without a pixel."""
    confidence: float = 0.0
    """Sum."""
    random: list[Record] = field(default_factory=list)
    least: list[Record] = field(default_factory=list)
    most: list[Record] = field(default_factory=list)

    def add(self, record: Record, each: int, random: np.random.Generator) -> None:
        """Count a mask, and keep it if it belongs to those to be shown."""
        self.count += 1
        self.confidence += record["confidence"]
        if record["area"] == 0:
            self.empty += 1
            return
        # Reservoir sampling: every mask has the same chance, however many come.
        if len(self.random) < each:
            self.random.append(record)
        elif (place := int(random.integers(self.count - self.empty))) < each:
            self.random[place] = record
        self.least = sorted([*self.least, record], key=lambda r: (r["confidence"], r["id"]))[:each]
        self.most = sorted([*self.most, record], key=lambda r: (-r["confidence"], r["id"]))[:each]


@dataclass
class Counts:
    """What all records come to."""

    classes: dict[str, ClassSample] = field(default_factory=dict)
    confidences: list[int] = field(default_factory=lambda: [0] * BINS)
    sizes: list[int] = field(default_factory=lambda: [0] * (len(SIZES) + 1))
    photos: int = 0
    notes: int = 0


def count(records: Iterable[Record], each: int, seed: int = 0) -> Counts:
    """Go through all records; `each` masks a class are kept of each kind."""
    counts, random, photo = Counts(), np.random.default_rng(seed), None
    for record in records:
        counts.photos += record["image"] != photo
        photo = record["image"]
        counts.confidences[min(int(record["confidence"] * BINS), BINS - 1)] += 1
        counts.sizes[int(np.searchsorted(SIZES, math.sqrt(record["area"]), side="right"))] += 1
        counts.notes += record["note"] is not None
        counts.classes.setdefault(record["category"], ClassSample()).add(record, each, random)
    return counts


def page(
    counts: Counts,
    settings: Mapping[str, Any],
    failures: Mapping[str, int],
    photos: Place,
    classes: int,
    names: Mapping[str, str],
) -> str:
    """The page as HTML.

    Parameters
    ----------
    counts
        From `count`.
    settings
        The run's, as in plan.json.
    failures
        How many boxes have no mask, by what is to blame.
    photos
        Where the photos lie.
    classes
        Classes that get pictures: those with the most masks.
    names
        What to call a class, where its own name (ImageNet's n01440764) says little.
    """
    total = sum(sample.count for sample in counts.classes.values())
    chosen = sorted(counts.classes.items(), key=lambda item: (-item[1].count, item[0]))
    facts = [
        ("masks", f"{total:,}"),
        ("photos", f"{counts.photos:,}"),
        ("classes", f"{len(counts.classes):,}"),
        ("boxes without a mask", _counted(failures)),
        ("masks with a note", f"{counts.notes:,}"),
        ("method", str(settings.get("method"))),
        ("model", f"{settings.get('model')}, weights {str(settings.get('weights_sha256'))[:12]}"),
        ("plan", str(settings.get("config"))),
    ]
    limits = [f"{a:g}" for a in np.linspace(0, 1, BINS + 1)]
    bounds = ["0", *map(str, SIZES)]
    rows = "".join(
        f"<tr><th scope=row>{_text(name, names)}</th><td>{s.count:,}</td>"
        f"<td>{s.confidence / s.count:.3f}</td><td>{s.empty:,}</td></tr>"
        for name, s in chosen
    )
    return _PAGE.format(
        facts="".join(f"<div><dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd></div>" for k, v in facts),
        confidences=_histogram("Confidence", limits, counts.confidences),
        sizes=_histogram("Side of a square of the mask's area, pixels", bounds, counts.sizes),
        classes="".join(_class(_text(name, names), sample, photos) for name, sample in chosen[:classes]),
        shown=min(classes, len(chosen)),
        rows=rows,
    )


def _class(name: str, sample: ClassSample, photos: Place) -> str:
    kinds = [("random", sample.random), ("least confident", sample.least), ("most confident", sample.most)]
    if len(sample.least) == sample.count - sample.empty:  # three times the same masks would tell nothing
        kinds = [("all, the least confident first", sample.least)]
    strips = "".join(
        f"<h3>{title}</h3><div class=strip>{''.join(_figure(r, photos) for r in records)}</div>"
        for title, records in kinds
    )
    average = sample.confidence / sample.count
    masks = "1 mask" if sample.count == 1 else f"{sample.count:,} masks"
    return f"<section><h2>{name} <small>{masks}, mean confidence {average:.3f}</small></h2>{strips}</section>"


def _figure(record: Record, photos: Place) -> str:
    caption = f"{record['confidence']:.3f}"
    title = html.escape(f"{record['image']}, box {record['instance']}, {record['area']} pixels")
    try:
        source = _picture(record, photos)
    except (IogError, OSError, ValueError) as error:
        return f"<figure><p>{html.escape(str(error))}</p><figcaption>{caption}</figcaption></figure>"
    return (
        f'<figure title="{title}"><img src="data:image/jpeg;base64,{source}" alt="{title}" loading=lazy>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _picture(record: Record, photos: Place) -> str:
    """The box and its surroundings with mask and inferred click, a JPEG in base 64."""
    image, mask = read_photo(photos, record["image"]), decode_rle(record["rle"])
    if mask.shape != image.shape[:2]:
        raise ValueError(f"{record['image']} has another size than when its masks were made")
    box = Box(*record["box"])
    dx, dy = round(_CONTEXT * box.width) + 1, round(_CONTEXT * box.height) + 1
    grown = Box(box.x0 - dx, box.y0 - dy, box.x1 + dx, box.y1 + dy)
    seen = grown.intersection(Box(0, 0, record["width"], record["height"]))
    close = CloseUp(seen, _SIDE)
    canvas, small = close.photo(image, cv2.INTER_LINEAR), close.area(mask)
    tint(canvas, small)
    outline(canvas, small)
    if record["click"] is not None:
        mark_click(canvas, *close.point(*record["click"]), 1, foreground=True)
    buffer = io.BytesIO()
    Image.fromarray(canvas).save(buffer, format="JPEG", quality=80)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _histogram(title: str, limits: Sequence[str], numbers: Sequence[int]) -> str:
    """Bars from each limit to the next; where there is one bar more than that, it has no upper limit."""
    most = max([*numbers, 1])
    every = -(-len(numbers) // 10)  # so many numbers fit below the bars
    bars = []
    for place, number in enumerate(numbers):
        low, high = limits[place], limits[place + 1] if place + 1 < len(limits) else None
        label = f"{low} and more" if high is None else f"{low} to {high}"
        bars.append(
            f'<div class=bar title="{label}: {number:,}"><i style="height:{100 * number / most:.1f}%"></i>'
            f"<span>{low if place % every == 0 else ''}</span></div>"
        )
    return (
        f"<figure class=histogram><figcaption>{title}; highest bar {most:,}</figcaption>"
        f"<div class=bars>{''.join(bars)}</div></figure>"
    )


def _counted(failures: Mapping[str, int]) -> str:
    blamed = {"box": "impossible box", "photo": "unreadable photo"}
    causes = ", ".join(f"{number:,} for an {blamed[kind]}" for kind, number in sorted(failures.items()))
    return f"{sum(failures.values()):,}" + (f": {causes}" if causes else "")


def _text(name: str, names: Mapping[str, str]) -> str:
    known = names.get(name, name)
    return html.escape((known if known == name else f"{known} ({name})") or "(no class)")


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Masks from boxes</title>
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem;
  color: #1c1c1c; background: #fff; }}
h2 {{ margin: 2rem 0 .2rem; }} h2 small {{ font-weight: normal; color: #555; font-size: .7em; }}
h3 {{ margin: .6rem 0 .2rem; font-size: .85rem; font-weight: 600; color: #555; }}
dl {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .6rem 1.5rem; }}
dt {{ color: #555; font-size: .85rem; }} dd {{ margin: 0; overflow-wrap: anywhere; }}
figure {{ margin: 0; }}
.strip {{ display: flex; flex-wrap: wrap; gap: .5rem; align-items: flex-end; }}
.strip figure {{ max-width: 11rem; }} .strip img {{ display: block; border-radius: 3px; }}
.strip figcaption {{ font-size: .8rem; color: #333; font-variant-numeric: tabular-nums; }}
.histograms {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 2rem; }}
.bars {{ display: flex; height: 9rem; gap: 2px; border-bottom: 1px solid #888; margin: .4rem 0 1.6rem; }}
.bar {{ flex: 1; display: flex; align-items: flex-end; position: relative; }}
.bar i {{ width: 100%; background: #0072ff; }}
.bar span {{ position: absolute; top: 100%; left: 0; font-size: .75rem; color: #555; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .15rem 1rem .15rem 0; text-align: right; }} th {{ text-align: left; font-weight: 500; }}
</style></head><body>
<h1>Masks from boxes</h1>
<dl>{facts}</dl>
<div class=histograms>{confidences}{sizes}</div>
<p>Blue with a white outline: the mask. + disc: the inferred inside click. Below each picture: the confidence.
The {shown} classes with the most masks:</p>
{classes}
<h2>All classes</h2>
<table><thead><tr><th>class</th><th>masks</th><th>mean confidence</th><th>empty</th></tr></thead>
<tbody>{rows}</tbody></table>
</body></html>
"""
