"""What one would use instead of a network: classical methods behind one interface.

    prediction = segment("graph-cut", image, clicks, prompt="full")

`METHODS` lists them. Importing this package imports none of their libraries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any

import numpy as np

from iog.baselines.task import (
    BACKGROUND,
    SIDE,
    Answer,
    PromptName,
    Scribble,
    Task,
    UnanswerableError,
    task_of,
)
from iog.clicks import Clicks, Pixel, PointClicks
from iog.errors import DataError
from iog.extras import require
from iog.images import ImageLike, read_image
from iog.prediction import Prediction
from iog.prompting import LitePrompting

__all__ = ["METHODS", "Baseline", "Scribble", "UnanswerableError", "segment"]

REVISION = 1
"""Raised when any method's answer to any task changes: `iog bench` then measures again."""

_SCIKIT_IMAGE, _SCIPY = ("skimage", "scikit-image", "baselines"), ("scipy", "scipy", "baselines")
_OPENCV = ("cv2", "opencv-python-headless", "")


@dataclass(frozen=True, slots=True)
class Baseline:
    """One method.

    Parameters
    ----------
    name
        How users call it.
    title
        For tables and plots.
    module, function
        Where it is, within this package.
    library
        Module that does the heavy part, its package, and the extra that installs it.
    prompts
        Which it can be given.
    from_box
        Whether the full prompt's box alone gives a mask; else it needs the inside click.
    corrections
        Whether it takes further clicks.
    """

    name: str
    title: str
    module: str
    function: str
    library: tuple[str, str, str]
    prompts: tuple[PromptName, ...] = ("seeds", "full")
    from_box: bool = False
    corrections: bool = True

    def load(self) -> Callable[[Task], Answer]:
        """The function that answers a task.

        Raises
        ------
        DataError
            If its library is not installed; the message says how to get it.
        """
        module, package, extra = self.library
        require(module, f"{self.name} needs {package}", extra)
        function: Callable[[Task], Answer] = getattr(
            import_module(f"iog.baselines.{self.module}"), self.function
        )
        return function

    @property
    def version(self) -> str:
        """Package and version of its library."""
        return f"{self.library[1]} {metadata.version(self.library[1])}"


METHODS: dict[str, Baseline] = {
    method.name: method
    for method in (
        Baseline("box", "box", "lazy", "box", _OPENCV, ("full",), True, False),
        Baseline("ellipse", "ellipse in the box", "lazy", "ellipse", _OPENCV, ("full",), True, False),
        Baseline(
            "graph-cut", "graph cut", "graph_cut", "graph_cut", ("maxflow", "PyMaxflow", "baselines-gpl")
        ),
        Baseline("random-walker", "random walker", "random_walker", "random_walker", _SCIKIT_IMAGE),
        Baseline("geodesic", "geodesic", "geodesic", "geodesic", _SCIKIT_IMAGE),
        Baseline("grabcut", "GrabCut", "grabcut", "grabcut", _OPENCV, from_box=True),
        Baseline("dense-crf", "dense CRF (DenseCut)", "dense_crf", "dense_crf", _SCIPY),
        Baseline("error-tolerant", "error-tolerant scribbles", "error_tolerant", "error_tolerant", _SCIPY),
        Baseline("scissors", "intelligent scissors", "scissors", "scissors", _OPENCV, ("full",), True, False),
    )
}
"""By name."""


def segment(
    name: str,
    image: ImageLike,
    clicks: Clicks | PointClicks,
    *,
    prompt: PromptName = "full",
    strokes: Sequence[Scribble] = (),
    anchors: Sequence[Pixel] = (),
    answer: Callable[[Task], Answer] | None = None,
) -> Prediction:
    """The mask of one object by a classical method.

    Parameters
    ----------
    name
        A key of `METHODS`.
    image
        Path, Pillow image or array; see `iog.images.read_image`.
    clicks
        As for `iog.Segmenter`. Clicks without a box are all the seeds; where they, and all strokes, are on
        the object, everything is taken for it: nothing says otherwise.
    prompt
        What the method is told of them, see `iog.baselines.task`.
    strokes
        Scribbles, besides the clicks.
    anchors
        Clicks on the outline, for scissors alone.
    answer
        Runs the method in place of a plain call, as `iog.baselines.limits.Limited` does.

    Raises
    ------
    DataError
        If there is no such method or its library is not installed.
    UnanswerableError
        If the method cannot work on these clicks.
    ClickError, ImageError
        As `iog.Segmenter.segment`.
    """
    if name not in METHODS:
        raise DataError(f"unknown method {name!r}; known: {', '.join(METHODS)}")
    array: Any = read_image(image)
    height, width = array.shape[:2]
    clicks.check_inside_image(width, height)
    task, crop = task_of(array, clicks, prompt, strokes, anchors)
    if isinstance(clicks, PointClicks) and not (task.seeds == BACKGROUND).any():
        probability = np.ones(task.seeds.shape, np.float32)
    else:
        probability = (answer or METHODS[name].load())(task)
    # Pasting is the same as for `lite`; of the prompting nothing else is used.
    return Prediction(clicks, crop, probability, (width, height), name, LitePrompting(SIDE, 0))
