"""Random walker (Grady, PAMI 2006), as scikit-image has it, with its own default of beta."""

from __future__ import annotations

import warnings

import numpy as np

from iog.baselines.task import OBJECT, UNKNOWN, Answer, Task, require_both

BETA = 130.0
"""How strongly contrast stops the walk."""


def random_walker(task: Task) -> Answer:
    """With what probability a walk from each pixel first meets a seed of the object.

    Raises
    ------
    UnanswerableError
        If there are not seeds of both kinds.
    """
    from skimage import segmentation

    require_both(task)
    if not (task.seeds == UNKNOWN).any():
        return np.asarray(task.seeds == OBJECT, np.float32)
    with warnings.catch_warnings():
        # It recommends other solvers, and solves all the same.
        warnings.simplefilter("ignore")
        probability = segmentation.random_walker(
            task.image,
            task.seeds.astype(np.int32),
            beta=BETA,
            mode="bf",
            channel_axis=-1,
            return_full_prob=True,
        )
    return np.asarray(probability[0], np.float32)
