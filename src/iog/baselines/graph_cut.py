"""Graph cut (Boykov & Jolly, ICCV 2001): colour histograms of the seeds, contrast between 8 neighbours.

Needs PyMaxflow, which is GPL: `pip install 'iog[baselines-gpl]'`.
"""

from __future__ import annotations

import numpy as np

from iog.baselines.colour import neighbour_weights, object_likelihood
from iog.baselines.task import BACKGROUND, OBJECT, Answer, Task

SMOOTHNESS = 5.0
"""Weight of an edge between alike neighbours, against -log likelihoods."""

_STEPS = ((1, 0), (0, 1), (1, 1), (-1, 1))
_HARD = 1e6


def graph_cut(task: Task) -> Answer:
    """The labelling of least energy that keeps every seed.

    Raises
    ------
    UnanswerableError
        If there are not seeds of both kinds.
    """
    import maxflow

    likelihood = np.clip(object_likelihood(task), 1e-4, 1 - 1e-4)
    graph = maxflow.Graph[float]()
    nodes = graph.add_grid_nodes(task.seeds.shape)
    for (dx, dy), weights in zip(_STEPS, neighbour_weights(task.image, _STEPS), strict=True):
        structure = np.zeros((3, 3))
        structure[1 + dy, 1 + dx] = 1
        graph.add_grid_edges(nodes, SMOOTHNESS * weights, structure, symmetric=True)
    # The object is the source's side: what ties a pixel to the source is paid if it becomes background.
    to_source = np.where(
        task.seeds == OBJECT, _HARD, np.where(task.seeds == BACKGROUND, 0, -np.log1p(-likelihood))
    )
    to_sink = np.where(
        task.seeds == BACKGROUND, _HARD, np.where(task.seeds == OBJECT, 0, -np.log(likelihood))
    )
    graph.add_grid_tedges(nodes, to_source, to_sink)
    graph.maxflow()
    return np.asarray(~graph.get_grid_segments(nodes), np.float32)
