"""The path from clicks to a mask, on real photos with the bundled model."""

import threading

import numpy as np
import pytest
from PIL import Image

import iog
from iog import ClickError, Clicks
from iog.evaluation.metrics import iou
from iog.images import read_image
from iog.masks import mask_box
from iog.samples import Sample
from iog.segmenter import Segmenter


def test_one_call(sample: Sample) -> None:
    prediction = iog.segment(
        str(sample.photo), corners=sample.clicks.corners, inside=sample.clicks.inside, model="lite"
    )
    image = read_image(sample.photo)
    assert prediction.mask.shape == prediction.probability.shape == image.shape[:2]
    assert prediction.mask.dtype == bool
    assert prediction.probability.dtype == np.float32
    assert prediction.probability.min() >= 0
    assert prediction.probability.max() <= 1
    assert 0.8 < prediction.confidence <= 1
    assert prediction.model == "lite"
    # A mask fills the box that was clicked around it, and the object's centre.
    box = mask_box(prediction.mask)
    assert box is not None
    found, clicked = np.zeros_like(prediction.mask), np.zeros_like(prediction.mask)
    found[box.y0 : box.y1, box.x0 : box.x1] = True
    clicked_box = sample.clicks.box
    clicked[clicked_box.y0 : clicked_box.y1, clicked_box.x0 : clicked_box.x1] = True
    assert iou(found, clicked) > 0.75


def test_any_kind_of_picture_gives_the_same_mask(coffee: Sample, segmenter: Segmenter) -> None:
    image = read_image(coffee.photo)
    masks = [
        segmenter.segment(kind, coffee.clicks).mask
        for kind in (image, Image.fromarray(image), coffee.photo, image.astype(np.uint16) * 257)
    ]
    for mask in masks[1:]:
        np.testing.assert_array_equal(mask, masks[0])


def test_a_session_ends_with_the_mask_of_one_call(sample: Sample, segmenter: Segmenter) -> None:
    box = sample.clicks.box
    corner = (box.x0, box.y0, False)
    session = segmenter.session(sample.photo, sample.clicks.corners)
    assert sample.clicks.inside is not None
    session.preview((box.x0 + 5, box.y0 + 5))
    session.click(*sample.clicks.inside)
    session.correct(*sample.clicks.inside, True)
    session.undo()
    last = session.correct(*corner)
    once = iog.segment(sample.photo, sample.clicks.corners, sample.clicks.inside, [corner])
    assert last.clicks == once.clicks
    # The batch size may change the last bits of a sum.
    np.testing.assert_allclose(last.probability, once.probability, atol=1e-5)


def test_a_preview_is_the_mask_of_the_click_and_changes_nothing(coffee: Sample, segmenter: Segmenter) -> None:
    session = segmenter.session(coffee.photo, coffee.clicks.corners)
    before = session.prediction
    assert coffee.clicks.inside is not None
    preview = session.preview(coffee.clicks.inside)
    assert session.clicks == before.clicks
    assert not session.can_undo
    np.testing.assert_array_equal(preview.mask, session.click(*coffee.clicks.inside).mask)


def test_undo_and_redo(coffee: Sample, segmenter: Segmenter) -> None:
    session = segmenter.session(coffee.photo, coffee.clicks.corners)
    states = [session.prediction, session.click(285, 150), session.correct(200, 280, False)]
    assert session.undo().clicks == states[1].clicks
    assert session.undo().clicks == states[0].clicks
    assert session.undo().clicks == states[0].clicks, "nothing is left to undo"
    np.testing.assert_array_equal(session.redo().mask, states[1].mask)
    np.testing.assert_array_equal(session.redo().mask, states[2].mask)
    assert not session.can_redo
    session.undo()
    session.correct(300, 100, True)
    assert not session.can_redo, "a new click ends the old future"


def test_changing_the_clicks_starts_from_scratch(coffee: Sample, segmenter: Segmenter) -> None:
    session = segmenter.session(coffee.photo, coffee.clicks.corners)
    session.click(285, 150)
    session.correct(200, 280, False)
    moved = session.change(coffee.clicks)
    np.testing.assert_allclose(
        moved.probability, segmenter.segment(coffee.photo, coffee.clicks).probability, atol=1e-5
    )


def test_the_encoder_runs_once_per_box(coffee: Sample, segmenter: Segmenter) -> None:
    engine = CountingEngine(segmenter.engine)
    session = Segmenter(engine).session(coffee.photo, coffee.clicks.corners)
    for x in range(250, 300, 10):
        session.preview((x, 150))
    session.click(285, 150)
    session.correct(200, 280, False)
    session.undo()
    session.redo()
    assert engine.encoded == 1
    # Far beyond the box and its margin: only then the crop must grow.
    session.correct(590, 390, False)
    assert engine.encoded == 2


class CountingEngine:
    def __init__(self, engine: iog.segmenter.Engine) -> None:
        self.engine, self.info, self.encoded = engine, engine.info, 0

    def encode(self, crops: np.ndarray) -> iog.segmenter.Features:
        self.encoded += 1
        return self.engine.encode(crops)

    def decode(self, features: iog.segmenter.Features, click_maps: np.ndarray) -> np.ndarray:
        return self.engine.decode(features, click_maps)


@pytest.mark.parametrize("foreground", [True, False])
@pytest.mark.parametrize("pixel", [(285, 150), (180, 25), (500, 60), (599, 399), (0, 0)])
def test_a_clicked_pixel_gets_its_label(
    coffee: Sample, segmenter: Segmenter, pixel: tuple[int, int], foreground: bool
) -> None:
    clicks = coffee.clicks.with_correction(*pixel, foreground).with_correction(300, 200, True)
    prediction = segmenter.segment(coffee.photo, clicks)
    assert prediction.mask[pixel[1], pixel[0]] == foreground
    assert prediction.mask[200, 300]


def test_a_batch_is_its_parts(segmenter: Segmenter) -> None:
    chosen = [s for s in iog.samples.samples() for _ in range(3)]
    clicks = [
        s.clicks.with_correction(30, 30, False) if i % 3 == 1 else s.clicks for i, s in enumerate(chosen)
    ]
    together = segmenter.segment_batch([s.photo for s in chosen], clicks)
    for one, c, prediction in zip(chosen, clicks, together, strict=True):
        alone = segmenter.segment(one.photo, c)
        np.testing.assert_allclose(prediction.probability, alone.probability, atol=1e-4)


def test_two_threads_answer_as_one_after_the_other(segmenter: Segmenter) -> None:
    def work(sample: Sample) -> list[np.ndarray]:
        session = segmenter.session(sample.photo, sample.clicks.corners)
        x, y = sample.clicks.inside or (0, 0)
        answers = [session.preview((x + d, y)).mask for d in range(-4, 5)]
        return [*answers, session.click(x, y).mask, session.correct(x, y + 3, True).mask, session.undo().mask]

    chosen = iog.samples.samples()
    alone = [work(sample) for sample in chosen]
    together: dict[int, list[np.ndarray]] = {}
    threads = [
        threading.Thread(target=lambda i=i, s=s: together.__setitem__(i, work(s)))
        for i, s in enumerate(chosen)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, answers in enumerate(alone):
        for one, other in zip(answers, together[i], strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("corners", "kind"),
    [
        (((-100, -80), (700, 480)), "leaves the image on all sides"),
        (((10, 10), (13, 13)), "the smallest allowed"),
        (((0, 190), (599, 194)), "very wide"),
        (((300, 0), (303, 399)), "very tall"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_boxes_of_every_kind(coffee: Sample, segmenter: Segmenter, corners: tuple, kind: str) -> None:
    clicks = Clicks.of(corners)
    mask = segmenter.segment(coffee.photo, clicks).mask
    assert mask.shape == (400, 600), kind
    # What is marked lies in the box and its margin, at least in part in the box itself.
    window, box = segmenter.crop(clicks).window, clicks.box
    marked = np.argwhere(mask)[:, ::-1]
    assert all(window.contains(int(x), int(y)) for x, y in marked[:: max(1, len(marked) // 50)]), kind
    assert any(box.contains(int(x), int(y)) for x, y in marked), kind


def test_a_large_photo_gives_the_mask_of_a_small_one(coffee: Sample, segmenter: Segmenter) -> None:
    image = Image.open(coffee.photo).convert("RGB")
    factor = 6
    large = image.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)

    def scaled(x: int, y: int) -> tuple[int, int]:
        return x * factor + factor // 2, y * factor + factor // 2

    assert coffee.clicks.inside is not None
    clicks = Clicks.of([scaled(*c) for c in coffee.clicks.corners], scaled(*coffee.clicks.inside))
    big = segmenter.segment(large, clicks).mask
    small = segmenter.segment(image, coffee.clicks).mask
    assert iou(big, np.kron(small, np.ones((factor, factor), bool))) > 0.97


def test_impossible_clicks_leave_the_session_as_it_was(coffee: Sample, segmenter: Segmenter) -> None:
    with pytest.raises(ClickError, match="outside the image"):
        segmenter.session(coffee.photo, ((700, 10), (800, 90)))
    session = segmenter.session(coffee.photo, coffee.clicks.corners)
    before = session.clicks
    for attempt in (lambda: session.click(5, 5), lambda: session.correct(600, 10, True)):
        with pytest.raises(ClickError):
            attempt()
    assert session.clicks == before
    assert not session.can_undo


def test_lists_of_different_lengths_are_refused(coffee: Sample, segmenter: Segmenter) -> None:
    with pytest.raises(ValueError, match="1 images for 2"):
        segmenter.segment_batch([coffee.photo], [coffee.clicks] * 2)
    assert segmenter.segment_batch([], []) == []
