from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iog import published
from iog.clicks import Box, Clicks
from iog.crop import Crop
from iog.masks import mask_box
from iog.published import PublishedSettings

sides = st.integers(4, 700)
starts = st.integers(-40, 400)
boxes = st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), starts, starts, sides, sides)


def clicks_of(box: Box, inside: tuple[int, int] | None = None, **more: object) -> Clicks:
    return Clicks.of(((box.x0, box.y0), (box.x1 - 1, box.y1 - 1)), inside, **more)  # type: ignore[arg-type]


@given(boxes)
def test_window_is_the_inclusive_box_and_thirty_pixels(box: Box) -> None:
    window = published.crop_around(box).window
    first, last = (box.x0, box.y0), (box.x1 - 1, box.y1 - 1)
    assert window[:2] == (first[0] - 30, first[1] - 30)
    assert (window.x1 - 1, window.y1 - 1) == (last[0] + 30, last[1] + 30)
    assert (window.width, window.height) == (box.width + 60, box.height + 60)


@given(boxes, st.data())
def test_pixels_map_by_their_centres(box: Box, data: st.DataObject) -> None:
    crop = published.crop_around(box)
    x = data.draw(st.integers(crop.window.x0, crop.window.x1 - 1))
    y = data.draw(st.integers(crop.window.y0, crop.window.y1 - 1))
    ((u, v),) = published.to_crop_pixels([(x, y)], crop)
    assert abs(u - ((x - crop.window.x0 + 0.5) * 512 / crop.window.width - 0.5)) <= 0.5
    assert abs(v - ((y - crop.window.y0 + 0.5) * 512 / crop.window.height - 0.5)) <= 0.5
    assert 0 <= u < 512 and 0 <= v < 512


@settings(deadline=None, max_examples=60)
@given(boxes)
def test_outside_clicks_are_those_that_the_published_test_takes_from_the_mask(box: Box) -> None:
    box = Box(box.x0 + 40, box.y0 + 40, box.x1 + 40, box.y1 + 40)
    mask = np.zeros((box.y1 + 5, box.x1 + 5), bool)
    mask[box.y0 : box.y1, box.x0 : box.x1] = True
    crop = published.crop_around(box)
    inside, outside = published.points_of_mask(mask, crop)
    assert published.outside_points(box, crop).tolist() == outside.tolist()
    middle = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    if abs(box.width - box.height) < 2:
        assert np.abs(inside[0] - published.to_crop_pixels([middle], crop)[0]).max() <= 2 * max(crop.scale)


@example(Box(0, -1, 684, 3), "edges")
@given(boxes, st.sampled_from(["edges", "centres"]))
def test_outside_clicks_lie_ten_pixels_out_and_within_the_crop(box: Box, rule: str) -> None:
    chosen = PublishedSettings(corner_rule=rule)  # type: ignore[arg-type]
    crop = published.crop_around(box)
    points = published.outside_points(box, crop, chosen)
    top_left, bottom_left, top_right, bottom_right = points.tolist()
    assert top_left == [bottom_left[0], top_right[1]] and bottom_right == [top_right[0], bottom_left[1]]
    assert points.min() >= 0 and points.max() <= 512
    # Half an image pixel and half a crop pixel of rounding; of crop pixels' centres the next one is meant.
    x0, x1 = (crop.to_crop([box[:2], box[2:]])[:, 0] - 0.5).tolist()
    tolerance = max(1, crop.scale[0] / 2 + 0.5)
    assert abs(top_left[0] - max(0, x0 - 10)) <= tolerance + 1e-6
    assert abs(top_right[0] - min(512, x1 + 10)) <= tolerance + 1.5 + 1e-6


def test_outside_clicks_are_clamped_low_to_zero_and_high_to_the_size() -> None:
    # A margin of 30 in a window of 2060 pixels is 7 crop pixels, less than the offset.
    box = Box(0, 0, 2000, 2000)
    points = published.outside_points(box, published.crop_around(box))
    assert points.tolist() == [[0, 0], [0, 512], [512, 0], [512, 512]]


def test_heatmaps_are_gaussians_of_ten_pixels_in_0_to_255() -> None:
    crop = Crop(Box(0, 0, 512, 512), 512, 512)
    drawn = published.heatmap([(100, 200), (103, 200)], crop)
    ys, xs = np.mgrid[:512, :512]
    distance = np.minimum((xs - 100) ** 2, (xs - 103) ** 2) + (ys - 200) ** 2
    assert drawn.dtype == np.float32
    assert np.allclose(drawn, 255 * np.exp(-4 * np.log(2) * distance / 100), atol=1e-3)
    assert drawn[200, 100] == 255 and drawn[205, 100] == pytest.approx(127.5)
    assert not published.heatmap([], crop).any()


def test_network_input_is_rgb_inside_outside() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (90, 120, 3), np.uint8)
    box = Box(10, 20, 50, 60)
    clicks = clicks_of(box, (30, 41), corrections=[(12, 22, False)])
    crop = published.crop_around(box)
    x = published.network_input(image, clicks, crop)
    assert x.shape == (1, 5, 512, 512) and x.dtype == np.float32
    padded = np.zeros((100, 100, 3), np.float32)
    padded[10:, 20:] = image[:90, :80]
    assert np.allclose(x[0, :3].transpose(1, 2, 0), cv2.resize(padded, (512, 512)), atol=1e-3)
    assert not x[0, :3, :40, :].any() and not x[0, :3, :, :90].any()
    # Pixel 30 lies at (30 + 20 + 0.5) * 5.12 - 0.5 = 258.06; the correction is not drawn.
    assert np.argwhere(x[0, 3] == 255).tolist() == [[263, 258]]
    # The box covers 30 * 5.12 = 153.6 to 70 * 5.12 = 358.4, the centres of pixels 154 to 357.
    assert np.argwhere(x[0, 4] == 255).tolist() == [[144, 144], [144, 367], [367, 144], [367, 367]]


def test_box_alone_has_an_empty_inside_map() -> None:
    box = Box(40, 40, 80, 80)
    maps = published.initial_maps(clicks_of(box), published.crop_around(box))
    assert not maps[0].any() and maps[1].max() == 255


def test_corrections_join_their_maps_by_maximum() -> None:
    box = Box(40, 40, 80, 80)
    crop = published.crop_around(box)
    first = clicks_of(box, (60, 60))
    clicks = first.with_correction(70, 50, True).with_correction(45, 75, False)
    maps, before = published.click_maps(clicks, crop), published.initial_maps(first, crop)
    assert np.array_equal(published.click_maps(first, crop), before)
    for channel, (x, y) in enumerate([(70, 50), (45, 75)]):
        expected = np.maximum(
            before[channel], published.heatmap(published.to_crop_pixels([(x, y)], crop), crop)
        )
        assert np.array_equal(maps[channel], expected)
    whole = published.click_maps(clicks, crop, PublishedSettings(whole_number_maps=True))
    assert np.array_equal(whole, np.trunc(maps)) and not np.array_equal(whole, maps)
    assert np.array_equal(
        published.click_maps(first, crop, PublishedSettings(whole_number_maps=True)), before
    )


def test_extreme_points_share_one_map() -> None:
    image = np.zeros((300, 300, 3), np.uint8)
    points = [(100, 150), (150, 100), (199, 150), (150, 199)]
    crop = published.crop_around(Box(100, 100, 200, 200), published.DEXTR_SETTINGS)
    assert crop.window == (50, 50, 250, 250)
    x = published.extreme_points_input(image, points, crop)
    assert x.shape == (1, 4, 512, 512)
    assert np.argwhere(x[0, 3] == 255)[:, ::-1].tolist() == sorted(
        published.to_crop_pixels(points, crop).tolist(), key=lambda p: p[::-1]
    )


def test_paste_resizes_cubically_and_keeps_what_lies_in_the_image() -> None:
    rng = np.random.default_rng(1)
    probability = cv2.resize(rng.random((16, 16), np.float32), (512, 512))
    box = Box(-5, 10, 45, 50)
    crop = published.crop_around(box)
    full = published.paste(probability, crop, 70, 60)
    whole = cv2.resize(probability, (110, 100), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    assert np.array_equal(full, whole[20:80, 35:105])
    cut = published.paste(probability, crop, 70, 60, PublishedSettings(cut_to_box=True))
    assert np.array_equal(cut[10:50, :45], full[10:50, :45])
    cut[10:50, :45] = 0
    assert not cut.any()
    assert not published.paste(probability, Crop(Box(500, 0, 600, 100), 512, 512), 70, 60).any()


def test_a_pasted_mask_comes_back_where_it_was() -> None:
    mask = np.zeros((200, 300), np.uint8)
    cv2.ellipse(mask, (150, 90), (70, 40), 20, 0, 360, 1, -1)
    box = mask_box(mask.astype(bool))
    assert box is not None
    crop = published.crop_around(box)
    back = published.paste(published.extract(mask, crop), crop, 300, 200) > 0.5
    assert (back ^ mask.astype(bool)).sum() <= 2


def test_stretching_is_a_quirk_behind_an_option() -> None:
    probability = np.full((512, 512), 0.2, np.float32)
    probability[256:] = 0.6
    crop = published.crop_around(Box(100, 100, 140, 140))
    plain = published.paste(probability, crop, 300, 300)
    stretched = published.paste(probability, crop, 300, 300, PublishedSettings(stretch_to_full_range=True))
    assert plain[135, 120] == pytest.approx(0.6, abs=1e-3) and plain.max() < 0.7
    assert stretched.max() == 1 and stretched.min() == 0
    assert np.allclose(stretched * 255, np.round(stretched * 255), atol=1e-4)
    empty = published.paste(
        np.zeros_like(probability), crop, 9, 9, PublishedSettings(stretch_to_full_range=True)
    )
    assert not empty.any()


def test_corrections_from_masks_and_their_transposed_polarity() -> None:
    mask = np.zeros((64, 64), bool)
    mask[10:21, 40:51] = True
    nothing = np.zeros_like(mask)
    assert published.published_correction(nothing, mask) == (45, 15, True)
    assert published.published_correction(nothing, mask, transposed_polarity=True) == (45, 15, False)
    assert published.published_correction(mask, nothing) == (45, 15, False)
    assert published.published_correction(mask, mask) is None


def test_masks_without_object_have_no_points() -> None:
    inside, outside = published.points_of_mask(
        np.zeros((50, 50), bool), published.crop_around(Box(10, 10, 20, 20))
    )
    assert inside.shape == outside.shape == (0, 2)


def test_needs_no_pytorch() -> None:
    code = "import sys, iog.published; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
