"""RIS-Net's regions and discount."""

from __future__ import annotations

import numpy as np
import torch

from iog.networks.families import build
from iog.rivals.base import clicked
from iog.rivals.ris_net import RISNetRecipe, regions
from iog.training.lite.objective import Scene
from tests.rivals.conftest import MASK, SIDE, TINY, maps


def test_a_region_spans_a_click_beside_and_the_nearest_one_on_the_object() -> None:
    seen = maps("distances", (30, 30, True), (44, 40, True), (50, 20, False), (2, 2, False))
    where, label = clicked("distances", seen)
    found = regions((where * (1 - label))[0, 0], label[0, 0])
    # In raster order: (2, 2) and (30, 30); (50, 20) and (30, 30) is further than (44, 40)?
    assert len(found) == 2
    x0, y0, x1, y1 = found[0]
    assert (x0, y0) == (0, 0) and x1 > 30 and y1 > 30
    x0, y0, x1, y1 = found[1]
    assert x0 <= 44 and x1 > 50 and y0 <= 20 and y1 > 40
    assert x0 > 30, "the click that is further away has no part in it"
    assert regions(where[0, 0], torch.zeros(SIDE, SIDE)) == []


def test_what_is_answered_locally_stays_in_its_region() -> None:
    network = build("ris-net", TINY).eval()
    network.clicks.weight.data.normal_(0, 0.2)
    crop = torch.rand(2, 3, SIDE, SIDE)
    near = maps("distances", (30, 30, True), (40, 30, False))
    alone = maps("distances", (30, 30, True))
    with torch.no_grad():
        merged, (whole,) = network.decode_to_train((crop,), torch.cat([near, alone]))
    changed = (merged - whole).abs()[:, 0] > 0
    where, label = clicked("distances", near)
    ((x0, y0, x1, y1),) = regions((where * (1 - label))[0, 0], label[0, 0])
    assert changed[0, y0:y1, x0:x1].float().mean() > 0.9
    changed[0, y0:y1, x0:x1] = False
    assert not changed.any(), "nothing elsewhere, nothing of the other example, which has no region"


def test_answers_with_more_clicks_count_less() -> None:
    target = torch.from_numpy(MASK.astype(np.float32))[None, None]

    class Given:
        def decode_to_train(self, *_: object) -> tuple[torch.Tensor, list[torch.Tensor]]:
            logits = torch.zeros(1, 1, SIDE, SIDE)
            return logits, [logits]

    def loss(*clicks: tuple[int, int, bool]) -> float:
        seen = maps("distances", *clicks)
        scene = Scene(torch.zeros(1, 3, SIDE, SIDE), target, torch.ones_like(target), seen)
        return float(RISNetRecipe(discount=0.8).round_loss(Given(), None, seen, scene)[0])

    one, three = loss((30, 30, True)), loss((30, 30, True), (5, 5, False), (50, 50, False))
    assert three == np.float32(one * 0.8**2) or abs(three - one * 0.64) < 1e-5
