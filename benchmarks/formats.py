"""What a large dataset costs on its way through the formats.

    python benchmarks/formats.py [--photos 20000] [--objects 10] [--points 4]

Makes small photos and a COCO file of polygons, then takes it COCO -> project -> YOLO -> COCO with the
commands that a person would use, and prints seconds and peak memory of each, and whether all objects came
back. Before that, what it takes to find 2,000 stated names among 20,000 photos.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from iog.formats.matching import PhotoIndex
from iog.formats.records import Picture

SIDE = 64
# The peak of the new program itself: what `getrusage` says begins with that of the process that started it.
_PEAK = """
import atexit, re, runpy, sys
from pathlib import Path
def peak():
    status = Path("/proc/self/status").read_text()
    print("PEAK", re.search(r"VmHWM:\\s+(\\d+)", status).group(1), file=sys.stderr)
sys.argv[0] = "iog"
atexit.register(peak)
runpy.run_module("iog", run_name="__main__")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photos", type=int, default=20000)
    parser.add_argument("--objects", type=int, default=10, help="a photo")
    parser.add_argument("--points", type=int, default=4, help="an outline: 60 make 240 MB of COCO")
    options = parser.parse_args()
    print(f"2,000 names among 20,000 photos: {matching():.2f} s", flush=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_photos(folder / "photos", options.photos)
        write_coco(folder / "in.json", options.photos, options.objects, options.points)
        size = (folder / "in.json").stat().st_size / 1e6
        print(
            f"{options.photos:,} photos, {options.photos * options.objects:,} objects, {size:.0f} MB of COCO"
        )
        photos = str(folder / "photos")
        project = ["--project", str(folder / "p.iog")]
        steps = {
            "COCO -> project": ["import", photos, str(folder / "in.json"), *project],
            "project -> YOLO": [
                *("export", photos, *project, "--format", "yolo", "--out", str(folder / "yolo")),
            ],
            "YOLO -> COCO": [
                *("data", "convert", str(folder / "yolo"), str(folder / "coco")),
                *("--to", "coco", "--images", photos),
            ],
        }
        total = 0.0
        for name, arguments in steps.items():
            seconds, peak = run(arguments)
            total += seconds
            print(f"{name:<16} {seconds:7.1f} s  {peak:5.0f} MB", flush=True)
        document = json.loads((folder / "coco" / "annotations.json").read_text(encoding="utf-8"))
        back = len(document["images"]), len(document["annotations"])
        print(f"{'together':<16} {total:7.1f} s; back: {back[0]:,} photos, {back[1]:,} objects")


def matching() -> float:
    """Seconds to find 2,000 names as other tools state them, the index included."""
    photos = [f"{n // 1000:03d}/{n:06d}.jpg" for n in range(20000)]
    styles = ("{}", "C:\\data\\{}", "https://host/images/{}?size=1", "/home/me/images/{}")
    stated = [styles[n % 4].format(photos[n * 10]) for n in range(2000)]
    start = time.perf_counter()
    index = PhotoIndex(photos)
    found = [index.find(Picture(name=name, size=None, annotations=())) for name in stated]
    seconds = time.perf_counter() - start
    assert found == photos[::10]
    return seconds


def run(arguments: list[str]) -> tuple[float, float]:
    """Seconds and megabytes of one command."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _PEAK, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    peak = re.search(r"PEAK (\d+)", done.stderr)
    return time.perf_counter() - start, int(peak.group(1)) / 1024 if peak else 0


def write_photos(folder: Path, count: int) -> None:
    """Grey photos, each of another content, in folders of a thousand."""
    for number in range(count):
        path = folder / f"{number // 1000:03d}" / f"{number:06d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        colour = (number % 251, number // 251 % 251, 90)
        Image.new("RGB", (SIDE, SIDE), colour).save(path)


def write_coco(path: Path, photos: int, objects: int, points: int) -> None:
    """Ellipses of so many points at random places; of four, they are lozenges."""
    rng = random.Random(1)
    annotations = []
    for number in range(photos * objects):
        x, y, width, height = (rng.randrange(2, 30) for _ in range(4))
        angles = [2 * math.pi * turn / points for turn in range(points)]
        ring = [
            value
            for angle in angles
            for value in (x + width / 2 * (1 + math.cos(angle)), y + height / 2 * (1 + math.sin(angle)))
        ]
        annotations.append(
            {
                "id": number + 1,
                "image_id": number // objects + 1,
                "category_id": number % 3 + 1,
                "bbox": [x, y, width, height],
                "area": width * height,
                "iscrowd": 0,
                "segmentation": [ring],
            }
        )
    images = [
        {"id": n + 1, "file_name": f"{n // 1000:03d}/{n:06d}.png", "width": SIDE, "height": SIDE}
        for n in range(photos)
    ]
    categories = [{"id": n, "name": name} for n, name in enumerate(("cat", "dog", "cup"), 1)]
    document = {"images": images, "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main()
