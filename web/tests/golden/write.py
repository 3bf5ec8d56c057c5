"""Masks of made-up works as the Python package composes them: `python web/tests/golden/write.py`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from iog.annotator.work import Area, BrushStroke, Reshape, Work
from iog.masks import polygons
from iog.patch import Patch, mask_runs

FILE = Path(__file__).with_name("works.json")
WIDTH, HEIGHT = 120, 90


def works() -> list[dict[str, Any]]:
    """25 works: each a mask to start from, what a person did by hand, and the mask that comes of it."""
    rng = np.random.default_rng(1)
    return [_case(rng, kind) for kind in ("stroke", "area", "reshape", "tidy", "spare") for _ in range(5)]


def _case(rng: np.random.Generator, kind: str) -> dict[str, Any]:
    start = _blobs(rng)
    work = Work(imported=start, spare=kind == "spare")
    accepted: list[Patch] = []
    if kind == "stroke":
        steps: list[Any] = [
            BrushStroke(_points(rng, int(rng.integers(1, 5))), float(rng.uniform(1, 12)), bool(add))
            for add in (1, 0)
        ]
    elif kind == "area":
        steps = [Area(_points(rng, 5), bool(rng.integers(2))) for _ in range(2)]
    elif kind == "reshape":
        steps = [_reshape(rng, start)]
    else:
        steps = []
    if kind == "tidy":
        work = Work(imported=start, spare=False, largest=True, fill=bool(rng.integers(2)))
    if kind == "spare":
        accepted = [_blobs(rng)]
    work = replace(work, strokes=tuple(steps))
    made = work.compose(None, accepted, WIDTH, HEIGHT)
    flags = {"largest": work.largest, "fill": work.fill, "spare": work.spare}
    return {
        "kind": kind,
        "start": _plain(start),
        "strokes": [step.to_json() for step in steps],
        **flags,
        "accepted": [_plain(patch) for patch in accepted],
        "made": _plain(made),
    }


def _blobs(rng: np.random.Generator) -> Patch:
    noise = cv2.GaussianBlur(rng.normal(size=(HEIGHT, WIDTH)), (0, 0), 7)
    return Patch.of(noise > np.quantile(noise, 0.7))


def _points(rng: np.random.Generator, count: int) -> tuple[tuple[float, float], ...]:
    points = rng.uniform((-5, -5), (WIDTH + 5, HEIGHT + 5), (count, 2)).round(2)
    return tuple((float(x), float(y)) for x, y in points)


def _reshape(rng: np.random.Generator, patch: Patch) -> Reshape:
    """A point of the outline is moved, along the way in which the page's own outlines go."""
    ring = [(x + patch.box.x0, y + patch.box.y0) for x, y in polygons(patch.mask, 1)[0]["outer"]]
    at = int(rng.integers(len(ring)))
    before = (ring[at - 1], ring[at], ring[(at + 1) % len(ring)])
    x, y = before[1]
    after = (before[0], (x + float(rng.integers(-15, 16)), y + float(rng.integers(-15, 16))), before[2])
    return Reshape(before, after, 1)


def _plain(patch: Patch) -> dict[str, Any]:
    _, runs = mask_runs(patch.mask, 10_000) if patch.area else ((0, 0), [])
    return {"box": list(patch.box), "runs": runs}


if __name__ == "__main__":
    FILE.write_text("[\n" + ",\n".join(json.dumps(case) for case in works()) + "\n]\n", encoding="utf-8")
