"""No segmentation at all: the box, and the ellipse that it holds. What any method must beat."""

from __future__ import annotations

import numpy as np

from iog.baselines.task import Answer, Task
from iog.guidance import outside_of_box


def box(task: Task) -> Answer:
    """All of the box."""
    height, width = task.seeds.shape
    x0, y0, x1, y1 = task.box
    return 1 - outside_of_box([(x0, y0), (x1, y1)], width, height)


def ellipse(task: Task) -> Answer:
    """The ellipse that touches the middle of every side of the box."""
    height, width = task.seeds.shape
    x0, y0, x1, y1 = task.box
    across = (np.arange(width) + 0.5 - (x0 + x1) / 2) / ((x1 - x0) / 2)
    down = (np.arange(height) + 0.5 - (y0 + y1) / 2) / ((y1 - y0) / 2)
    return np.asarray(np.add.outer(down**2, across**2) <= 1, np.float32)
