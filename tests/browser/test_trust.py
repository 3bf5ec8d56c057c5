"""What is shown is what is saved, nothing goes without a word, and everything can be taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import CORNERS, INSIDE, Annotator, Server

Visit = Callable[..., Annotator]

OUTER = (100, 30, 391, 301)
INNER = (CORNERS[0][0], CORNERS[0][1], CORNERS[1][0] + 1, CORNERS[1][1] + 1)


def imported(tab: Annotator, tmp_path: Path, photo: str, *boxes: tuple[int, ...], **how: Any) -> str:
    """Import boxes by the dialog (`which`: of duplicates); answers with what it said."""
    file = tmp_path / "boxes.csv"
    rows = [f"{photo},{','.join(map(str, box))},thing" for box in boxes]
    file.write_text("image,x0,y0,x1,y1,category\n" + "\n".join(rows))
    tab.page.get_by_role("button", name="Export and import").click()
    tab.page.get_by_label("File with masks or boxes").set_input_files(file)
    tab.page.get_by_label("Objects that already exist").select_option(how.get("which", "skip"))
    tab.page.get_by_role("button", name="Import", exact=True).click()
    said = tab.page.get_by_text(re.compile(r"objects? imported\."))
    expect(said).to_be_visible()
    text = str(tab.page.locator("dialog[open] div[role=status]").inner_text())
    tab.key("Escape")
    if how.get("opened", True):
        tab.open(photo)
    return text


def shown_area(tab: Annotator) -> int:
    """Pixels of the canvas that masks are drawn on."""
    script = """() => {
        const canvas = document.querySelector('.stage .masks');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let i = 3; i < data.length; i += 4) count += data[i] > 60;
        return count;
    }"""
    return int(tab.page.evaluate(script))


def test_the_mask_that_is_shown_is_the_mask_that_is_accepted(visit: Visit, tmp_path: Path) -> None:
    """A thing within a thing: once the outer one was accepted, nothing of the inner one was left."""
    tab = visit()
    tab.start_empty("scene 10.png")
    imported(tab, tmp_path, "scene 10.png", OUTER, INNER)
    tab.key("Escape")
    tab.page.get_by_role("button", name=re.compile("Masks for all boxes")).click()
    expect(tab.page.locator(".hint")).to_contain_text("2 drafts to review")
    before = {found["id"]: found["area"] for found in tab.objects()}
    assert min(before.values()) > 1000
    tab.key("Space")
    expect(tab.page.locator(".hint")).not_to_contain_text("2 drafts")
    tab.mode("centre", "correct")
    tab.key("Space")
    tab.mode("first")
    after = tab.objects()
    assert {found["state"] for found in after} == {"accepted"}
    assert {found["id"]: found["area"] for found in after} == before


def test_masks_for_all_boxes_show_how_far_they_are_and_can_be_ended(visit: Visit, tmp_path: Path) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    boxes = [(20 * n, 20, 20 * n + 18, 50) for n in range(1, 21)]
    imported(tab, tmp_path, "scene 10.png", *boxes)
    tab.key("Escape")
    waiting: list[Any] = []
    tab.page.route("**/api/photos/*/masks", lambda route: waiting.append(route))
    tab.page.locator(".box-masks > button").click()
    bar = tab.page.get_by_label("Masks being made")
    expect(bar).to_be_visible()
    tab.page.wait_for_timeout(100)
    waiting.pop().continue_()
    expect(tab.page.locator(".making")).to_contain_text("8 of")
    tab.page.locator(".making button").click()
    tab.page.wait_for_timeout(100)
    for route in waiting:
        route.continue_()
    expect(bar).to_be_hidden()
    tab.saved()
    made = sum(found["computed"] for found in tab.objects())
    assert 8 <= made < 20
    tab.page.unroute("**/api/photos/*/masks")
    tab.key("Escape")
    tab.page.locator(".box-masks > button").click()
    expect(tab.page.locator(".box-masks > button")).to_be_hidden()
    expect(bar).to_be_hidden()
    assert all(found["computed"] for found in tab.objects())
    tab.key("Control+z")  # the second go; what the first made stays
    expect(tab.page.locator(".box-masks > button")).to_be_visible()
    assert sum(found["computed"] for found in tab.objects()) in range(made, made + 2)


def test_what_is_drawn_anew_alone_is_what_all_drawn_anew_would_be(visit: Visit, tmp_path: Path) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    imported(tab, tmp_path, "scene 10.png", OUTER, INNER, (20, 20, 200, 120), (300, 200, 470, 310))
    tab.page.locator(".box-masks > button").click()
    expect(tab.page.locator(".box-masks > button")).to_be_hidden()
    for _ in range(6):
        tab.key("n")
    tab.key("Escape")
    tab.page.get_by_role("button", name="Delete thing 3").click()
    tab.key("n")
    tab.key("n")
    script = """() => {
        const canvas = document.querySelector('.stage .masks');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return { width: canvas.width, alpha: data.filter((_, place) => place % 4 === 3) };
    }"""
    same = """({ width, alpha }) => width === window.iogKept?.width && 5 > alpha.filter(
        (value, place) => Math.abs(value - window.iogKept.alpha[place]) > 10).length"""  # edges are smoothed
    # First until nothing is on its way any more.
    again = f"const now = ({script})(), rests = ({same})(now); window.iogKept = now; return rests;"
    tab.page.wait_for_function(f"() => {{ {again} }}", polling=400)
    assert tab.page.evaluate("window.iogKept.alpha.some((alpha) => alpha > 0)")
    # A canvas of another size is empty: what is on it then was drawn anew.
    tab.page.set_viewport_size({"width": 1201, "height": 760})
    tab.page.wait_for_function(f"() => ({script})().width > window.iogKept.width")
    tab.page.set_viewport_size({"width": 1200, "height": 760})
    tab.page.wait_for_function(f"() => ({same})(({script})())")


def test_a_box_shows_its_mask_when_it_is_opened(visit: Visit, tmp_path: Path) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    imported(tab, tmp_path, "scene 10.png", INNER)
    tab.mode("centre")
    tab.saved()
    (found,) = tab.objects()
    assert found["computed"] and found["state"] == "draft"
    assert shown_area(tab) > 10_000
    tab.key("Space")
    tab.mode("first")
    (accepted,) = tab.objects()
    assert accepted["state"] == "accepted" and accepted["area"] == found["area"]


def test_a_drawn_box_cannot_be_accepted_before_its_mask_is_seen(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.corners()
    tab.saved()
    tab.key("Enter")
    expect(tab.page.locator(".hint")).to_contain_text("mask is not ready yet")
    assert tab.objects()[0]["state"] == "draft"


def test_only_what_is_before_the_eyes_can_be_accepted(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.corners()
    tab.saved()
    waiting: list[Any] = []
    tab.page.route("**/api/objects/*/staged", lambda route: waiting.append(route))
    tab.page.route("**/api/objects/*/preview", lambda route: route.abort())
    tab.click(INSIDE)
    tab.key("Space")  # before the mask of this click came
    expect(tab.page.locator(".hint")).to_contain_text("mask is not ready yet")
    tab.page.wait_for_timeout(100)
    waiting.pop().continue_()
    tab.page.unroute("**/api/objects/*/staged")
    tab.saved()
    hidden = "You could not see this mask"
    for hide in ("Shift+h", "eye", "away"):
        if hide == "eye":
            tab.page.get_by_role("button", name="Hide object 1").click()
        elif hide == "away":
            tab.page.mouse.move(*tab.at((20, 20)))
            tab.page.mouse.wheel(0, -3000)
        else:
            tab.key(hide)
            expect(tab.page.locator(".below")).to_contain_text("all masks are hidden")
        tab.key("Space")
        expect(tab.page.locator(".hint")).to_contain_text(hidden)
        assert tab.objects()[0]["state"] == "draft"
        tab.key("p")  # another message
    tab.key("Space")
    tab.mode("first")
    assert tab.objects()[0]["state"] == "accepted"


def test_one_history_for_the_photo(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    for start in ((10, 10), (400, 10), (10, 250)):
        tab.drag(start, (start[0] + 50, start[1] + 40))
        tab.mode("centre")
        tab.click((start[0] + 25, start[1] + 20))
        tab.mode("correct")
        tab.saved()
        tab.key("Escape")
        tab.mode("first")
    first, second, third = (found["id"] for found in tab.objects())
    tab.page.get_by_role("button", name="Delete object 2").click()
    tab.saved()
    tab.page.get_by_role("button", name="Delete object 1").click()
    assert [found["id"] for found in tab.objects()] == [third]
    tab.page.reload()
    tab.mode("correct")
    for expected in ([first, third], [first, second, third]):
        tab.key("Control+z")
        expect(tab.page.locator(".objects .open .name")).to_have_count(len(expected))
        assert [found["id"] for found in tab.objects()] == expected
    tab.key("Control+y")
    expect(tab.page.locator(".objects .open .name")).to_have_count(2)
    assert [found["id"] for found in tab.objects()] == [first, third]
    tab.page.get_by_role("button", name="Deleted objects").click()
    tab.page.locator("dialog[open] .open").first.click()
    expect(tab.page.locator(".objects .open .name").first).to_be_visible()
    assert [found["id"] for found in tab.objects()] == [first, second, third]


def test_all_that_was_taken_back_can_be_done_again(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.outline()
    tab.key("Space")
    tab.mode("first")
    accepted = tab.objects()
    for mode in ("correct", "centre", "first"):
        tab.key("Control+z")
        tab.mode(mode)
        tab.saved()
    for mode in ("centre", "correct"):
        tab.key("Control+y")
        tab.mode(mode)
        tab.saved()
    tab.key("Control+y")
    expect(tab.page.locator(".objects .status").first).to_contain_text("accepted")
    (again,) = tab.objects()
    assert {**again, "version": 0, "touched": 0} == {**accepted[0], "version": 0, "touched": 0}


def test_marking_done_with_a_draft_asks(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.outline()
    tab.key("Shift+Enter")
    expect(tab.page.get_by_text("1 object is not accepted, and will not be exported.")).to_be_visible()
    expect(tab.page.get_by_role("button", name="Show me")).to_be_focused()
    tab.key("Escape")
    expect(tab.page.locator("dialog[open]")).to_have_count(0)
    expect(tab.page.get_by_role("button", name="Mark done")).to_be_visible()
    tab.mode("correct")
    tab.key("Space")
    tab.mode("first")
    tab.key("Shift+Enter")
    expect(tab.page.locator("dialog[open]")).to_have_count(0)
    tab.page.get_by_role("button", name="Done", exact=True).click()  # the last photo stays open
    expect(tab.page.get_by_role("button", name="Mark done")).to_be_visible()


def test_a_second_import_asks_what_becomes_of_the_first(visit: Visit, tmp_path: Path) -> None:
    tab = visit()
    tab.start_empty("scene 9.png")
    imported(tab, tmp_path, "scene 9.png", INNER, opened=False)
    said = imported(tab, tmp_path, "scene 9.png", INNER, opened=False)
    assert said.startswith("0 objects imported.") and len(said.splitlines()) > 1  # and why
    imported(tab, tmp_path, "scene 9.png", INNER, which="add")
    expect(tab.page.locator(".objects .open .name")).to_have_count(2)
    tab.page.get_by_role("button", name="Export and import").click()
    expect(tab.page.get_by_label("Objects that already exist")).to_have_value("add")
    tab.key("Escape")


def test_a_lost_project_file_is_told_and_its_work_rescued(visit: Visit, own: Server, tmp_path: Path) -> None:
    tab = visit(own.address)
    tab.open("scene 1.png")
    tab.outline()
    own.project.rename(tmp_path / "elsewhere.iog")
    tab.key("d")  # opening a photo writes its size
    expect(tab.page.locator(".saving")).to_have_attribute("data-state", "lost")
    tab.page.go_back()
    tab.click((300, 100))
    expect(tab.page.locator(".saving")).to_have_attribute("data-state", "lost")
    expect(tab.page.locator(".saving")).to_contain_text("Not saved")
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="Download all work").click()
    rescued: Any = Path(download.value.path()).read_bytes()
    assert rescued.startswith(b"SQLite format 3") and len(rescued) > 10_000
    assert download.value.suggested_filename == "rescued.iog"
    tab.page.reload()
    for photo in ("#photo=1", "#photo=2"):  # whatever is done next, the offer is there
        tab.page.goto(own.address + photo)
        expect(tab.page.get_by_role("button", name="Download all work")).to_be_visible()
        expect(tab.page.locator(".saving")).to_have_attribute("data-state", "lost")
        expect(tab.page.locator(".hint")).to_contain_text("(rescued.iog) in its place as")


def test_a_refused_step_is_not_called_saved(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.outline()
    refusal = {"status": 422, "json": {"error": "The disk is full: nothing was saved."}}
    tab.page.route("**/api/objects/*/staged", lambda route: route.fulfill(**refusal))
    tab.click((300, 100))
    expect(tab.page.locator(".hint")).to_contain_text("The disk is full")
    expect(tab.page.locator(".saving")).to_have_attribute("data-state", "failed")
    tab.page.unroute("**/api/objects/*/staged")
    tab.click((300, 100))
    tab.saved()
    assert len(tab.objects()[0]["work"]["clicks"]["corrections"]) == 1


def test_what_is_doubtful_comes_one_after_the_other_on_all_photos(visit: Visit, tmp_path: Path) -> None:
    tab = visit()
    for photo in ("scene 9.png", "scene 10.png"):
        tab.start_empty(photo)
        imported(tab, tmp_path, photo, (360, 20, 420, 60), INNER, (20, 20, 90, 50))
        tab.key("Escape")
        tab.page.locator(".box-masks > button").click()
        tab.mode("centre")
        expect(tab.page.locator(".box-masks > button")).to_be_hidden()
    by_doubt = sorted(tab.objects(), key=lambda found: found["confidence"])
    assert by_doubt[0]["confidence"] < 0.8 < by_doubt[-1]["confidence"]
    tab.open("scene 9.png")
    tab.page.get_by_label("Show", exact=True).select_option("doubtful")
    tab.page.locator("#stage").focus()
    for left in (3, 2, 1):
        assert sum(found["state"] == "draft" for found in tab.objects()) == left
        tab.mode("centre")
        tab.key("Space")
    expect(tab.page.locator("h1")).to_have_text("scene 10.png")
    for found in by_doubt:
        expect(tab.page.locator(".stage")).to_have_attribute("data-drawn", re.compile(rf"^{found['id']}\."))
        tab.key("Space")
        tab.saved()
    assert {found["state"] for found in tab.objects()} == {"accepted"}


def test_a_review_goes_on_to_the_next_photo(visit: Visit, tmp_path: Path) -> None:
    tab = visit()
    for photo in ("scene 9.png", "scene 10.png"):
        tab.start_empty(photo)
        imported(tab, tmp_path, photo, INNER)
        tab.mode("centre")
        tab.saved()
    tab.open("scene 9.png")
    tab.page.get_by_label("Show", exact=True).select_option("review")
    tab.page.locator("#stage").focus()
    tab.mode("centre")
    tab.key("Space")
    expect(tab.page.locator("h1")).to_have_text("scene 10.png")
    tab.mode("centre")
    expect(tab.page.locator(".photo-row", has_text="scene 9.png")).to_have_count(0)
    tab.page.get_by_label("Show", exact=True).select_option("all")
    tab.page.get_by_label("Search photos and labels").fill("thing")
    expect(tab.page.locator(".photo-row", has_text="scene 9.png")).to_be_visible()
    expect(tab.page.locator(".photo-row", has_text="chelsea.png")).to_have_count(0)
