"""Curve-GCN's curve: closed, simple, from a box, dragged, rendered with gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from iog.clicks import Box, Clicks
from iog.crop import Crop
from iog.evaluation.metrics import iou
from iog.guidance import click_maps
from iog.networks.base import normalised
from iog.networks.families import build
from iog.rivals.curve_shape import rendered, spline
from iog.rivals.curve_training import CurveGCNRecipe, matched, outline_points
from tests.rivals.conftest import MASK, SIDE, TINY


def boxed(x0: int, y0: int, x1: int, y1: int) -> torch.Tensor:
    maps = click_maps(Clicks.of([(x0, y0), (x1, y1)]), Crop(Box(0, 0, SIDE, SIDE), SIDE, SIDE))
    return torch.from_numpy(maps)[None]


def crossings(polygon: np.ndarray) -> int:
    """How often edges of a closed polygon (M, 2) that are no neighbours cross."""
    count, found = len(polygon), 0
    ends = np.roll(polygon, -1, 0)

    def side(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
        return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    for i in range(count):
        for j in range(i + 2, count - (i == 0)):
            a, b, c, d = polygon[i], ends[i], polygon[j], ends[j]
            found += side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
    return found


def test_it_starts_as_an_ellipse_in_the_box() -> None:
    network = build("curve-gcn", TINY)
    points = network.start(boxed(10, 20, 49, 43))[0] * SIDE
    assert points.shape == (40, 2)
    np.testing.assert_allclose(points.mean(0), (30, 32), atol=0.1)
    np.testing.assert_allclose(points.amax(0) - points.amin(0), (0.7 * 40, 0.7 * 24), rtol=0.03)


@pytest.mark.parametrize("smooth", [True, False])
def test_its_curve_is_closed_and_simple(smooth: bool) -> None:
    network = build("curve-gcn", {**TINY, "spline": smooth}).eval()
    simple = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        x0, y0 = random.integers(2, 20, 2)
        maps = boxed(x0, y0, x0 + random.integers(16, 40), y0 + random.integers(16, 40))
        with torch.no_grad():
            features = network.encode(torch.rand(1, 3, SIDE, SIDE))
            outline = network.outline(network.curves(features, maps)[-1])[0].numpy()
        steps = np.hypot(*(np.roll(outline, -1, 0) - outline).T)
        assert steps.max() < 5 * np.median(steps), "the last point leads to the first"
        simple += crossings(outline) == 0
    assert simple >= 19


def test_a_mask_is_what_the_polygon_bounds_and_has_gradients() -> None:
    corners = torch.tensor([[[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]]], requires_grad=True)
    mask = rendered(corners, SIDE)[0, 0] > 0
    truth = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    truth[16:48, 16:48] = True
    assert (mask == truth).float().mean() > 0.97
    wider = torch.zeros(SIDE, SIDE)
    wider[16:48, 16:60] = 1
    loss = torch.nn.functional.binary_cross_entropy_with_logits(rendered(corners, SIDE)[0, 0], wider)
    (gradient,) = torch.autograd.grad(loss, corners)
    assert (gradient[0, 1:3, 0] < 0).all(), "a step down moves the right corners to the right"
    moved = spline(corners.detach())
    assert moved.shape == (1, 16, 2)
    torch.testing.assert_close(moved[:, ::4], corners.detach())


def test_a_dragged_point_takes_its_neighbours_along() -> None:
    network = build("curve-gcn", TINY).eval()
    maps = boxed(10, 10, 50, 50)
    with torch.no_grad():
        features = network.encode(torch.rand(1, 3, SIDE, SIDE))
        points = network.curves(features, maps)[-1]
        target = points[:, 7] + torch.tensor([[0.2, 0.1]])
        after = network.dragged(features, points, torch.tensor([7]), target)
    moved = (after - points)[0]
    torch.testing.assert_close(after[0, 7], target[0])
    lengths = moved.norm(dim=1)
    assert lengths[7] > lengths[8] > lengths[10] > 0.01 and lengths[6] > 0.1
    assert (moved[4:11] @ torch.tensor([0.2, 0.1]) > 0).all()
    assert lengths[torch.arange(14, 40)].abs().max() == 0


def test_points_of_an_outline_are_matched_where_they_begin() -> None:
    truth = torch.from_numpy(outline_points(MASK, 40))[None]
    assert crossings(truth[0].numpy()) == 0
    turned = torch.roll(truth, 13, 1)
    torch.testing.assert_close(matched(turned, truth), turned)
    network = build("curve-gcn", TINY)
    start = network.start(boxed(20, 16, 43, 47))
    # Both go round the same way: matched, no point lies further from its own than the box's half.
    assert (start - matched(start, truth)).norm(dim=2).max() * SIDE < 16


def test_it_learns_an_outline_in_two_stages() -> None:
    recipe = CurveGCNRecipe(samples=60, batch=1, matching=0.5)
    network = build("curve-gcn", {**TINY, "widths": (8, 8, 8, 16, 8)})
    shape = np.zeros((SIDE, SIDE), np.uint8)
    shape[16:48, 20:44] = 1
    shape[16:30, 20:30] = 0
    batch = {
        "image": torch.from_numpy(np.repeat(shape[None, None] * 200, 3, 1).astype(np.float32)),
        "mask": torch.from_numpy(shape[None]),
        "void": torch.zeros(1, SIDE, SIDE, dtype=torch.uint8),
        "maps": boxed(20, 16, 43, 47),
        "clicks": [Clicks.of([(20, 16), (43, 47)])],
        "points": [None],
        "numbers": [0],
    }
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)

    def measured() -> float:
        with torch.no_grad():
            return iou(network.decode(network.encode(crop), batch["maps"])[0, 0].numpy() > 0, shape > 0)

    crop = normalised(batch["image"])
    before = measured()
    for step in range(recipe.steps):
        loss, _ = recipe.loss(network, batch, step)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert measured() > max(0.75, before + 0.1)
