"""iFCN: Xu, Price, Cohen, Yang and Huang, Deep Interactive Object Selection, CVPR 2016; `iog train ifcn`.

What makes it itself: two truncated Euclidean distance maps beside RGB, no mask before, and training clicks
that are drawn at once by its strategies, one for clicks on the object and three for clicks beside it. Graph
cuts may refine its answer (`refined_by_graph_cut`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from iog.clicks import Correction, PointClicks
from iog.prediction import Prediction
from iog.rivals.base import Rival, RivalConfig, RivalRecipe
from iog.robot import BoolArray, depth

MOST_ON, MOST_BESIDE, AROUND = 5, 5, 10
"""Clicks on the object, beside it (at random or on other objects), around its outline."""

STEP, MARGIN, BAND = 10 / 500, 5 / 500, 40 / 500
"""Between clicks, from the outline, and how far out clicks around it lie; shares of the crop's side (the
paper: 10, 5 and 40 pixels of photos some 500 pixels wide)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IFCNConfig(RivalConfig):
    """See `RivalConfig`."""

    kind: ClassVar[str] = "ifcn"

    guidance: str = "distances"
    """Its click maps."""


class IFCN(Rival):
    """Photo and distance maps in, a mask out."""


def spread_clicks(
    where: BoolArray, count: int, foreground: bool, step: float, random: np.random.Generator
) -> list[Correction]:
    """Up to `count` random pixels of `where`, each at least `step` from those before."""
    free = where.copy()
    made: list[Correction] = []
    rows, columns = np.ogrid[: where.shape[0], : where.shape[1]]
    for _ in range(count):
        places = np.flatnonzero(free)
        if places.size == 0:
            break
        y, x = divmod(int(random.choice(places)), where.shape[1])
        made.append(Correction(x, y, foreground))
        free &= (rows - y) ** 2 + (columns - x) ** 2 >= max(step, 1) ** 2
    return made


def around_clicks(band: BoolArray, count: int, random: np.random.Generator) -> list[Correction]:
    """Pixels of a band around the object that cover it evenly: each is the furthest from those before."""
    rows, columns = np.nonzero(band)
    if rows.size == 0:
        return []
    chosen = int(random.integers(rows.size))
    nearest = np.full(rows.size, np.inf)
    made = []
    for _ in range(min(count, rows.size)):
        made.append(Correction(int(columns[chosen]), int(rows[chosen]), False))
        nearest = np.minimum(nearest, np.hypot(rows - rows[chosen], columns - columns[chosen]))
        chosen = int(nearest.argmax())
    return made


def sampled(
    mask: BoolArray, void: BoolArray, others: BoolArray, strategy: int, random: np.random.Generator
) -> list[Correction]:
    """Clicks on the object, then those of one strategy beside it; all masks (S, S).

    Strategy 1 draws them from the background near the object, 2 from other objects (where there are some,
    else as 1), 3 around the outline.
    """
    side = max(mask.shape)
    step, margin, band = (max(1.0, share * side) for share in (STEP, MARGIN, BAND))
    inner = depth(mask) > margin
    on = spread_clicks(
        inner if inner.any() else mask, int(random.integers(1, MOST_ON + 1)), True, step, random
    )
    outward = depth(~mask)
    ring = (outward > margin) & (outward <= band) & ~void
    if strategy == 3:
        return on + around_clicks(ring, AROUND, random)
    beside = ~mask & ~void & (outward > margin)
    if strategy == 2 and (depth(others) > margin).any():
        beside = depth(others) > margin
    elif ring.any():
        beside &= outward <= 2.5 * band
    return on + spread_clicks(beside, int(random.integers(0, MOST_BESIDE + 1)), False, step, random)


def refined_by_graph_cut(
    image: npt.NDArray[np.uint8], prediction: Prediction, strength: float = 1.0
) -> BoolArray:
    """The mask of a prediction after a graph cut, (H, W) bool: edges of colour decide where it is unsure.

    The paper's optional last step; needs PyMaxflow (the extra `baselines-gpl`).
    """
    from iog.extras import require

    require("maxflow", "refining by graph cut needs PyMaxflow", "baselines-gpl")
    import maxflow

    probability = np.clip(prediction.probability, 1e-4, 1 - 1e-4).astype(np.float64)
    assert isinstance(prediction.clicks, PointClicks)
    for x, y, foreground in prediction.clicks.corrections:
        probability[y, x] = 1 - 1e-9 if foreground else 1e-9
    colours = image.astype(np.float64)
    graph = maxflow.Graph[float]()
    nodes = graph.add_grid_nodes(probability.shape)
    for axis, structure in ((1, [[0, 0, 0], [0, 0, 1], [0, 0, 0]]), (0, [[0, 0, 0], [0, 0, 0], [0, 1, 0]])):
        squares = np.square(np.diff(colours, axis=axis)).sum(-1)
        weights = strength * np.exp(-squares / max(2 * float(squares.mean()), 1e-9))
        padding = [(0, 1), (0, 0)] if axis == 0 else [(0, 0), (0, 1)]
        graph.add_grid_edges(nodes, np.pad(weights, padding), structure=np.array(structure), symmetric=True)
    graph.add_grid_tedges(nodes, -np.log(1 - probability), -np.log(probability))
    graph.maxflow()
    return ~np.asarray(graph.get_grid_segments(nodes), bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class IFCNRecipe(RivalRecipe):
    """iFCN (Xu et al., CVPR 2016): distance maps beside the photo, clicks drawn by its strategies."""

    network: IFCNConfig = field(default_factory=IFCNConfig)
    """The network's own settings."""
    rounds: tuple[float, ...] = (1.0,)
    """All clicks of an example are drawn at once; no round corrects another."""
    rival: float = 0.25
    """Share of objects that share their box with another one, on which the second strategy clicks."""

    def first_clicks(
        self, mask: BoolArray, void: BoolArray, others: BoolArray, random: np.random.Generator
    ) -> list[Correction]:
        """One of the three strategies, equally often."""
        return sampled(mask, void, others, int(random.integers(1, 4)), random)
