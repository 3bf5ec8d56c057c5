"""Geodesic segmentation (Bai & Sapiro, ICCV 2007): the nearer seed wins, distances along the likelihood.

A path is as long as the object's likelihood changes along it, plus a little for every pixel, so that equals
are decided by plain distance. scikit-image finds the shortest paths.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iog.baselines.colour import object_likelihood
from iog.baselines.task import BACKGROUND, OBJECT, Answer, Task

STEP = 0.02
"""Length of a step between pixels of equal likelihood; a change from 0 to 1 has length 1."""


def geodesic(task: Task) -> Answer:
    """Distance to the background's seeds as a share of both distances: over a half is the object's.

    Raises
    ------
    UnanswerableError
        If there are not seeds of both kinds.
    """
    from skimage.graph import MCP_Geometric

    down, right = np.gradient(object_likelihood(task))
    cost = STEP + np.hypot(down, right)

    def distance(label: int) -> npt.NDArray[np.float64]:
        starts = np.argwhere(task.seeds == label)
        lengths: npt.NDArray[np.float64] = MCP_Geometric(cost).find_costs(starts)[0]
        return lengths

    to_object, to_background = distance(OBJECT), distance(BACKGROUND)
    return np.asarray(to_background / (to_object + to_background), np.float32)
