"""How fast the page without a server answers a person, what it transfers and what it needs of memory.

    python benchmarks/web.py [--megapixels 12] [--rounds 8]

Writes the site as `iog web` does, serves it on this machine, and drives headless Chromium from empty
profiles, with WebAssembly's threads (the page is cross-origin isolated) and without. Prints medians and 95th
percentiles, each line as it is measured: two to three minutes in all. Nothing else should run meanwhile.
Needs the `dev` extra and Chromium; memory is read on Linux.
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
from playwright.sync_api import TimeoutError

from annotator import chrome, outline, write_photos
from iog.site import write_site
from iog.site.host import Handler

PATIENCE = 30  # seconds for one answer of the page; twice that for its first visit

# What a person waits for, and what it may cost. Of a rate the low end matters, of all else the high one.
TARGETS: dict[str, tuple[float, str]] = {
    "first visit: page and model there": (3000, "ms"),
    "transferred at the first visit": (25, "MB"),
    "later visit: photo there": (1000, "ms"),
    "third click to mask, threads": (120, "ms"),
    "correction to mask, threads": (50, "ms"),
    "previews, threads": (12, "per second"),
    "third click to mask, one thread": (250, "ms"),
    "correction to mask, one thread": (50, "ms"),
    "previews, one thread": (12, "per second"),
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
        "--rounds", type=int, default=8, help="objects outlined; the first two are not counted"
    )
    parser.add_argument("--photos", type=int, default=10, help="photos opened to see what memory they take")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as base, chrome() as browser:
        site, photos = Path(base) / "site", Path(base) / "photos"
        write_site(site)
        size, clicks = write_photos(photos, options.megapixels)
        picture = (photos / "1.jpg").read_bytes()
        for number in range(1, options.photos + 1):  # the same picture, but other files
            (photos / f"{number}.jpg").write_bytes(picture + bytes([number]))
        print(
            f"Chromium {browser.version}, {os.cpu_count()} cores, photos of {size[0]} x {size[1]} pixels, "
            f"{options.rounds - 2} objects a way"
        )
        print(f"{'what':<36}{'median':>10}{'95 %':>10}{'target':>10}", flush=True)
        with served(_Counting, site) as address:
            visit(browser, address)
            with opened(browser, address, photos, "threads") as page:
                revisit(page, address)
                work(page, size, clicks, options.rounds, "threads")
        with served(_Plain, site) as address, opened(browser, address, photos, "one thread") as page:
            work(page, size, clicks, options.rounds, "one thread")
        with served(_Counting, site) as address, opened(browser, address, photos, "threads") as page:
            names = sorted((file.name for file in photos.iterdir()), key=lambda name: int(name[:-4]))
            for what in ("tab's memory, ten photos opened", "tab's memory, opened once more"):
                report(what, open_all(browser, page, names, size, clicks))


def report(what: str, values: list[float]) -> None:
    """One line of the table, as soon as it is measured."""
    target, unit = TARGETS[what]
    low = unit == "per second"
    worst = float(np.percentile(values, 5 if low else 95))
    met = worst >= target if low else worst <= target
    cells = f"{np.median(values):>10.1f}{worst:>10.1f}{target:>10g}"
    print(f"{what:<36}{cells} {unit}{'' if met else '   MISSED'}", flush=True)


@contextmanager
def served(handler: type[_Counting], site: Path) -> Iterator[str]:
    bound = functools.partial(handler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), bound) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@contextmanager
def tab(browser: Any, kind: str = "threads") -> Iterator[Any]:
    """A tab of an empty profile; what it waits for in vain is said."""
    # The service worker would give threads to the page that shall have one.
    workers = "allow" if kind == "threads" else "block"
    context = browser.new_context(viewport={"width": 1280, "height": 800}, service_workers=workers)
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script("localStorage.setItem('iog-settings', JSON.stringify({ toured: true }))")
    try:
        yield page
    except TimeoutError as error:
        shown = page.evaluate("document.querySelector('.message, [role=status]')?.textContent ?? ''")
        raise SystemExit(
            f"no answer within {PATIENCE} s ({kind}): {str(error).splitlines()[0]}; "
            f"the page says {shown!r}, errors: {errors}"
        ) from None
    context.close()


def visit(browser: Any, address: str) -> None:
    """The first visit, from empty profiles."""
    ready, sent = [], []
    for _ in range(4):
        _Counting.sent = 0
        with tab(browser) as page:
            page.goto(address)
            page.wait_for_selector(".welcome .progress", state="hidden", timeout=2000 * PATIENCE)
            page.wait_for_selector(".welcome:not([hidden])")
            ready.append(page.evaluate("performance.now()"))
            page.evaluate("navigator.serviceWorker.ready.then(() => null)")
            sent.append(_Counting.sent / 1e6)
    report("first visit: page and model there", ready)
    report("transferred at the first visit", sent)


@contextmanager
def opened(browser: Any, address: str, photos: Path, kind: str) -> Iterator[Any]:
    """The page with the photos, the first of them open."""
    with tab(browser, kind) as page:
        page.goto(address)
        page.wait_for_selector(".welcome:not([hidden])")
        page.locator(".welcome input[multiple]").set_input_files(sorted(photos.iterdir()))
        page.wait_for_selector(".stage[data-mode=first]", timeout=2000 * PATIENCE)
        page.wait_for_selector(".saving[data-state=saved]")
        page.wait_for_function("document.querySelectorAll('.photo-row').length > 0")
        assert page.evaluate("crossOriginIsolated") == (kind == "threads"), (
            "threads are not as they should be"
        )
        yield page


def revisit(page: Any, address: str) -> None:
    """Later visits, with everything in the browser's cache."""
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    times = []
    for _ in range(6):
        page.goto(address)
        page.wait_for_selector(".stage[data-mode=first]")
        times.append(page.evaluate("performance.now()"))
    report("later visit: photo there", times)


def work(page: Any, size: tuple[int, int], clicks: Any, rounds: int, kind: str) -> None:
    found: dict[str, list[float]] = {
        "third click to painted mask": [],
        "correction to painted mask": [],
        "previews": [],
    }
    outline(page, size, clicks, rounds, found)
    third, correction, previews = found.values()
    report(f"third click to mask, {kind}", third)
    report(f"correction to mask, {kind}", correction)
    report(f"previews, {kind}", previews)


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
