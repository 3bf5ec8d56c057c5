from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import iog
from iog.clicks import Clicks
from iog.connectors.core import Core, Turns
from iog.connectors.prompts import box_of, clicks_of, photo_of_text
from iog.samples import Sample
from tests.annotator.conftest import DiscEngine
from tests.connectors.conftest import bomb, picture


class Counting(DiscEngine):
    """Counts what it is asked."""

    def __init__(self) -> None:
        self.encoded = self.decoded = 0

    def encode(self, crops: npt.NDArray[np.uint8]) -> Any:
        self.encoded += 1
        return super().encode(crops)

    def decode(self, features: Any, click_maps: Any) -> Any:
        self.decoded += 1
        return super().decode(features, click_maps)


BOX = Clicks.of(((10, 5), (49, 34)))


@pytest.mark.parametrize("cache", [0, 64 << 20])
def test_masks_are_those_of_iog_segment(coffee: Sample, segmenter: iog.Segmenter, cache: int) -> None:
    core = Core(segmenter, cache_bytes=cache)
    photo = core.photo(coffee.photo.read_bytes())
    clicks = Clicks.of(coffee.clicks.corners)
    for step in (
        clicks,
        coffee.clicks,
        coffee.clicks.with_correction(*coffee.clicks.box.centre, True),
        coffee.clicks.with_correction(coffee.clicks.box.x0 + 2, coffee.clicks.box.y0 + 2, False),
    ):
        expected = iog.segment(coffee.photo, step.corners, step.inside, step.corrections)
        found = core.predict(photo, step)
        assert np.array_equal(found.mask, expected.mask) and found.mask.any()
        assert found.confidence == expected.confidence


def test_a_second_click_on_a_box_costs_the_decoder_alone() -> None:
    engine = Counting()
    core = Core(iog.Segmenter(engine))
    photo = core.photo(picture())
    core.predict(photo, BOX)
    assert (engine.encoded, engine.decoded) == (1, 1)
    core.predict(photo, BOX.with_inside(30, 20))
    core.predict(photo, BOX.with_inside(30, 20).with_correction(12, 8, False))
    assert (engine.encoded, engine.decoded) == (1, 3)
    core.predict(core.photo(picture()), BOX.with_inside(30, 20))  # the same file sent again
    assert (engine.encoded, engine.decoded) == (1, 3)
    core.predict(core.photo(picture(seed=1)), BOX)
    assert engine.encoded == 2


def test_the_limit_of_the_cache_is_held() -> None:
    limit = 30_000
    core = Core(iog.Segmenter(Counting()), cache_bytes=limit)
    for seed in range(12):
        photo = core.photo(picture(seed=seed))
        core.predict(photo, BOX)
        assert 0 < core.kept_bytes <= limit
    large = core.photo(picture(200, 200))  # larger than all that may be kept
    assert core.predict(large, BOX).mask.any()
    assert core.kept_bytes <= limit


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    core = Core(iog.Segmenter(DiscEngine()), maximum_pixels=1_000_000)
    with pytest.raises(iog.ImageError, match="2000 x 1000 pixels; at most 1,000,000"):
        core.photo(bomb(2000, 1000))
    with pytest.raises(iog.ImageError, match="not a picture"):
        core.photo(b"nonsense")


def test_who_waits_is_served_in_order() -> None:
    turns, order = Turns(), []
    started = threading.Event()

    def many() -> None:
        for _ in range(6):
            with turns:
                order.append("many")
                started.set()
                time.sleep(0.02)

    def one() -> None:
        started.wait()
        with turns:
            order.append("one")

    threads = [threading.Thread(target=many), *(threading.Thread(target=one) for _ in range(3))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A batch queues anew for each mask, so the others do not wait for its end.
    assert order[-2:] == ["many", "many"] and order.count("one") == 3


def test_marks_become_clicks() -> None:
    size = (60, 40)
    box = box_of((49.5, 34, 10, 5), size)
    assert tuple(box) == (10, 5, 50, 34)
    clicks = clicks_of(box, [(3, 3, True), (20.9, 10.2, True), (60, 40, False)], size)
    assert clicks == Clicks.of(((10, 5), (49, 33)), (20, 10), [(3, 3, True), (59, 39, False)])
    assert tuple(box_of((10, 10, 11, 30), size)) == (9, 10, 13, 30)  # too thin for a model
    assert tuple(box_of((0.25, 0.5, 0.75, 1), size, relative=True)) == (15, 20, 45, 40)
    for values in ((1, 2, 3), (1, 2, 3, float("nan")), (5, 5, 5, 5), "abcd"):
        with pytest.raises(iog.ClickError, match="not a box"):
            box_of(values, size)
    with pytest.raises(iog.ClickError, match="not a point"):
        clicks_of(box, [(float("inf"), 1, True)], size)


def test_pictures_in_text() -> None:
    import base64

    core = Core(iog.Segmenter(DiscEngine()))
    text = base64.b64encode(picture()).decode()
    assert photo_of_text(core, text).size == (60, 40)
    assert photo_of_text(core, f"data:image/png;base64,{text}").size == (60, 40)
    for wrong in ("http://127.0.0.1/x.png", "file:///etc/passwd", "data:image/png,abc", "data:,", "é", ""):
        with pytest.raises(iog.ImageError):
            photo_of_text(core, wrong)


def test_models_that_take_extreme_points_are_refused() -> None:
    from iog.description import ModelInfo

    class Extreme(DiscEngine):
        info = ModelInfo(
            name="dextr-lite",
            size=64,
            margin=0.15,
            network={"guidance": "extreme-points"},
            weights_sha256="",
            trained={},
        )

    with pytest.raises(iog.ModelError, match="extreme"):
        Core(iog.Segmenter(Extreme()))


@pytest.mark.parametrize("file", ["iog.pt", "refinement.encoder.onnx"])
def test_models_of_every_kind(published_files: Path, coffee: Sample, file: str) -> None:
    """A checkpoint of the published network and an exported one; the bundled model is asked above."""
    core = Core(iog.Segmenter(published_files / file))
    photo = core.photo(coffee.photo.read_bytes())
    clicks = coffee.clicks
    if core.segmenter.takes_corrections:
        clicks = clicks.with_correction(*coffee.clicks.box.centre, True)
    expected = core.segmenter.segment(coffee.photo, clicks).mask
    for _ in range(2):  # the second time from what is kept
        assert np.array_equal(core.predict(photo, clicks).mask, expected)
