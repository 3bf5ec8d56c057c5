"""Keys, the photo list, and clicks beside the object: what a person at the desk may rely on."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import CORNERS, INSIDE, Annotator, Server

Visit = Callable[..., Annotator]


def current(tab: Annotator) -> str:
    return str(tab.page.locator(".photo-row[aria-current=true] .name").inner_text())


def in_sight(tab: Annotator) -> None:
    expect(tab.page.locator(".photo-row[aria-current=true]")).to_be_in_viewport()


def test_the_photo_list_follows_the_open_photo(visit: Visit) -> None:
    tab = visit(viewport={"width": 1200, "height": 520})
    tab.open("scene 9.png")
    in_sight(tab)
    tab.page.reload()
    tab.mode("first", "correct", "centre")
    in_sight(tab)
    assert current(tab) == "scene 9.png"
    tab.page.get_by_label("Search").fill("scene")
    expect(tab.page.locator(".photo-row", has_text="astronaut.png")).to_have_count(0)
    in_sight(tab)
    tab.page.get_by_label("Search").fill("")
    expect(tab.page.locator(".spacer")).to_have_attribute("style", re.compile(f"height: {14 * 60}px"))
    in_sight(tab)
    tab.open("scene 7.png")
    tab.page.go_back()
    expect(tab.page.locator("h1")).to_have_text("scene 9.png")
    in_sight(tab)
    number = tab.page.url.partition("#photo=")[2]
    tab.page.evaluate(f"location.hash = 'photo={int(number) - 1}'")
    expect(tab.page.locator("h1")).not_to_have_text("scene 9.png")


def test_a_finished_photo_leaves_the_list_of_things_to_do(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.page.get_by_label("Show", exact=True).select_option("todo")
    row = tab.page.locator(".photo-row", has_text="scene 10.png")
    expect(row).to_be_visible()
    done = tab.page.locator(".progress")
    before = int(done.inner_text().split()[0])
    tab.page.get_by_role("button", name="Mark done").click()
    expect(row).to_have_count(0)
    assert int(done.inner_text().split()[0]) == before + 1
    tab.page.get_by_label("Show", exact=True).select_option("all")
    row.click()
    tab.page.get_by_role("button", name="Done", exact=True).click()
    expect(done).to_contain_text(f"{before} of")


def test_after_a_dialog_space_accepts(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.outline()
    tab.page.get_by_role("button", name="Export and import").click()
    tab.key("Escape")
    expect(tab.page.locator("dialog[open]")).to_have_count(0)
    tab.key("Space")
    tab.mode("first")
    expect(tab.page.locator("dialog[open]")).to_have_count(0)
    assert tab.objects()[0]["state"] == "accepted"
    expect(tab.page.locator(".hint")).to_contain_text("All done here? Shift+Enter")


def test_escape_in_a_stroke_drops_the_stroke_alone(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.outline()
    before = tab.objects()[0]["area"]
    tab.key("b")
    tab.move((20, 20))
    tab.page.mouse.down()
    tab.page.mouse.move(*tab.at((80, 20)), steps=3)
    tab.key("Escape")
    tab.page.mouse.up()
    tab.mode("correct")
    assert tab.objects()[0]["area"] == before
    tab.drag((20, 20), (80, 20))
    assert tab.objects()[0]["area"] > before


def test_all_are_hidden_only_while_the_key_is_held(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.outline()
    tab.key("Space")
    tab.mode("first")
    seen = tab.blueness((INSIDE[0] + 30, INSIDE[1] + 30))
    tab.page.keyboard.down("h")
    tab.page.wait_for_timeout(100)
    assert tab.blueness((INSIDE[0] + 30, INSIDE[1] + 30)) == 0 != seen
    tab.page.keyboard.down("Shift")
    tab.page.keyboard.up("h")
    tab.page.keyboard.up("Shift")
    tab.page.wait_for_timeout(100)
    assert tab.blueness((INSIDE[0] + 30, INSIDE[1] + 30)) == seen
    tab.key("Shift+h")
    tab.page.wait_for_timeout(100)
    assert tab.blueness((INSIDE[0] + 30, INSIDE[1] + 30)) == 0
    tab.key("Shift+h")


def press(tab: Annotator, code: str, key: str) -> None:
    """A key at a place of the keyboard, as another layout types it."""
    event = f"{{code: '{code}', key: '{key}', bubbles: true, cancelable: true}}"
    tab.page.evaluate(f"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {event}))")


def test_letters_are_places_and_digits_are_typed(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.outline()
    tool = tab.page.get_by_role("button", name="Brush", exact=True)
    press(tab, "KeyB", "и")
    expect(tool).to_have_attribute("aria-pressed", "true")
    press(tab, "KeyP", "з")
    expect(tool).to_have_attribute("aria-pressed", "false")
    press(tab, "Digit0", "0")
    expect(tab.page.locator(".zoomed").first).to_have_text("100 %")
    press(tab, "Digit9", "-")  # a layout whose minus is elsewhere
    expect(tab.page.locator(".zoomed").first).to_have_text("80 %")
    tab.key("Escape")
    tab.key("d")
    tab.key("a")
    expect(tab.page.locator(".zoomed").first).to_have_text("80 %")


def test_escape_is_not_taken_as_a_key(visit: Visit) -> None:
    tab = visit()
    tab.open("scene 10.png")
    tab.page.locator("#stage").focus()
    tab.key("?")
    change = tab.page.get_by_role("button", name="Change the key for Guide lines")
    change.click()
    expect(change).to_have_text("Press a key …")
    tab.key("Escape")
    expect(change).to_have_text("Change")
    expect(tab.page.locator("dialog[open] tr", has_text="Guide lines").locator("kbd")).to_have_text("G")
    tab.key("Escape")
    expect(tab.page.locator("dialog[open]")).to_have_count(0)


def test_clicks_beside_the_photo_or_its_box_change_nothing_and_say_so(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.corners()
    tab.click((20, 20))
    expect(tab.page.locator(".hint")).to_contain_text("outside the box")
    tab.mode("centre")
    tab.click(INSIDE)
    tab.mode("correct")
    (before,) = tab.objects()
    tab.click((-8, 100))
    expect(tab.page.locator(".hint")).to_contain_text("outside the photo")
    assert tab.objects() == [before]


def test_labels_are_found_by_typing(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    for label in ("giraffe", "gibbon"):
        tab.key("l")
        tab.page.keyboard.type(label)
        tab.page.get_by_role("button", name="Add", exact=True).click()
    tab.key("l")
    tab.page.keyboard.type("gir")
    expect(tab.page.locator(".labels .name")).to_have_text(["giraffe"])
    tab.key("Enter")
    expect(tab.page.get_by_title("Use label giraffe")).to_have_attribute("aria-pressed", "true")
    tab.drag(*CORNERS)
    assert tab.objects()[0]["label"] == "giraffe"


def test_effort_begins_with_the_first_click_not_with_the_photo(visit: Visit, own: Server) -> None:
    tab = visit(own.address)
    tab.page.clock.install()
    tab.open("scene 1.png")
    tab.page.clock.fast_forward(50_000)  # a person looks at the photo
    tab.outline()
    effort = tab.page.request.get(f"{own.address}api/statistics").json()
    assert (effort["objects"], effort["clicks"]) == (1, 3)
    assert effort["seconds"] < 50


def places(tab: Annotator) -> list[object]:
    found = [tab.page.get_by_role("button", name=name, exact=True) for name in ("Accept", "Close", "Cancel")]
    boxes = [button.bounding_box() for button in found if button.count()]
    return [*boxes, tab.page.locator("#stage").bounding_box()]


def test_nothing_moves_and_lists_have_rows(visit: Visit) -> None:
    """Neither a tool nor a long message moves the photo or a button under the hand."""
    tab = visit(viewport={"width": 1400, "height": 900})
    tab.start_empty("scene 3.png")
    tab.outline()
    before = places(tab)
    assert len(before) == 3
    tab.page.get_by_role("button", name="Brush", exact=True).click()
    assert places(tab) == before
    message = "This is a sentence that says at length what was refused, and what to do about it. " * 3
    tab.page.evaluate("said => { document.querySelector('.hint').textContent = said; }", message)
    assert places(tab) == before
    rows = tab.page.locator(".dock .scrolled").evaluate("list => list.clientHeight / 46")
    assert rows >= 3, rows


def test_a_list_by_search_from_its_first_photo_to_its_last(visit: Visit, own: Server) -> None:
    """The keyboard alone, from a fresh page: counts, copies and the end are those of the list."""
    tab = visit(own.address)
    tab.page.goto(own.address + "#photo=999")
    expect(tab.page.locator(".hint")).to_contain_text("no photo number 999")
    expect(tab.page.locator("h1")).not_to_have_text("")
    tab.mode("first")
    filters = tab.page.get_by_label("Show", exact=True)
    expect(filters).to_contain_text("Started (0)")
    tab.page.get_by_label("Search").fill("scene 1")  # scene 1.png and scene 10.png, far apart
    expect(tab.page.locator(".photo-row")).to_have_count(2)
    tab.page.locator(".photo-row").first.click()
    expect(tab.page.locator("h1")).to_have_text("scene 1.png")
    tab.page.reload()
    tab.mode("first")
    expect(tab.page.locator("#stage")).to_be_focused()
    for key in ("ArrowLeft", "ArrowUp", "c"):
        tab.key(key)
    tab.mode("second")
    tab.key("Escape")
    tab.page.get_by_label("Search").fill("scene 1")
    expect(tab.page.locator(".photo-row")).to_have_count(2)
    tab.outline()
    expect(filters).to_contain_text("Started (1)")
    expect(filters).to_contain_text("To review (1)")
    tab.key(" ")
    expect(filters).to_contain_text("To review (0)")
    tab.key("m")
    tab.page.get_by_role("button", name="All", exact=True).click()
    tab.page.get_by_role("button", name="Copy to the next photo").click()
    expect(tab.page.locator(".hint")).to_contain_text("copied to scene 10.png")
    expect(filters).to_contain_text("Started (2)")
    tab.key("Shift+Enter")
    expect(tab.page.locator("h1")).to_have_text("scene 10.png")
    tab.mode("correct", "first")
    while tab.page.locator(".objects li.active").count():  # the copy is a draft
        tab.key(" ")
        tab.saved()
    tab.key("Shift+Enter")
    expect(tab.page.locator(".hint")).to_contain_text(
        "the last photo of this list. 12 photos are not done yet"
    )
