"""What a person clicked for one object: an immutable value that checks itself.

Convention
----------
x to the right, y down, always in the order (x, y). A click names a pixel: (3, 5) is the square
[3, 4) x [5, 6) whose centre is (3.5, 5.5). Fractional coordinates are floored to the pixel they lie in.
Boxes are half-open: the box of the corner clicks (2, 2) and (5, 5) is (2, 2, 6, 6), four pixels a side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from iog.clicks.boxless import ExtremeClicks, PointClicks
from iog.clicks.corrections import Correction, Stroke
from iog.clicks.pixels import MINIMUM_SIDE, Box, Pixel, widened
from iog.clicks.three import Clicks
from iog.errors import ClickError

__all__ = [
    "MINIMUM_SIDE",
    "AnyClicks",
    "Box",
    "Clicks",
    "Correction",
    "ExtremeClicks",
    "Pixel",
    "PointClicks",
    "Stroke",
    "clicks_from_json",
    "widened",
]

AnyClicks: TypeAlias = Clicks | ExtremeClicks | PointClicks
"""What a person clicked for one object, in whatever way."""


def clicks_from_json(data: object) -> AnyClicks:
    """Clicks of any kind from the dict that their `to_json` makes.

    Raises
    ------
    ClickError
        If the data is not such a dict or breaks a rule of its kind.
    """
    if isinstance(data, Mapping) and "points" in data:
        if "size" not in data:
            raise ClickError("clicks: 'size' is missing for 'points'; give [width, height] of the photo")
        return PointClicks(data["size"], data["points"])
    extreme = isinstance(data, Mapping) and "extreme_points" in data
    return ExtremeClicks.from_json(data) if extreme else Clicks.from_json(data)
