"""Corrections that are drawn, by mouse and by finger."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import CORNERS, INSIDE, Annotator

Visit = Callable[..., Annotator]


def corrections(tab: Annotator) -> list[list]:
    tab.saved()
    (found,) = tab.objects()
    return found["work"]["clicks"]["corrections"]


def test_strokes_are_drawn_moved_and_undone(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 6.png")
    tab.outline()
    expect(tab.page.locator(".hint")).to_contain_text("Click or draw to add")
    # A hand that shakes a little clicks.
    x, y = tab.at((400, 280))
    tab.page.mouse.move(x, y)
    tab.page.mouse.down()
    tab.page.mouse.move(x + 2, y + 2)
    tab.page.mouse.up()
    assert [len(c) for c in corrections(tab)] == [3]
    tab.key("Control+z")

    tab.move((160, 280))
    tab.page.mouse.down()
    for x in range(165, 300, 15):
        tab.move((x, 280))
    shown = tab.page.locator("#stage").screenshot()
    tab.move((300, 300))
    assert tab.page.locator("#stage").screenshot() != shown, "the line follows the hand"
    tab.page.mouse.up()
    (stroke,) = corrections(tab)
    x, y, foreground, path = stroke
    assert foreground and path[0] == [160, 280] and path[-1] == [300, 300] and [x, y] == path[len(path) // 2]
    area = tab.objects()[0]["area"]

    tab.page.mouse.move(*tab.at((150, 20)))
    tab.page.mouse.down(button="right")
    tab.move((200, 30))
    tab.move((250, 20))
    tab.page.mouse.up(button="right")
    removed = corrections(tab)[1]
    assert removed[2] is False and removed[3] == [[150, 20], [200, 30], [250, 20]]

    tab.click((400, 160), button="right")
    assert corrections(tab)[2] == [400, 160, False]
    tab.drag((200, 30), (200, 10))
    assert corrections(tab)[1] == [200, 10, False, [[150, 0], [200, 10], [250, 0]]]
    tab.drag((200, 10), (30, 90))
    assert corrections(tab)[1][3] == [[0, 80], [50, 90], [100, 80]], "it stays within the photo"

    # Esc drops what is being drawn, and nothing else.
    tab.move((160, 200))
    tab.page.mouse.down()
    tab.move((300, 200))
    tab.key("Escape")
    tab.page.mouse.up()
    assert len(corrections(tab)) == 3
    for _ in range(4):
        tab.key("Control+z")
    assert corrections(tab) == [stroke] and tab.objects()[0]["area"] == area
    tab.page.reload()
    tab.mode("correct")
    tab.key("Control+z")
    assert corrections(tab) == []
    tab.key("Control+y")
    assert corrections(tab) == [stroke]


def test_a_finger_draws(visit: Visit) -> None:
    tab = visit(has_touch=True)
    tab.start_empty("scene 7.png")
    for point in (CORNERS[0], CORNERS[1], INSIDE):
        tab.page.touchscreen.tap(*tab.at(point))
    tab.mode("correct")
    session = tab.page.context.new_cdp_session(tab.page)

    def touch(kind: str, *points: tuple[int, int]) -> None:
        at = [tab.at(point) for point in points]
        session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in at]}
        )

    touch("touchStart", (160, 280))
    touch("touchMove", (200, 280))
    touch("touchMove", (240, 290))
    touch("touchEnd")
    (stroke,) = corrections(tab)
    assert stroke[2] is True and stroke[3] == [[160, 280], [200, 280], [240, 290]]
    touch("touchStart", (160, 200))
    tab.page.wait_for_timeout(700)  # a finger at rest removes
    touch("touchMove", (200, 220))
    touch("touchEnd")
    assert corrections(tab)[1] == [200, 220, False, [[160, 200], [200, 220]]]
