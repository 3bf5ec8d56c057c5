"""Record three clicks in the real page as a moving picture: python benchmarks/three_clicks.py

Starts `iog annotate` on a sample photo, moves a mouse in Chromium as a person would, and writes
docs/images/three-clicks.webp. Needs the dev environment and Chromium (`make browser`).
"""

from __future__ import annotations

import argparse
import io
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import conftest  # noqa: E402
from tests.browser.chromium import find  # noqa: E402
from tests.browser.conftest import Annotator, Server  # noqa: E402

from iog.samples import samples  # noqa: E402

OUT = ROOT / "docs" / "images" / "three-clicks.webp"
PHOTO = "coffee.png"
WINDOW = {"width": 1000, "height": 640}
WIDTH = 720  # of the picture
STEP = 60  # milliseconds of a frame while the mouse moves
START = (120, 200)
CURSOR = """
const cursor = document.createElement("div");
cursor.innerHTML = `<svg width="26" height="26" viewBox="0 0 24 24"><path d="M4 2v18l5-5 3 7 3-1-3-7h7z"
  fill="#fff" stroke="#000" stroke-width="1.5"/></svg>`;
Object.assign(cursor.style, {
  position: "fixed", left: "-50px", top: "-50px", zIndex: 99999, pointerEvents: "none",
  margin: "-2px 0 0 -4px",
});
const ring = document.createElement("div");
Object.assign(ring.style, {
  position: "fixed", width: "34px", height: "34px", margin: "-17px 0 0 -17px", borderRadius: "50%",
  border: "4px solid #ffb300", zIndex: 99998, pointerEvents: "none", display: "none",
});
addEventListener("DOMContentLoaded", () => document.body.append(cursor, ring));
const place = (event) => {
  for (const mark of [cursor, ring]) {
    mark.style.left = `${event.clientX}px`;
    mark.style.top = `${event.clientY}px`;
  }
};
addEventListener("pointermove", (event) => { place(event); ring.style.display = "none"; }, true);
addEventListener("pointerdown", (event) => { place(event); ring.style.display = "block"; }, true);
"""


class Film:
    """Frames of a tab, and how long each is shown."""

    def __init__(self, tab: Annotator) -> None:
        self.tab = tab
        self.frames: list[Image.Image] = []
        self.milliseconds: list[int] = []
        self.at: tuple[float, float] = START

    def shot(self, milliseconds: int) -> None:
        """What the page shows now, for so long."""
        with Image.open(io.BytesIO(self.tab.page.screenshot())) as shot:
            height = round(WIDTH * shot.height / shot.width)
            self.frames.append(shot.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS))
        self.milliseconds.append(milliseconds)

    def move(self, to: tuple[float, float], steps: int) -> None:
        """The mouse on its way, slower at both ends."""
        start = self.at
        for step in range(1, steps + 1):
            share = step / steps
            share = share * share * (3 - 2 * share)
            self.at = tuple(a + (b - a) * share for a, b in zip(start, to, strict=True))  # type: ignore[assignment]
            self.tab.move(self.at)
            self.tab.page.wait_for_timeout(150)
            self.shot(STEP)

    def click(self, mode: str) -> None:
        """Press, and wait for what the page does next."""
        self.tab.click(self.at)
        self.tab.mode(mode)
        self.tab.page.wait_for_timeout(400)
        self.shot(550)

    def save(self, path: Path) -> None:
        """As an animated WebP that begins anew at its end."""
        first, *others = self.frames
        options: dict[str, Any] = {"duration": self.milliseconds, "loop": 0, "quality": 55, "method": 6}
        first.save(path, save_all=True, append_images=others, minimize_size=True, **options)


def record(film: Film, sample: Any) -> None:
    """Corner, corner, the mask under the cursor, centre, accepted."""
    (first, second), inside = sample.clicks.corners, sample.clicks.inside
    film.tab.move(START)
    film.shot(500)
    film.move(first, 8)
    film.click("second")
    film.move(second, 10)
    film.click("centre")
    film.move((inside[0] + 60, inside[1] + 40), 5)
    film.tab.page.locator(".stage[data-preview=true]").wait_for()
    film.move(inside, 6)
    film.click("correct")
    film.tab.saved()
    film.shot(900)
    film.tab.key("Enter")
    film.tab.mode("first")
    film.tab.page.wait_for_timeout(400)
    film.shot(1500)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out
    sample = next(sample for sample in samples() if sample.photo.name == PHOTO)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        photos = Path(folder) / "photos"
        photos.mkdir()
        shutil.copy(sample.photo, photos)
        with Image.open(sample.photo) as picture:
            conftest.SIZE = picture.size
        server = Server(photos, Path(folder) / "project.iog")
        server.start()
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        try:
            context = browser.new_context(viewport=WINDOW, locale="en-GB", color_scheme="light")
            context.add_init_script(conftest.TOURED)
            context.add_init_script(CURSOR)
            tab = Annotator(context.new_page(), server.address)
            tab.open(PHOTO)
            film = Film(tab)
            record(film, sample)
            film.save(out)
        finally:
            browser.close()
            server.kill(signal.SIGTERM)
    seconds = sum(film.milliseconds) / 1000
    print(f"{out}: {len(film.frames)} frames, {seconds:.1f} s, {out.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
