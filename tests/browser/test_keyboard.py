"""Twenty objects made, corrected, reviewed and exported without a mouse."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import CORNERS, INSIDE, Annotator, Server

Visit = Callable[..., Annotator]

TEN = 10  # CSS pixels that an arrow key moves the cursor


class Hands:
    """The keyboard's cursor, which begins in the middle of the stage."""

    def __init__(self, tab: Annotator) -> None:
        self.tab = tab
        box = tab.page.locator("#stage").bounding_box()
        assert box is not None
        self.x, self.y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def go(self, point: tuple[float, float]) -> None:
        """Near a pixel of the photo."""
        x, y = self.tab.at(point)
        across, down = round((x - self.x) / TEN), round((y - self.y) / TEN)
        for key, count in (("ArrowRight", across), ("ArrowDown", down)):
            away = {"ArrowRight": "ArrowLeft", "ArrowDown": "ArrowUp"}[key] if count < 0 else key
            for _ in range(abs(count)):
                self.tab.key(away)
        self.x, self.y = self.x + TEN * across, self.y + TEN * down

    def tab_to(self, name: str) -> None:
        """Press Tab until something has the focus."""
        for _ in range(120):
            self.tab.key("Tab")
            script = "() => document.activeElement.title || document.activeElement.textContent"
            if self.tab.page.evaluate(script) == name:
                return
        raise AssertionError(f"Tab never comes to {name!r}")


def test_twenty_objects_by_the_keyboard_alone(visit: Visit, own: Server) -> None:
    tab = visit(own.address)
    tab.open("scene 2.png")
    tab.page.locator("#stage").focus()
    hands = Hands(tab)
    for point in (*CORNERS, INSIDE):  # by the model
        hands.go(point)
        tab.key("c")
    tab.mode("correct")
    tab.saved()
    before = tab.objects()[0]["area"]
    hands.go((INSIDE[0] + 20, INSIDE[1] + 20))
    tab.key("x")
    hands.go((INSIDE[0] - 20, INSIDE[1] - 20))
    tab.key("c")
    (corrected,) = tab.objects()
    assert len(corrected["work"]["clicks"]["corrections"]) == 2 and corrected["area"] != before
    tab.key("Escape")
    for number in range(19):  # by hand, around it
        x, y = 20 + number % 10 * 45, 10 if number < 10 else 270
        tab.key("o")
        for corner in ((x, y), (x + 35, y), (x + 35, y + 35)):
            hands.go(corner)
            tab.key("c")
        tab.key("Enter")
        tab.mode("correct")
        tab.saved()
        tab.key("Escape")
    assert len(tab.objects()) == 20
    tab.key("n")
    tab.mode("correct")
    for left in range(19, -1, -1):
        tab.key("Space")
        expect(tab.page.locator(".dock h2 .quiet")).to_have_text(f"{20 - left} of 20 accepted")
    tab.mode("first")
    expect(tab.page.locator(".hint")).to_contain_text("All done here?")
    tab.key("Shift+Enter")
    expect(tab.page.locator("h1")).to_have_text("scene 3.png")
    hands.tab_to("Export and import")
    tab.key("Enter")
    expect(tab.page.locator("dialog[open]")).to_be_visible()
    hands.tab_to("Download")
    with tab.page.expect_download() as download:
        tab.key("Enter")
    archive = zipfile.ZipFile(Path(download.value.path()))
    (name,) = (name for name in archive.namelist() if name.endswith(".json"))
    assert len(json.loads(archive.read(name))["annotations"]) == 20
