from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iog import ClickError, Clicks
from iog.box_methods import FALLBACK, METHODS, BoxSegmenter, inferred_click
from iog.clicks import Box, Pixel
from iog.crop import Crop
from iog.engines import Features
from iog.evaluation.metrics import iou
from iog.images import read_image
from iog.robot import RobotUser, depth
from iog.samples import Sample
from iog.segmenter import Segmenter
from tests.auto.stub import StubEngine


def test_two_stages_cost_one_encode_and_two_decodes() -> None:
    engine = StubEngine()
    image = np.full((60, 80, 3), 200, np.uint8)
    boxes = [Box(5, 5, 25 + i, 30) for i in range(11)]
    assert len(BoxSegmenter(Segmenter(engine)).segment(image, boxes, batch=8)) == 11
    assert engine.encoded == [8, 3]
    assert engine.decoded == [8, 8, 3, 3]


def test_the_methods_differ_in_their_click(sample: Sample, segmenter: Segmenter) -> None:
    image, box = read_image(sample.photo), sample.clicks.box
    three = segmenter.segment(image, sample.clicks).mask
    for method in METHODS:
        (answer,) = BoxSegmenter(segmenter, method).segment(image, [box])
        prediction = answer.prediction
        assert answer.note is None
        assert prediction.clicks.box == box
        assert iou(prediction.mask, three) > 0.6, method
        if method in ("box", "crop"):
            assert prediction.clicks.inside is None
            continue
        inside = prediction.clicks.inside
        assert inside is not None
        if method in ("centre", "sim"):
            assert abs(2 * inside.x + 1 - box.x0 - box.x1) <= 1
            assert abs(2 * inside.y + 1 - box.y0 - box.y1) <= 1
        # The second decode of the same features is what a person's click would have given.
        again = segmenter.segment(image, prediction.clicks)
        np.testing.assert_allclose(prediction.probability, again.probability, atol=1e-4)


def test_the_inferred_click_is_the_robot_users(coffee: Sample, segmenter: Segmenter) -> None:
    """At image resolution both see the same pixels."""
    image, box = read_image(coffee.photo), Box(250, 100, 330, 170)
    (first,) = BoxSegmenter(segmenter, "box").segment(image, [box])
    within = np.zeros(image.shape[:2], bool)
    within[box.y0 : box.y1, box.x0 : box.x1] = first.prediction.mask[box.y0 : box.y1, box.x0 : box.x1]
    x, y = inferred_click(first.prediction.crop_probability, first.prediction.crop, box) or (-1, -1)
    robot = RobotUser().clicks(within).inside
    assert robot is not None
    assert depth(within)[y, x] == pytest.approx(depth(within)[robot.y, robot.x], abs=1e-3)


def test_the_inferred_click_lies_in_a_large_object_too() -> None:
    probability = np.zeros((64, 64), np.float32)
    probability[16:48, 4:28] = 1
    crop = Crop(Box(-200, 100, 1800, 3100), 64, 64)
    x, y = inferred_click(probability, crop, Box(0, 300, 1600, 2900)) or (-1, -1)
    scale_x, scale_y = 2000 / 64, 3000 / 64
    assert 4 * scale_x - 200 < x < 28 * scale_x - 200
    assert 16 * scale_y + 100 < y < 48 * scale_y + 100
    assert x == pytest.approx(28 * scale_x / 2 - 100, abs=60), "in the middle of what lies in the box"


def test_of_equally_deep_pixels_it_is_the_first_every_time() -> None:
    """The last bit of a distance must not decide: OpenCV's differs from call to call."""
    random = np.random.default_rng(0)
    for _ in range(30):
        probability = np.zeros((64, 64), np.float32)
        x, y = random.integers(4, 20, 2)
        probability[y : y + 11, x : x + 30] = 1
        probability[y + 14 : y + 25, x : x + 30] = 1
        crop = Crop(Box(0, 0, 64, 64), 64, 64)
        assert inferred_click(probability, crop, Box(0, 0, 64, 64)) == Pixel(int(x) + 5, int(y) + 5)


def test_nothing_in_the_box_means_no_click() -> None:
    probability = np.zeros((32, 32), np.float32)
    crop = Crop(Box(0, 0, 32, 32), 32, 32)
    assert inferred_click(probability, crop, Box(4, 4, 28, 28)) is None
    probability[1, 1] = 1
    assert inferred_click(probability, crop, Box(4, 4, 28, 28)) is None
    probability[9, 7] = 1
    assert inferred_click(probability, crop, Box(4, 4, 28, 28)) == Pixel(7, 9)


def test_an_empty_first_stage_falls_back_to_the_box() -> None:
    engine = StubEngine()
    image = np.zeros((60, 80, 3), np.uint8)
    image[:, 40:] = 255
    boxes = [Box(5, 5, 30, 50), Box(45, 5, 75, 50)]
    dark, light = BoxSegmenter(Segmenter(engine)).segment(image, boxes, batch=2)
    assert (dark.note, light.note) == (FALLBACK, None)
    assert dark.prediction.clicks == Clicks.of([(5, 5), (29, 49)])
    assert not dark.prediction.mask.any()
    assert light.prediction.mask.any()
    assert engine.decoded == [2, 1]


@pytest.mark.parametrize("box", [Box(0, 0, 3, 30), Box(80, 0, 100, 20), Box(-30, -30, 2, 2)])
def test_impossible_boxes(box: Box) -> None:
    with pytest.raises(ClickError):
        BoxSegmenter(Segmenter(StubEngine())).segment(np.zeros((60, 80, 3), np.uint8), [box])


def test_without_guidance_the_network_learns_of_no_click() -> None:
    """Method A: click maps are zero; the same crop with clicks has some."""
    seen: list[np.ndarray] = []

    class Watched(StubEngine):
        def decode(self, features: Features, click_maps: np.ndarray) -> np.ndarray:
            seen.append(click_maps)
            return super().decode(features, click_maps)

    image = np.full((60, 80, 3), 200, np.uint8)
    segmenter = Segmenter(Watched())
    for method in ("crop", "centre", "sim", "box"):
        BoxSegmenter(segmenter, method).segment(image, [Box(5, 5, 40, 40)])
    crop, centre, sim, box = seen
    assert crop.shape == box.shape
    assert not crop.any()
    np.testing.assert_array_equal(centre, sim)
    assert centre[:, 0].any()
    assert not box[:, 0].any()
    assert box[:, 1].any()


def test_another_network_for_the_first_stage() -> None:
    """Its own crop and features; the second network answers to the click."""
    first, last = StubEngine(), StubEngine()
    first.info = replace(first.info, name="first", margin=0.5)
    image = np.full((60, 80, 3), 200, np.uint8)
    boxes = BoxSegmenter(Segmenter(last), "two-stage", Segmenter(first))
    answers = boxes.segment(image, [Box(5, 5, 40, 40), Box(30, 20, 70, 50)], batch=2)
    assert (first.encoded, first.decoded) == ([2], [2])
    assert (last.encoded, last.decoded) == ([2], [2])
    for answer in answers:
        assert answer.prediction.clicks.inside is not None
        assert answer.prediction.model == "stub"
        assert answer.prediction.crop == Segmenter(last).crop(answer.prediction.clicks)


@pytest.mark.parametrize("name", ["iog", "refinement"])
@pytest.mark.parametrize("ending", [".pt", ".encoder.onnx"])
def test_published_models_run_all_methods(published_files: Path, name: str, ending: str) -> None:
    """Their encoder sees the click, so two stages encode twice; without an inside click its map is empty."""
    model = Segmenter(published_files / f"{name}{ending}")
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    boxes = [Box(20, 10, 80, 70), Box(5, 5, 50, 60), Box(60, 30, 119, 89)]
    for method in METHODS:
        answers = BoxSegmenter(model, method).segment(image, boxes, batch=2)
        for box, answer in zip(boxes, answers, strict=True):
            prediction = answer.prediction
            assert prediction.mask.shape == (90, 120)
            if method != "crop":  # what a person's clicks would have given
                again = model.segment(image, prediction.clicks)
                np.testing.assert_allclose(prediction.probability, again.probability, atol=2e-3)
            assert prediction.clicks.box == box
