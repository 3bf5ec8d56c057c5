"""Milliseconds of each step, on this machine: python benchmarks/speed.py [--against MODEL]

Encode and decode are the network alone; paste brings a mask to image resolution. Rounds are interleaved. The
least is the machine's, the median has what else ran on it; processor time is that of all threads.
"Before" is the way of earlier versions, kept here alone. A large object has 70 to 85 % of the photo's sides.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image

import iog
from iog import jpeg
from iog.annotator.previews import SCREEN_SIDE, Preview
from iog.box_methods import BoxSegmenter
from iog.clicks import Box, Clicks
from iog.crop import FILL, Crop, resize
from iog.images import decode_image, read_image
from iog.masks import encode_rle
from iog.prediction import Prediction
from iog.samples import samples
from iog.segmenter import Segmenter

FACTORS = {"0.2 MP": 1, "12 MP": 7}
LARGE = {"12 MP": 7, "50 MP": 14}
ByteArray = npt.NDArray[np.uint8]
AUTO = "as iog auto: 5 large boxes"
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
    for size, factor in LARGE.items():
        steps |= large_steps_at(segmenter, size, factor)
    if arguments.against:
        other = steps_at(Segmenter(arguments.against, threads=arguments.threads), "0.2 MP", 1)
        steps |= {f"{name}, the other": other[name] for name in (ENCODE, DECODE)}
    times: dict[str, list[float]] = {name: [] for name in steps}
    worked: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(arguments.rounds):
        for name, step in steps.items():
            started, before = time.perf_counter(), time.process_time()
            step()
            times[name].append(1000 * (time.perf_counter() - started))
            worked[name].append(1000 * (time.process_time() - before))
    print(f"{'step':<52} {'least ms':>9} {'median ms':>10} {'processor ms':>13}")
    for name, values in times.items():
        least, median = min(values), statistics.median(values)
        print(f"{name:<52} {least:>9.1f} {median:>10.1f} {statistics.median(worked[name]):>13.1f}")


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


def large_steps_at(segmenter: Segmenter, size: str, factor: int) -> dict[str, Callable[[], object]]:
    """Now and before, on an object that fills most of a photo enlarged `factor` times."""
    picture = Image.fromarray(read_image(samples()[1][0]))
    image = np.asarray(picture.resize((picture.width * factor, picture.height * factor)))
    height, width = image.shape[:2]
    corners = (int(0.2 * width), int(0.1 * height)), (int(0.9 * width), int(0.95 * height))
    clicks = Clicks.of(corners, Clicks.of(corners).box.centre)
    crop = segmenter.crop(clicks)

    content = io.BytesIO()
    Image.fromarray(image).save(content, "JPEG", quality=90)

    def read() -> None:
        content.seek(0)
        decode_image(content, size)

    def read_before() -> None:
        with patch.object(jpeg, "decoded", lambda *_: None):
            read()

    def click() -> None:
        session = segmenter.session(image, corners)
        Preview.of(session.change(clicks), SCREEN_SIDE)

    answered = segmenter.session(image, corners).change(clicks)

    def record(prediction: Prediction = answered) -> None:
        replace(prediction).patch.rle(width, height)

    def record_before(prediction: Prediction = answered) -> None:
        box, probability = replace(prediction).visible
        mask = np.zeros((height, width), np.bool_)
        mask[box.y0 : box.y1, box.x0 : box.x1] = probability >= 0.5
        np.count_nonzero(mask)
        encode_rle(mask)

    def click_before() -> None:
        with patch.object(Crop, "extract", extract_before):
            click()

    boxes = [
        Box(int(x * width), int(y * height), int((x + 0.7) * width), int((y + 0.7) * height))
        for x, y in ((0, 0), (0.25, 0), (0, 0.25), (0.25, 0.25), (0.15, 0.15))
    ]
    solver = BoxSegmenter(segmenter)

    def auto(record: Callable[[Prediction], None] = record) -> None:
        content.seek(0)
        photo = decode_image(content, size)
        for box in boxes:
            (answer,) = solver.solve([solver.target(photo, box)])
            record(answer.prediction)

    def auto_before() -> None:
        with patch.object(jpeg, "decoded", lambda *_: None), patch.object(Crop, "extract", extract_before):
            auto(record_before)

    return {
        f"{AUTO}, {size}": auto,
        f"{AUTO}, {size}, before": auto_before,
        f"read a JPEG, {size}": read,
        f"read a JPEG, {size}, before": read_before,
        f"crop, {size}, large object": lambda: crop.extract(image),
        f"crop, {size}, large object, before": lambda: extract_before(crop, image),
        f"mask and run lengths, {size}, large object": record,
        f"mask and run lengths, {size}, large object, before": record_before,
        f"open and click, {size}, large object": click,
        f"open and click, {size}, large object, before": click_before,
    }


def extract_before(crop: Crop, image: ByteArray) -> ByteArray:
    """The crop from all pixels of its window, the border put on before they are resized."""
    window = crop.window
    seen = window.intersection(Box(0, 0, image.shape[1], image.shape[0]))
    part = image[seen.y0 : seen.y1, seen.x0 : seen.x1]
    if seen != window:
        sides = (seen.y0 - window.y0, window.y1 - seen.y1, seen.x0 - window.x0, window.x1 - seen.x1)
        part = np.asarray(cv2.copyMakeBorder(part, *sides, cv2.BORDER_CONSTANT, value=(FILL,) * 4), np.uint8)
    return np.asarray(resize(part, crop.width, crop.height), np.uint8)


if __name__ == "__main__":
    main()
