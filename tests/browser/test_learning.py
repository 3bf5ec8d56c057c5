"""Twelve leaves: the page learns from the first ones, and the last ones cost fewer clicks than without it."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from iog.annotator.store import Store
from iog.clicks import Box
from iog.learning.compare import TARGET
from iog.robot import RobotUser
from tests.browser.conftest import SIZE, Annotator, Server

pytest.importorskip("torch", reason="learning needs the `train` extra")

LEARNED, LEAVES, AGAIN = 5, 12, 3
"""Leaves from which it learns; all; of the last ones, those that are labelled without it, too."""

SERVE = """
import sys, uvicorn
from pathlib import Path
from iog.annotator.server import make_app
from iog.annotator.workbench import Workbench
from iog.learning.learner import Learner
from iog.learning.routes import add_learning
bench = Workbench(Path(sys.argv[1]), Path(sys.argv[2]))
bench.store.labels = ["leaf"]
short = {"samples": 48, "batch": 4, "sizes": [192], "learning_rate": 1e-3, "warmup": 2}
learner = Learner(bench, settings=short)
app = make_app(bench, more=[lambda app: add_learning(app, learner)])
uvicorn.run(app, port=int(sys.argv[3]), log_level="warning")
"""


@dataclass
class LearningServer(Server):
    """As `iog annotate`, with a shorter recipe."""

    def command(self) -> list[str]:
        return [sys.executable, "-c", SERVE, str(self.folder), str(self.project), str(self.port)]


def leaf(number: int) -> tuple[np.ndarray, np.ndarray]:
    """A photo (H, W, 3) RGB of five leaflets that are one leaf, and its mask: the model takes one of them."""
    random = np.random.default_rng(number)
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    mask = np.zeros(x.shape, bool)
    centre, turn = (240 + random.integers(-30, 30), 160 + random.integers(-15, 15)), random.uniform(0, 6.3)
    for angle in turn + 2 * np.pi * np.arange(5) / 5:
        u, v = x - centre[0] - 62 * np.cos(angle), y - centre[1] - 62 * np.sin(angle)
        along, across = u * np.cos(angle) + v * np.sin(angle), v * np.cos(angle) - u * np.sin(angle)
        mask |= np.hypot(along / 40, across / 17) < 1
    pixels = random.normal((96, 104, 70), 14, (*x.shape, 3))
    pixels[mask] = random.normal((80, 122, 64), 14, (int(mask.sum()), 3))
    return np.asarray(cv2.GaussianBlur(np.clip(pixels, 0, 255).astype(np.uint8), (0, 0), 1), np.uint8), mask


@pytest.fixture
def leaves(tmp_path: Path) -> Iterator[LearningServer]:
    folder = tmp_path / "leaves"
    folder.mkdir()
    for number in range(1, LEAVES + 1):
        picture = Image.fromarray(leaf(number)[0])
        picture.save(folder / f"leaf {number:02}.png")
        if number > LEAVES - AGAIN:
            picture.save(folder / f"without {number:02}.png", compress_level=1)
    server = LearningServer(folder, tmp_path / "project.iog")
    server.start()
    yield server
    server.kill(signal.SIGTERM)


def label(tab: Annotator, project: Path, photo: str, number: int) -> int:
    """Click as the robot user of this seed does until the mask is good, and accept; the clicks that took."""
    _, truth = leaf(number)
    user = RobotUser(corner_jitter=0.01, seed=number)
    clicks = user.clicks(truth)
    store = Store(project)

    def mask() -> np.ndarray:
        tab.saved()
        row = store.photo_at(photo)
        assert row is not None
        found = store.objects(row.id)[0].mask
        assert found is not None
        return found.within(Box(0, 0, *SIZE))

    try:
        tab.open(photo)
        for corner, mode in zip(clicks.corners, ("second", "centre"), strict=True):
            tab.click(corner)
            tab.mode(mode)
        assert clicks.inside is not None
        tab.click(clicks.inside)
        tab.mode("correct")
        count = 3
        while count < 12 and (now := mask() & truth).sum() / (mask() | truth).sum() < TARGET:
            correction = user.correction(mask(), truth)
            assert correction is not None and now.any()
            button = "left" if correction.foreground else "right"
            tab.click((correction.x, correction.y), button=button)
            count += 1
            expect(tab.page.locator(".saving")).to_have_attribute("data-state", "saved")
        tab.key("Space")
        tab.saved()
    finally:
        store.close()
    return count


def test_the_last_leaves_cost_fewer_clicks(visit: Callable[..., Annotator], leaves: LearningServer) -> None:
    tab = visit(leaves.address)
    panel = tab.page.locator(".learning")

    def cost(name: str, numbers: range) -> list[int]:
        return [label(tab, leaves.project, f"{name} {n:02}.png", n) for n in numbers]

    cost("leaf", range(1, LEARNED + 1))
    expect(panel.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("^Clicks of the last 5 × leaf")
    )
    panel.get_by_role("button", name="Learn leaf now").click()
    expect(panel.get_by_role("button", name="Stop")).to_be_visible()
    expect(panel).to_have_attribute("data-models", "1", timeout=1_500_000)
    expect(panel.get_by_role("status")).to_contain_text(
        re.compile(r"Learned from 5 × leaf: clicks per leaf \d")
    )
    learned = cost("leaf", range(LEARNED + 1, LEAVES + 1))
    panel.get_by_role("button", name="Go back to the first model").click()
    expect(panel.get_by_role("button", name="Go back")).to_have_count(0)
    without = cost("without", range(LEAVES - AGAIN + 1, LEAVES + 1))
    assert sum(learned[-AGAIN:]) < sum(without)
