"""Objects drawn by hand, without the model: polygons and brush."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Annotator

Visit = Callable[..., Annotator]


def test_a_polygon_by_hand(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.key("o")
    corners = ((20, 20), (120, 20), (120, 70), (20, 70))
    for corner in (*corners, (60, 60)):
        tab.click(corner)
    tab.click((60, 60), button="right")  # takes the last one back
    tab.click(corners[0])
    (drawn,) = tab.objects()
    assert drawn["work"]["clicks"] is None and drawn["state"] == "draft"
    assert abs(drawn["area"] - 100 * 50) < 200
    for corner in ((120, 20), (160, 20), (160, 70), (120, 70)):
        tab.click(corner)
    tab.key("Enter")
    assert abs(tab.objects()[0]["area"] - 140 * 50) < 250
    tab.key("Control+z")
    tab.saved()
    assert tab.objects()[0]["area"] == drawn["area"]
    tab.key("Space")
    tab.mode("first")
    assert tab.objects()[0]["state"] == "accepted"


def test_a_brush_without_a_box(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.key("b")
    tab.drag((20, 20), (120, 20))
    (drawn,) = tab.objects()
    assert drawn["work"]["clicks"] is None and drawn["area"] > 800
    tab.drag((20, 60), (120, 60))
    (painted,) = tab.objects()
    assert painted["area"] > 1.8 * drawn["area"]
    tab.key("Control+z")
    tab.saved()
    tab.key("Control+z")
    expect(tab.page.locator(".objects .open")).to_have_count(0)
    assert tab.objects() == []
    tab.key("Control+y")
    expect(tab.page.locator(".objects .open")).to_have_count(1)


def test_escape_drops_a_polygon_alone(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.key("o")
    tab.click((20, 20))
    tab.click((80, 20))
    tab.key("Escape")
    expect(tab.page.get_by_role("button", name="Polygon by hand")).to_have_attribute("aria-pressed", "true")
    assert tab.objects() == []


def test_a_magnetic_outline_follows_the_edges(visit: Visit) -> None:
    tab = visit()
    tab.start_empty("scene 10.png")
    tab.key("w")
    disc = 3.1416 * 98**2
    for corner in ((240, 64), (336, 160), (460, 20)):  # two pixels off the ball's edge
        tab.click(corner)
    tab.key("Backspace")  # takes the last one back
    tab.click((240, 256))
    tab.click((144, 160), click_count=2)  # and closes
    (drawn,) = tab.objects()
    assert drawn["work"]["clicks"] is None and drawn["state"] == "draft"
    assert abs(drawn["area"] - disc) < 0.03 * disc  # straight lines would leave out a third
    # Around another part, with Enter; and nothing is left of what Esc drops.
    tab.click((20, 20))
    tab.click((40, 20))
    tab.key("Escape")
    assert tab.objects()[0]["area"] == drawn["area"]
    for corner in ((20, 20), (60, 20), (60, 60)):
        tab.click(corner)
    tab.key("Enter")
    more = tab.objects()[0]["area"] - drawn["area"]
    assert 0.6 * 800 < more < 1.6 * 800
