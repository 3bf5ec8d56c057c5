"""A scripted annotator labels five photos through X-AnyLabeling's own client code and files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

import iog
from iog.clicks import Clicks
from iog.formats import labelme
from iog.formats.account import Account
from iog.images import read_image
from iog.masks import rasterize
from iog.samples import samples
from tests.connectors.test_x_anylabeling import point, rectangle
from tests.connectors.tools import interpreter, serving

SECRET = "correct-horse-battery"


def _client(folder: Path, **job: Any) -> dict[str, Any]:
    python = interpreter("IOG_X_ANYLABELING", "xanylabeling", "x-anylabeling-cvhub[cpu]")
    driver = Path(__file__).parent / "drivers" / "x_anylabeling.py"
    ran = subprocess.run(
        [python, str(driver)],
        input=json.dumps({**job, "folder": str(folder)}),
        capture_output=True,
        text=True,
        timeout=120,
    )
    line = next((line for line in ran.stdout.splitlines() if line.startswith("RESULT ")), None)
    assert line is not None, ran.stderr[-2000:]
    return dict(json.loads(line.removeprefix("RESULT ")))


def _steps(clicks: Clicks) -> tuple[list[Any], Clicks]:
    """The marks after the box, after the third click and after a correction; and all clicks."""
    assert clicks.inside is not None
    away = clicks.box.x0 + 1, clicks.box.y0 + 1
    marks = [rectangle(clicks.box), point(*clicks.inside), point(*away, 0)]
    return [marks[:count] for count in (1, 2, 3)], clicks.with_correction(*away, False)


def test_five_photos_through_its_client(tmp_path: Path) -> None:
    interpreter("IOG_X_ANYLABELING", "xanylabeling", "x-anylabeling-cvhub[cpu]")
    home = tmp_path / "home"
    home.mkdir()
    photos = [(s.photo, s.clicks) for s in samples()]
    photos.append((photos[0][0], Clicks.of(((5, 5), (120, 90)), (60, 45))))
    asked, expected = [], []
    for number, (photo, clicks) in enumerate(photos):
        path = tmp_path / f"{number}{photo.suffix}"
        path.write_bytes(photo.read_bytes())
        steps, final = _steps(clicks)
        asked.append({"path": str(path), "task": "polygon", "fineness": 0, "steps": steps})
        stages = [Clicks.of(clicks.corners), clicks, final]
        expected.append([iog.segment(path, c.corners, c.inside, c.corrections) for c in stages])
    asked[4]["pixels"] = True  # what the tool shows is sent in place of the file
    # After the five: marks kept for every photo, and a question that is refused.
    batch = {**asked[0], "task": "every-photo", "steps": asked[0]["steps"][2:]}
    refused = {**asked[1], "steps": [[point(3, 3)]]}
    with serving("x-anylabeling", tmp_path / "log", "--token", SECRET) as url:
        found = _client(home, url=url, key=SECRET, photos=[*asked, batch, refused])
    assert list(found["models"]) == ["iog"] and found["messages"] == []
    for (photo, _), given, wanted in zip(photos, found["photos"], expected, strict=False):
        height, width, _ = read_image(photo).shape
        assert given["batch"] is None
        for step, prediction in zip(given["steps"], wanted, strict=True):
            mask = rasterize([shape["points"] for shape in step["shapes"]], width, height)
            assert np.array_equal(mask, prediction.mask)
            assert {shape["score"] for shape in step["shapes"]} == {round(prediction.confidence, 4)}
    # As its files keep them.
    read = {p.name: p for p in labelme.read(tmp_path, Account()).pictures}
    for number, wanted in enumerate(expected[2:], 2):
        (picture,) = [p for name, p in read.items() if name.startswith(f"{number}.")]
        assert picture.size is not None
        masks = [a.shape.patch(picture.size).full(*picture.size) for a in picture.annotations if a.shape]
        assert np.array_equal(np.logical_xor.reduce(masks), wanted[2].mask)
    every, kept = found["photos"][5:]
    assert every["batch"] == "default"
    assert {shape["label"] for shape in every["steps"][0]["shapes"]} == {"object"}
    assert kept["steps"] == [{"shapes": [], "replace": False}]  # so that nothing of the user's is cleared
    assert "no box" in (tmp_path / "log").read_text()


def test_without_the_token_nothing_is_listed(tmp_path: Path) -> None:
    interpreter("IOG_X_ANYLABELING", "xanylabeling", "x-anylabeling-cvhub[cpu]")
    with serving("x-anylabeling", tmp_path / "log", "--token", SECRET) as url:
        found = _client(tmp_path, url=url, key="wrong", photos=[])
    assert found["models"] == {}
