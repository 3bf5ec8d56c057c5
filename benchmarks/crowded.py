"""How the annotator's page bears a photo with hundreds of objects; see `annotator.py --objects`."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

TARGETS = {
    "photo open, all masks painted": (1000, "ms"),
    "frame while the photo moves": (17, "ms"),
    "frame under the cursor": (17, "ms"),
    "accept to saved and painted": (100, "ms"),
    "masks for boxes, each": (None, "ms"),
    "masks for boxes, first sign": (None, "ms"),
}

BOXES = 20
"""So many of the objects have no mask yet."""

# Frames, and what the page says, as the page itself sees them.
WATCH = """() => {
    const painted = () => new Promise((done) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => done(performance.now());
        channel.port2.postMessage(null);
    });
    const stage = document.querySelector('.stage'), saving = document.querySelector('.saving');
    window.iogFrames = [];
    window.iogWatching = false;
    let last = 0;
    const frame = (now) => {
        if (window.iogWatching && last) window.iogFrames.push(now - last);
        last = now;
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    // From a key to the frame that shows another object open, all of it on the disk.
    window.iogAccepted = [];
    let pressed = 0, from = '';
    document.addEventListener('keyup', (event) => {
        if (event.code !== 'Space') return;
        pressed = performance.now();
        from = stage.dataset.drawn;
    }, true);
    const look = async () => {
        if (!pressed || stage.dataset.drawn === from || saving.dataset.state !== 'saved') return;
        const since = pressed;
        pressed = 0;
        window.iogAccepted.push((await painted()) - since);
    };
    for (const element of [stage, saving]) new MutationObserver(look).observe(element, { attributes: true });
}"""

# Once the list has all objects the same frame has painted them.
OPENED = """(count) => new Promise((done) => {
    const painted = () => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => done(performance.now());
        channel.port2.postMessage(null);
    };
    const look = () => {
        const said = [...document.querySelectorAll('.dock .quiet')].map((e) => e.textContent);
        if (said.some((text) => text.includes(`of ${count}`))) painted();
        else requestAnimationFrame(look);
    };
    look();
})"""


def fill(address: str, photo: Path, objects: int) -> None:
    """Import so many objects onto a photo: masks side by side, the last ones boxes alone."""
    with Image.open(photo) as picture:
        width, height = picture.size
    columns = round((objects * width / height) ** 0.5)
    cell = width / columns, height / -(-objects // columns)
    rng = np.random.default_rng(0)
    annotations: list[dict[str, Any]] = []
    for number in range(objects):
        x, y = (number % columns + 0.5) * cell[0], (number // columns + 0.5) * cell[1]
        turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        radius = 0.42 * min(cell) * rng.uniform(0.75, 1, turn.size)
        outline = np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)
        (x0, y0), (x1, y1) = outline.min(axis=0), outline.max(axis=0)
        one: dict[str, Any] = {"id": number + 1, "image_id": 1, "category_id": 1 + number % 5}
        one |= {"bbox": [x0, y0, x1 - x0, y1 - y0], "iscrowd": 0, "area": 1}
        if number < objects - BOXES:
            one["segmentation"] = [outline.round(1).ravel().tolist()]
        annotations.append(one)
    coco = {
        "images": [{"id": 1, "file_name": photo.name, "width": width, "height": height}],
        "categories": [{"id": number, "name": f"kind {number}"} for number in range(1, 6)],
        "annotations": annotations,
    }
    request = urllib.request.Request(
        f"{address}api/import?name=many.json", json.dumps(coco).encode(), method="POST"
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        assert json.load(answer)["count"] == objects


def measure(browser: Any, address: str, objects: int) -> dict[str, list[float]]:
    """What a person waits for, in milliseconds."""
    found: dict[str, list[float]] = {name: [] for name in TARGETS}
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(120_000)
    for _ in range(4):
        page.goto("about:blank")
        page.goto(address)
        found["photo open, all masks painted"].append(page.evaluate(OPENED, objects))
    page.evaluate(WATCH)
    page.keyboard.press("Escape")
    page.wait_for_selector(".stage[data-mode=first]")
    box = page.locator("#stage").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def frames(button: Any) -> list[float]:
        page.evaluate("window.iogFrames = []")
        page.mouse.move(*middle)
        if button:
            page.mouse.down(button=button)
        page.evaluate("window.iogWatching = true")
        for step in range(150):
            turn = step / 12
            page.mouse.move(middle[0] + 150 * np.sin(turn), middle[1] + 100 * np.sin(2 * turn))
            page.wait_for_timeout(5)
        page.evaluate("window.iogWatching = false")
        if button:
            page.mouse.up(button=button)
        return [float(value) for value in page.evaluate("window.iogFrames")]

    found["frame while the photo moves"] = frames("middle")
    found["frame under the cursor"] = frames(None)
    page.evaluate(
        """() => {
            window.iogFirst = 0;
            const buttons = [...document.querySelectorAll('.dock button')];
            const button = buttons.find((b) => /boxes/.test(b.textContent));
            const before = button.textContent, start = performance.now();
            const look = () => {
                const same = button.textContent === before && !button.hidden;
                if (same) requestAnimationFrame(look);
                else window.iogFirst = performance.now() - start;
            };
            button.click();
            look();
        }"""
    )
    start = page.evaluate("performance.now()")
    page.wait_for_selector(".stage[data-mode=centre]")  # the first of them is open
    found["masks for boxes, each"] = [(page.evaluate("performance.now()") - start) / BOXES]
    found["masks for boxes, first sign"] = [page.evaluate("window.iogFirst")]
    page.wait_for_selector(".saving[data-state=saved]")
    for number in range(BOXES - 1):
        page.wait_for_timeout(300)
        page.keyboard.press("Space")
        page.wait_for_function("(count) => window.iogAccepted.length > count", arg=number)
    found["accept to saved and painted"] = page.evaluate("window.iogAccepted")
    page.context.close()
    return found
