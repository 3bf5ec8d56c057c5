"""Writes the golden vectors that hold iog-web to the Python package.

    python web/packages/iog-web/golden/write.py

geometry.json: 200 made-up cases, some with strokes; windows, click maps and pixels must be equal. Of maps 24
values and the sum are kept. samples.json: the sample photos with their stored clicks, two corrections and a
stroke each; probabilities within 3e-3 of ONNX Runtime's, masks at an IoU of 0.999. Of probabilities every
fourth pixel is kept.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import iog
from iog.clicks import Clicks
from iog.guidance import CHANNELS
from iog.images import read_image
from iog.masks import encode_rle, polygons
from iog.prompting import LitePrompting
from iog.samples import samples

HERE = Path(__file__).parent
MARGINS = (0.15, 0.2, 0.0, 0.35)
LEVELS = 65535
"""Steps of a stored probability."""


def pattern(width: int, height: int) -> npt.NDArray[np.uint8]:
    """A made-up photo (H, W, 3) that test/pattern.ts makes too."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((x * (3 + c) + y * (5 - c) + ((x >> 3) ^ (y >> 2)) * 11) & 255).astype(np.uint8)


def geometry() -> list[dict[str, Any]]:
    """200 cases: small and large, thin, beyond the picture, with corrections beyond the window."""
    random = np.random.default_rng(20)
    return [_case(random, number) for number in range(200)]


def _case(random: np.random.Generator, number: int) -> dict[str, Any]:
    width, height = (int(v) for v in random.integers(12, 500, 2))
    size = 256 if number % 20 == 0 else 48
    margin = MARGINS[number % len(MARGINS)]
    (x0, x1), (y0, y1) = (_side(random, side) for side in (width, height))
    clicks = Clicks.of(((x0, y1), (x1, y0)))
    box = clicks.box
    x, y = (
        int(random.integers(max(box.x0, 0), min(box.x1, width))),
        int(random.integers(max(box.y0, 0), min(box.y1, height))),
    )
    if number % 5:
        clicks = clicks.with_inside(x, y)
    for i in range(number % 4):
        clicks = clicks.with_correction(
            int(random.integers(width)), int(random.integers(height)), bool((number + i) % 2)
        )
    if number % 7 == 3:
        drawn = np.random.default_rng(number).integers((0, 0), (width, height), (1 + number % 5, 2))
        clicks = clicks.with_stroke(drawn.tolist(), number % 2 > 0)
    prompting = LitePrompting(size, margin)
    crop = prompting.crop(clicks)
    (maps,) = prompting.decoder_input([clicks], [crop], [None])
    pixels = crop.extract(pattern(width, height))
    at = sorted(int(v) for v in random.choice(size * size, 24, replace=False))
    return {
        "image": [width, height],
        "size": size,
        "margin": margin,
        "clicks": clicks.to_json(),
        "window": list(crop.window),
        "at": at,
        "maps": {name: maps[i].reshape(-1)[at].tolist() for i, name in enumerate(CHANNELS)},
        "map_sums": {name: float(maps[i].sum(dtype=np.float64)) for i, name in enumerate(CHANNELS)},
        "pixels": hashlib.sha256(pixels.tobytes()).hexdigest(),
    }


def _side(random: np.random.Generator, side: int) -> tuple[int, int]:
    """Two coordinates that make a usable box along one axis, now and then beyond the picture."""
    first = int(random.integers(-side // 4, side - 6))
    last = int(random.integers(max(first + 4, 4), side + side // 4))
    return first, last


def sample_masks() -> list[dict[str, Any]]:
    """Each sample photo: box alone, three clicks, a stroke, and corrections on the mask's border."""
    segmenter = iog.Segmenter()
    return [_sample(segmenter, photo, clicks) for photo, _, clicks in samples()]


def _sample(segmenter: iog.Segmenter, photo: Path, clicks: Clicks) -> dict[str, Any]:
    image = read_image(photo)
    box = clicks.box
    corrected = clicks.with_correction(box.x0 + 3, box.y0 + 3, False).with_correction(
        (box.x0 + box.x1) // 2, box.y1 - 4, True
    )
    line = [(box.x0 + 2, box.y1 - 4), ((box.x0 + box.x1) // 2, box.y1 - 3), (box.x1 - 3, box.y1 - 9)]
    stroked = clicks.with_stroke(line, False)
    stages = (Clicks(clicks.corners), clicks, stroked, corrected)
    return {"photo": photo.name, "stages": [_stage(segmenter, image, stage) for stage in stages]}


def _stage(segmenter: iog.Segmenter, image: npt.NDArray[np.uint8], clicks: Clicks) -> dict[str, Any]:
    prediction = segmenter.segment(image, clicks)
    levels = np.round(prediction.crop_probability[::4, ::4] * LEVELS).astype("<u2")
    return {
        "clicks": clicks.to_json(),
        "probability": base64.b64encode(levels.tobytes()).decode("ascii"),
        "mask": encode_rle(prediction.mask),
        "parts": len(polygons(prediction.mask)),
        "holes": sum(len(part["holes"]) for part in polygons(prediction.mask)),
        "confidence": prediction.confidence,
    }


def main(folder: Path = HERE) -> None:
    """Write both files."""
    for name, value in (("geometry", geometry()), ("samples", sample_masks())):
        text = json.dumps(value, separators=(",", ":")).replace("},{", "},\n{")
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
