"""The export dialog: what is left out, before and after, and what is chosen."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Annotator, Server

Visit = Callable[..., Annotator]


def test_the_dialog_says_what_is_left_out_and_takes_a_choice(visit: Visit, own: Server) -> None:
    tab = visit(own.address)
    tab.open("scene 1.png")
    for x, label in ((20, "cat"), (200, "dog"), (350, "dog")):
        tab.key("l")
        tab.page.keyboard.type(label)
        tab.key("Enter")
        tab.key("b")
        tab.drag((x, 40), (x + 80, 40))
        tab.mode("correct")
        tab.saved()
        tab.key("Escape" if x == 350 else "Space")
        tab.mode("first")
    tab.page.get_by_role("button", name="Export and import").click()
    notes = tab.page.locator("dialog[open] .notes").first
    expect(notes).to_contain_text("1 objects that nobody has accepted")
    tab.page.get_by_text("Choose what is exported").click()
    tab.page.get_by_label("cat", exact=True).uncheck()
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="Download", exact=True).click()
    expect(notes).to_contain_text("was downloaded")
    expect(notes).to_contain_text("1 objects that nobody has accepted")
    archive = zipfile.ZipFile(Path(download.value.path()))
    (name,) = (name for name in archive.namelist() if name.endswith(".json"))
    coco = json.loads(archive.read(name))
    assert len(coco["annotations"]) == 1
    assert [c["name"] for c in coco["categories"]] == ["object", "dog"]
    tab.page.get_by_label("Also objects that are not accepted").check()
    expect(notes).not_to_contain_text("nobody has accepted")
