"""Click networks in one file, as RITM's are exported: `image` and `points`.

`image` (1, 3, H, W) is RGB in 0..1; a fourth channel is the mask before, which may instead be an input
`prev_mask` (1, 1, H, W). `points` (1, 2 N, 3) holds (row, column, number) of the N clicks on the object, then
of the N beside it; rows of -1 fill up. The network normalises by itself. It answers with logits (1, 1, H, W).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from iog.bench.adapters.session import Graph, on_photo, probability_of
from iog.clicks import AnyClicks, Correction, PointClicks
from iog.crop import FloatArray, resize
from iog.evaluation.subjects import Attempt, Image, User
from iog.prediction import Prediction
from iog.robot import BoolArray

LONGEST = 416
"""Longer side in pixels that the network sees, where its file takes any."""

_STRIDE = 32


@dataclass(frozen=True)
class Clicker:
    """A network that takes clicks alone; each costs one."""

    graph: Graph
    name: str

    first: ClassVar[int] = 1
    prompt: ClassVar[int] = 0
    last: ClassVar[int | None] = None

    @classmethod
    def opened(cls, file: Path, name: str, threads: int | None) -> Clicker:
        """The network of a file; `ModelError` if it has not both inputs."""
        graph = Graph(file, threads)
        graph.require("image", "points")
        return cls(graph, name)

    def begin(self, image: Image, mask: BoolArray, user: User) -> Attempt:
        return _Attempt(self, image)

    def answer(self, image: Image, clicks: PointClicks, before: FloatArray | None) -> FloatArray:
        """Probabilities (h, w) at the network's resolution."""
        height, width = image.shape[:2]
        scale = min(1.0, LONGEST / max(height, width))
        rows, columns = (max(_STRIDE, round(scale * side / _STRIDE) * _STRIDE) for side in (height, width))
        rows, columns = self.graph.side("image", 2, rows), self.graph.side("image", 3, columns)
        pixels = (resize(image, columns, rows) / np.float32(255)).transpose(2, 0, 1)
        mask = np.zeros((1, rows, columns), np.float32) if before is None else before[None]
        if self.graph.side("image", 1, 3) == 4:
            pixels = np.concatenate([pixels, mask])
        answers = self.graph(
            {
                "image": pixels[None],
                "prev_mask": mask[None],
                "points": self._points(clicks, columns / width, rows / height),
            }
        )
        first = next(iter(answers.values()))
        return probability_of(first.reshape(-1, *first.shape[-2:])[0], logits=True)

    def _points(self, clicks: PointClicks, across: float, down: float) -> npt.NDArray[Any]:
        numbered = [
            ((c.y + 0.5) * down - 0.5, (c.x + 0.5) * across - 0.5, number, c.foreground)
            for number, c in enumerate(clicks.corrections)
        ]
        sides = [[row[:3] for row in numbered if row[3] == kind] for kind in (True, False)]
        room = self.graph.side("points", 1, 2 * max(1, *map(len, sides))) // 2
        points = np.full((1, 2 * room, 3), -1, np.float32)
        for start, own in zip((0, room), sides, strict=True):
            for i, row in enumerate(own[-room:]):  # a file for fewer clicks gets the newest
                points[0, start + i] = row
        return points


class _Attempt:
    def __init__(self, subject: Clicker, image: Image) -> None:
        self._subject, self._image = subject, image
        self._now = PointClicks((image.shape[1], image.shape[0]))
        self._before: FloatArray | None = None

    @property
    def clicks(self) -> AnyClicks:
        return self._now

    def step(self, correction: Correction | None) -> Prediction:
        assert correction is not None
        self._now = self._now.with_correction(*correction)
        self._before = self._subject.answer(self._image, self._now, self._before)
        return on_photo(self._subject.name, self._now, self._before, *self._now.size)
