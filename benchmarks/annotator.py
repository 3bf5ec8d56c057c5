"""How fast the annotator answers a person, in a real browser.

    python benchmarks/annotator.py [--rounds 20] [--before REVISION]
    python benchmarks/annotator.py --megapixels 60
    python benchmarks/annotator.py --objects 500

Starts `iog annotate` on photos (a sample of 12 megapixels, the same with 500 objects, 60 megapixels),
drives Chromium through objects on them, and prints the 95th percentile of what a person waits for: from the
press of the button to the frame in which the page shows the server's mask. `--megapixels` and `--objects`
measure one kind of photo alone, `--before` another revision of this repository too, in turns with this one.
Nothing else should run meanwhile. Needs the `dev` extra and Chromium.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

import crowded
from iog.samples import samples

ROOT = Path(__file__).resolve().parents[1]

TARGETS = {
    "third click to painted mask": (150, "ms"),
    "correction to painted mask": (60, "ms"),
    "previews": (15, "per second"),
    "page ready": (1000, "ms"),
}

# Within the page: when the button was released, and when the frame that shows the server's mask was done.
WATCH = """() => {
    const stage = document.querySelector('.stage');
    // The page draws at the start of a frame; a message sent then arrives when the frame is done.
    const painted = () => new Promise((done) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => done(performance.now());
        channel.port2.postMessage(null);
    });
    window.iogPressed = 0;
    window.iogPainted = [];
    window.iogPreviews = 0;
    stage.addEventListener('pointerup', () => { window.iogPressed = performance.now(); }, true);
    let before = stage.dataset.drawn, preview = stage.dataset.previewed;
    new MutationObserver(async () => {
        if (stage.dataset.previewed !== preview) {
            preview = stage.dataset.previewed;
            window.iogPreviews += 1;
        }
        if (stage.dataset.drawn === before) return;
        before = stage.dataset.drawn;
        const pressed = window.iogPressed;
        window.iogPainted.push((await painted()) - pressed);
    }).observe(stage, { attributes: true });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megapixels", type=float, help="measure a photo of that size alone")
    parser.add_argument(
        "--rounds", type=int, default=20, help="objects outlined; the first two are not counted"
    )
    parser.add_argument("--objects", type=int, default=0, help="measure a photo that has so many alone")
    parser.add_argument("--before", metavar="REVISION", help="compare with this revision")
    options = parser.parse_args()
    # An ordinary photo, a crowded one, a large one.
    kinds = [(12.0, 0), (12.0, 500), (60.0, 0)]
    if options.megapixels or options.objects:
        kinds = [(options.megapixels or 12.0, options.objects)]
    with tempfile.TemporaryDirectory() as folder:
        sources = {"now": ROOT / "src"}
        if options.before:
            sources = {"before": checked_out(options.before, Path(folder) / "before") / "src", **sources}
        for number, (megapixels, objects) in enumerate(kinds):
            if number:
                print()
            compare(sources, Path(folder) / str(number), megapixels, objects, options.rounds)


def compare(sources: dict[str, Path], folder: Path, megapixels: float, objects: int, rounds: int) -> None:
    """Measure one kind of photo with each source in turns, and print the table."""
    memory = "server's peak memory"
    targets = {**(crowded.TARGETS if objects else TARGETS), memory: (450 if megapixels > 20 else 400, "MB")}
    found: dict[str, dict[str, list[float]]] = {name: {} for name in sources}
    for turn in range(len(sources)):
        for name, source in sources.items():
            place = folder / f"{name} {turn}"
            size, clicks = write_photos(place / "photos", megapixels)
            with served(source, place) as (address, process):
                if objects:
                    crowded.fill(address, place / "photos" / "1.jpg", objects)
                    with chrome() as browser:
                        values = crowded.measure(browser, address, objects)
                else:
                    values = measure(address, size, clicks, rounds)
                values[memory] = [peak_memory(process)]
            for what, those in values.items():
                found[name].setdefault(what, []).extend(those)
    counted = f"{objects} objects on a photo" if objects else f"{rounds - 2} objects"
    print(f"{size[0]} x {size[1]} pixels, {counted}, {os.cpu_count()} cores")
    columns = "".join(f"{f'{name}: median':>16}{'95 %':>8}" for name in sources)
    print(f"{'what':<34}{columns}{'target':>8}")
    for what, (target, unit) in targets.items():
        # Of a rate the low end matters, of a time the high one.
        low = what == "previews"
        cells, worst = "", float("nan")
        for values in found.values():
            worst = float(np.percentile(values[what], 5 if low else 95))
            cells += f"{np.median(values[what]):>16.0f}{worst:>8.0f}"
        met = target is None or (worst >= target if low else worst <= target)
        print(f"{what:<34}{cells}{target or '':>8} {unit}{'' if met else '   MISSED'}", flush=True)


def checked_out(revision: str, folder: Path) -> Path:
    """The files of another revision."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


@contextmanager
def served(source: Path, place: Path) -> Iterator[tuple[str, int]]:
    """The annotator on the photos in a place: its address and process."""
    port = free_port()
    command = [sys.executable, "-m", "iog", "annotate", str(place / "photos"), "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--project", str(place / "project.iog"), "--no-browser"],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(source)},
    )
    try:
        address = f"http://127.0.0.1:{port}/"
        wait_for(f"{address}api/health")
        yield address, server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


@contextmanager
def chrome() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


def write_photos(folder: Path, megapixels: float) -> tuple[tuple[int, int], Any]:
    """Two photos, so that the next one is decoded ahead; the cup's clicks, enlarged likewise."""
    folder.mkdir(parents=True)
    (sample,) = (s for s in samples() if s.photo.name == "coffee.png")
    with Image.open(sample.photo) as opened:
        picture = opened.convert("RGB")
    scale = (megapixels * 1e6 / (picture.width * picture.height)) ** 0.5
    size = round(picture.width * scale), round(picture.height * scale)
    picture.resize(size, Image.Resampling.LANCZOS).save(folder / "1.jpg", quality=92)
    shutil.copy(folder / "1.jpg", folder / "2.jpg")
    enlarge = lambda point: tuple(round(value * scale) for value in point)  # noqa: E731
    clicks = sample.clicks
    return size, (*map(enlarge, clicks.corners), enlarge(clicks.inside))


def measure(address: str, size: tuple[int, int], clicks: Any, rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in TARGETS}
    with chrome() as browser:
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        for _ in range(5):
            page.goto(address)
            page.wait_for_selector(".stage[data-mode=first]")
            found["page ready"].append(page.evaluate("performance.now()"))
        outline(page, size, clicks, rounds, found)
    return found


def outline(
    page: Any, size: tuple[int, int], clicks: Any, rounds: int, found: dict[str, list[float]]
) -> None:
    """Outline objects on the photo that is open, and note what a person waits for."""
    first, second, inside = clicks
    page.evaluate(WATCH)
    box = page.locator("#stage").bounding_box()
    scale = min((box["width"] - 24) / size[0], (box["height"] - 24) / size[1])

    def at(point: tuple[float, float]) -> tuple[float, float]:
        left = box["x"] + (box["width"] - size[0] * scale) / 2
        top = box["y"] + (box["height"] - size[1] * scale) / 2
        return left + (point[0] + 0.5) * scale, top + (point[1] + 0.5) * scale

    def timed_click(point: tuple[float, float], button: Any = "left") -> float:
        count = page.evaluate("window.iogPainted.length")
        page.mouse.click(*at(point), button=button)
        page.wait_for_selector(".saving[data-state=saved]")
        for _ in range(3000):
            times = page.evaluate("window.iogPainted")
            if len(times) > count:
                return float(times[count])
            time.sleep(0.01)
        raise SystemExit("the page painted no mask within half a minute")

    for number in range(rounds):
        page.mouse.click(*at(first))
        page.mouse.click(*at(second))
        page.wait_for_selector(".stage[data-mode=centre]")
        # The hand moves to the centre; half a second later it clicks.
        page.mouse.move(*at(inside))
        time.sleep(0.5)
        third = timed_click(inside)
        corrections = [
            timed_click((inside[0], inside[1] + 0.12 * size[1])),
            timed_click((second[0] - 0.02 * size[0], first[1] + 0.02 * size[1]), "right"),
        ]
        if number >= 2:
            found["third click to painted mask"].append(third)
            found["correction to painted mask"] += corrections
        page.keyboard.press("Delete")
        page.wait_for_selector(".stage[data-mode=first]")
        page.wait_for_selector(".saving[data-state=saved]")
    for _ in range(5):
        page.mouse.click(*at(first))
        page.mouse.click(*at(second))
        page.wait_for_selector(".stage[data-preview=true]", state="attached")
        count, started = page.evaluate("[window.iogPreviews, performance.now()]")
        for step in range(120):
            angle = step / 10
            page.mouse.move(*at((inside[0] + 200 * np.cos(angle), inside[1] + 200 * np.sin(angle))))
            time.sleep(0.008)
        now, ended = page.evaluate("[window.iogPreviews, performance.now()]")
        found["previews"].append(1000 * (now - count) / (ended - started))
        page.keyboard.press("Escape")
        page.wait_for_selector(".stage[data-mode=first]")


def peak_memory(process: int) -> float:
    """Megabytes; only Linux tells."""
    status = Path(f"/proc/{process}/status")
    if not status.is_file():
        return float("nan")
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000


def chromium() -> str | None:
    """The system's Chromium, or None for the one that Playwright installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def wait_for(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=5)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start within half a minute")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main()
