"""What the workers of a cluster import: a slow model that notes where it runs, so that it can be killed."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from iog.box_methods import BoxSegmenter
from iog.engines import Features
from iog.segmenter import Segmenter
from tests.auto.stub import StubEngine


class NotingEngine(StubEngine):
    """Writes `NODE-PID.json` once it has begun to encode, and takes its time."""

    def __init__(self, notes: Path, seconds: float) -> None:
        super().__init__(None, seconds)
        self.notes = notes

    def encode(self, crops: np.ndarray) -> Features:
        import ray

        node = ray.get_runtime_context().get_node_id()
        note = self.notes / f"{node}-{os.getpid()}.json"
        if not note.exists():
            note.write_text(json.dumps({"node": node, "process": os.getpid(), "at": time.time()}))
        return super().encode(crops)


@dataclass(frozen=True)
class Opening:
    """Sent to the workers in place of a model's name."""

    notes: Path
    seconds: float

    def __call__(self) -> BoxSegmenter:
        boxes = BoxSegmenter(Segmenter(NotingEngine(self.notes, self.seconds)))
        # The plan knows the class of the engine; on one machine it is the stub's.
        assert boxes.segmenter.model == "stub"
        return boxes


def failing() -> BoxSegmenter:
    """A model that cannot be opened."""
    from iog.errors import ModelError

    raise ModelError("the file is damaged; reinstall iog")


def other_weights() -> BoxSegmenter:
    """A machine that has another model under the same name."""
    engine = StubEngine()
    engine.info = replace(engine.info, weights_sha256="1" * 64)
    return BoxSegmenter(Segmenter(engine))
