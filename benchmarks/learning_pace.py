"""Whether the annotator keeps its pace while it learns: waits with learning and without, side by side.

    python benchmarks/learning_pace.py [--rounds 20] [--table docs/learning.md]

Two servers on the same large photo: beside one a process learns all the time, beside the other none does. In
turn, a person's requests go to both: after a pause, in which the learning goes on, the two corners, previews,
the third click, a correction. The median of each wait is printed, and the most memory that the learning
process took.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from fastapi.testclient import TestClient
from PIL import Image

import iog
from iog.annotator.server import make_app
from iog.annotator.work import Work
from iog.annotator.workbench import Workbench
from iog.clicks import Box
from iog.evaluation.quoting import check_quotable, quote
from iog.evaluation.tables import markdown
from iog.learning.learner import LEAST, QUIET, Learner
from iog.learning.routes import add_learning
from iog.patch import Patch
from iog.samples import samples

PREVIEWS = 5
ARMS = ("without", "with")
LONG = {"samples": 100_000}
"""The process learns until it is stopped."""
LABEL = "cup"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--megapixels", type=float, default=12.0)
    parser.add_argument("--table", type=Path, help="document whose figures `pace` are replaced")
    arguments = parser.parse_args()
    if arguments.table is not None:
        check_quotable(arguments.table, "pace")
    text = measured(arguments.rounds, arguments.megapixels)
    print(text)
    if arguments.table is not None:
        quote(arguments.table, "pace", text)


def measured(rounds: int, megapixels: float) -> str:
    """The table."""
    waits: dict[str, dict[str, list[float]]] = {arm: defaultdict(list) for arm in ARMS}
    memory = 0
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        servers = [stack.enter_context(server(Path(folder) / arm, megapixels)) for arm in ARMS]
        learner = servers[1][1]
        learner.learn_now(LABEL)
        while learner.share == 0:  # it has begun in earnest
            time.sleep(0.2)
        for number in range(rounds + 1):
            for arm, (client, _) in zip(ARMS, servers, strict=True):
                time.sleep(QUIET + 0.5)
                assert learner.label == LABEL and not learner.paused
                children = psutil.Process().children()
                memory = max(memory, *(child.memory_info().rss for child in children))
                if arm == "without":  # it knows nothing of the other server's process
                    for child in children:
                        child.suspend()
                steps = outline(client, megapixels)
                if arm == "without":
                    for child in children:
                        child.resume()
                if number:  # the first round warms up
                    for step, seconds in steps:
                        waits[arm][step].append(seconds)
    rows = []
    for step in waits["with"]:
        without, while_learning = (1000 * float(np.median(waits[arm][step])) for arm in ARMS)
        rows.append([step, f"{without:.0f}", f"{while_learning:.0f}", f"{while_learning / without:.2f}"])
    headline = (
        f"iog {iog.__version__}, {megapixels:g} megapixels, {rounds} objects, {platform.machine()}, "
        f"{psutil.cpu_count(logical=False)} cores; the learning process took {memory / 2**20:.0f} MiB"
    )
    header = ["wait in milliseconds (median)", "without learning", "while it learns", "ratio"]
    return "\n\n".join([headline, markdown(header, rows)])


@contextmanager
def server(folder: Path, megapixels: float) -> Iterator[tuple[TestClient, Learner]]:
    """The annotator on one large photo with accepted objects, as `iog annotate` makes it."""
    photos = folder / "photos"
    photos.mkdir(parents=True)
    sample = samples()[0]
    factor = scale(megapixels)
    with Image.open(sample.photo) as picture:
        size = round(picture.width * factor), round(picture.height * factor)
        picture.convert("RGB").resize(size).save(photos / "large.jpg", quality=90)
    bench = Workbench(photos, folder / "project.iog")
    learner = Learner(bench, settings=LONG)
    try:
        x0, y0, x1, y1 = (round(edge * factor) for edge in sample.clicks.box)
        mask = Patch(Box(x0, y0, x1, y1), np.ones((y1 - y0, x1 - x0), bool))
        for _ in range(LEAST):
            bench.store.create(1, Work(imported=mask), label=LABEL, state="accepted", mask=mask)
        app = make_app(bench, more=[lambda app: add_learning(app, learner)])
        with TestClient(app, base_url="http://127.0.0.1") as client:
            yield client, learner
    finally:
        bench.close()


def scale(megapixels: float) -> float:
    """Of the sample's sides to those of the large photo."""
    with Image.open(samples()[0].photo) as picture:
        return float(np.sqrt(megapixels * 1e6 / (picture.width * picture.height)))


def outline(client: TestClient, megapixels: float) -> list[tuple[str, float]]:
    """An object from the corners to a correction: each wait with its name, in seconds."""
    clicks, factor = samples()[0].clicks, scale(megapixels)

    def at(point: tuple[int, int]) -> tuple[int, int]:
        return round(point[0] * factor), round(point[1] * factor)

    corners = [at(corner) for corner in clicks.corners]
    assert clicks.inside is not None
    inside = at(clicks.inside)
    waits = []

    def timed(step: str, method: str, path: str, body: dict[str, Any]) -> Any:
        started = time.perf_counter()
        answer = client.request(method, path, json=body)
        waits.append((step, time.perf_counter() - started))
        answer.raise_for_status()
        return answer.json()

    found = timed(
        "corners", "POST", "/api/photos/1/objects", {"corners": corners, "label": LABEL, "spare": False}
    )
    path = f"/api/objects/{found['id']}"
    for number in range(PREVIEWS):
        body = {
            "x": inside[0] + number,
            "y": inside[1],
            "tab": "pace",
            "sequence": time.monotonic_ns() // 1000,
        }
        timed("first preview" if number == 0 else "preview", "POST", f"{path}/preview", body)
    work = {**found["work"], "clicks": {"corners": corners, "inside": inside}}
    for step, kind in (("third click", "inside"), ("correction", "correction")):
        if kind == "correction":
            work["clicks"]["corrections"] = [[corners[0][0], corners[0][1], False]]
        body = {"version": found["version"], "kind": kind, "work": work, "label": LABEL, "state": "draft"}
        found = timed(step, "PUT", path, body)
    client.put(
        path, json={**body, "version": found["version"], "kind": "delete", "state": "deleted"}
    ).raise_for_status()
    return waits


if __name__ == "__main__":
    main()
