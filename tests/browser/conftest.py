"""The annotator as a person meets it: `iog annotate` in a process of its own, Chromium in front of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iog import zoo
from iog.samples import samples
from tests.browser.chromium import find

CHROMIUM = find()
SIZE = (480, 320)
"""Of the synthetic photos; the object is an ellipse in the box `CORNERS`."""
CORNERS = ((140, 60), (340, 260))
INSIDE = (240, 160)
MARGIN = 24  # around a photo that is fitted to the window; as in web/src/view.ts

TOURED = """if (!localStorage.getItem("iog-settings")) {
    localStorage.setItem("iog-settings", JSON.stringify({ toured: true }));
}"""
"""For a browser in which the page was used before."""

if CHROMIUM is None:
    if os.environ.get("CI"):
        raise RuntimeError("no Chromium: CI runs the browser tests always; `make test` installs it")
    pytest.skip("BROWSER TESTS SKIPPED: no Chromium; `make test` installs it", allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api", reason="BROWSER TESTS SKIPPED: no playwright")
pytest.importorskip("fastapi", reason="BROWSER TESTS SKIPPED: the `annotate` extra is not installed")
if not all(path.is_file() for path in zoo.MODELS["lite"].files):
    pytest.skip("BROWSER TESTS SKIPPED: the model's files are not there", allow_module_level=True)


def _write_photos(folder: Path) -> None:
    folder.mkdir()
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    for number in range(1, 11):
        rng = np.random.default_rng(number)
        pixels = np.clip(rng.normal((90, 110, 120), 8, (SIZE[1], SIZE[0], 3)), 0, 255)
        shade = 1 - 0.4 * np.hypot(x - 200, y - 120) / 250
        ball = np.hypot(x - INSIDE[0], y - INSIDE[1]) < 98
        pixels[ball] = (np.array([220, 120, 30]) * shade[..., None])[ball]
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"scene {number}.png")
    for sample in samples():
        shutil.copy(sample.photo, folder)


@dataclass
class Server:
    """`iog annotate` on a port of its own; can be killed and started again."""

    folder: Path
    project: Path
    port: int = field(default_factory=lambda: _free_port())
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def command(self) -> list[str]:
        options = ["--project", str(self.project), "--port", str(self.port), "--no-browser"]
        return [sys.executable, "-m", "iog", "annotate", str(self.folder), *options]

    def start(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen(self.command(), env=environment, stdout=subprocess.DEVNULL)
        for _ in range(300):
            try:
                urllib.request.urlopen(self.address + "api/project", timeout=5)
                return
            except OSError:
                assert self.process.poll() is None, "the server ended"
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(20)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    base = tmp_path_factory.mktemp("browser")
    _write_photos(base / "photos")
    server = Server(base / "photos", base / "project.iog")
    server.start()
    yield server
    server.kill(signal.SIGTERM)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Any) -> Iterator[Any]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
    yield browser
    browser.close()


@pytest.fixture
def own(server: Server, tmp_path: Path) -> Iterator[Server]:
    """A server whose project may come to harm."""
    own = Server(server.folder, tmp_path / "project.iog")
    own.start()
    yield own
    own.kill()


class Annotator:
    """A tab with the page, in image coordinates."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        self.size = SIZE
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.set_default_timeout(10_000)

    def open(self, photo: str) -> None:
        if not self.page.url.startswith(self.address):
            self.page.goto(self.address)
            self.mode("first", "centre", "correct")
        listed = self.page.get_by_role("button", name=re.compile(re.escape(photo)))
        drawer = self.page.locator(".drawer-button[title='Photo list']")
        if drawer.is_visible():
            drawer.click()
        sync_api.expect(self.page.locator(".photo-row").first).to_be_attached()
        if not listed.count():  # only rows in sight exist
            self.page.locator(".scroller").evaluate("list => { list.scrollTop = list.scrollHeight; }")
        listed.click()
        sync_api.expect(self.page.locator("h1")).to_have_text(photo)
        self.mode("first", "centre", "correct")

    def start_empty(self, photo: str) -> None:
        """Open a photo and take away what earlier tests left on it."""
        self.open(photo)
        number = self.page.url.partition("#photo=")[2]
        for found in self.objects():
            work = {**found["work"]}
            body = {"kind": "delete", "state": "deleted", "work": work}
            body |= {key: found[key] for key in ("version", "label")}
            assert self.page.request.put(f"{self.address}api/objects/{found['id']}", data=body).ok
        self.page.goto(f"{self.address}#photo={number}")
        self.page.reload()
        self.mode("first")
        sync_api.expect(self.page.locator("h1")).to_have_text(photo)

    def points(self) -> int:
        """How many points of the outline are shown, once there are any."""
        stage = self.page.locator(".stage")
        sync_api.expect(stage).not_to_have_attribute("data-points", "0")
        return int(stage.get_attribute("data-points"))

    def mode(self, *modes: str) -> None:
        """Wait until the page is in one of the modes."""
        pattern = re.compile(f"^({'|'.join(modes)})$")
        sync_api.expect(self.page.locator(".stage")).to_have_attribute("data-mode", pattern)

    def saved(self) -> None:
        sync_api.expect(self.page.locator(".saving")).to_have_attribute("data-state", "saved")

    def at(self, point: tuple[float, float]) -> tuple[float, float]:
        """Where a pixel of a fitted photo is on the screen."""
        stage = self.page.locator("#stage").bounding_box()
        scale = min((stage["width"] - MARGIN) / self.size[0], (stage["height"] - MARGIN) / self.size[1])
        left = stage["x"] + (stage["width"] - self.size[0] * scale) / 2
        top = stage["y"] + (stage["height"] - self.size[1] * scale) / 2
        return left + (point[0] + 0.5) * scale, top + (point[1] + 0.5) * scale

    def move(self, point: tuple[float, float]) -> None:
        self.page.mouse.move(*self.at(point))

    def click(self, point: tuple[float, float], **options: Any) -> None:
        self.page.mouse.click(*self.at(point), **options)

    def drag(self, start: tuple[float, float], end: tuple[float, float], **options: Any) -> None:
        self.move(start)
        self.page.mouse.down(**options)
        self.page.mouse.move(*self.at(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)), steps=3)
        self.page.mouse.move(*self.at(end), steps=3)
        self.page.mouse.up(**options)

    def corners(self) -> None:
        self.click(CORNERS[0])
        self.mode("second")
        self.click(CORNERS[1])
        self.mode("centre")

    def outline(self) -> None:
        """The three clicks of an object."""
        self.corners()
        self.click(INSIDE)
        self.mode("correct")
        self.saved()

    def key(self, name: str) -> None:
        self.page.keyboard.press(name)

    def objects(self) -> list[dict[str, Any]]:
        """What the server has of the photo that is open."""
        self.saved()
        number = self.page.url.partition("#photo=")[2]
        answer = self.page.request.get(f"{self.address}api/photos/{number}")
        return list(answer.json()["objects"])

    def rows(self) -> list[str]:
        return [text.strip() for text in self.page.locator(".objects .open .name").all_inner_texts()]

    def blueness(self, point: tuple[float, float]) -> int:
        """Blue over red where masks are drawn, 0..255 with their opacity."""
        x, y = self.at(point)
        script = """([x, y]) => {
            const canvas = document.querySelector('.stage .masks'), box = canvas.getBoundingClientRect();
            const context = canvas.getContext('2d');
            const k = canvas.width / box.width;
            const [r, g, b, a] = context.getImageData((x - box.left) * k, (y - box.top) * k, 1, 1).data;
            return (b - r) * a / 255;
        }"""
        return int(self.page.evaluate(script, [x, y]))


@pytest.fixture
def visit(browser: Any, server: Server) -> Iterator[Callable[..., Annotator]]:
    """Opens tabs, each a context of its own; no script may fail in any of them."""
    contexts: list[Any] = []
    tabs: list[Annotator] = []

    def visit(address: str = server.address, toured: bool = True, **options: Any) -> Annotator:
        defaults = {"viewport": {"width": 1200, "height": 760}, "locale": "en-GB"}
        context = browser.new_context(**{**defaults, **options})
        if toured:
            context.add_init_script(TOURED)
        contexts.append(context)
        tabs.append(Annotator(context.new_page(), address))
        return tabs[-1]

    yield visit
    for context in contexts:
        context.close()
    assert [error for tab in tabs for error in tab.errors] == []
