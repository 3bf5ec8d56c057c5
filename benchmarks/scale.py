"""Large runs of `iog auto`: measured, kept as JSON in docs/scale/, and told in docs/scale.md.

    python benchmarks/scale.py run --boxes 100000           one machine: time, memory and storage over the run
    python benchmarks/scale.py workers --boxes 4000         Ray on this machine: one worker, then two
    python benchmarks/scale.py page                         docs/scale.md from docs/scale/*.json

Photos are the sample photos at 0.3 megapixel, or with --data those of FOLDER/val.jsonl, repeated under many
names: each is read and decoded anew. Nothing else should run beside a measurement.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnxruntime

import iog
from auto import listed_objects, repeated_samples
from iog.auto.plan import Item
from iog.auto.runner import usable_cores
from iog.auto.store import temporary
from iog.box_methods import METHODS, Method
from iog.evaluation import quoting
from iog.files import write_text

DOCS = Path(__file__).resolve().parents[1] / "docs"
RESULTS = DOCS / "scale"
NAME = "scale"
SHARD = 1000
POINTS = 40
"""Of a curve over a run that are kept."""
TARGETS = (615_000, 15_000_000)
HOURS = (1, 8, 24)
METHOD: Method = "two-stage"
"""Of the plan, and of runs unless told."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, boxes in (("run", 100_000), ("workers", 4_000)):
        command = commands.add_parser(name)
        command.add_argument("--boxes", type=int, default=boxes)
        command.add_argument("--data", type=Path)
        command.add_argument(
            "--keep", type=Path, help="folder for photos and output, kept; else a temporary one"
        )
        command.add_argument("--shard-size", type=int, default=SHARD)
        command.add_argument("--method", choices=METHODS, default=METHOD)
        command.add_argument("--to", type=Path, help="JSON to write instead of one in docs/scale/")
    commands.add_parser("page")
    arguments = parser.parse_args()
    if arguments.command == "page":
        page = DOCS / "scale.md"
        write_text(page, filled(page.read_text(encoding="utf-8")))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        photos, table = job(folder, arguments.boxes, arguments.data)
        make = measured_run if arguments.command == "run" else measured_workers
        result = machine() | make(
            folder, photos, table, arguments.boxes, arguments.shard_size, arguments.method
        )
    name = f"run-{arguments.boxes}-{arguments.method}.json" if make is measured_run else "workers.json"
    path = arguments.to or RESULTS / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    shown = {key: value for key, value in result.items() if key != "curve"}
    print(json.dumps(shown, indent=1), f"-> {path}", sep="\n")


def job(folder: Path, boxes: int, data: Path | None) -> tuple[Path, Path]:
    """Photos, and a table of boxes; what is there already is used again."""
    photos, table = folder / "photos", folder / "boxes.csv"
    if table.exists():
        return photos, table
    photos.mkdir(parents=True)
    items = repeated_samples(photos, boxes) if data is None else repeated_photos(photos, data, boxes)
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "x0", "y0", "x1", "y1", "category"])
        writer.writerows([item.image, *item.edges, item.category] for item in items)
    return photos, table


def repeated_photos(photos: Path, data: Path, boxes: int) -> list[Item]:
    """The objects of validation photos, again and again under new names."""
    first, _ = listed_objects(data, "val", photos, 10**9)
    items: list[Item] = []
    repetition = 0
    while len(items) < boxes:
        for item in first[: boxes - len(items)]:
            name = f"{repetition:05d}/{item.image}"
            if not (photos / name).exists():
                (photos / name).parent.mkdir(exist_ok=True)
                (photos / name).hardlink_to(photos / item.image)
            items.append(item._replace(image=name))
        repetition += 1
    return items


def machine() -> dict[str, Any]:
    return {
        "iog": iog.__version__,
        "onnxruntime": onnxruntime.__version__,
        "python": platform.python_version(),
        "processor": platform.machine(),
        "cores": usable_cores(),
    }


def measured_run(
    folder: Path, photos: Path, table: Path, boxes: int, shard_size: int, method: str
) -> dict[str, Any]:
    """`iog auto` in a process of its own, watched from outside."""
    out = folder / "out"
    command = [sys.executable, "-m", "iog", "auto", str(table), "--images", str(photos), "--out", str(out)]
    command += ["--format", "coco", "--format", "parquet", "--shard-size", str(shard_size)]
    command += ["--method", method]
    started = time.perf_counter()
    process = subprocess.Popen(command)
    curve = list(watched(process, out, started, shard_size))
    seconds = time.perf_counter() - started
    if process.returncode not in (0, 1):
        raise SystemExit(f"iog auto ended with {process.returncode}")
    summary = json.loads((out / "summary.json").read_text())
    with table.open(encoding="utf-8", newline="") as file:
        images = {row["image"] for row in csv.DictReader(file)}
    # What the process needs before its first shard is on disk is imports, listing and warming up.
    working = [point for point in curve if point["boxes"] > 0] or curve
    half = len(working) // 2
    return {
        "boxes": boxes,
        "method": method,
        "shard_size": shard_size,
        "photos": len(images),
        "masks": summary["masks"],
        "failures": summary["failures"],
        "seconds": round(seconds, 1),
        "masks_per_second": round(summary["masks"] / seconds, 2),
        "peak_mib": max(point["mib"] for point in curve),
        "mib_first_half": max(point["mib"] for point in working[: half or 1]),
        "mib_second_half": max(point["mib"] for point in working[half:]),
        "bytes": {name: size(out / name) for name in ("shards", "coco.json", "parquet")},
        "photo_bytes": sum((photos / image).stat().st_size for image in images),
        "curve": curve[:: max(1, len(curve) // POINTS)],
    }


def watched(
    process: subprocess.Popen[bytes], out: Path, started: float, shard_size: int
) -> Iterator[dict[str, Any]]:
    """What the process holds and has done, every second (Linux)."""
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
            kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        except (OSError, StopIteration):
            continue
        done = sum(1 for _ in (out / "shards").glob("[0-9]*.json")) if out.exists() else 0
        yield {
            "second": round(time.perf_counter() - started, 1),
            "boxes": done * shard_size,
            "mib": round(kib / 1024),
        }
        time.sleep(1)


def measured_workers(
    folder: Path, photos: Path, table: Path, boxes: int, shard_size: int, method: str
) -> dict[str, Any]:
    """The same job on a Ray cluster of this machine, with one worker and with two."""
    runs = []
    for workers in (1, 2):
        out = folder / f"out-{workers}"
        command = [sys.executable, "-m", "iog", "auto", str(table), "--images", str(photos)]
        command += ["--out", str(out), "--shard-size", str(shard_size), "--method", method]
        command += ["--ray", "local", "--workers", str(workers)]
        environment = os.environ | {"RAY_USAGE_STATS_ENABLED": "0"}
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environment)
        first = None
        while process.poll() is None:
            if first is None and any((out / "shards").glob("[0-9]*.json")):
                first = time.perf_counter()  # the cluster is up and the models are loaded
            time.sleep(0.05)
        seconds = time.perf_counter() - started
        if process.returncode not in (0, 1) or first is None:
            raise SystemExit(f"iog auto ended with {process.returncode}")
        shards = [path.stat().st_mtime for path in (out / "shards").glob("[0-9]*.json")]
        # From the first shard of all to the last: without the cluster's start.
        steady = (len(shards) - 1) * shard_size / (max(shards) - min(shards)) if len(shards) > 1 else 0.0
        runs.append({"workers": workers, "seconds": round(seconds, 1), "masks_per_second": round(steady, 2)})
    one, two = (run["masks_per_second"] for run in runs)
    first, second = outputs(folder / "out-1"), outputs(folder / "out-2")
    differing = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
    efficiency = round(two / (2 * one), 3) if one else None
    return {
        "boxes": boxes,
        "method": method,
        "shard_size": shard_size,
        "runs": runs,
        "efficiency": efficiency,
        "same_bytes": not differing,
        "differing": differing,
    }


def outputs(out: Path) -> dict[str, bytes]:
    """The shards; not what a worker that died had begun to write, which is no part of them."""
    shards = (out / "shards").iterdir()
    return {path.name: path.read_bytes() for path in shards if not temporary(path.name)}


def size(path: Path) -> int:
    return sum(p.stat().st_size for p in path.rglob("*")) if path.is_dir() else path.stat().st_size


def filled(text: str) -> str:
    """The page with what was measured between the markers."""
    return quoting.filled(text, NAME, measured_part())


def measured_part() -> str:
    """All tables, from the JSON files alone."""
    runs = [json.loads(path.read_text()) for path in RESULTS.glob("run-*.json")]
    runs.sort(key=lambda run: (run["boxes"], run["method"]))
    if not any(run["method"] == METHOD for run in runs):
        raise SystemExit(f"no docs/scale/run-*-{METHOD}.json: python benchmarks/scale.py run")
    largest = runs[-1]
    planned = [run for run in runs if run["method"] == METHOD][-1]
    parts = [
        f"Measured with iog {largest['iog']}, ONNX Runtime {largest['onnxruntime']}, "
        f"Python {largest['python']}, {largest['processor']}, {largest['cores']} cores.",
        "### One machine",
        table(
            [
                "boxes",
                "method",
                "photos",
                "minutes",
                "masks/s",
                "peak MiB",
                "first half",
                "second half",
                "failures",
            ],
            [
                [
                    f"{run['boxes']:,}",
                    run["method"],
                    f"{run['photos']:,}",
                    f"{run['seconds'] / 60:.1f}",
                    f"{run['masks_per_second']:.1f}",
                    run["peak_mib"],
                    run["mib_first_half"],
                    run["mib_second_half"],
                    sum(run["failures"].values()),
                ]
                for run in runs
            ],
        ),
        'Memory is the resident size of the process, every second; "first half" and "second half" are the '
        "greatest values between the first shard on disk and the end.",
    ]
    parts += [f"The run of {largest['boxes']:,} boxes, method {largest['method']}:", curve(largest)]
    workers = RESULTS / "workers.json"
    efficiency = None
    if workers.is_file():
        found = json.loads(workers.read_text())
        efficiency = found["efficiency"]
        parts += [
            "### One worker, two workers",
            table(
                ["workers", "masks/s", "seconds in all"],
                [[r["workers"], f"{r['masks_per_second']:.1f}", r["seconds"]] for r in found["runs"]],
            ),
            f"{found['boxes']:,} boxes, method {found['method']}, in shards of {found['shard_size']:,} on "
            f"Ray, both workers on one machine of {found['cores']} cores. masks/s is from the first finished "
            "shard to the last, and seconds include the start of the cluster. Efficiency from one worker to "
            f"two: {efficiency:.0%}. "
            f"The same bytes: {'yes' if found['same_bytes'] else 'NO'}.",
        ]
    parts += ["### A plan", plan(planned, efficiency)]
    return "\n\n".join(parts) + "\n"


def curve(run: dict[str, Any]) -> str:
    points = run["curve"][:: max(1, len(run["curve"]) // 10)]
    return table(
        ["minute", "boxes on disk", "MiB"],
        [[f"{p['second'] / 60:.1f}", f"{p['boxes']:,}", p["mib"]] for p in points],
    )


def plan(run: dict[str, Any], efficiency: float | None) -> str:
    """Machines, hours and storage for large sets, from a measured run."""
    rate = run["masks_per_second"]
    factor = min(efficiency or 1.0, 1.0)  # more than a worker each is luck, not to be planned with
    each = {name: amount / run["masks"] for name, amount in run["bytes"].items()}
    photo = run["photo_bytes"] / run["photos"]
    rows = []
    for boxes in TARGETS:
        machine_hours = boxes / (rate * factor) / 3600
        rows.append(
            [
                f"{boxes:,}",
                f"{machine_hours:,.0f}",
                *(f"{max(1, -(-machine_hours // hours)):,.0f}" for hours in HOURS),
                f"{boxes * each['shards'] / 1e9:.1f}",
                f"{boxes * each['parquet'] / 1e9:.1f}",
                f"{boxes * photo * run['photos'] / run['boxes'] / 1e9:,.0f}",
            ]
        )
    header = ["boxes", "machine-hours", *(f"machines for {h} h" for h in HOURS)]
    header += ["shards, GB", "Parquet, GB", "photos read, GB"]
    said = f"{rate:.1f} masks/s a machine of {run['cores']} cores"
    said += f", times an efficiency of {factor:.0%}" if efficiency else ", efficiency not measured"
    return (
        table(header, rows) + f"\n\nFrom the run of {run['boxes']:,} boxes, method {run['method']}: {said}; "
        f"{each['shards']:.0f} bytes a mask in the shards, {each['parquet']:.0f} in Parquet; "
        f"{photo / 1000:.0f} kB a photo, {run['boxes'] / run['photos']:.1f} boxes a photo. Sizes "
        "grow with those of photos and masks."
    )


def table(header: list[str], rows: list[list[Any]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


if __name__ == "__main__":
    main()
