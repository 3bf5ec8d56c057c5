"""Parameters and arithmetic of the learned methods of docs/rivals.md, beside `lite`.

    python benchmarks/rivals.py [--table docs/rivals.md]

Multiply-adds of an object (what runs once) and of a click, at 224 pixels, with a click on the object and one
beside it. BRS and f-BRS cost their network's as often as they ask it, and the gradients besides.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.flop_counter import FlopCounterMode

from iog.clicks import Box, Clicks, Correction, Pixel, PointClicks
from iog.crop import Crop
from iog.evaluation.quoting import quote
from iog.evaluation.tables import markdown
from iog.factories import named
from iog.guidance import BOXLESS, click_maps, point_maps
from iog.networks.families import build
from iog.networks.iog import IOG
from iog.rivals import RIVALS
from iog.training.lite import LiteRecipe

SIDE = 224
REFINED = ("brs", "f-brs")
BOXED = Clicks.of([(30, 30), (190, 190)], (100, 100))
EXTREME = [Pixel(30, 90), Pixel(90, 30), Pixel(190, 90), Pixel(90, 190)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", type=Path, help="document whose figures `rivals` are replaced")
    arguments = parser.parse_args()
    recipes = {"lite": LiteRecipe, **{n: named(recipe) for n, recipe in RIVALS.items() if n not in REFINED}}
    rows = [row(name, recipe().network) for name, recipe in recipes.items()]
    header = ["name", "parameters, millions", "once an object, GMAC", "each click, GMAC"]
    text = markdown(header, rows)
    print(text)
    if arguments.table is not None:
        quote(arguments.table, "rivals", text)


def row(name: str, config: object) -> list[str]:
    """One line of the table."""
    network = build(config.kind, asdict(config)).eval()  # type: ignore[attr-defined,call-overload]
    guidance = config.guidance  # type: ignore[attr-defined]
    crop = Crop(Box(0, 0, SIDE, SIDE), SIDE, SIDE)
    made = (Correction(100, 100, True), Correction(20, 20, False))
    image = torch.zeros(1, 3, SIDE, SIDE)
    maps: npt.NDArray[np.float32] | None
    if isinstance(network, IOG):  # its prompt enters with the photo, and its corrections alone come after
        image = torch.zeros(1, network.channels, SIDE, SIDE)
        maps = np.zeros((2, SIDE, SIDE), np.float32) if network.config.refinement else None
    elif guidance in BOXLESS:
        maps = point_maps(guidance, PointClicks((SIDE, SIDE), made), crop)
    elif guidance == "extreme-points":
        maps = click_maps(BOXED, crop, extreme_points=EXTREME)
    else:
        maps = click_maps(BOXED, crop)
    prompt = None if maps is None else torch.from_numpy(maps)[None]
    features = network.encode(image)
    once = operations(lambda: network.encode(image))
    click = operations(lambda: network.decode(features, prompt))
    millions = sum(p.numel() for p in network.parameters()) / 1e6
    return [name, f"{millions:.2f}", f"{once:.2f}", f"{click:.2f}"]


@torch.no_grad()
def operations(action: Callable[[], object]) -> float:
    """Multiply-adds in billions."""
    counter = FlopCounterMode(display=False)
    with counter:
        action()
    return float(counter.get_total_flops()) / 2e9


if __name__ == "__main__":
    main()
