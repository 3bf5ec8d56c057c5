"""iFCN's and ITIS' own: how clicks are drawn in training, what maps hold, what a mask before does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from iog.clicks import Box, Correction, PointClicks
from iog.crop import Crop
from iog.networks.families import build
from iog.prediction import Prediction
from iog.prompting import LitePrompting
from iog.rivals.base import clicked
from iog.rivals.ifcn import BAND, MARGIN, MOST_BESIDE, MOST_ON, STEP, refined_by_graph_cut, sampled
from iog.rivals.itis import ITISRecipe
from iog.robot import depth
from tests.rivals.conftest import MASK, SIDE, TINY, maps


@pytest.mark.parametrize("strategy", [1, 2, 3])
def test_ifcn_draws_clicks_by_its_strategies(strategy: int) -> None:
    side = 250
    mask, others = np.zeros((side, side), bool), np.zeros((side, side), bool)
    mask[80:170, 90:160] = True
    others[10:50, 180:240] = True
    outward, inward = depth(~mask), depth(mask)
    counts = set()
    for seed in range(30):
        made = sampled(mask, NOTHING_LARGE, others, strategy, np.random.default_rng(seed))
        on = [c for c in made if c.foreground]
        beside = [c for c in made if not c.foreground]
        counts.add(len(beside))
        assert 1 <= len(on) <= MOST_ON
        assert all(inward[c.y, c.x] > MARGIN * side for c in on)
        gaps = [np.hypot(a.x - b.x, a.y - b.y) for i, a in enumerate(on) for b in on[:i]]
        assert all(gap >= STEP * side for gap in gaps)
        assert all(outward[c.y, c.x] > MARGIN * side for c in beside)
        if strategy == 2:
            assert all(others[c.y, c.x] for c in beside)
        if strategy == 3:
            assert all(outward[c.y, c.x] <= BAND * side for c in beside)
            # They cover the outline: on every side of the object there is one.
            assert {c.x < 90 for c in beside} == {c.x > 159 for c in beside} == {True, False}
    assert counts == {10} if strategy == 3 else max(counts) <= MOST_BESIDE


NOTHING_LARGE = np.zeros((250, 250), bool)


def test_ifcn_sees_distances_and_no_mask_before() -> None:
    near, far = maps("distances", (30, 30, True)), maps("distances", (40, 30, True), (5, 5, False))
    assert near.shape[1] == 2
    assert near[0, 1].max() == 0, "no click beside the object: as far as can be"
    assert far[0, 1, 5, 5] == 1
    where, label = clicked("distances", far)
    assert where[0, 0].nonzero().tolist() == [[5, 5], [30, 40]]
    assert label[0, 0].nonzero().tolist() == [[30, 40]]


def test_ifcn_starts_from_what_the_photo_alone_says_and_learns_clicks() -> None:
    network = build("ifcn", TINY).eval()
    crop = torch.rand(1, 3, SIDE, SIDE)
    one, other = (network.decode((crop,), maps("distances", (x, 30, True))) for x in (20, 40))
    assert torch.equal(one, other)
    network.clicks.weight.data.normal_(0, 0.1)
    one, other = (network.decode((crop,), maps("distances", (x, 30, True))) for x in (20, 40))
    assert not torch.allclose(one, other)


def test_the_graph_cut_follows_the_edges_of_the_photo() -> None:
    pytest.importorskip("maxflow")
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    image[MASK] = 220
    unsure = np.full((SIDE, SIDE), 0.45, np.float32)
    unsure[26:38, 26:38] = 0.95
    clicks = PointClicks((SIDE, SIDE), (Correction(32, 32, True), Correction(2, 2, False)))
    before = Prediction(
        clicks, Crop(Box(0, 0, SIDE, SIDE), SIDE, SIDE), unsure, (SIDE, SIDE), "x", LitePrompting(SIDE, 0)
    )
    after = refined_by_graph_cut(image, before, strength=3.0)
    assert after[32, 32] and not after[2, 2]
    assert (after == MASK).mean() > (before.mask == MASK).mean()


def test_itis_sees_the_mask_before_and_is_corrected_while_it_trains() -> None:
    network = build("itis", TINY).eval()
    network.clicks.weight.data.normal_(0, 0.1)
    crop = torch.rand(1, 3, SIDE, SIDE)
    plain = maps("points", (32, 32, True))
    before = plain.clone()
    before[:, 2] = torch.from_numpy(MASK.astype(np.float32))
    assert not torch.allclose(network.decode((crop,), plain), network.decode((crop,), before))
    recipe = ITISRecipe()
    assert sum(recipe.rounds[1:]) > 0.5
    batch = {
        "image": torch.full((2, 3, SIDE, SIDE), 127.0),
        "mask": torch.from_numpy(np.stack([MASK, MASK]).astype(np.uint8)),
        "void": torch.zeros(2, SIDE, SIDE, dtype=torch.uint8),
        "maps": maps("points", (32, 32, True)).repeat(2, 1, 1, 1),
        "clicks": [PointClicks((SIDE, SIDE), (Correction(32, 32, True),))] * 2,
        "points": [None, None],
        "numbers": [0, 1],
    }
    from iog.training.lite.objective import prepared

    scene, correct = prepared(recipe, batch)
    wrong = torch.zeros(2, 1, SIDE, SIDE)
    again = correct(wrong, 0)
    # The robot clicked where the empty answer is wrong, and the answer itself is the third map.
    where, label = clicked("points", again)
    assert where.sum((1, 2, 3)).tolist() == [2, 2] or (again[:, 0] == 1).sum() >= 3
    assert (label * scene.target == label).all() or recipe.stray_correction > 0
    assert torch.equal(again[:, 2:], wrong)
