"""GrabCut (Rother, Kolmogorov & Blake, SIGGRAPH 2004), OpenCV's, five iterations."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from iog.baselines.colour import object_likelihood
from iog.baselines.task import BACKGROUND, OBJECT, UNKNOWN, Answer, Task, UnanswerableError

ITERATIONS = 5


def grabcut(task: Task) -> Answer:
    """The object within the box, or around the seeds.

    What is unknown begins as object where the prompt tells a box, as in the paper, else where it has the
    colours of the object's seeds.

    Raises
    ------
    UnanswerableError
        If nothing is background or nothing may be object.
    """
    background = task.seeds == BACKGROUND
    likely = np.ones(background.shape, bool) if task.boxed else object_likelihood(task) > 0.5
    labels = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[background] = cv2.GC_BGD
    labels[task.seeds == OBJECT] = cv2.GC_FGD
    if not background.any():
        raise UnanswerableError("there is no seed of the background")
    if not ((task.seeds == OBJECT).any() or (task.boxed and (task.seeds == UNKNOWN).any())):
        raise UnanswerableError("there is no seed of the object")
    cv2.setRNGSeed(0)
    nowhere: Any = None  # a rectangle, which masks replace
    bgr = np.ascontiguousarray(task.image[..., ::-1])
    models = np.zeros((1, 65)), np.zeros((1, 65))
    try:
        cv2.grabCut(bgr, labels, nowhere, *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    except cv2.error as error:
        raise UnanswerableError(f"OpenCV's GrabCut gave up: {error.err}") from error
    return np.asarray((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD), np.float32)
