"""The pictures of docs/connectors.md, of the tools themselves: python -m tests.connectors.pictures

Needs the tools (`make tools`) and Chromium; a tool that is missing keeps the picture that it has. CVAT's
server needs Docker, so its picture is the mask that its agent gets, drawn over the photo.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from iog import segment
from iog.connectors.label_studio import CONFIG
from iog.images import read_image
from iog.overlay import draw_overlay
from iog.samples import Sample, samples
from tests.connectors.tools import ROOT, interpreter, label_studio, serving

IMAGES = ROOT / "docs" / "images"
CUP = next(sample for sample in samples() if sample.photo.stem == "coffee")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        makers: list[Callable[[Path, Sample], None]] = [of_masks, of_x_anylabeling, of_label_studio]
        for make in makers:
            try:
                make(Path(folder), CUP)
            except pytest.skip.Exception as missing:
                print(missing, file=sys.stderr)


def of_masks(folder: Path, cup: Sample) -> None:
    """What CVAT and the HTTP API answer: the mask of the cup."""
    image = read_image(cup.photo)
    assert cup.clicks.inside is not None
    picture = draw_overlay(image, segment(image, cup.clicks.corners, cup.clicks.inside))
    cv2.imwrite(str(IMAGES / "plug-mask.jpg"), cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR))


def of_x_anylabeling(folder: Path, cup: Sample) -> None:
    python = interpreter("IOG_X_ANYLABELING", "xanylabeling", "x-anylabeling-cvhub[cpu]")
    home, photo = folder / "home", folder / cup.photo.name
    home.mkdir()
    photo.write_bytes(cup.photo.read_bytes())
    corners, inside = json.dumps(cup.clicks.corners), json.dumps(cup.clicks.inside)
    driver = Path(__file__).parent / "drivers" / "x_anylabeling_window.py"
    with serving("x-anylabeling", folder / "log") as url:
        command = [python, str(driver), url, str(home), str(photo), corners, inside]
        subprocess.run([*command, str(IMAGES / "plug-x-anylabeling.jpg")], check=True, timeout=300)


def of_label_studio(folder: Path, cup: Sample) -> None:
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import find

    with (
        label_studio(folder) as (address, api),
        serving("label-studio", folder / "log", "--label-studio", address) as backend,
        sync_playwright() as playwright,
    ):
        made = {"title": "Cups", "label_config": CONFIG}
        project = api.post("/api/projects", json=made).json()["id"]
        file = [("file", (cup.photo.name, cup.photo.read_bytes()))]
        api.post(f"/api/projects/{project}/import", files=file)
        model = {"project": project, "url": backend, "title": "iog", "is_interactive": True}
        api.post("/api/ml", json=model)
        task = api.get("/api/tasks", params={"project": project}).json()["tasks"][0]["id"]
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{address}/user/login")
        page.fill("input[name=email]", "a@b.example")
        page.fill("input[name=password]", "a-password-1")
        page.keyboard.press("Enter")
        page.wait_for_load_state("networkidle")
        page.goto(f"{address}/projects/{project}/data?task={task}")
        label(page, cup)
        page.screenshot(path=str(IMAGES / "plug-label-studio.jpg"), type="jpeg", quality=85)
        browser.close()


def label(page: Any, cup: Sample) -> None:
    """A box, then a point, by mouse."""
    page.get_by_text("Auto-Annotation").first.click(timeout=180_000)
    magic = page.locator(".lsf-tool_smart").first
    magic.wait_for(timeout=60_000)
    frame = page.locator("canvas").nth(1).bounding_box()  # the photo itself
    height, width, _ = read_image(cup.photo).shape

    def at(x: float, y: float) -> tuple[float, float]:
        return frame["x"] + x * frame["width"] / width, frame["y"] + y * frame["height"] / height

    box = cup.clicks.box
    magic.click()  # the smart rectangle
    page.keyboard.press("1")
    page.wait_for_timeout(1000)
    page.mouse.move(*at(box.x0, box.y0))
    page.mouse.down()
    page.mouse.move(*at(*box.centre), steps=5)
    page.mouse.move(*at(box.x1, box.y1), steps=5)
    page.mouse.up()
    page.get_by_text("1 suggestions").wait_for(timeout=60_000)
    for _ in range(2):  # past the rectangle of three points, to the smart point
        magic.click()
        page.wait_for_timeout(500)
    page.locator(".lsf-label").nth(1).click()
    page.wait_for_timeout(1000)
    page.keyboard.down("Control")  # otherwise a click in the box selects it
    page.mouse.click(*at(*(cup.clicks.inside or box.centre)))
    page.keyboard.up("Control")
    page.wait_for_timeout(8000)
    page.mouse.move(5, 5)
    page.wait_for_timeout(500)


if __name__ == "__main__":
    main()
