"""How clicks become arrays, and sessions with models other than `lite`; no network runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iog import ModelError, published
from iog.box_methods import BoxSegmenter
from iog.clicks import Clicks, ExtremeClicks
from iog.description import ModelInfo, PublishedInfo
from iog.engines import Features
from iog.prompting import THRESHOLD, LitePrompting, PublishedPrompting, prompting_of
from iog.published import PublishedSettings
from iog.segmenter import Segmenter

SETTINGS = PublishedSettings(size=64)
IMAGE = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
BOX = Clicks.of(((40, 30), (109, 99)))
THREE = BOX.with_inside(70, 60)


def info(**config: Any) -> PublishedInfo:
    return PublishedInfo(
        name="iog-resnet50", network="iog", config=config, settings=SETTINGS, weights_sha256="0"
    )


class RecordingEngine:
    """Answers the first and last channel that it was shown; keeps what it was asked."""

    def __init__(self, info: PublishedInfo) -> None:
        self.info = info
        self.inputs: list[np.ndarray] = []
        self.maps: list[np.ndarray | None] = []

    def encode(self, inputs: np.ndarray) -> Features:
        self.inputs.append(inputs)
        return (inputs[:, 3] / 255,)

    def decode(self, features: Features, click_maps: np.ndarray | None) -> np.ndarray:
        self.maps.append(click_maps)
        return features[0] if click_maps is None else np.maximum(features[0], click_maps[:, 0] / 255)


@pytest.fixture
def plain() -> RecordingEngine:
    return RecordingEngine(info(refinement=False))


@pytest.fixture
def refinement() -> RecordingEngine:
    return RecordingEngine(info(refinement=True))


def test_each_model_gets_its_prompting() -> None:
    lite = ModelInfo(name="x", size=96, margin=0.2, network={}, weights_sha256="", trained={})
    assert prompting_of(lite) == LitePrompting(96, 0.2)
    assert prompting_of(info()) == PublishedPrompting(SETTINGS, refinement=False)
    assert prompting_of(info(refinement=True)) == PublishedPrompting(SETTINGS, refinement=True)
    assert prompting_of(lite).view == "96 x 96 pixels, box and 20% around it"
    assert prompting_of(info()).view == "64 x 64 pixels, box and 30 pixels around it"


@pytest.mark.parametrize(
    "described",
    [replace(info(), network="dextr"), info(guidance="extreme-points")],
    ids=["dextr", "ablation"],
)
def test_models_that_need_extreme_points_are_asked_with_them_alone(described: PublishedInfo) -> None:
    """As published: the photo and one heatmap; DEXTR's masks begin at a probability of 0.8."""
    engine = RecordingEngine(described)
    segmenter = Segmenter(engine)
    for refused in (
        lambda: segmenter.segment(IMAGE, THREE),
        lambda: segmenter.session(IMAGE, THREE.corners),
        lambda: BoxSegmenter(segmenter),
    ):
        with pytest.raises(ModelError, match="needs four extreme points") as error:
            refused()
        assert "\n" not in str(error.value)
    assert not engine.inputs
    clicks = ExtremeClicks.of([(40, 60), (70, 30), (109, 60), (70, 99)])
    prediction = segmenter.segment(IMAGE, clicks)
    crop = published.crop_around(clicks.box, SETTINGS)
    expected = published.extreme_points_input(IMAGE, clicks.points, crop, SETTINGS)
    np.testing.assert_array_equal(engine.inputs[0], expected)
    assert engine.maps == [None]
    threshold = 0.8 if described.network == "dextr" else 0.5
    np.testing.assert_array_equal(prediction.mask, prediction.probability >= threshold)
    assert prediction.mask[60, 40] and prediction.prompt == "extreme points"


@pytest.mark.parametrize("clicks", [BOX, THREE], ids=["box", "three clicks"])
def test_the_encoder_gets_what_the_published_code_gets(plain: RecordingEngine, clicks: Clicks) -> None:
    prediction = Segmenter(plain).segment(IMAGE, clicks)
    crop = published.crop_around(clicks.box, SETTINGS)
    assert prediction.crop == crop
    expected = published.network_input(IMAGE, clicks, crop, SETTINGS)
    np.testing.assert_array_equal(plain.inputs[0], expected)
    assert plain.inputs[0].dtype == np.float32
    assert plain.inputs[0][0, 3].any() == (clicks.inside is not None)
    assert plain.maps == [None]


def test_the_answer_is_pasted_as_published(plain: RecordingEngine) -> None:
    prediction = Segmenter(plain).segment(IMAGE, BOX)
    random = np.random.default_rng(1).random((64, 64), dtype=np.float32)
    pasted = replace(prediction, crop_probability=random)
    np.testing.assert_array_equal(
        pasted.probability, published.paste(random, prediction.crop, 160, 120, SETTINGS)
    )


def test_the_refinement_sees_all_clicks_at_once(refinement: RecordingEngine) -> None:
    clicks = THREE.with_correction(50, 90, True).with_correction(100, 40, False)
    prediction = Segmenter(refinement).segment(IMAGE, clicks)
    (maps,) = refinement.maps
    expected = published.click_maps(clicks, prediction.crop, SETTINGS)
    np.testing.assert_array_equal(maps, expected[None])
    assert prediction.mask[90, 50] and not prediction.mask[40, 100]
    # The backbone keeps to the first three clicks.
    np.testing.assert_array_equal(
        refinement.inputs[0], published.network_input(IMAGE, THREE, prediction.crop, SETTINGS)
    )


def test_a_correction_beyond_the_window_widens_it(refinement: RecordingEngine) -> None:
    segmenter = Segmenter(refinement)
    session = segmenter.session(IMAGE, BOX.corners)
    session.click(70, 60)
    far = session.correct(155, 60, True)
    assert far.crop.window.contains(155, 60)
    assert far.mask[60, 155]
    assert len(refinement.inputs) == 3
    alone = segmenter.segment(IMAGE, THREE.with_correction(155, 60, True))
    np.testing.assert_array_equal(far.probability, alone.probability)


def test_a_session_encodes_anew_for_each_inside_click_only(refinement: RecordingEngine) -> None:
    session = Segmenter(refinement).session(IMAGE, BOX.corners)
    assert len(refinement.inputs) == 1
    previews = [session.preview((x, 60)) for x in (60, 65, 70)]
    assert len(refinement.inputs) == 4
    assert not np.array_equal(previews[0].probability, previews[1].probability)
    states = [session.click(70, 60), session.correct(50, 90, True), session.correct(100, 40, False)]
    assert len(refinement.inputs) == 4, "the last preview was of this click"
    np.testing.assert_array_equal(states[0].probability, previews[2].probability)
    assert session.undo().clicks == states[1].clicks
    np.testing.assert_array_equal(session.undo().probability, states[0].probability)
    session.redo()
    np.testing.assert_array_equal(session.redo().probability, states[2].probability)
    assert len(refinement.inputs) == 4
    once = Segmenter(refinement).segment(IMAGE, states[2].clicks)
    np.testing.assert_array_equal(once.probability, states[2].probability)


def test_a_batch_mixes_objects_with_and_without_corrections(
    refinement: RecordingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iog.segmenter.BATCH", 2)
    chosen = [BOX, THREE, THREE.with_correction(50, 90, True)]
    together = Segmenter(refinement).segment_batch([IMAGE] * 3, chosen)
    assert [len(batch) for batch in refinement.inputs] == [2, 1], "two objects in one run"
    for clicks, prediction in zip(chosen, together, strict=True):
        alone = Segmenter(refinement).segment(IMAGE, clicks)
        np.testing.assert_array_equal(prediction.probability, alone.probability)


def test_without_refinement_corrections_are_refused_and_nothing_changes(plain: RecordingEngine) -> None:
    segmenter = Segmenter(plain)
    assert not segmenter.takes_corrections
    session = segmenter.session(IMAGE, BOX.corners)
    before = session.click(70, 60)
    with pytest.raises(ModelError, match="iog-resnet50 takes no corrections") as error:
        session.correct(50, 90, True)
    assert "\n" not in str(error.value)
    assert session.clicks == before.clicks
    session.undo()
    assert not session.can_undo
    with pytest.raises(ModelError, match="takes no corrections"):
        segmenter.segment(IMAGE, THREE.with_correction(50, 90, True))


@given(
    side=st.integers(4, 900),
    at=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
    foreground=st.booleans(),
    answer=st.sampled_from([0.0, 0.3, 0.7, 1.0]),
)
def test_the_clicked_pixel_has_the_clicked_label(
    side: int, at: tuple[float, float], foreground: bool, answer: float
) -> None:
    """At the photo's resolution, for objects far smaller and larger than the crop, whatever the answer."""
    prompting = LitePrompting(320, 0.15)
    inside = (10 + side // 2, 10 + side // 2)
    x, y = (10 + int(share * side) for share in at)
    if (x, y) == inside and not foreground:
        return
    clicks = Clicks.of(((10, 10), (9 + side, 9 + side)), inside).with_correction(x, y, foreground)
    crop = prompting.crop(clicks)
    probability = np.full((320, 320), answer, np.float32)
    before = np.full((320, 320), not foreground, np.float32)
    prompting.settle(probability, clicks, crop, before)
    box, visible = prompting.visible(probability, crop, 920, 920)
    assert (visible[y - box.y0, x - box.x0] >= THRESHOLD) == foreground


def test_a_correction_that_tells_nothing_new_changes_nothing() -> None:
    prompting = LitePrompting(320, 0.15)
    previous = np.zeros((320, 320), np.float32)
    previous[100:200, 100:200] = 0.9
    for x, y, foreground, kept in ((70, 60, True, True), (45, 35, False, True), (70, 60, False, False)):
        clicks = THREE.with_correction(x, y, foreground)
        probability = np.full((320, 320), 0.4, np.float32)
        prompting.settle(probability, clicks, prompting.crop(clicks), previous)
        assert np.array_equal(probability, previous) == kept, (x, y, foreground)
