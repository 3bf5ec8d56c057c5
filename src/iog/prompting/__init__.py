"""What differs between models on the way from clicks to a mask: how clicks become arrays, and answers masks.

An engine runs arrays, a `Prompting` makes them and reads the answer; `Segmenter` needs nothing else.

* `LitePrompting`: the encoder sees the photo alone, clicks enter the decoder, and each correction also sees
  the mask before it.
* `PublishedPrompting`: heatmaps of the first three clicks enter the encoder beside the photo, so another
  inside click needs other features. The refinement's decoder sees all clicks so far, but no mask; without
  the refinement branch there are no corrections.
* `LiteExtremePrompting`, `PublishedExtremePrompting`: the same two, whose whole prompt is four extreme points
  (DEXTR, `dextr-lite`, IOG's ablation). They cost four clicks, and no corrections follow.
* `PointPrompting`: a network that takes clicks alone, without a box.
"""

from __future__ import annotations

from iog.description import Info, ModelInfo
from iog.guidance import BOXLESS
from iog.prompting.base import THRESHOLD, Prompting
from iog.prompting.lite import BoxPrompting, LiteExtremePrompting, LitePrompting, PointPrompting
from iog.prompting.published import DEXTR_THRESHOLD, PublishedExtremePrompting, PublishedPrompting

__all__ = [
    "DEXTR_THRESHOLD",
    "THRESHOLD",
    "BoxPrompting",
    "LiteExtremePrompting",
    "LitePrompting",
    "PointPrompting",
    "Prompting",
    "PublishedExtremePrompting",
    "PublishedPrompting",
    "prompting_of",
]


def prompting_of(info: Info) -> Prompting:
    """How the model that `info` describes is asked."""
    lines = isinstance(info, ModelInfo) and bool(info.trained.get("strokes"))
    if isinstance(info, ModelInfo) and info.guidance in BOXLESS:
        return PointPrompting(info.size, info.margin, lines, info.guidance)
    if isinstance(info, ModelInfo) and info.guidance == "box":
        return BoxPrompting(info.size, info.margin)
    extreme = info.guidance == "extreme-points"
    if isinstance(info, ModelInfo):
        return (LiteExtremePrompting if extreme else LitePrompting)(info.size, info.margin, lines)
    if extreme:
        threshold = DEXTR_THRESHOLD if info.kind == "dextr" else THRESHOLD
        return PublishedExtremePrompting(info.settings, threshold=threshold)
    return PublishedPrompting(info.settings, refinement=bool(info.config.get("refinement")))
