"""Boxes to masks on this machine, by stage: python benchmarks/auto.py [--data FOLDER]

Runs the runner of `iog auto` on JPEG photos, decoding included, and compares it with the network alone: the
same threads, batches of the same size, encode and decode and nothing else. Without --data the sample photos
are enlarged to 0.3 megapixel and repeated, one box a photo as in ImageNet. --data names a folder with
SPLIT.jsonl, photos and masks (docs/datasets.md): boxes are the tight ones, and the mean IoU is printed.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

import iog
from iog.auto.plan import Item, Plan
from iog.auto.runner import run, usable_cores
from iog.auto.store import MaskStore
from iog.box_methods import METHODS, BoxSegmenter
from iog.clicks import Clicks
from iog.clock import Clock
from iog.datasets import PhotoDataset
from iog.datasets.listing import spread
from iog.engines import Engine, Features
from iog.evaluation.metrics import iou
from iog.guidance import click_maps
from iog.images import read_image
from iog.masks import RLE, decode_rle, encode_rle, mask_box
from iog.places import Folder
from iog.samples import samples
from iog.segmenter import BATCH, Segmenter

PIXELS = 300_000
"""Of an enlarged sample photo."""
ROUNDS = 60
"""Batches a thread that time the network alone."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--boxes", type=int, default=400)
    parser.add_argument("--method", choices=METHODS, default="two-stage")
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--data", type=Path)
    parser.add_argument("--split", default="val")
    arguments = parser.parse_args()

    clock = Clock()
    engine = Segmenter(threads=1).engine
    boxes = BoxSegmenter(Segmenter(TimedEngine(engine, clock)), arguments.method)
    print(
        f"iog {iog.__version__}, ONNX Runtime {onnxruntime.__version__}, {platform.machine()}, "
        f"{os.cpu_count()} cores, {arguments.threads} threads, method {arguments.method}, "
        f"weights {engine.info.weights_sha256[:12]}"
    )
    with tempfile.TemporaryDirectory() as folder:
        photos, out = Path(folder) / "photos", Path(folder) / "out"
        photos.mkdir()
        if arguments.data:
            items, truths = listed_objects(arguments.data, arguments.split, photos, arguments.boxes)
        else:
            items, truths = repeated_samples(photos, arguments.boxes), {}
        plan = Plan.of(items, boxes)
        assert plan.items == items
        decodes = 2 if arguments.method == "two-stage" else 1
        before = network_alone(engine, decodes, arguments.threads)
        started = time.perf_counter()
        summary = run(boxes, plan, Folder(photos), Folder(out), workers=arguments.threads, clock=clock)
        seconds = time.perf_counter() - started
        after = network_alone(engine, decodes, arguments.threads)
        records = MaskStore(Folder(out), plan).all_records()
        ious = [iou(decode_rle(r["rle"]), decode_rle(truths[r["id"]])) for r in records if r["id"] in truths]

    network = sum(clock.seconds.pop(name) for name in TimedEngine.STAGES)
    total = sum(clock.seconds.values())
    print(f"{'stage':<14} {'ms a mask':>10} {'share':>7}   processor time")
    for stage, spent in clock.seconds.most_common():
        print(f"{stage:<14} {1000 * spent / summary.masks:>10.2f} {spent / total:>7.1%}")
    rate, limit = summary.masks / seconds, max(before, after)
    print(f"inside the network   {network / total:.1%} of that")
    print(
        f"idle or elsewhere    {1 - total / (seconds * arguments.threads):.1%} of {arguments.threads} threads"
    )
    print(f"masks                {summary.masks} in {seconds:.1f} s: {rate:.1f} masks/s")
    print(
        f"the network alone    {before:.1f} masks/s before, {after:.1f} after: the run has {rate / limit:.0%}"
    )
    unit = 1 if sys.platform == "darwin" else 1024
    print(f"peak memory          {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20:.0f} MiB")
    if ious:
        print(f"mean IoU             {np.mean(ious):.4f} of {len(ious)} objects")


class TimedEngine:
    """Counts the processor time of the network itself, within the stages that call it."""

    STAGES = ("network encode", "network decode")

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine, self.info, self.clock = engine, engine.info, clock

    def encode(self, crops: np.ndarray) -> Features:
        """See `Engine.encode`."""
        with self.clock.stage(self.STAGES[0]):
            return self.engine.encode(crops)

    def decode(self, features: Features, click_maps: np.ndarray) -> np.ndarray:
        """See `Engine.decode`."""
        with self.clock.stage(self.STAGES[1]):
            return self.engine.decode(features, click_maps)


def network_alone(engine: Engine, decodes: int, threads: int) -> float:
    """Masks a second of encode and decode, in as many threads; the first round only warms up."""
    segmenter = Segmenter(engine)
    crops, maps = [], []
    for sample in samples():
        crop = segmenter.crop(sample.clicks)
        crops.append(crop.extract(read_image(sample.photo)))
        maps.append(click_maps(Clicks(sample.clicks.corners), crop))
    batch = np.stack([crops[i % len(crops)] for i in range(BATCH)])
    clicks = np.stack([maps[i % len(maps)] for i in range(BATCH)])

    def one(_: int) -> None:
        features = engine.encode(batch)
        for _ in range(decodes):
            engine.decode(features, clicks)

    def rounds(count: int) -> Callable[[], object]:
        return lambda: list(pool.map(one, range(count)))

    with ThreadPoolExecutor(threads) as pool:
        rounds(2 * threads)()
        started = time.perf_counter()
        rounds(ROUNDS * threads)()
        return ROUNDS * threads * BATCH / (time.perf_counter() - started)


def repeated_samples(photos: Path, count: int) -> list[Item]:
    """One box a photo; the same few files under many names, each of which is read and decoded."""
    sources = []
    for number, sample in enumerate(samples()):
        with Image.open(sample.photo) as picture:
            scale = (PIXELS / (picture.width * picture.height)) ** 0.5
            size = round(picture.width * scale), round(picture.height * scale)
            path = photos / f"source{number}.jpg"
            picture.convert("RGB").resize(size).save(path, quality=90)
        sources.append((path, [scale * edge for edge in sample.clicks.box], sample.object))
    items = []
    for number in range(count):
        path, (x0, y0, x1, y1), category = sources[number % len(sources)]
        (photos / f"{number:06d}.jpg").hardlink_to(path)
        items.append(Item(f"{number:06d}.jpg", category, (x0, y0, x1, y1)))
    return items


def listed_objects(data: Path, split: str, photos: Path, count: int) -> tuple[list[Item], dict[int, RLE]]:
    """Objects spread over the list, their photos as JPEG, and their masks by number."""
    objects = PhotoDataset(data, split)
    items: list[Item] = []
    truths: dict[int, RLE] = {}
    for index in spread(len(objects), count):
        sample = objects[index]
        box = mask_box(sample.mask)
        if box is None:
            continue
        name = sample.name.rpartition("#")[0].replace("/", "_") + ".jpg"
        if not (photos / name).exists():
            Image.fromarray(sample.image).save(photos / name, quality=90)
        truths[len(items)] = encode_rle(sample.mask)
        items.append(Item(name, sample.category, tuple(float(edge) for edge in box)))  # type: ignore[arg-type]
    return items, truths


if __name__ == "__main__":
    main()
