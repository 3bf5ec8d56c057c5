"""The first visit: the browser's language, the tour; and a visit without a mouse."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import INSIDE, Annotator

Visit = Callable[..., Annotator]


@pytest.mark.parametrize(
    ("locale", "language", "save", "first"),
    [
        ("de-AT", "de", "Gespeichert", "1 von 3: Auf eine Ecke"),
        ("zh-CN", "zh", "已保存", "1/3：点击物体外框"),
        ("es-MX", "es", "Guardado", "1 de 3: haga clic"),
        ("fr-FR", "en", "Saved", "1 of 3: click a corner"),
    ],
)
def test_the_page_speaks_the_browsers_language(
    visit: Visit, locale: str, language: str, save: str, first: str
) -> None:
    tab = visit(locale=locale)
    tab.page.goto(tab.address)
    tab.mode("first", "centre", "correct")
    expect(tab.page.locator("html")).to_have_attribute("lang", language)
    expect(tab.page.locator(".saving")).to_have_text(save)
    tab.key("Escape")
    tab.mode("first")
    if tab.page.locator(".objects li").count() == 0:
        expect(tab.page.locator(".hint")).to_contain_text(first)


def test_the_tour_follows_the_first_object(visit: Visit) -> None:
    tab = visit(toured=False)
    tab.start_empty("scene 10.png")
    tour = tab.page.locator(".tour")
    expect(tour).to_contain_text("Step 1 of 4")
    tab.corners()
    expect(tour).to_contain_text("Step 3 of 4")
    tab.click(INSIDE)
    expect(tour).to_contain_text("Step 4 of 4")
    tab.mode("correct")
    tab.saved()
    tab.key("Space")
    expect(tour).to_be_hidden()
    tab.page.reload()
    tab.mode("first")
    expect(tour).to_be_hidden()


def test_the_tour_can_be_skipped(visit: Visit) -> None:
    tab = visit(toured=False)
    tab.start_empty("scene 10.png")
    tab.page.get_by_role("button", name="Skip").click()
    expect(tab.page.locator(".tour")).to_be_hidden()


def tab_to(tab: Annotator, name: str) -> None:
    """Press Tab until the control of this name has the focus."""
    for _ in range(80):
        tab.key("Tab")
        script = "(e => e.title || e.ariaLabel || e.textContent)(document.activeElement)"
        if tab.page.evaluate(script) == name:
            return
    raise AssertionError(f"Tab does not reach {name}")


def test_made_corrected_reviewed_and_exported_by_keyboard_alone(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.page.locator("#stage").focus()

    def press(key: str, times: int) -> None:
        for _ in range(times):
            tab.key(key)

    # One lies in the other.
    tab.page.get_by_label("Do not overwrite accepted").focus()
    tab.key("Space")
    tab.page.locator("#stage").focus()
    # From the middle of the stage, that is of the object.
    for corner in (12, 9):
        press("ArrowLeft", corner)
        press("ArrowUp", corner)
        tab.key("c")
        tab.mode("second")
        press("ArrowRight", 2 * corner)
        press("ArrowDown", 2 * corner)
        tab.key("c")
        tab.mode("centre")
        press("ArrowLeft", corner)
        press("ArrowUp", corner)
        expect(tab.page.locator(".stage")).to_have_attribute("data-preview", "true")
        tab.key("c")
        tab.mode("correct")
        tab.saved()
        tab.key("Escape")
        tab.mode("first")
    tab.key("n")
    tab.mode("correct")
    press("ArrowLeft", 14)
    tab.key("x")
    tab.saved()
    assert any(found["work"]["clicks"]["corrections"] for found in tab.objects())
    tab_to(tab, "Accept")
    tab.key("Enter")
    tab.mode("correct")  # the other one
    tab.page.locator("#stage").focus()
    tab.key("Space")
    tab.mode("first")
    assert {found["state"] for found in tab.objects()} == {"accepted"}
    tab_to(tab, "Export and import")
    tab.key("Enter")
    with tab.page.expect_download() as download:
        tab_to(tab, "Download")
        tab.key("Enter")
    archive = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    document = json.loads(archive.read("annotations.json"))
    (number,) = (image["id"] for image in document["images"] if image["file_name"] == "scene 10.png")
    assert sum(found["image_id"] == number for found in document["annotations"]) == 2
