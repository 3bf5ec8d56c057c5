"""What `iog web` writes, on a plain host without cross-origin isolation, as a person meets it."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
import shutil
import signal
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from iog.clicks import Clicks
from iog.formats import table
from iog.formats.account import Account
from iog.formats.records import Annotation, Class, Dataset, Picture, Pixels
from iog.masks import BoolArray
from iog.patch import Patch
from iog.samples import samples
from iog.site import write_site
from iog.site.host import host
from tests.browser.chromium import find
from tests.browser.conftest import TOURED, Annotator, sync_api

PATH = "some/where/"
OPTIONS: dict[str, Any] = {"viewport": {"width": 1200, "height": 760}, "locale": "en-GB"}

STEPS = """() => new Promise((resolve, reject) => {
    const opening = indexedDB.open("iog");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
        const reading = opening.result.transaction("steps").objectStore("steps").getAll();
        reading.onsuccess = () => {
            opening.result.close();
            resolve(reading.result.map(({ object, position, state, mask, work }) => (
                { object, position, state, clicks: work.clicks,
                  box: mask && mask.box, runs: mask && [...mask.runs] })));
        };
    };
})"""
"""Every step that the browser keeps on the disk."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    base = tmp_path_factory.mktemp("web")
    (base / PATH).parent.mkdir()
    write_site(base / PATH)
    with host(base, 0, isolated=False) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/{PATH}"
        server.shutdown()


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """WebAssembly on one thread, beside other tests."""
    sync_api.expect.set_options(timeout=30_000)
    yield
    sync_api.expect.set_options(timeout=5_000)


def _visit(context: Any, address: str) -> Annotator:
    context.add_init_script(TOURED)
    tab = Annotator(context.pages[0] if context.pages else context.new_page(), address)
    tab.page.set_default_timeout(30_000)
    tab.page.goto(address)
    return tab


def _begin(context: Any, address: str, photo: str) -> Annotator:
    """From an empty profile to a sample photo."""
    tab = _visit(context, address)
    tab.page.get_by_role("button", name="Try sample photos").click()
    sync_api.expect(tab.page.locator("h1")).to_have_text("astronaut.png")
    tab.mode("first")
    tab.page.get_by_role("button", name=re.compile(photo)).click()
    sync_api.expect(tab.page.locator("h1")).to_have_text(photo)
    tab.mode("first")
    pixels = next(sample.photo for sample in samples() if sample.photo.name == photo)
    tab.size = _size(pixels)
    return tab


def _size(photo: Path) -> tuple[int, int]:
    with Image.open(photo) as picture:
        return picture.size


def _mask(step: dict[str, Any], size: tuple[int, int]) -> BoolArray:
    x0, y0, x1, y1 = step["box"]
    runs = step["runs"]
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    full = np.zeros(size[::-1], bool)
    full[y0:y1, x0:x1] = flat.reshape(y1 - y0, x1 - x0)
    return full


def _iou(a: BoolArray, b: BoolArray) -> float:
    return float(np.count_nonzero(a & b) / np.count_nonzero(a | b))


def test_three_clicks_give_the_mask_of_this_package_and_the_page_works_offline(
    browser: Any, address: str, segmenter: Any, coffee: Any
) -> None:
    context = browser.new_context(**OPTIONS)
    tab = _begin(context, address, "coffee.png")
    clicks = coffee.clicks
    for corner in clicks.corners:
        tab.click(corner)
    tab.mode("centre")
    tab.move(clicks.inside)
    sync_api.expect(tab.page.locator(".stage")).to_have_attribute("data-preview", "true")
    tab.click(clicks.inside)
    tab.mode("correct")
    tab.saved()
    (*_, last) = tab.page.evaluate(STEPS)
    expected = segmenter.segment(coffee.photo, clicks).mask
    assert _iou(_mask(last, tab.size), expected) >= 0.999

    box = clicks.box
    tab.drag((box.x0 + 30, box.y1 - 15), (box.x1 - 30, box.y1 - 20), button="right")
    tab.saved()
    (*_, last) = tab.page.evaluate(STEPS)
    made = Clicks.from_json(last["clicks"])
    assert len(made.corrections[0].path) > 3
    stroked = segmenter.segment(coffee.photo, made).mask
    assert _iou(_mask(last, tab.size), stroked) >= 0.999 and not np.array_equal(stroked, expected)

    tab.key("Space")
    tab.mode("first")
    tab.saved()
    tab.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    context.set_offline(True)
    tab.page.reload()
    tab.mode("first")
    # The service worker gives threads from the second visit on.
    assert tab.page.evaluate("crossOriginIsolated"), (
        "the service worker gives threads from the second visit on"
    )
    assert tab.rows() == ["object 1"]
    tab.key("Control+z")  # also the step before the reload
    tab.saved()
    tab.page.get_by_role("button", name=re.compile("astronaut.png")).click()
    sync_api.expect(tab.page.locator("h1")).to_have_text("astronaut.png")
    tab.size = (512, 512)
    tab.click((150, 20))
    tab.click((370, 300))
    tab.mode("centre")
    tab.move((250, 150))
    sync_api.expect(tab.page.locator(".stage")).to_have_attribute("data-preview", "true")
    assert tab.errors == []
    context.close()


def _now(tab: Annotator) -> list[BoolArray]:
    """The masks of objects that are there, in the order of their size."""
    newest = {step["object"]: step for step in tab.page.evaluate(STEPS)}
    masks = [_mask(step, tab.size) for step in newest.values() if step["state"] != "deleted"]
    return sorted(masks, key=np.count_nonzero)


def test_labels_go_out_and_come_back(browser: Any, address: str, tmp_path: Path) -> None:
    """Every format goes from the page to this package and back to the page without a pixel's loss."""
    y, x = np.mgrid[0:300, 0:451]
    ring = (np.hypot(x - 120, y - 150) < 80) & (np.hypot(x - 120, y - 150) > 30)
    parts = (np.hypot(x - 300, y - 100) < 40) | (np.hypot(x - 400, y - 220) < 30)
    drawn = [parts, ring]
    given = Dataset(
        classes=[Class(name="ring"), Class(name="Katze, groß")],
        pictures=[
            Picture(
                name="chelsea.png",
                size=(451, 300),
                annotations=[
                    Annotation(label="ring", shape=Pixels(Patch.of(ring)), **FACTS),
                    Annotation(label="Katze, groß", shape=Pixels(Patch.of(parts))),
                ],
            )
        ],
    )
    table.writer("coco-rle")(given, tmp_path, Account())
    context = browser.new_context(**OPTIONS)
    tab = _begin(context, address, "chelsea.png")
    tab.page.locator("button[title='Export and import']:visible").click()
    dialog = tab.page.locator("dialog[open]")
    offered = dialog.locator("select").first

    def bring(file: Path, duplicates: str) -> None:
        dialog.locator("input[type=file]").set_input_files(file)
        dialog.locator("select").nth(1).select_option(duplicates)
        dialog.get_by_role("button", name="Import", exact=True).click()
        sync_api.expect(dialog.get_by_role("status")).to_contain_text("2 objects")

    bring(tmp_path / "annotations.json", "skip")
    for now, mask in zip(_now(tab), drawn, strict=True):
        assert np.array_equal(now, mask)
    names = offered.locator("option").evaluate_all("all => all.map(({ value }) => value)")
    assert sorted(names) == sorted({*get_args(table.WriteName), "timings", "project"} - {"parquet"})
    for name in names:
        offered.select_option(name)
        with tab.page.expect_download() as waiting:
            dialog.get_by_role("button", name="Download", exact=False).click()
        file = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(file)
        if name == "timings":
            with zipfile.ZipFile(file) as archive:
                head, *steps = csv.reader(archive.read("timings.csv").decode().splitlines())
            assert head == ["photo", "object", "label", "state", "step", "at", "seconds"]
            assert {(step[0], step[2], step[4]) for step in steps} >= {
                ("chelsea.png", "Katze, groß", "import")
            }
            assert all(datetime.fromisoformat(step[5]).tzinfo for step in steps)
            continue
        if name != "project":
            with zipfile.ZipFile(file) as archive:
                assert archive.testzip() is None
                archive.extractall(tmp_path / name)
            account = Account()
            (read,) = [p for p in table.read(tmp_path / name, account).pictures if p.annotations]
            assert account.is_clean or name in ("yolo", "x-anylabeling"), account.lines()
            patches = [a.shape.patch(tab.size) for a in read.annotations if a.shape]
            masks = sorted((patch.full(*tab.size) for patch in patches), key=np.count_nonzero)
            assert [a.label for a in read.annotations] == ["ring", "Katze, groß"]
            for theirs, mask in zip(masks, drawn, strict=True):
                assert np.array_equal(theirs, mask), name
            if name not in PIXELS_ALONE:
                kept = {key: getattr(read.annotations[0], key) for key in FACTS}
                assert kept == FACTS, name
            file = _packed(table.writer(name), given, tmp_path / f"{name}.theirs")
        bring(file, "replace")
        for now, mask in zip(_now(tab), drawn, strict=True):
            assert np.array_equal(now, mask), name
        if name in PIXELS_ALONE:
            bring(tmp_path / "annotations.json", "replace")

    tab.key("Escape")
    tab.key("m")
    tab.page.get_by_role("button", name="All", exact=True).click()
    tab.page.get_by_role("button", name="Merge", exact=True).click()
    sync_api.expect(tab.page.locator(".objects .open")).to_have_count(1)
    tab.saved()
    assert np.array_equal(_now(tab)[0], ring | parts)
    tab.key("Control+z")
    sync_api.expect(tab.page.locator(".objects .open")).to_have_count(2)
    assert tab.errors == []
    context.close()


FACTS: Any = {"occluded": True, "attributes": {"pose": "Left"}}
PIXELS_ALONE = ("yolo", "png", "png-photo")
"""Formats without a place for them."""


def _packed(write: Any, dataset: Dataset, folder: Path) -> Path:
    """What this package writes, as a ZIP file."""
    folder.mkdir()
    write(dataset, folder, Account())
    return Path(shutil.make_archive(str(folder), "zip", folder))


FOLDER = """async () => {
    const outer = await (await navigator.storage.getDirectory()).getDirectoryHandle("mine", { create: true });
    await outer.getDirectoryHandle("yolo", { create: true }); // a person's own
    window.showDirectoryPicker = async () => outer;
}"""

WRITTEN = """async () => {
    const found = {};
    const walk = async (folder, before) => {
        for await (const [name, entry] of folder.entries()) {
            if (entry.kind === "directory") await walk(entry, `${before}${name}/`);
            else found[before + name] = await (await entry.getFile()).text();
        }
    };
    await walk(await window.showDirectoryPicker(), "");
    return found;
}"""


def test_an_export_is_chosen_and_goes_into_a_folder(browser: Any, address: str, tmp_path: Path) -> None:
    def square(name: str, label: str, size: tuple[int, int]) -> Picture:
        patch = Patch.of(np.ones((9, 9), bool), 5, 5)
        return Picture(name=name, size=size, annotations=[Annotation(label=label, shape=Pixels(patch))])

    pictures = [square(f"{n}.png", label, (40 + n, 40 + n)) for n, label in enumerate("abba")]
    given = Dataset(classes=[Class("a"), Class("b")], pictures=pictures)
    context = browser.new_context(**OPTIONS)
    tab = _visit(context, address)
    photos = [
        {"name": f"{n}.png", "mimeType": "image/png", "buffer": _png(40 + n)} for n in range(len(pictures))
    ]
    tab.page.locator(".welcome input[type=file][multiple]").set_input_files(photos)
    tab.mode("first")
    tab.page.evaluate(FOLDER)
    tab.page.locator("button[title='Export and import']:visible").click()
    dialog = tab.page.locator("dialog[open]")
    dialog.locator("input[type=file]").set_input_files(
        _packed(table.writer("coco"), given, tmp_path / "given")
    )
    dialog.get_by_role("button", name="Import", exact=True).click()
    sync_api.expect(dialog.get_by_role("status")).to_contain_text("4 objects")
    tab.key("Escape")
    tab.page.locator("button[title='Export and import']:visible").click()

    dialog.locator("select").first.select_option("yolo")
    dialog.get_by_text("Choose what is exported").click()
    dialog.get_by_label("b", exact=True).uncheck()
    dialog.get_by_label("Photos for validation").fill("50")
    into = dialog.get_by_role("button", name="Save into a folder")
    into.click()
    sync_api.expect(dialog.get_by_text("Saved in the new folder")).to_contain_text("yolo 2")
    written = tab.page.evaluate(WRITTEN)
    assert {"yolo 2/labels/0.txt", "yolo 2/labels/3.txt"} == {n for n in written if "/labels/" in n}
    held_out = sorted((picture.name for picture in pictures), key=lambda n: sha256(n.encode()).digest())[:2]
    for part in ("train", "val"):
        listed = [f"./images/{n}" for n in ("0.png", "3.png") if (n in held_out) == (part == "val")]
        assert written.get(f"yolo 2/{part}.txt", "").splitlines() == listed
    dialog.locator("select").first.select_option("label-studio")
    into.click()
    sync_api.expect(dialog.get_by_text("Saved in the new folder")).to_contain_text("label-studio")
    written = tab.page.evaluate(WRITTEN)
    assert {"label-studio/train/tasks.json", "label-studio/val/tasks.json"} < set(written)
    assert tab.errors == []
    context.close()


def test_a_killed_browser_loses_nothing(browser: Any, address: str, tmp_path: Path, playwright: Any) -> None:
    def launch() -> Any:
        return playwright.chromium.launch_persistent_context(
            tmp_path, executable_path=find(), args=["--no-sandbox", "--disable-gpu"], **OPTIONS
        )

    context = launch()
    tab = _begin(context, address, "chelsea.png")
    for number in range(10):
        x, y = 20 + 80 * (number % 5), 20 + 130 * (number // 5)
        tab.click((x, y))
        tab.mode("second")
        tab.click((x + 60, y + 100))
        tab.mode("centre")
        tab.click((x + 30, y + 50))
        tab.mode("correct")
        tab.saved()
        if number == 3:
            break
        tab.key("Space")
        tab.mode("first")
    before = tab.page.evaluate(STEPS)
    assert [step["state"] for step in before].count("accepted") == 3
    processes = context.browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    os.kill(next(p["id"] for p in processes if p["type"] == "browser"), signal.SIGKILL)

    context = launch()
    tab = _visit(context, address)
    found = context.new_cdp_session(tab.page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert found == [], "the page can be installed as an app"
    sync_api.expect(tab.page.locator("h1")).to_have_text(re.compile("png"))
    tab.page.get_by_role("button", name=re.compile("chelsea.png")).click()
    tab.size = (451, 300)
    tab.mode("correct")
    assert len(tab.rows()) == 4
    assert tab.page.evaluate(STEPS) == before
    tab.key("Control+z")
    tab.mode("centre")
    tab.saved()
    tab.key("Control+y")
    tab.mode("correct")
    tab.saved()
    assert tab.page.evaluate(STEPS) == before
    assert tab.errors == []
    context.close()


def test_a_new_version_waits_until_the_tabs_of_the_old_one_are_closed(browser: Any, tmp_path: Path) -> None:
    site = write_site(tmp_path / "site")
    shown = "JSON.parse(document.getElementById('site').textContent).version"
    with host(site, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        context = browser.new_context(**OPTIONS)
        tab = _visit(context, address)
        old = tab.page.evaluate(shown)
        tab.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        new = "0" * len(old)
        for file in (site / "index.html", site / "offline.js"):
            file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        tab.page.evaluate("navigator.serviceWorker.ready.then((known) => known.update()).then(() => null)")
        tab.page.wait_for_function(
            "navigator.serviceWorker.getRegistration().then((known) => known.waiting !== null)"
        )
        tab.page.reload()
        assert tab.page.evaluate(shown) == old
        for _ in range(20):  # the browser changes over a while after the last tab went
            assert tab.errors == []
            tab.page.close()
            time.sleep(0.5)
            tab = _visit(context, address)
            if tab.page.evaluate(shown) == new:
                break
        assert tab.page.evaluate(shown) == new
        context.close()
        server.shutdown()


GIVE = """async ([way, name, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, { type: "image/png" }));
    const dropped = new DragEvent("drop", { dataTransfer: data, bubbles: true });
    if (way === "drop") document.body.dispatchEvent(dropped);
    if (way === "paste") document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
    if (way === "folder") {
        const root = await navigator.storage.getDirectory();
        const outer = await root.getDirectoryHandle("photos", { create: true });
        const inner = await outer.getDirectoryHandle("in", { create: true });
        const writer = await (await inner.getFileHandle(name, { create: true })).createWritable();
        await writer.write(bytes);
        await writer.close();
        window.showDirectoryPicker = async () => outer;
    }
}"""


def _png(side: int) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(side).integers(0, 256, (side, side, 3), np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_photos_come_in_every_way_and_a_full_disk_is_said(browser: Any, address: str) -> None:
    context = browser.new_context(**OPTIONS)
    tab = _visit(context, address)
    tab.page.get_by_text("Drop photos here").wait_for()
    session = context.new_cdp_session(tab.page)
    origin = address.removesuffix(f"/{PATH}")
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 26_000_000})
    for number, way in enumerate(("drop", "paste", "folder")):
        given = [way, f"{way}.png", base64.b64encode(_png(40 + number)).decode()]
        tab.page.evaluate(GIVE, given)
        if way == "folder":
            tab.page.get_by_role("button", name="Add a folder").locator("visible=true").click()
        sync_api.expect(tab.page.locator(".photo-row")).to_have_count(number + 1)
    assert sorted(tab.page.locator(".photo-row .name").all_inner_texts()) == [
        "drop.png",
        "in/folder.png",
        "paste.png",
    ]
    tab.page.reload()  # the folder's file is read where it lies
    tab.page.get_by_role("button", name=re.compile("folder.png")).click()
    sync_api.expect(tab.page.locator("h1")).to_have_text("in/folder.png")
    tab.mode("first")
    tab.page.locator("input[type=file][multiple]").last.set_input_files(
        {"name": "note.txt", "mimeType": "text/plain", "buffer": b"no photo"}
    )
    tab.page.get_by_text("no photos that a browser can read").wait_for()

    # More than there ever is room for: Chromium remembers for a while how much it was.
    tab.page.locator("input[type=file][multiple]").last.set_input_files(
        {"name": "large.png", "mimeType": "image/png", "buffer": _png(3200)}
    )
    tab.page.get_by_text("the browser has no room left for this project").wait_for()
    sync_api.expect(tab.page.locator(".saving")).to_have_attribute("data-state", "lost")
    with tab.page.expect_download() as waiting:
        tab.page.get_by_role("button", name="Download all work").click()
    rescued = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert [photo["path"] for photo in rescued["photos"]] == ["drop.png", "paste.png", "in/folder.png"]

    tab.page.get_by_role("button", name="Remove this photo").click()
    tab.page.locator("dialog[open] .primary").click()
    sync_api.expect(tab.page.locator(".photo-row")).to_have_count(2)
    assert tab.errors == []
    context.close()


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_axe_finds_nothing(browser: Any, address: str, size: tuple[int, int]) -> None:
    pytest.importorskip("axe_playwright_python.sync_playwright", reason="ACCESSIBILITY NOT CHECKED: no axe")
    from tests.browser.test_access import violations

    phone = size[0] < 720
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(**{**OPTIONS, "viewport": viewport, "has_touch": phone})
    tab = _visit(context, address)
    tab.page.get_by_text("Drop photos here").wait_for()
    states: dict[str, Any] = {"empty": violations(tab)}
    if phone:
        with tab.page.expect_file_chooser() as chosen:
            tab.page.get_by_role("button", name="Take a photo").locator("visible=true").click()
        assert chosen.value.element.get_attribute("capture") == "environment"
    tab.page.get_by_role("button", name="Try sample photos").click()
    tab.mode("first")
    states["photo"] = violations(tab)
    if phone:
        tab.page.get_by_role("button", name="Photo list").click()
        states["list"] = violations(tab)
    assert {name: found for name, found in states.items() if found} == {}
    assert tab.errors == []
    context.close()
