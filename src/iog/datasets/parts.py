"""Sets whose masks say where a kind of thing is, not which: each connected part counts as an object."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from iog.datasets.listing import LabelArray
from iog.datasets.reading import read_foreground


def read_parts(path: Path) -> LabelArray:
    """(H, W): 0 where the mask is black, 1.. its 8-connected parts from top to bottom."""
    labels: Any
    _, labels = cv2.connectedComponents(read_foreground(path).astype(np.uint8), connectivity=8)
    parts: LabelArray = labels.astype(np.int64)
    return parts


def large_parts(parts: LabelArray, minimum_area: int) -> list[int]:
    """Numbers of the parts with at least so many pixels."""
    areas = np.bincount(parts.ravel())
    return [number for number in range(1, len(areas)) if areas[number] >= minimum_area]
