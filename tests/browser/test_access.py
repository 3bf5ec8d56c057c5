"""What axe finds in the main states of the page, in both themes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import INSIDE, Annotator

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="ACCESSIBILITY NOT CHECKED: no axe")

Visit = Callable[..., Annotator]


ASKED = [{"name": "wet"}, {"name": "breed", "choices": ["tabby", "siamese"]}]
RULES = {"rules": {"label-content-name-mismatch": {"enabled": True}}}


def violations(tab: Annotator) -> list[tuple[str, Any]]:
    found = axe.Axe().run(tab.page, options=RULES).response["violations"]
    return [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_no_violation_in_any_state(visit: Visit, theme: str, size: tuple[int, int]) -> None:
    tab = visit(color_scheme=theme, viewport={"width": size[0], "height": size[1]})
    phone = size[0] < 720
    tab.start_empty("rocket.jpg")
    states: dict[str, Any] = {"empty": violations(tab)}
    tab.corners()
    tab.move(INSIDE)
    states["preview"] = violations(tab)
    tab.click(INSIDE)
    tab.mode("correct")
    tab.saved()
    states["correct"] = violations(tab)
    tab.page.request.put(f"{tab.address}api/attributes", data={"attributes": ASKED})
    tab.page.reload()
    tab.mode("correct")
    tab.key("i")
    states["attributes"] = violations(tab)
    tab.key("Escape")
    tab.key("w")
    states["magnetic outline"] = violations(tab)
    tab.key("b")
    states["brush"] = violations(tab)
    tab.key("v")
    tab.points()
    states["points"] = violations(tab)
    tab.key("Enter")
    tab.mode("first")
    states["accepted"] = violations(tab)
    if phone:
        for name in ("Photo list", "Labels, objects, view"):
            tab.page.get_by_role("button", name=name).click()
            states[name] = violations(tab)
    tab.key("?")
    states["help"] = violations(tab)
    tab.key("Escape")
    tab.page.locator("button[title='Export and import']:visible").click()
    tab.page.get_by_text("Choose what is exported").click()
    states["exchange"] = violations(tab)
    tab.key("Escape")
    tab.key("m")
    states["several objects"] = violations(tab)
    tab.key("Escape")
    tab.page.get_by_role("button", name="Manage").evaluate("button => button.click()")
    states["label manager"] = violations(tab)
    assert {name: found for name, found in states.items() if found} == {}
