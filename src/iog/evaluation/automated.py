"""A mask from the box alone: those of the paper's Table 8 methods that need no training of their own.

The paper's code for them was never released; the definitions are ours, from its slides.

    (B) box centre    the centre of the box stands in for the inside click
    (D) box only      no inside click
    (E) two-stage     the mask of (D) tells the inside click, then as with three clicks
"""

from __future__ import annotations

import numpy as np

from iog.clicks import Clicks
from iog.images import ImageLike
from iog.robot import depth
from iog.segmenter import Prediction, Segmenter


def box_only(segmenter: Segmenter, image: ImageLike, clicks: Clicks) -> Prediction:
    """Method D: the mask of the corners of `clicks`, whose other clicks are ignored."""
    return segmenter.segment(image, Clicks(clicks.corners))


def box_centre(segmenter: Segmenter, image: ImageLike, clicks: Clicks) -> Prediction:
    """Method B: as D, with an inside click at the centre of the box."""
    box = clicks.box
    centre = (box.x0 + box.x1) // 2, (box.y0 + box.y1) // 2
    return segmenter.segment(image, Clicks(clicks.corners).with_inside(*centre))


def two_stage(
    segmenter: Segmenter, image: ImageLike, clicks: Clicks, second: Segmenter | None = None
) -> Prediction:
    """Method E: as D, then with an inside click where that mask lies deepest in the box.

    `second` answers to the inside click; None takes the same model. When the first mask has no pixel in the
    box, it is the result.
    """
    first = box_only(segmenter, image, clicks)
    box = clicks.box
    within = np.zeros_like(first.mask)
    seen = (slice(max(box.y0, 0), max(box.y1, 0)), slice(max(box.x0, 0), max(box.x1, 0)))
    within[seen] = first.mask[seen]
    if not within.any():
        return first
    row, column = np.unravel_index(int(depth(within).argmax()), within.shape)  # first in raster order
    return (second or segmenter).segment(image, Clicks(clicks.corners).with_inside(int(column), int(row)))
