"""`lite` trained for masks from boxes alone (table 8)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tests.training.plain import plain_recipe


def test_what_the_network_learns_from(photo_folder: Path) -> None:
    recipe = plain_recipe(str(photo_folder))
    plain, crop, centre, box = (
        replace(recipe, prompt=prompt).examples()[3] for prompt in ("clicks", "crop", "centre", "box")
    )
    for other in (crop, centre, box):
        np.testing.assert_array_equal(other["image"], plain["image"])
        np.testing.assert_array_equal(other["mask"], plain["mask"])
    assert not crop["maps"].any()
    assert not box["maps"][0].any()
    assert box["maps"][1].any()
    np.testing.assert_array_equal(centre["maps"][1:], box["maps"][1:])
    (x0, y0), (x1, y1) = centre["clicks"].corners
    x, y = centre["clicks"].inside
    assert abs(2 * x - x0 - x1) <= 1
    assert abs(2 * y - y0 - y1) <= 1


def test_there_are_no_corrections(photo_folder: Path) -> None:
    recipe = plain_recipe(str(photo_folder))
    torch.manual_seed(0)
    network = recipe.create_network()
    step = next(
        step
        for step in range(20)
        if np.random.default_rng((recipe.seed, 1, step)).choice(2, p=recipe.rounds) == 1
    )
    for prompt, rounds in (("clicks", {"bce/0", "bce/1"}), ("box", {"bce/0"})):
        chosen = replace(recipe, prompt=prompt)
        examples = chosen.examples()
        _, scalars = chosen.loss(network, examples.collate([examples[i] for i in range(2)]), step)
        assert {name for name in scalars if name.startswith("bce")} == rounds
