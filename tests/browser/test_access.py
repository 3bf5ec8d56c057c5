"""What axe finds in the main states of the page, in both themes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import INSIDE, Annotator

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="ACCESSIBILITY NOT CHECKED: no axe")

Visit = Callable[..., Annotator]


def serious(tab: Annotator) -> list[tuple[str, Any]]:
    found = axe.Axe().run(tab.page).response["violations"]
    return [
        (violation["id"], [node["html"] for node in violation["nodes"]])
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_no_serious_violation_in_any_state(visit: Visit, theme: str, size: tuple[int, int]) -> None:
    tab = visit(color_scheme=theme, viewport={"width": size[0], "height": size[1]})
    phone = size[0] < 720
    tab.start_empty("rocket.jpg")
    states: dict[str, Any] = {"empty": serious(tab)}
    tab.corners()
    tab.move(INSIDE)
    states["preview"] = serious(tab)
    tab.click(INSIDE)
    tab.mode("correct")
    tab.saved()
    states["correct"] = serious(tab)
    tab.key("b")
    states["brush"] = serious(tab)
    tab.key("v")
    tab.points()
    states["points"] = serious(tab)
    tab.key("Enter")
    tab.mode("first")
    states["accepted"] = serious(tab)
    if phone:
        for name in ("Photo list", "Labels, objects, view"):
            tab.page.get_by_role("button", name=name).click()
            states[name] = serious(tab)
    tab.key("?")
    states["help"] = serious(tab)
    tab.key("Escape")
    tab.page.locator("button[title='Export and import']:visible").click()
    states["exchange"] = serious(tab)
    assert {name: found for name, found in states.items() if found} == {}
