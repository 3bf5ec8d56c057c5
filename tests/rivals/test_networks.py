"""What makes the other networks themselves."""

from __future__ import annotations

import numpy as np
import torch

from iog.networks.families import build
from iog.rivals.fca_net import FCANetRecipe, focus, integral
from iog.rivals.latent_diversity import LatentDiversityRecipe, diversity, selected
from iog.training.lite.objective import Scene
from tests.rivals.conftest import MASK, SIDE, TINY, maps

TARGET = torch.from_numpy(MASK.astype(np.float32))[None, None]


def scene(guidance: str, *clicks: tuple[int, int, bool]) -> Scene:
    return Scene(torch.rand(1, 3, SIDE, SIDE), TARGET, torch.ones_like(TARGET), maps(guidance, *clicks))


def listening(kind: str) -> torch.nn.Module:
    network = build(kind, TINY)
    network.clicks.weight.data.normal_(0, 0.2)
    return network


def test_latent_diversity_gives_masks_that_differ_and_selects_one() -> None:
    network = listening("latent-diversity").eval()
    seen = scene("distances", (30, 30, True))
    masks, scores = network.proposals((seen.crop,), seen.maps)
    assert masks.shape == (1, 6, SIDE, SIDE)
    assert diversity(masks) > 0
    assert torch.equal(network.decode((seen.crop,), seen.maps)[:, 0], masks[:, int(scores.argmax())])
    assert torch.equal(selected(masks, -scores)[:, 0], masks[:, int(scores.argmin())])


def test_in_hindsight_the_best_mask_bears_the_loss() -> None:
    recipe = LatentDiversityRecipe(reward=0.0, obedience=0.0)
    seen = scene("distances", (30, 30, True))
    masks = torch.zeros(1, 6, SIDE, SIDE)
    masks[:, 2] = 2 * TARGET[:, 0] - 1
    masks.requires_grad_()

    class Given:
        def proposals(self, *_: object) -> tuple[torch.Tensor, torch.Tensor]:
            return masks, torch.zeros(1, 6)

    loss, _ = recipe.round_loss(Given(), None, seen.maps, seen)
    (gradient,) = torch.autograd.grad(loss, masks)
    borne = gradient.abs().sum((0, 2, 3))
    assert recipe.losses(masks, seen).argmin() == 2
    assert borne[2] > borne[[0, 1, 3, 4, 5]].max()
    rewarded, _ = LatentDiversityRecipe(reward=1.0, obedience=0.0).round_loss(Given(), None, seen.maps, seen)
    assert rewarded < loss


def test_latent_diversity_learns_to_differ_and_to_select() -> None:
    recipe = LatentDiversityRecipe(reward=0.3)
    network = listening("latent-diversity")
    seen = scene("distances", (30, 30, True), (5, 5, False))
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    for _ in range(25):
        loss, _ = recipe.round_loss(network, (seen.crop,), seen.maps, seen)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    masks, scores = network.proposals((seen.crop,), seen.maps)
    losses = recipe.losses(masks, seen)
    assert losses[0, scores.argmax()] <= losses.median()
    assert diversity(masks) > 0.01


def test_fca_looks_around_the_first_click() -> None:
    first = maps("first-point", (48, 16, True), (10, 50, True))
    near = focus(first[:, :1], 8, 8)
    assert near[0, 0].argmax() == 2 * 8 + 6
    assert near.max() > 0.9
    assert focus(torch.zeros(1, 1, SIDE, SIDE), 8, 8).abs().sum() == 0


def test_the_first_click_moves_the_answer_more_than_the_fifth() -> None:
    network = listening("fca-net").eval()
    crop = torch.rand(6, 3, SIDE, SIDE)
    clicks = [(20 + 5 * i, 30, True) for i in range(5)]

    def moved(number: int) -> float:
        other = [(x, 50, on) if i == number else (x, y, on) for i, (x, y, on) in enumerate(clicks)]
        with torch.no_grad():
            seen = [maps("first-point", *c).expand(6, -1, -1, -1) for c in (clicks, other)]
            before, after = (network.decode((crop,), m) for m in seen)
        return float((after - before).abs().mean())

    assert moved(0) > 1.1 * moved(4)
    attended = [focus(maps("first-point", *c)[:, :1], 8, 8) for c in (clicks, [*clicks[:4], (40, 50, True)])]
    assert torch.equal(*attended), "the fifth click does not move the attention"


def test_only_what_hangs_together_with_a_click_is_kept() -> None:
    probability = torch.zeros(1, 1, SIDE, SIDE)
    probability[..., 8:24, 8:24] = 0.9
    probability[..., 40:60, 40:60] = 0.8
    probability[..., 30:34, 30:34] = 0.3  # below the threshold: it joins nothing
    on = torch.zeros_like(probability)
    on[..., 10, 10] = 1
    kept = integral(probability, on)
    assert torch.equal(kept[..., 8:24, 8:24], probability[..., 8:24, 8:24])
    assert kept[..., 44:60, 44:60].max() == 0
    assert torch.equal(integral(probability, torch.zeros_like(on)), probability)


def test_fca_weighs_pixels_near_the_first_click() -> None:
    recipe = FCANetRecipe()
    seen = scene("first-point", (30, 30, True))
    logits = torch.zeros(1, 1, SIDE, SIDE, requires_grad=True)
    (gradient,) = torch.autograd.grad(recipe.click_loss(logits, seen.maps, seen), logits)
    weights = gradient.abs()[0, 0]
    assert weights[30, 30] > weights[32, 32] > weights[60, 60]


def test_the_photo_and_the_clicks_meet_late() -> None:
    network = build("fctsfn", TINY).eval()
    crop = torch.rand(1, 3, SIDE, SIDE)
    features = network.encode(crop)
    assert [f.shape[-1] for f in features] == [32, 16, 8, 4, 2], "of the photo alone"
    one, other = (network.decode(features, maps("distances", (x, 30, True))) for x in (15, 45))
    assert one.shape == (1, 1, SIDE, SIDE)
    assert not torch.allclose(one, other)
    _, scales = network.decode_to_train(features, maps("distances", (15, 30, True)))
    assert [s.shape[-1] for s in scales] == [4, 8, 16, 32], "from coarse to fine"
