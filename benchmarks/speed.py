"""Milliseconds of each step, on this machine: python benchmarks/speed.py [--against MODEL]

Encode and decode are the network alone; paste brings a mask to image resolution. Rounds are interleaved and
the least and the median are printed: the least is the machine's, the rest is what else ran on it.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np
import onnxruntime
from PIL import Image

import iog
from iog.images import read_image
from iog.samples import samples
from iog.segmenter import Segmenter

FACTORS = {"0.2 MP": 1, "12 MP": 7}
ENCODE, DECODE = "encode (once per box)", "decode (once per click)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--against", help="another model, whose encode and decode join the rounds")
    arguments = parser.parse_args()

    started = time.perf_counter()
    segmenter = Segmenter(threads=arguments.threads)
    load = 1000 * (time.perf_counter() - started)
    print(
        f"iog {iog.__version__}, ONNX Runtime {onnxruntime.__version__}, {platform.machine()}, "
        f"{os.cpu_count()} cores, threads {arguments.threads or 'one a core'}; model loaded in {load:.0f} ms"
    )
    steps: dict[str, Callable[[], object]] = {}
    for size, factor in FACTORS.items():
        steps |= steps_at(segmenter, size, factor)
    if arguments.against:
        other = steps_at(Segmenter(arguments.against, threads=arguments.threads), "0.2 MP", 1)
        steps |= {f"{name}, the other": other[name] for name in (ENCODE, DECODE)}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(arguments.rounds):
        for name, step in steps.items():
            started = time.perf_counter()
            step()
            times[name].append(1000 * (time.perf_counter() - started))
    print(f"{'step':<36} {'least ms':>9} {'median ms':>10}")
    for name, values in times.items():
        print(f"{name:<36} {min(values):>9.1f} {statistics.median(values):>10.1f}")


def steps_at(segmenter: Segmenter, size: str, factor: int) -> dict[str, Callable[[], object]]:
    """The steps on one photo, enlarged `factor` times."""
    photo, _, clicks = samples()[1]
    picture = Image.fromarray(read_image(photo))
    image = np.asarray(picture.resize((picture.width * factor, picture.height * factor)))
    (ax, ay), (bx, by) = clicks.corners
    x, y = clicks.inside or (0, 0)
    corners = ((ax * factor, ay * factor), (bx * factor, by * factor))
    session = segmenter.session(image, corners)
    session.click(x * factor, y * factor)
    first = session.prediction
    crop = first.crop.extract(image)
    features = segmenter.encode([crop])

    def correction() -> None:
        session.correct((x + 5) * factor, (y + 5) * factor, True)
        session.undo()

    steps: dict[str, Callable[[], object]] = {
        f"crop, {size}": lambda: first.crop.extract(image),
        f"correction to mask, {size}": correction,
        f"paste, {size}": lambda: first.crop.paste(first.crop_probability, *first.image_size),
    }
    if factor == 1:
        steps[ENCODE] = lambda: segmenter.encode([crop])
        steps[DECODE] = lambda: segmenter.decode(features, [first.clicks], [first.crop], [None])
    return steps


if __name__ == "__main__":
    main()
