"""The failure gallery: pictures of the worst objects, and a page that lists them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from iog.clicks import AnyClicks, Box, Clicks, Correction, ExtremeClicks, Pixel, PointClicks
from iog.datasets import ObjectDataset, ObjectSample
from iog.errors import DataError
from iog.evaluation.protocol import ObjectResult
from iog.files import write_text
from iog.images import write_picture
from iog.masks import BoolArray, mask_box
from iog.overlay import CloseUp, mark_click, outline, tint
from iog.segmenter import Segmenter

_SIDE = 480
_CONTEXT = 0.25
_STRIP = 28
_TRUTH = (255, 170, 0)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 16px/1.4 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff; }}
main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1.5rem; }}
figure {{ margin: 0; }} img {{ width: 100%; height: auto; }} figcaption {{ overflow-wrap: anywhere; }}
</style></head><body>
<h1>{title}</h1>
<p>Blue with a white outline: the mask. Orange outline: the truth. + and - discs: clicks. Grey: void.</p>
<main>
{figures}
</main></body></html>
"""
_FIGURE = """<figure><a href="{file}"><img src="{file}" alt="{alt}"></a>
<figcaption><strong>IoU {iou}</strong>, boundary IoU {boundary}, after {clicks} clicks<br>
{name}<br>{category}, {area} pixels, set {group}</figcaption></figure>"""


def write_gallery(
    folder: Path,
    segmenter: Segmenter,
    objects: ObjectDataset,
    results: Sequence[ObjectResult],
    *,
    clicks: int,
    worst: int = 24,
) -> None:
    """Write NNN.png for the objects with the lowest IoU after `clicks` clicks, worst first, and index.html.

    The masks are made again from the recorded clicks.

    Raises
    ------
    DataError
        If a result names another object than the dataset has there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ranked = sorted(results, key=lambda r: (r.ious[clicks - 3], r.index))[:worst]
    figures = []
    for rank, result in enumerate(ranked, 1):
        sample = objects[result.index]
        if sample.name != result.name:
            raise DataError(f"object {result.index} is {sample.name} but {result.name} in the results")
        made = result.clicks
        # With a box, corrections begin after the third click.
        kept = clicks - 3 if isinstance(made, Clicks) else clicks
        assert not isinstance(made, ExtremeClicks)
        asked = replace(made, corrections=made.corrections[:kept])
        prediction = segmenter.segment(sample.image, asked)
        file = f"{rank:03}.png"
        iou, boundary = (f"{100 * v[clicks - 3]:.1f} %" for v in (result.ious, result.boundary_ious))
        write_picture(folder / file, picture(sample, prediction.mask, asked, f"IoU {iou}"))
        fields = {
            "file": file,
            "alt": f"{result.category}: mask and truth, IoU {iou}",
            "iou": iou,
            "boundary": boundary,
            "clicks": str(clicks),
            "name": result.name,
            "category": result.category,
            "area": str(result.area),
            "group": result.group,
        }
        figures.append(_FIGURE.format(**{key: html.escape(value) for key, value in fields.items()}))
    title = f"{len(ranked)} worst of {len(results)} objects, {segmenter.model}, {clicks} clicks"
    write_text(folder / "index.html", _PAGE.format(title=html.escape(title), figures="\n".join(figures)))


def picture(
    sample: ObjectSample, mask: BoolArray, made: AnyClicks | Sequence[Pixel], caption: str, side: int = _SIDE
) -> npt.NDArray[np.uint8]:
    """An object, a mask (H, W) and the clicks that made it (or extreme points), with its surroundings.

    (h, w, 3) RGB, `side` pixels at the longer side, and a caption below.
    """
    close = CloseUp(_window(sample, mask, made), side)
    canvas = close.photo(sample.image, cv2.INTER_CUBIC)
    predicted, truth, void = (close.area(m) for m in (mask, sample.mask, sample.void))
    tint(canvas, void, (128, 128, 128))
    tint(canvas, predicted)
    outline(canvas, truth, _TRUTH, 3)
    outline(canvas, predicted)
    if isinstance(made, Clicks | PointClicks):
        shown: Sequence[Correction] = made.labelled
    else:
        points = made.points if isinstance(made, ExtremeClicks) else made
        shown = [Correction(x, y, True) for x, y in points]
    for x, y, foreground in shown:
        mark_click(canvas, *close.point(x, y), 1, foreground=foreground)
    strip = np.zeros((_STRIP, canvas.shape[1], 3), np.uint8)
    cv2.putText(strip, caption, (6, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA)
    return np.concatenate([canvas, strip])


def _window(sample: ObjectSample, mask: BoolArray, made: AnyClicks | Sequence[Pixel]) -> Box:
    """Clicked box, truth and mask, with some context, within the image."""
    boxes = [made.box] if isinstance(made, Clicks) else []
    boxes += [own for m in (sample.mask, mask) if (own := mask_box(m)) is not None]
    box = reduce(Box.union, boxes)
    dx, dy = round(_CONTEXT * box.width), round(_CONTEXT * box.height)
    height, width = sample.mask.shape
    grown = Box(box.x0 - dx, box.y0 - dy, box.x1 + dx, box.y1 + dy)
    return grown.intersection(Box(0, 0, width, height))
