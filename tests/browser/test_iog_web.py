"""iog-web in a real browser: the example page from a plain server, without cross-origin isolation."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iog.masks import BoolArray, decode_rle
from iog.samples import samples

PACKAGE = Path(__file__).parents[2] / "web" / "packages" / "iog-web"


class _Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}  # noqa: RUF012

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example page, bundled, under a path of its own."""
    node = shutil.which("node")
    if node is None or not (PACKAGE.parents[1] / "node_modules" / "onnxruntime-web").is_dir():
        reason = "IOG-WEB NOT TESTED IN THE BROWSER: it needs Node 20 and `npm ci` in web/ (`make web-tools`)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    base = tmp_path_factory.mktemp("site")
    folder = base / "some" / "where"
    subprocess.run([node, "bundle.mjs", str(folder)], cwd=PACKAGE, check=True, capture_output=True)
    shutil.copy(PACKAGE / "example" / "index.html", folder)
    for sample in samples():
        shutil.copy(sample.photo, folder)
    handler = functools.partial(_Handler, directory=str(base))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/some/where/"
        server.shutdown()


@pytest.fixture(scope="module")
def page(browser: Any, address: str) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 900, "height": 700})
    page.set_default_timeout(60_000)
    page.add_init_script(
        "addEventListener('mask', ({detail}) => window.masks = [...(window.masks ?? []), detail.rle])"
    )
    page.goto(address)
    page.get_by_text("Click a corner").wait_for()
    yield page
    page.close()


def _iou(a: BoolArray, b: BoolArray) -> float:
    return float(np.count_nonzero(a & b) / np.count_nonzero(a | b))


def _mask(page: Any, number: int) -> BoolArray:
    page.wait_for_function(f"(window.masks ?? []).length >= {number}")
    return decode_rle(page.evaluate("window.masks.at(-1)"))


@pytest.mark.parametrize("name", ["coffee.png", "chelsea.png", "astronaut.png", "rocket.jpg"])
def test_the_worker_gives_the_masks_of_this_package(page: Any, name: str) -> None:
    cases = json.loads((PACKAGE / "golden" / "samples.json").read_text(encoding="utf-8"))
    stages = next(case["stages"] for case in cases if case["photo"] == name)
    found = page.evaluate(
        """async ([name, stages]) => {
            const { WorkerSegmenter, encodeRle } = await import("./iog-web.js");
            const worker = new Worker("iog-worker.js", { type: "module" });
            const segmenter = await WorkerSegmenter.load(worker, "lite.encoder.onnx");
            const photo = await segmenter.picture(await (await fetch(name)).blob());
            const masks = [];
            for (const { clicks: { corners, inside, corrections } } of stages) {
                const session = await photo.session(corners);
                let answer = session.answer;
                if (inside !== null) answer = await session.click(...inside);
                for (const correction of corrections) answer = await session.correct(...correction);
                masks.push(encodeRle(answer.mask));
            }
            segmenter.close();
            return masks;
        }""",
        [name, stages],
    )
    for rle, stage in zip(found, stages, strict=True):
        assert _iou(decode_rle(rle), decode_rle(stage["mask"])) >= 0.999


def test_three_clicks_in_the_element(page: Any, segmenter: Any, coffee: Any) -> None:
    (x0, y0), (x1, y1) = coffee.clicks.corners
    x, y = coffee.clicks.inside
    canvas = page.locator("iog-segment canvas")
    for at in ((x0, y0), (x1, y1)):
        canvas.click(position={"x": at[0] + 0.5, "y": at[1] + 0.5})
    page.get_by_text("Click the object itself").wait_for()
    canvas.hover(position={"x": x + 0.5, "y": y + 0.5})
    canvas.click(position={"x": x + 0.5, "y": y + 0.5})
    three = _mask(page, 1)
    expected = segmenter.segment(coffee.photo, coffee.clicks)
    assert _iou(three, expected.mask) >= 0.999
    assert f"Expected IoU {100 * expected.confidence:.0f} %" in page.locator("#result").inner_text()

    canvas.click(position={"x": x0 + 3.5, "y": y0 + 3.5}, button="right")
    corrected = _mask(page, 2)
    expected = segmenter.segment(coffee.photo, coffee.clicks.with_correction(x0 + 3, y0 + 3, False))
    assert _iou(corrected, expected.mask) >= 0.999

    page.keyboard.press("Control+z")
    assert np.array_equal(_mask(page, 3), three)
    page.keyboard.press("Escape")
    page.wait_for_function("window.masks.length === 4 && window.masks.at(-1) === null")
    assert page.get_by_text("Click a corner").is_visible()


def test_a_refused_click_is_said_and_changes_nothing(page: Any) -> None:
    canvas = page.locator("iog-segment canvas")
    for _ in range(2):
        canvas.click(position={"x": 50.5, "y": 50.5})
    page.get_by_text("each side needs at least 4").wait_for()
    canvas.click(position={"x": 150.5, "y": 150.5})
    page.get_by_text("Click the object itself").wait_for()
    page.keyboard.press("Escape")


def test_another_photo_is_opened_and_a_missing_one_is_said(page: Any) -> None:
    page.evaluate("window.masks = []")
    element = "document.querySelector('iog-segment')"
    told = f"""async ([src, kind]) => {{
        const told = new Promise((resolve) => {{
            {element}.addEventListener(kind, ({{ detail }}) => resolve(detail), {{ once: true }});
        }});
        {element}.setAttribute("src", src);
        return told;
    }}"""
    assert page.evaluate(told, ["chelsea.png", "ready"]) is None
    canvas = page.locator("iog-segment canvas")
    for x, y in ((100, 30), (380, 290), (240, 150), (130, 270)):
        canvas.click(position={"x": x, "y": y})
    second, first = _mask(page, 2), decode_rle(page.evaluate("window.masks[0]"))
    assert not np.array_equal(first, second)
    page.evaluate(f"{element}.undo()")
    assert np.array_equal(_mask(page, 3), first)
    page.evaluate(f"{element}.clear()")
    assert page.evaluate("window.masks.length === 4 && window.masks.at(-1)") is None
    said = page.evaluate(told, ["nothing.png", "error"])
    assert said == "nothing.png cannot be loaded: the server answers 404"
    page.get_by_text(said).wait_for()
