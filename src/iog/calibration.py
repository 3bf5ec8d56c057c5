"""What a model's own estimate of a mask is worth: the IoU that masks with such an estimate had.

A network's probabilities are too sure of themselves, and more so from a box alone than after a click. The
curves here turn `Prediction.estimate` into the mean IoU that was measured for it on photos with true masks,
one curve a kind of prompt. They belong to one set of weights, which their file names by hash; they lie next
to the model's file as NAME.calibration.json. `iog calibrate` measures and writes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from iog.errors import ModelError
from iog.files import replacing

FORMAT = "iog-calibration-1"


@dataclass(frozen=True, slots=True)
class ConfidenceCurve:
    """A rising line through points."""

    estimates: tuple[float, ...]
    """Where the points lie, rising, 0..1."""
    ious: tuple[float, ...]
    """The mean IoU there, never falling, 0..1."""

    def __call__(self, estimates: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Calibrated values of estimates; beyond the points the curve goes straight to (0, 0) and (1, 1)."""
        # Estimates of nothing at all would make the line from (0, 0) too steep for floats.
        x, y = (0.0, *np.maximum(self.estimates, 1e-9), 1.0), (0.0, *self.ious, 1.0)
        return np.interp(np.asarray(estimates, np.float64), x, y)


@dataclass(frozen=True)
class Calibration:
    """The curves of one model."""

    weights_sha256: str
    """The model, by the hash of its tensors."""
    curves: Mapping[str, ConfidenceCurve]
    """By the kind of prompt: "box", "inside" or "corrections" for a person's clicks, else the name of a
    method of `iog.auto`."""
    measured: Mapping[str, Any]
    """On what, with which errors; for the record."""

    def confidence(self, prompt: str, estimate: float) -> float:
        """The calibrated estimate; as it is where this kind of prompt was not measured."""
        curve = self.curves.get(prompt)
        return estimate if curve is None else float(curve(estimate))

    @property
    def sha256(self) -> str:
        """Hash of the curves."""
        curves = {name: asdict(curve) for name, curve in self.curves.items()}
        return hashlib.sha256(json.dumps(curves, sort_keys=True).encode()).hexdigest()

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        document = {
            "format": FORMAT,
            "weights_sha256": self.weights_sha256,
            "measured": dict(self.measured),
            "curves": {name: asdict(curve) for name, curve in self.curves.items()},
        }
        with replacing(path, "w") as file:
            json.dump(document, file, ensure_ascii=False, indent=1)
            file.write("\n")


def read_calibration(path: Path) -> Calibration:
    """Read what `Calibration.write` wrote.

    Raises
    ------
    ModelError
        If the file is missing or something else.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ModelError(f"{path} has format {data['format']!r}; this release reads {FORMAT}")
        curves = {
            str(name): ConfidenceCurve(_rising(points["estimates"]), _rising(points["ious"]))
            for name, points in data["curves"].items()
        }
        return Calibration(str(data["weights_sha256"]), curves, dict(data["measured"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(
            f"{path} is not a calibration; delete it, or make it again: iog calibrate"
        ) from error


def _rising(values: Any) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    if not all(0 <= a <= b <= 1 for a, b in zip((0.0, *numbers), (*numbers, 1.0), strict=True)):
        raise ValueError("not rising from 0 to 1")
    return numbers
