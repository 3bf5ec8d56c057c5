"""Take the pictures of the page for the docs: `python -m tests.browser.screenshots` from the repository."""

from __future__ import annotations

import io
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from iog.samples import samples
from tests.browser import conftest
from tests.browser.chromium import find
from tests.browser.conftest import Annotator, Server

IMAGES = Path(__file__).parents[2] / "docs" / "images"
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 760},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}


def main() -> None:
    by_name = {sample.photo.name: sample for sample in samples()}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        photos = Path(folder) / "photos"
        photos.mkdir()
        for sample in by_name.values():
            shutil.copy(sample.photo, photos)
        server = Server(photos, Path(folder) / "project.iog")
        server.start()
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        try:
            desk(browser, server, by_name["coffee.png"])
            phone(browser, server, by_name["chelsea.png"])
        finally:
            browser.close()
            server.kill(signal.SIGTERM)


def desk(browser: Browser, server: Server, sample: Any) -> None:
    tab, save = opened(browser, server, sample, color_scheme="dark", **DESK)
    (first, second), inside = sample.clicks.corners, sample.clicks.inside
    tab.click(first)
    tab.move((second[0] - 40, second[1] - 30))
    save("annotator-corner")
    tab.click(second)
    tab.mode("centre")
    tab.move(inside)
    tab.page.locator(".stage[data-preview=true]").wait_for()
    save("annotator-preview")
    tab.click(inside)
    tab.mode("correct")
    tab.saved()
    save("annotator")
    tab.key("v")
    tab.points()
    save("annotator-points")
    tab.key("Enter")
    tab.mode("first")
    tab.page.get_by_role("button", name="Dark or light").click()
    tab.page.locator("button[title='Export and import']:visible").click()
    tab.page.wait_for_timeout(500)
    save("annotator-export")
    tab.page.context.close()


def phone(browser: Browser, server: Server, sample: Any) -> None:
    tab, save = opened(browser, server, sample, color_scheme="light", **PHONE)
    for point in (*sample.clicks.corners, sample.clicks.inside):
        tab.page.touchscreen.tap(*tab.at(point))
        tab.page.wait_for_timeout(400)
    tab.mode("correct")
    tab.saved()
    save("annotator-phone")
    tab.page.context.close()


def opened(
    browser: Browser, server: Server, sample: Any, **options: Any
) -> tuple[Annotator, Callable[[str], None]]:
    """The photo in a new window, and what keeps a picture of it."""
    with Image.open(sample.photo) as picture:
        conftest.SIZE = picture.size  # of the photo that points are given in
    context = browser.new_context(locale="en-GB", **options)
    context.add_init_script(conftest.TOURED)
    tab = Annotator(context.new_page(), server.address)
    tab.open(sample.photo.name)

    def save(name: str) -> None:
        tab.page.wait_for_timeout(300)
        with Image.open(io.BytesIO(tab.page.screenshot())) as shot:
            shot.convert("RGB").save(IMAGES / f"{name}.jpg", quality=82, optimize=True)

    return tab, save


if __name__ == "__main__":
    main()
