"""Several objects at once, by the keyboard."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Annotator, Server

Visit = Callable[..., Annotator]


def strokes(tab: Annotator, *places: tuple[int, int]) -> None:
    for x, y in places:
        tab.key("b")
        tab.drag((x, y), (x + 60, y))
        tab.mode("correct")
        tab.saved()
        tab.key("Escape")
        tab.mode("first")


def test_merge_split_and_undo_by_the_keyboard(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    strokes(tab, (20, 20), (20, 80), (20, 140))
    before = [found["area"] for found in tab.objects()]
    tab.key("m")
    buttons = {
        name: tab.page.get_by_role("button", name=name, exact=True)
        for name in ("Merge", "All", "Split into parts")
    }
    expect(buttons["Merge"]).to_be_disabled()
    tab.page.get_by_label("object 1", exact=True).focus()
    tab.key("Space")
    tab.page.get_by_label("object 3", exact=True).focus()
    tab.key("Space")
    buttons["Merge"].focus()
    tab.key("Enter")
    expect(tab.page.locator("dialog[open]")).to_have_count(0)
    expect(tab.page.locator(".objects .open")).to_have_count(2)
    assert [found["area"] for found in tab.objects()] == [before[0] + before[2], before[1]]
    tab.key("m")
    tab.page.get_by_label("object 1", exact=True).check()
    buttons["Split into parts"].click()
    expect(tab.page.locator(".objects .open")).to_have_count(3)
    for count in (2, 3):
        tab.key("Control+z")
        expect(tab.page.locator(".objects .open")).to_have_count(count)
    assert [found["area"] for found in tab.objects()] == before
    tab.key("m")
    tab.page.get_by_role("button", name="All", exact=True).click()
    buttons["Split into parts"].click()
    expect(tab.page.locator("dialog[open]")).to_contain_text("in one piece")


def test_the_label_manager(visit: Visit, own: Server) -> None:
    tab = visit(own.address)
    tab.open("scene 1.png")
    for label in ("cat", "dog"):
        tab.key("l")
        tab.page.keyboard.type(label)
        tab.page.get_by_role("button", name="Add", exact=True).click()
    tab.drag((20, 20), (100, 100))
    tab.mode("centre")
    tab.saved()
    tab.page.get_by_role("button", name="Manage").click()
    names = tab.page.locator(".managed .name")
    tab.page.get_by_role("button", name="Move cat up").press("Enter")
    expect(names).to_have_text(["cat", "object", "dog"])
    tab.page.get_by_role("button", name="Delete label dog").click()
    expect(tab.page.locator("dialog[open]")).to_contain_text("1 object has the label 'dog'")
    tab.page.get_by_label("Colour of dog").fill("#00ff00")
    tab.page.get_by_role("button", name="Delete label object").click()
    expect(names).to_have_text(["cat", "dog"])
    tab.page.get_by_label("Merge dog into another label").select_option("cat")
    tab.page.get_by_role("button", name="Merge", exact=True).click()
    expect(names).to_have_text(["cat"])
    tab.key("Escape")
    tab.mode("centre")
    assert tab.objects()[0]["label"] == "cat"
