"""Attributes, comment and group of an object on the page, by the keyboard."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Annotator, Server
from tests.browser.test_many import strokes

Visit = Callable[..., Annotator]


def test_attributes_comment_and_group_by_the_keyboard(visit: Visit, own: Server) -> None:
    tab = visit(own.address)
    tab.open("scene 1.png")
    page = tab.page
    panel = page.locator(".facts")
    expect(panel).to_be_hidden()  # there is no object
    strokes(tab, (20, 20), (20, 80))
    tab.key("n")
    # Two questions are declared once for the whole project.
    tab.key("i")
    expect(page.get_by_label("Occluded")).to_be_focused()
    page.get_by_role("button", name="Add attributes").press("Enter")
    for name, choices in (("wet", ""), ("breed", "tabby, siamese")):
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Choices, separated by commas; empty for yes or no").fill(choices)
        tab.key("Enter")
        expect(page.locator("dialog[open] .managed").last).to_contain_text(name)
    tab.key("Escape")
    # They are answered by the keyboard alone.
    tab.key("i")
    tab.key("Space")
    expect(page.get_by_label("Occluded")).to_be_focused()  # also once it is drawn anew
    for _ in range(4):
        tab.key("Tab")
    expect(page.get_by_role("checkbox", name="wet")).to_be_focused()
    tab.key("Space")
    tab.key("Tab")
    page.keyboard.type("tab")  # the select takes the choice that begins so
    tab.key("Tab")
    expect(page.get_by_label("Group")).to_be_focused()
    page.keyboard.type("7")
    tab.key("Tab")
    page.keyboard.type("n half behind a cup")  # keys are text here
    tab.key("Enter")
    expect(page.locator("#stage")).to_be_focused()
    stated = {
        **{"occluded": True, "truncated": False, "crowd": False, "difficult": False},
        "group": "7",
        "description": "n half behind a cup",
        "attributes": {"wet": True, "breed": "tabby"},
    }
    assert tab.objects()[0]["facts"] == stated
    expect(panel.locator("summary")).to_contain_text("Occluded · wet · breed: tabby · group 7")
    expect(page.locator(".objects .status").first).to_contain_text("group 7")
    # What was typed and left with Esc is not meant; the object stays open.
    tab.key("i")
    page.get_by_label("Comment").fill("nonsense")
    tab.key("Escape")
    expect(page.locator("#stage")).to_be_focused()
    expect(page.get_by_label("Comment")).to_have_value("n half behind a cup")
    assert tab.objects()[0]["facts"] == stated
    # Each answer is one step of the photo's history.
    tab.key("Control+z")
    expect(page.get_by_label("Comment")).to_have_value("")
    tab.key("Control+z")
    expect(page.get_by_label("Group")).to_have_value("")
    tab.key("Control+y")
    expect(page.get_by_label("Group")).to_have_value("7")
    # A group of several objects is one step.
    tab.key("m")
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_role("button", name="Group", exact=True).click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert [found["facts"]["group"] for found in tab.objects()] == ["1", "1"]
    page.reload()
    tab.mode("correct")
    assert [found["facts"]["attributes"] for found in tab.objects()] == [{"wet": True, "breed": "tabby"}, {}]


def test_what_other_tools_keep_of_an_object_can_be_changed(visit: Visit, own: Server) -> None:
    tab = visit(own.address)
    tab.open("scene 1.png")
    shape = {"label": "cat", "points": [[20, 20], [90, 20], [90, 90]], "shape_type": "polygon", "group_id": 3}
    shape |= {"flags": {"wet": True}, "attributes": {"breed": "tabby", "ids": [1, 2]}}
    document = {"shapes": [shape], "imagePath": "scene 1.png", "imageHeight": 320, "imageWidth": 480}
    answer = tab.page.request.post(f"{own.address}api/import?name=a.json", data=json.dumps(document))
    assert answer.ok, answer.text()
    tab.page.reload()
    tab.mode("first")
    tab.key("n")
    tab.mode("correct")
    expect(tab.page.locator(".facts .said")).to_contain_text("breed: tabby")
    tab.key("i")
    tab.page.get_by_role("checkbox", name="wet").uncheck()
    tab.page.get_by_label("breed").fill("nonsense")
    tab.key("Escape")  # which means nothing of it
    expect(tab.page.get_by_label("breed")).to_have_value("tabby")
    assert tab.objects()[0]["facts"]["attributes"]["breed"] == "tabby"
    tab.key("i")
    tab.page.get_by_label("breed").fill("siamese")
    tab.key("Enter")
    facts = tab.objects()[0]["facts"]
    assert facts["attributes"] == {"wet": False, "breed": "siamese", "ids": [1, 2]}
    assert facts["group"] == "3" and tab.objects()[0]["state"] == "accepted"
