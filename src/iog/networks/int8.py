"""The graphs of an exported network in 8-bit arithmetic, which takes less time (`docs/decisions/0013-*`).

Weights and activations become whole numbers at the convolutions. The ranges of activations are fixed here,
from what the network computes on examples (post-training quantisation; Jacob et al., CVPR 2018, section 3).
The files keep the weights themselves as floats under their names, and ONNX Runtime rounds them once, when it
loads: so PyTorch still reads the network as it was trained.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

Inputs = Mapping[str, npt.NDArray[Any]]
"""Arrays by the names of a graph's inputs, the first axis of each a batch."""

RANGES = ("_scale", "_zero_point")
"""How the names of tensors end that say what the whole numbers mean."""

_OPERATORS = ["Conv", "Relu", "Clip", "Add", "Concat", "Resize"]
"""What computes with whole numbers; what lies between two of these in float would cost more than it saves."""


def to_int8(model: onnx.ModelProto, examples: Iterable[Inputs]) -> onnx.ModelProto:
    """`model` in 8-bit arithmetic.

    Parameters
    ----------
    model
        A graph with 32-bit floats, its batch norms folded.
    examples
        Inputs like those that it will get; activations outside the ranges seen here are clipped.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared, path = Path(folder) / "prepared.onnx", Path(folder) / "int8.onnx"
        # Shapes alone: optimised, tensors would lose their names. From a file: ONNX Runtime 1.22, 1.23 lose
        # a model that is given as an object.
        onnx.save(model, path)
        quant_pre_process(path, prepared, skip_optimization=True, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            path,
            _Reader(iter(examples)),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_OPERATORS,
            nodes_to_exclude=_logits(model),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            # Weights of 7 bits: without VNNI, x86 adds up products of 8 in 16 bits, which may overflow.
            reduce_range=True,
            extra_options={"AddQDQPairToWeight": True, "QuantizeBias": False},
        )
        return onnx.load(path)


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, examples: Iterator[Inputs]) -> None:
        self._examples = examples

    def get_next(self) -> Inputs | None:
        return next(self._examples, None)


def _logits(model: onnx.ModelProto) -> list[str]:
    """The convolution that makes sub-pixel logits, by name: their 256 steps would show in probabilities."""
    rearranged = {node.input[0] for node in model.graph.node if node.op_type == "DepthToSpace"}
    return [node.name for node in model.graph.node if rearranged & set(node.output)]
