"""What a network is asked while the robot user clicks: from this its 8-bit form takes its ranges."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from iog.datasets import ObjectDataset
from iog.datasets.listing import spread
from iog.engines import Engine, Features
from iog.evaluation.protocol import evaluate
from iog.evaluation.settings import Settings
from iog.networks.export import Question
from iog.segmenter import Segmenter

_OBJECTS = 64
_CLICKS = Settings(clicks=5, jitter=0.02, inside_depth=0.5, correction_depth=0.5)
"""As people click: three clicks and two corrections."""


def questions(engine: Engine, objects: ObjectDataset) -> list[Question]:
    """What `engine` is asked about 64 objects, spread over `objects`: the box, three clicks, two corrections.

    A crop is encoded once. Objects without a pixel are left out.
    """
    listener = _Listener(engine)
    for _ in evaluate(Segmenter(listener), objects, _CLICKS, indices=spread(len(objects), _OBJECTS)):
        pass  # not the answers are wanted, but the questions
    return [Question(crop, click_maps) for crop, click_maps in listener.asked]


class _Listener:
    """An engine that remembers what it is asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.info = engine.info
        self.asked: list[tuple[npt.NDArray[Any], list[npt.NDArray[np.float32]]]] = []

    def encode(self, inputs: npt.NDArray[Any]) -> Features:
        (crop,) = inputs
        self.asked.append((crop, []))
        return self._engine.encode(inputs)

    def decode(
        self, features: Features, click_maps: npt.NDArray[np.float32] | None
    ) -> npt.NDArray[np.float32]:
        assert click_maps is not None
        self.asked[-1][1].append(click_maps[0])
        return self._engine.decode(features, click_maps)
