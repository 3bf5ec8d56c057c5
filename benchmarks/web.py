"""How fast the page without a server answers a person, what it transfers and what it needs of memory.

    python benchmarks/web.py [--megapixels 12] [--rounds 12]

Writes the site as `iog web` does, serves it on this machine, and drives headless Chromium from empty
profiles, with WebAssembly's threads (the page is cross-origin isolated) and without. Prints medians and 95th
percentiles. Nothing else should run meanwhile. Needs the `dev` extra and Chromium; memory is read on Linux.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from annotator import chrome, outline, write_photos
from iog.site import write_site
from iog.site.host import Handler

VISITS = 5
PATIENCE = 120_000  # ms

TARGETS: dict[str, tuple[float, str]] = {
    "third click to mask, threads": (120, "ms"),
    "third click to mask, one thread": (250, "ms"),
    "correction to mask, threads": (50, "ms"),
    "correction to mask, one thread": (50, "ms"),
    "previews, threads": (12, "per second"),
    "previews, one thread": (12, "per second"),
    "first visit: page and model there": (3000, "ms"),
    "later visit: photo there": (1000, "ms"),
    "transferred at the first visit": (25, "MB"),
    "tab's memory, ten photos opened": (700, "MB"),
    "tab's memory, opened once more": (700, "MB"),
}


class _Counting(Handler):
    sent = 0

    def copyfile(self, source: Any, outputfile: Any) -> None:
        type(self).sent += os.fstat(source.fileno()).st_size
        super().copyfile(source, outputfile)


class _Plain(_Counting):
    isolated = False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument(
        "--rounds", type=int, default=12, help="objects outlined; the first two are not counted"
    )
    parser.add_argument("--photos", type=int, default=10, help="photos opened to see what memory they take")
    options = parser.parse_args()
    found: dict[str, list[float]] = {name: [] for name in TARGETS}
    with tempfile.TemporaryDirectory() as base, chrome() as browser:
        print(f"Chromium {browser.version}")
        site, photos = Path(base) / "site", Path(base) / "photos"
        write_site(site)
        size, clicks = write_photos(photos, options.megapixels)
        picture = (photos / "1.jpg").read_bytes()
        for number in range(1, options.photos + 1):  # the same picture, but other files
            (photos / f"{number}.jpg").write_bytes(picture + bytes([number]))
        for handler, kind in ((_Counting, "threads"), (_Plain, "one thread")):
            with served(handler, site) as address:
                values = measure(browser, address, photos, size, clicks, options.rounds, kind)
            for name, some in values.items():
                found[name] += some
    print(f"{size[0]} x {size[1]} pixels, {options.rounds - 2} objects a way, {os.cpu_count()} cores")
    print(f"{'what':<36}{'median':>10}{'95 %':>10}{'target':>10}")
    for what, (target, unit) in TARGETS.items():
        low = unit == "per second"  # of a rate the low end matters, of a time the high one
        if not found[what]:
            continue
        worst = float(np.percentile(found[what], 5 if low else 95))
        met = worst >= target if low else worst <= target
        cells = f"{np.median(found[what]):>10.1f}{worst:>10.1f}{target:>10g}"
        print(f"{what:<36}{cells} {unit}{'' if met else '   MISSED'}")


@contextmanager
def served(handler: type[_Counting], site: Path) -> Iterator[str]:
    bound = functools.partial(handler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), bound) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def measure(
    browser: Any, address: str, photos: Path, size: tuple[int, int], clicks: Any, rounds: int, kind: str
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in TARGETS}
    for _ in range(3):
        _Counting.sent = _Plain.sent = 0
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.wait_for_selector(".welcome .progress", state="hidden")
        page.wait_for_selector(".welcome:not([hidden])")
        found["first visit: page and model there"].append(page.evaluate("performance.now()"))
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        found["transferred at the first visit"].append((_Counting.sent + _Plain.sent) / 1e6)
        context.close()
    # The service worker would give threads to the page that shall have one.
    workers = "allow" if kind == "threads" else "block"
    context = browser.new_context(viewport={"width": 1280, "height": 800}, service_workers=workers)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    files = sorted(photos.iterdir(), key=lambda file: int(file.stem))
    page.locator(".welcome input[multiple]").set_input_files(files)
    page.wait_for_selector(".stage[data-mode=first]")
    page.wait_for_selector(".saving[data-state=saved]")
    assert page.evaluate("crossOriginIsolated") == (kind == "threads")
    for _ in range(VISITS):
        page.goto(address)
        page.wait_for_selector(".stage[data-mode=first]")
        found["later visit: photo there"].append(page.evaluate("performance.now()"))
    three, correction, previews = "third click to painted mask", "correction to painted mask", "previews"
    work: dict[str, list[float]] = {three: [], correction: [], previews: []}
    outline(page, size, clicks, rounds, work)
    found[f"third click to mask, {kind}"] = work[three]
    found[f"correction to mask, {kind}"] = work[correction]
    found[f"previews, {kind}"] = work[previews]
    for name in ("tab's memory, ten photos opened", "tab's memory, opened once more"):
        found[name] += open_all(browser, page, [file.name for file in files], size, clicks)
    context.close()
    return found


def open_all(browser: Any, page: Any, names: list[str], size: tuple[int, int], clicks: Any) -> list[float]:
    """Open every photo and outline an object on each: megabytes of the tab's process after each."""
    used = []
    box = page.locator("#stage").bounding_box()
    scale = min((box["width"] - 24) / size[0], (box["height"] - 24) / size[1])
    left = box["x"] + (box["width"] - size[0] * scale) / 2
    top = box["y"] + (box["height"] - size[1] * scale) / 2
    for file in names:
        page.locator(".photo-row", has_text=file).first.click()
        shown = "name => document.querySelector('h1').textContent === name"
        page.wait_for_function(shown, arg=file)
        page.wait_for_selector(".stage[data-mode=first]")
        for index, (x, y) in enumerate(clicks):
            page.mouse.click(left + x * scale, top + y * scale)
            page.wait_for_selector(f".stage[data-mode={('second', 'centre', 'correct')[index]}]")
        page.wait_for_selector(".saving[data-state=saved]")
        page.keyboard.press("Delete")
        page.wait_for_selector(".stage[data-mode=first]")
        page.wait_for_selector(".saving[data-state=saved]")
        time.sleep(0.3)
        used.append(memory(browser))
    return used


def memory(browser: Any) -> float:
    """Megabytes of the largest renderer, shared pages by their share."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    files = [Path(f"/proc/{p['id']}/smaps_rollup") for p in processes if p["type"] == "renderer"]
    sizes = [
        int(line.split()[1]) / 1000
        for file in files
        if file.is_file()
        for line in file.read_text().splitlines()
        if line.startswith("Pss:")
    ]
    return max(sizes, default=float("nan"))


if __name__ == "__main__":
    main()
