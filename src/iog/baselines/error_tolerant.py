"""Scribbles that may be wrong (after Bai & Wu, CVPR 2014): a seed is evidence that neighbours can outvote.

Labels x in 0..1 minimise

    sum over neighbours of w_pq (x_p - x_q)^2  +  sum over seeds of r_s (x_s - label_s)^2

with the weights of `iog.baselines.colour`. The reliability r of a seed falls as the solution contradicts it
(Cauchy weights), and both are found in turns. The paper's idea is kept, soft seeds of unknown reliability;
its ratio energy on superpixels is not.
"""

from __future__ import annotations

import numpy as np

from iog.baselines.colour import neighbour_weights
from iog.baselines.task import OBJECT, UNKNOWN, Answer, Task, require_both

RELIABILITY = 1.0
"""Weight of a seed that nobody contradicts; alike neighbours are tied with weight 1."""
TOLERANCE = 0.25
"""Contradiction at which a seed counts half."""
ROUNDS = 5

_STEPS = ((1, 0), (0, 1))
_LEAST = 1e-3  # of a tie between neighbours, so that no pixel is cut off


def error_tolerant(task: Task) -> Answer:
    """The relaxed labels, of which those over a half are the object.

    Raises
    ------
    UnanswerableError
        If there are not seeds of both kinds.
    """
    from scipy.sparse import coo_matrix, diags
    from scipy.sparse.linalg import cg

    require_both(task)
    height, width = task.seeds.shape
    number = np.arange(height * width).reshape(height, width)
    ones, others, ties = [], [], []
    for (dx, dy), weights in zip(_STEPS, neighbour_weights(task.image, _STEPS), strict=True):
        ones.append(number[: height - dy, : width - dx].ravel())
        others.append(number[dy:, dx:].ravel())
        ties.append(np.maximum(weights[: height - dy, : width - dx].ravel(), _LEAST))
    one, other, tie = np.concatenate(ones), np.concatenate(others), np.concatenate(ties).astype(np.float64)
    count = height * width
    adjacency = coo_matrix((tie, (one, other)), (count, count)).tocsr()
    adjacency = adjacency + adjacency.T
    degree = np.asarray(adjacency.sum(1)).ravel()

    seeded = (task.seeds != UNKNOWN).ravel()
    label = (task.seeds == OBJECT).ravel().astype(np.float64)
    reliability = RELIABILITY * seeded
    trust = reliability
    solution = np.where(seeded, label, 0.5)
    for _ in range(ROUNDS):
        diagonal = degree + trust
        system = diags(diagonal) - adjacency
        solution, _ = cg(system, trust * label, x0=solution, rtol=1e-3, maxiter=400, M=diags(1 / diagonal))
        trust = reliability / (1 + np.square((solution - label) / TOLERANCE))
    return np.clip(solution, 0, 1).reshape(height, width).astype(np.float32)
