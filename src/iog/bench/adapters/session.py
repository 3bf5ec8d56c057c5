"""What the adapters share: a graph that says what it takes, and an answer as a prediction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from iog.clicks import AnyClicks, Box
from iog.crop import Crop, FloatArray, resize
from iog.errors import ModelError
from iog.prediction import Prediction
from iog.prompting import LitePrompting

MEAN, DEVIATION = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
"""ImageNet's, of RGB in 0..1."""

_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
}


class Graph:
    """An ONNX file on the CPU.

    Parameters
    ----------
    path
        The file.
    threads
        Threads for one inference; None lets ONNX Runtime choose.

    Raises
    ------
    ModelError
        If it cannot be read.
    """

    def __init__(self, path: Path, threads: int | None) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads or 0
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's own exception classes have no common base
            raise ModelError(f"{path} is not a readable ONNX file (truncated or foreign)") from error
        self.path = path
        self.shapes: dict[str, list[Any]] = {node.name: node.shape for node in self._session.get_inputs()}
        """Of its inputs; a name or None where a side may be any."""
        self.outputs = [node.name for node in self._session.get_outputs()]
        self._types = {node.name: _TYPES.get(node.type, np.float32) for node in self._session.get_inputs()}

    def require(self, *names: str) -> None:
        """Raise `ModelError` if it has no input of a name."""
        missing = [name for name in names if name not in self.shapes]
        if missing:
            raise ModelError(
                f"{self.path} has no input {', '.join(missing)}; it has {', '.join(self.shapes)}"
            )

    def __call__(self, arrays: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
        """Outputs by name; arrays that it has no input for are left out, the others get its types."""
        given = {
            name: np.ascontiguousarray(arrays[name], self._types[name])
            for name in self.shapes
            if name in arrays
        }
        try:
            answers = self._session.run(None, given)
        except Exception as error:
            raise ModelError(f"{self.path} does not run on these inputs: {error}") from error
        return dict(zip(self.outputs, answers, strict=True))

    def side(self, name: str, axis: int, otherwise: int) -> int:
        """The length of an axis of an input; `otherwise` where it may be any."""
        found = self.shapes[name][axis]
        return found if isinstance(found, int) and found > 0 else otherwise


def probability_of(answer: npt.NDArray[Any], *, logits: bool | None = None) -> FloatArray:
    """A mask (h, w) as probabilities; None tells logits from their range."""
    values = np.asarray(answer, np.float32)
    if logits is None:
        logits = bool(values.min() < 0 or values.max() > 1)
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))) if logits else values, np.float32)


def on_photo(name: str, clicks: AnyClicks, probability: FloatArray, width: int, height: int) -> Prediction:
    """An answer that covers the whole photo, at any resolution, as a prediction on it."""
    full = np.ascontiguousarray(resize(probability, width, height), np.float32)
    crop = Crop(Box(0, 0, width, height), width, height)
    return Prediction(clicks, crop, full, (width, height), name, LitePrompting(width, 0))
