"""Intelligent scissors (Mortensen & Barrett, SIGGRAPH 1995), OpenCV's: the outline snaps to edges.

Its own prompt is clicks on the outline: the four extreme points. From a box alone, whose every side the
object touches somewhere, it takes the pixel with the strongest edge on each side. It takes no corrections.
"""

from __future__ import annotations

import cv2
import numpy as np

from iog.baselines.task import Answer, Task

_BAND = 2  # pixels to either side of the box's sides in which edges are looked for


def scissors(task: Task) -> Answer:
    """The area within the outline."""
    anchors = task.anchors or _touching(task)
    tool = cv2.segmentation.IntelligentScissorsMB()
    tool.setEdgeFeatureCannyParameters(32, 100)
    tool.setGradientMagnitudeMaxLimit(200)
    tool.applyImage(np.ascontiguousarray(task.image[..., ::-1]))
    outline = []
    for start, end in zip(anchors, (*anchors[1:], anchors[0]), strict=True):
        if start == end:
            continue
        tool.buildMap(start)
        outline.append(np.asarray(tool.getContour(end)).reshape(-1, 2))
    area = np.zeros(task.seeds.shape, np.uint8)
    if outline:
        cv2.fillPoly(area, [np.concatenate(outline).astype(np.int32)], 1)
    return area.astype(np.float32)


def _touching(task: Task) -> tuple[tuple[int, int], ...]:
    """One pixel of each side of the box, left, top, right, bottom: where the edge is strongest."""
    grey = np.asarray(cv2.GaussianBlur(cv2.cvtColor(task.image, cv2.COLOR_RGB2GRAY), (0, 0), 1), np.float32)
    across, down = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)), np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    height, width = task.seeds.shape
    x0, y0 = (max(0, int(v)) for v in task.box[:2])
    x1, y1 = min(width, int(np.ceil(task.box[2]))), min(height, int(np.ceil(task.box[3])))

    def strongest(edges: np.ndarray, left: int, top: int, right: int, bottom: int) -> tuple[int, int]:
        left, top = max(0, left), max(0, top)
        part = edges[top : min(bottom, height), left : min(right, width)]
        row, column = np.unravel_index(int(part.argmax()), part.shape)
        return left + int(column), top + int(row)

    return (
        strongest(across, x0 - _BAND, y0, x0 + _BAND, y1),
        strongest(down, x0, y0 - _BAND, x1, y0 + _BAND),
        strongest(across, x1 - _BAND, y0, x1 + _BAND, y1),
        strongest(down, x0, y1 - _BAND, x1, y1 + _BAND),
    )
