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
