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


def test_an_empty_folder_takes_photos(visit: Visit, server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    empty = Server(folder, tmp_path / "empty.iog")
    empty.start()
    try:
        tab = visit(empty.address)
        tab.page.goto(empty.address)
        expect(tab.page.get_by_text("This folder holds no photos. Drop some here")).to_be_visible()
        photo = server.folder / "scene 1.png"
        tab.page.locator("input[type=file][multiple]").first.set_input_files(photo)
        expect(tab.page.locator("h1")).to_have_text("scene 1.png")
        tab.mode("first")
        expect(tab.page.locator(".photo-row")).to_have_count(1)
        assert (folder / "scene 1.png").read_bytes() == photo.read_bytes()
    finally:
        empty.kill()
