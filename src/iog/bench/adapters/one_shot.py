"""Networks that make one mask of one picture: salient objects (U2-Net and its kin), masks of boxes.

The only input is a picture (1, 3, H, W), RGB less ImageNet's mean, divided by its deviation; the first output
a mask of it, (1, 1, h, w), logits or probabilities. It is given the crop of the box with `MARGIN` around.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from iog.bench.adapters.session import DEVIATION, MEAN, Graph, probability_of
from iog.clicks import Clicks, Correction
from iog.crop import Crop
from iog.errors import ModelError
from iog.evaluation.subjects import BOX_CLICKS, Attempt, Image, User
from iog.prediction import Prediction
from iog.prompting import LitePrompting
from iog.robot import BoolArray

MARGIN = 0.15
"""Context around the box, as a share of its side: as much as `lite` sees."""

_SIDE = 320


@dataclass(frozen=True)
class OneShot:
    """A network that is given a box, which costs two clicks, and nothing after it."""

    graph: Graph
    name: str

    first: ClassVar[int] = BOX_CLICKS
    prompt: ClassVar[int] = BOX_CLICKS
    last: ClassVar[int | None] = BOX_CLICKS

    @classmethod
    def opened(cls, file: Path, name: str, threads: int | None) -> OneShot:
        """The network of a file; `ModelError` if it takes more than a picture."""
        graph = Graph(file, threads)
        if len(graph.shapes) != 1:
            raise ModelError(
                f"{file} takes {', '.join(graph.shapes)}: a network of this kind takes a picture alone"
            )
        return cls(graph, name)

    def begin(self, image: Image, mask: BoolArray, user: User) -> Attempt:
        return _Attempt(self, image, Clicks(user.clicks(mask).corners))


@dataclass(frozen=True)
class _Attempt:
    subject: OneShot
    image: Image
    clicks: Clicks

    def step(self, correction: Correction | None) -> Prediction:
        graph = self.subject.graph
        (name,) = graph.shapes
        side = graph.side(name, -1, _SIDE)
        crop = Crop.around(self.clicks.box, MARGIN, side)
        pixels = (crop.extract(self.image) / np.float32(255) - MEAN) / DEVIATION
        first = next(iter(graph({name: pixels.transpose(2, 0, 1)[None]}).values()))
        probability = probability_of(first.reshape(-1, *first.shape[-2:])[0])
        height, width = self.image.shape[:2]
        return Prediction(
            self.clicks, crop, probability, (width, height), self.subject.name, LitePrompting(side, MARGIN)
        )
