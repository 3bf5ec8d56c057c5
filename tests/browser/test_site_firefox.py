"""What `iog web` writes, in Firefox: the mask of three clicks, and a visit without a network."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from iog.site import write_site
from iog.site.host import host
from tests.browser.marionette import firefox
from tests.browser.test_site import STEPS, _iou, _mask, _size

PROGRAM = shutil.which("firefox-esr") or shutil.which("firefox")
FIRST = "document.querySelector('.stage[data-mode=first]')"


@pytest.mark.skipif(PROGRAM is None, reason="NOT TESTED IN FIREFOX: apt-get install firefox-esr")
def test_three_clicks_and_a_visit_without_a_network(tmp_path: Path, segmenter: Any, coffee: Any) -> None:
    assert PROGRAM is not None
    write_site(tmp_path / "site")
    server = host(tmp_path / "site", 0, isolated=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    size = _size(coffee.photo)
    with firefox(PROGRAM, tmp_path / "profile") as browser:
        browser.visit(address)
        browser.evaluate("localStorage.setItem('iog-settings', '{\"toured\": true}')")
        browser.visit("about:blank")
        browser.visit(address)
        browser.wait("document.querySelector('.welcome:not([hidden]) .primary')")
        browser.evaluate("document.querySelector('.welcome .primary').click()")
        browser.wait(FIRST)
        row = "[...document.querySelectorAll('.photo-row')].find((row) => row.title === 'coffee.png')"
        browser.evaluate(f"{row}.click()")
        browser.wait(f"document.querySelector('h1').textContent === 'coffee.png' && {FIRST}")
        box = browser.evaluate("document.querySelector('#stage').getBoundingClientRect().toJSON()")
        scale = min((box["width"] - 24) / size[0], (box["height"] - 24) / size[1])
        left = box["x"] + (box["width"] - size[0] * scale) / 2
        top = box["y"] + (box["height"] - size[1] * scale) / 2
        for (x, y), mode in zip(
            (*coffee.clicks.corners, coffee.clicks.inside), ("second", "centre", "correct"), strict=True
        ):
            browser.press(left + (x + 0.5) * scale, top + (y + 0.5) * scale)
            browser.wait(f"document.querySelector('.stage[data-mode={mode}]')")
        browser.wait("document.querySelector('.saving[data-state=saved]')")
        (*_, last) = browser.evaluate(f"await ({STEPS})()")
        assert _iou(_mask(last, size), segmenter.segment(coffee.photo, coffee.clicks).mask) >= 0.999

        browser.wait("await navigator.serviceWorker.ready")
        server.shutdown()
        server.server_close()
        number = browser.evaluate("location.hash")
        browser.visit("about:blank")
        browser.visit(address + number)
        browser.wait("document.querySelectorAll('.objects .open').length === 1")
        assert browser.evaluate("crossOriginIsolated")
