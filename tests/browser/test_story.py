from __future__ import annotations

import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from playwright.sync_api import expect

from iog.masks import decode_rle
from tests.browser.conftest import CORNERS, INSIDE, Annotator, Server

Visit = Callable[..., Annotator]


def test_from_three_clicks_to_an_exported_mask(visit: Visit, tmp_path: Path) -> None:
    tab = visit()
    tab.open("scene 1.png")
    tab.corners()
    tab.move(INSIDE)
    expect(tab.page.locator(".stage")).to_have_attribute("data-preview", "true")
    assert tab.blueness((INSIDE[0] + 30, INSIDE[1] + 30)) > 20
    tab.click(INSIDE)
    tab.mode("correct")
    (found,) = tab.objects()
    assert found["work"]["clicks"] == {
        "corners": [list(c) for c in CORNERS],
        "inside": list(INSIDE),
        "corrections": [],
    }
    assert found["area"] > 5000

    tab.click((10, 10), button="right")
    tab.page.keyboard.down("Shift")
    tab.click((330, 250))
    tab.page.keyboard.up("Shift")
    (corrected,) = tab.objects()
    assert [c[2] for c in corrected["work"]["clicks"]["corrections"]] == [False, False]

    tab.page.reload()
    tab.mode("correct")
    tab.key("Control+z")
    tab.key("Control+z")
    (undone,) = tab.objects()
    assert undone["work"] == found["work"] and undone["area"] == found["area"]
    tab.key("Control+Shift+z")
    assert len(tab.objects()[0]["work"]["clicks"]["corrections"]) == 1

    tab.key("Space")
    tab.mode("first")
    (accepted,) = tab.objects()
    assert accepted["state"] == "accepted"

    tab.page.get_by_role("button", name="Export and import").click()
    tab.page.get_by_label("Format").select_option("coco-rle")
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="Download").click()
    archive = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    document = json.loads(archive.read("annotations.json"))
    names = {image["id"]: image["file_name"] for image in document["images"]}
    (annotation,) = (a for a in document["annotations"] if names[a["image_id"]] == "scene 1.png")
    mask = decode_rle(annotation["segmentation"])
    assert mask[INSIDE[1], INSIDE[0]] and mask.sum() == accepted["area"]
    tab.key("Escape")

    tab.page.get_by_role("button", name=re.compile("^object 1")).click()
    tab.mode("correct")
    tab.click((150, 160))
    (reopened,) = tab.objects()
    assert reopened["state"] == "draft" and len(reopened["work"]["clicks"]["corrections"]) == 2


def test_clicks_are_dragged_and_taken_away(visit: Visit) -> None:
    tab = visit()
    tab.open("scene 2.png")
    tab.outline()
    tab.drag(INSIDE, (250, 170))
    assert tab.objects()[0]["work"]["clicks"]["inside"] == [250, 170]
    # An inferred corner moves one side of each clicked one.
    tab.drag((CORNERS[0][0], CORNERS[1][1]), (130, 270))
    assert tab.objects()[0]["work"]["clicks"]["corners"] == [[130, 60], [340, 270]]
    tab.click((300, 100))
    assert len(tab.objects()[0]["work"]["clicks"]["corrections"]) == 1
    tab.click((300, 100))
    assert tab.objects()[0]["work"]["clicks"]["corrections"] == []


def test_brush_eraser_and_switches(visit: Visit) -> None:
    tab = visit()
    tab.open("scene 3.png")
    tab.outline()
    before = tab.objects()[0]["area"]
    tab.key("b")
    tab.drag((20, 20), (80, 20))
    painted = tab.objects()[0]["area"]
    assert painted > before + 500
    tab.key("e")
    tab.drag((20, 20), (80, 20))
    assert tab.objects()[0]["area"] < painted - 500
    tab.page.get_by_label("Fill holes").check()
    assert tab.objects()[0]["work"]["fill"]
    for _ in range(3):
        tab.key("Control+z")
    assert tab.objects()[0]["area"] == before


def test_outline_points_are_dragged_inserted_and_taken_away(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 3.png")
    tab.outline()
    before = tab.objects()[0]
    tab.key("v")
    shown = tab.points()
    number = before["id"]
    outline = tab.page.request.get(f"{tab.address}api/objects/{number}/outline?tolerance=1").json()
    ring = outline["polygons"][0]["outer"]
    assert shown == outline["vertices"]

    # The screen counts from the pixel's middle, an outline from its corner.
    def corner(point: list[float]) -> tuple[float, float]:
        return point[0] - 0.5, point[1] - 0.5

    top = min(ring, key=lambda point: point[1])
    tab.drag(corner(top), (top[0], 20))
    (dragged,) = tab.objects()
    (stroke,) = dragged["work"]["strokes"]
    assert dragged["area"] > before["area"] + 200 and tab.points() == shown
    assert stroke["before"][1] == top and abs(stroke["after"][1][1] - 20.5) < 1

    # An edge that is dragged gets a point of its own.
    place = ring.index(top) + len(ring) // 2
    start, end = ring[place % len(ring)], ring[(place + 1) % len(ring)]
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    tab.drag(corner(middle), (middle[0], 300))
    (inserted,) = tab.objects()
    assert len(inserted["work"]["strokes"][1]["before"]) == 2 and tab.points() == shown + 1
    assert inserted["area"] > dragged["area"]

    tab.click((middle[0], 300), button="right")
    (removed,) = tab.objects()
    assert len(removed["work"]["strokes"][2]["after"]) == 2 and tab.points() == shown
    assert abs(removed["area"] - dragged["area"]) < 60

    tab.page.reload()
    tab.mode("correct")
    for _ in range(3):
        tab.key("Control+z")
    assert tab.objects()[0]["area"] == before["area"]
    # Less detail, fewer points.
    tab.key("v")
    exact = tab.points()
    tab.page.get_by_label("Detail").fill("5")
    expect(tab.page.locator(".stage")).not_to_have_attribute("data-points", str(exact))
    assert tab.points() < exact


def test_outline_points_with_the_keyboard(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 3.png")
    tab.outline()
    before = tab.objects()[0]["area"]
    tab.key("v")
    tab.points()
    number = tab.objects()[0]["id"]
    outline = tab.page.request.get(f"{tab.address}api/objects/{number}/outline?tolerance=1").json()
    right = max(outline["polygons"][0]["outer"], key=lambda point: point[0])
    tab.move((right[0] - 0.5, right[1] - 0.5))
    tab.key("c")
    for _ in range(5):
        tab.key("ArrowRight")
    tab.key("Escape")  # put back where it was
    assert tab.objects()[0]["area"] == before
    tab.move((right[0] - 0.5, right[1] - 0.5))
    tab.key("c")
    for _ in range(5):
        tab.key("ArrowRight")
    tab.key("c")
    assert tab.objects()[0]["area"] > before


def test_boxes_from_a_file_become_a_queue_to_review(visit: Visit, tmp_path: Path) -> None:
    tab = visit()
    tab.start_empty("scene 6.png")
    boxes = tmp_path / "boxes.csv"
    rows = ["scene 6.png,140,60,341,261,ball", "scene 6.png,130,50,351,271,ball"]
    boxes.write_text("image,x0,y0,x1,y1,category\n" + "\n".join(rows))
    tab.page.get_by_role("button", name="Export and import").click()
    tab.page.get_by_label("File with masks or boxes").set_input_files(boxes)
    tab.page.get_by_role("button", name="Import", exact=True).click()
    expect(tab.page.get_by_text("2 objects imported.")).to_be_visible()
    tab.key("Escape")
    tab.open("scene 6.png")
    tab.key("Escape")
    tab.page.locator(".box-masks > button").click()
    expect(tab.page.locator(".hint")).to_contain_text("2 drafts to review")
    assert all(found["computed"] for found in tab.objects())
    opened = tab.page.locator(".objects li.active .name")
    # The least sure one first; N skips to the next of the list, whose end is followed by its beginning.
    surest = max(range(2), key=lambda place: tab.objects()[place]["confidence"])
    expect(opened).to_have_text(f"ball {2 - surest}")
    tab.key("n")
    expect(opened).to_have_text(f"ball {1 + surest}")
    tab.key("Enter")
    expect(opened).to_have_text(f"ball {2 - surest}")
    tab.key("Enter")
    tab.mode("first")
    assert {found["state"] for found in tab.objects()} == {"accepted"}
    expect(tab.page.locator(".below")).to_contain_text("2 ×")


def test_labels_lists_and_undo_of_a_deletion(visit: Visit) -> None:
    tab = visit()
    tab.open("scene 4.png")
    tab.page.get_by_label("Find or add a label").fill("ball")
    tab.page.get_by_role("button", name="Add", exact=True).click()
    expect(tab.page.get_by_title("Use label ball")).to_have_attribute("aria-pressed", "true")
    tab.outline()
    tab.key("Enter")
    tab.mode("first")
    assert tab.rows() == ["ball 1"]
    tab.page.get_by_role("button", name=re.compile("^ball 1")).click()
    tab.key("1")
    assert tab.objects()[0]["label"] == "object"
    tab.page.get_by_role("button", name="Hide object 1").click()
    expect(tab.page.get_by_role("button", name="Show object 1")).to_be_visible()
    tab.page.get_by_role("button", name="Delete object 1").click()
    assert tab.objects() == []
    tab.page.locator("#stage").focus()
    tab.key("Control+z")
    expect(tab.page.locator(".objects .open .name")).to_have_text(["object 1"])
    assert len(tab.objects()) == 1


def test_a_label_is_renamed_in_the_whole_project(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 4.png")
    tab.page.get_by_label("Find or add a label").fill("htas")
    tab.page.get_by_role("button", name="Add", exact=True).click()
    tab.outline()
    tab.key("Enter")
    tab.mode("first")
    tab.page.get_by_role("button", name="Rename label htas").click()
    field = tab.page.get_by_label("New name of label htas")
    field.fill("object")
    field.press("Enter")
    expect(tab.page.locator(".hint")).to_contain_text("already")
    field.fill("hats")
    field.press("Enter")
    expect(tab.page.get_by_title("Use label hats")).to_have_attribute("aria-pressed", "true")
    expect(tab.page.locator(".objects .open .name")).to_have_text(["hats 1"])
    assert tab.objects()[0]["label"] == "hats"
    tab.page.get_by_role("button", name="Rename label hats").click()
    tab.page.get_by_label("New name of label hats").press("Escape")
    expect(tab.page.get_by_title("Use label hats")).to_be_visible()


def test_without_a_mouse(visit: Visit) -> None:
    tab = visit()
    tab.open("scene 5.png")
    tab.page.locator("#stage").focus()

    def press(key: str, times: int) -> None:
        for _ in range(times):
            tab.key(key)

    press("ArrowLeft", 12)
    press("ArrowUp", 12)
    tab.key("c")
    tab.mode("second")
    press("ArrowRight", 24)
    press("ArrowDown", 24)
    tab.key("c")
    tab.mode("centre")
    press("ArrowLeft", 12)
    press("ArrowUp", 12)
    expect(tab.page.locator(".stage")).to_have_attribute("data-preview", "true")
    tab.key("c")
    tab.mode("correct")
    press("ArrowRight", 14)
    tab.key("x")
    assert [c[2] for c in tab.objects()[0]["work"]["clicks"]["corrections"]] == [False]
    tab.key("Enter")
    tab.mode("first")
    tab.key("d")
    expect(tab.page.locator("h1")).to_have_text("scene 6.png")
    tab.key("a")
    expect(tab.page.locator("h1")).to_have_text("scene 5.png")


def test_escape_takes_back_a_box(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 6.png")
    tab.click(CORNERS[0])
    tab.mode("second")
    tab.key("Escape")
    tab.mode("first")
    tab.corners()
    tab.key("Escape")
    tab.mode("first")
    assert tab.objects() == []


def test_a_box_can_be_drawn_in_one_movement(visit: Visit) -> None:
    tab = visit()
    tab.open("scene 6.png")
    tab.drag(*CORNERS)
    tab.mode("centre")
    assert tab.objects()[0]["work"]["clicks"]["corners"] == [list(corner) for corner in CORNERS]


def test_zoom_and_pan_keep_the_pixels_under_the_cursor(visit: Visit) -> None:
    tab = visit()
    tab.open("scene 7.png")
    tab.move((240, 160))
    tab.page.mouse.wheel(0, -600)
    tab.page.keyboard.down("Space")
    x, y = tab.at((240, 160))
    tab.page.mouse.down()
    tab.page.mouse.move(x + 30, y + 20, steps=3)
    tab.page.mouse.up()
    tab.page.keyboard.up("Space")
    tab.page.mouse.click(x + 30, y + 20)
    tab.page.mouse.click(x - 100, y - 100)
    tab.mode("centre")
    corner = tab.objects()[0]["work"]["clicks"]["corners"][0]
    assert abs(corner[0] - 240) <= 1 and abs(corner[1] - 160) <= 1
    tab.key("f")
    tab.click((235, 155))
    tab.mode("correct")


def test_two_tabs_do_not_overwrite_each_other(visit: Visit) -> None:
    one, two = visit(), visit()
    one.open("scene 8.png")
    one.outline()
    two.open("scene 8.png")
    two.mode("correct")
    one.click((300, 100))
    (newest,) = one.objects()
    two.click((150, 160))
    expect(two.page.locator(".hint")).to_contain_text("changed in another tab")
    assert two.objects() == [newest]
    two.click((150, 160))
    assert len(two.objects()[0]["work"]["clicks"]["corrections"]) == 2


def test_a_killed_server_loses_nothing_and_the_page_goes_on(
    visit: Visit, server: Server, tmp_path: Path
) -> None:
    own = Server(server.folder, tmp_path / "project.iog")
    own.start()
    try:
        tab = visit(own.address)
        tab.open("scene 9.png")
        tab.outline()
        (before,) = tab.objects()
        own.kill()
        tab.click((300, 100))
        expect(tab.page.locator(".saving")).to_have_attribute("data-state", "offline")
        own.start()
        tab.saved()
        (after,) = tab.objects()
        assert len(after["work"]["clicks"]["corrections"]) == 1 and after["id"] == before["id"]
        tab.page.reload()
        tab.mode("correct")
        assert tab.objects() == [after]
    finally:
        own.kill()


def test_a_mask_that_is_not_on_the_disk_is_shown_but_not_called_saved(visit: Visit, server: Server) -> None:
    tab = visit()
    tab.start_empty("scene 8.png")
    tab.outline()
    stage = tab.page.locator(".stage")
    drawn = stage.get_attribute("data-drawn")
    with closing(sqlite3.connect(server.project, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # from now on nobody else can write
        tab.click((300, 100))
        expect(stage).not_to_have_attribute("data-drawn", drawn)
        expect(tab.page.locator(".saving")).to_have_attribute("data-state", "saving")
        other.execute("ROLLBACK")
    (saved,) = tab.objects()
    assert len(saved["work"]["clicks"]["corrections"]) == 1


def test_help_keys_and_theme(visit: Visit) -> None:
    tab = visit(color_scheme="dark")
    tab.open("chelsea.png")
    root = tab.page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    tab.page.get_by_role("button", name="Dark or light").click()
    expect(root).to_have_attribute("data-theme", "light")
    tab.page.locator("#stage").focus()
    tab.key("?")
    tab.page.get_by_role("button", name="Change the key for Next photo").click()
    tab.key("n")
    expect(tab.page.get_by_text("N is the key for “Open the next object”")).to_be_visible()
    tab.key("n")
    expect(tab.page.locator("dialog[open] tr", has_text="Next photo").locator("kbd")).to_have_text("N")
    tab.key("Escape")
    tab.key("g")
    expect(tab.page.get_by_role("checkbox", name="Guide lines")).not_to_be_checked()
    tab.page.get_by_label("Show", exact=True).select_option("done")
    expect(tab.page.get_by_text("No photos here.")).to_be_visible()


def test_every_control_has_a_name(visit: Visit) -> None:
    tab = visit()
    tab.open("scene 1.png")
    for selector in ("button:visible", "select:visible", "input:visible"):
        for control in tab.page.locator(selector).all():
            snapshot = control.aria_snapshot()
            assert '"' in snapshot.splitlines()[0], snapshot


def test_fingers(visit: Visit) -> None:
    tab = visit(has_touch=True)
    tab.open("scene 2.png")
    if tab.page.locator(".stage").get_attribute("data-mode") == "correct":
        tab.key("Escape")
        tab.mode("first")
    before = len(tab.objects())
    for point in (CORNERS[0], CORNERS[1], INSIDE):
        tab.page.touchscreen.tap(*tab.at(point))
    tab.mode("correct")
    assert len(tab.objects()) == before + 1
