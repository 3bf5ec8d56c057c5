"""`Lite`, or a network of one's own, as two ONNX files; and `Lite` back from them.

Each file carries the model's description in its metadata. Batch norms are folded into the convolutions
first, and the tensors keep the names of that folded network's state dict, so that PyTorch can read it back
and one pair of files serves both engines. Kernels are stored as 16-bit floats. ONNX Runtime may compute
with 8-bit numbers instead (`iog.networks.int8`).
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
import onnxscript.optimizer
import onnxscript.rewriter
import torch
from onnx import numpy_helper
from onnxscript.rewriter.rules.common import fuse_pad_into_conv_rule
from torch import Tensor, nn

from iog.description import ModelInfo, info_from_json, info_to_json
from iog.errors import ModelError
from iog.files import replacing
from iog.guidance import GUIDANCE
from iog.networks.base import Network, normalised
from iog.networks.blocks import fold_batch_norms
from iog.networks.describe import settings_of
from iog.networks.families import build
from iog.networks.int8 import RANGES, Inputs, to_int8
from iog.networks.lite import Lite

_OPSET = 18


class _Encoder(nn.Module):
    """(B, S, S, 3) uint8 -> features."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, crop: Tensor) -> tuple[Tensor, ...]:
        return self.network.encode(normalised(crop.permute(0, 3, 1, 2).float()))


class _Decoder(nn.Module):
    """(B, C, S, S) click maps and features -> (B, S, S) probabilities."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, click_maps: Tensor, *features: Tensor) -> Tensor:
        return self.network.probability(features, click_maps)


class Question(NamedTuple):
    """What a network is asked about one object, S pixels a side."""

    crop: npt.NDArray[np.uint8]  # (S, S, 3) RGB
    click_maps: Sequence[npt.NDArray[np.float32]]  # (C, S, S) each, one after the other


def export(
    network: Network, stem: Path, info: ModelInfo, questions: Sequence[Question] = ()
) -> tuple[Path, Path]:
    """Write `STEM.encoder.onnx` and `STEM.decoder.onnx`; returns their paths.

    Parameters
    ----------
    network
        The network to ship.
    stem
        Folder and name of the files.
    info
        Its description; the files say their own hash.
    questions
        Examples of what it is asked, for 8-bit arithmetic in ONNX Runtime; without them it is that of floats.
    """
    network = copy.deepcopy(network).to(memory_format=torch.contiguous_format)
    if info.kind == "lite":  # of which it is known that a norm follows its convolution
        fold_batch_norms(network)
    crop = torch.zeros(2, info.size, info.size, 3, dtype=torch.uint8)
    maps = torch.zeros(2, len(GUIDANCE[network.config.guidance]), info.size, info.size)
    with torch.no_grad():
        features = tuple(level.contiguous() for level in _Encoder(network)(crop))
    levels = [f"features_{2 ** (i + 1)}" for i in range(len(features))]
    encoder = to_onnx(_Encoder(network), (crop,), ["crop"], levels)
    decoder = to_onnx(_Decoder(network), (maps, *features), ["click_maps", *levels], ["probability"])
    if questions:
        encoder = _stripped(to_int8(encoder, ({"crop": question.crop[None]} for question in questions)))
        decoder = _stripped(to_int8(decoder, _decoder_inputs(network, questions, levels)))
    for model in (encoder, decoder):
        _halve(model)
    written = replace(info, network=settings_of(network), weights_sha256=weights_hash(encoder, decoder))
    paths = stem.with_name(f"{stem.name}.encoder.onnx"), stem.with_name(f"{stem.name}.decoder.onnx")
    for path, model in zip(paths, (encoder, decoder), strict=True):
        model.metadata_props.add(key="iog", value=info_to_json(written))
        with replacing(path) as file:
            file.write(model.SerializeToString(deterministic=True))
    return paths


@torch.no_grad()
def _decoder_inputs(
    network: Network, questions: Sequence[Question], levels: Sequence[str]
) -> Iterator[Inputs]:
    encode = _Encoder(network)
    for crop, click_maps in questions:
        features = encode(torch.from_numpy(crop[None]))
        arrays = {level: feature.numpy() for level, feature in zip(levels, features, strict=True)}
        for maps in click_maps:
            yield {"click_maps": maps[None], **arrays}


def read_exported(encoder: Path, decoder: Path) -> tuple[Lite, ModelInfo]:
    """The network that a pair of exported files holds.

    Raises
    ------
    ModelError
        If a file is missing, truncated, foreign or not what its description says.
    """
    models = []
    for path in (encoder, decoder):
        if not path.is_file():
            raise ModelError(f"model file {path} is missing; reinstall iog or check the path")
        try:
            models.append(onnx.load(path))
        except Exception as error:  # protobuf's DecodeError is not exported
            raise ModelError(f"{path} is not a readable ONNX file (truncated or foreign)") from error
    description = {p.key: p.value for p in models[0].metadata_props}.get("iog")
    info = info_from_json(description, encoder)
    if not isinstance(info, ModelInfo) or info.kind != "lite":
        raise ModelError(
            f"{encoder} holds {info.name}, which the onnx engine runs; give PyTorch its checkpoint"
        )
    if weights_hash(*models) != info.weights_sha256:
        raise ModelError(f"{encoder.name} and {decoder.name} are damaged or come from different models")
    network = build("lite", {**info.network, "folded": True})
    assert isinstance(network, Lite)
    state = {name: torch.from_numpy(value.astype(np.float32)) for name, value in _tensors(models)}
    missing = network.load_state_dict(state, strict=False).missing_keys
    # The side outputs answer in training only, so no graph holds them.
    missing = [key for key in missing if not key.startswith("decoder.sides.")]
    if missing:
        raise ModelError(f"{encoder} lacks {len(missing)} tensors of its network, for example {missing[0]}")
    return network.eval(), info


def weights_hash(*models: onnx.ModelProto) -> str:
    """SHA-256 over the names and bytes of all network tensors, in the order of their names.

    And of the ranges of 8-bit arithmetic, if it is that.
    """
    ranges = [
        (tensor.name, numpy_helper.to_array(tensor))
        for model in models
        for tensor in model.graph.initializer
        if tensor.name.endswith(RANGES)
    ]
    digest = hashlib.sha256()
    for name, value in sorted([*_tensors(models), *ranges], key=lambda item: item[0]):
        digest.update(name.encode() + value.tobytes())
    return digest.hexdigest()


def _tensors(models: Iterable[onnx.ModelProto]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Tensors of the state dict in exported graphs: (name, array)."""
    for model in models:
        for tensor in model.graph.initializer:
            if tensor.name.startswith(_PREFIX) and not tensor.name.endswith(RANGES):
                name = tensor.name.removeprefix(_PREFIX).removesuffix(_HALF)
                yield name, numpy_helper.to_array(tensor)


_PREFIX = "network."
_HALF = ".half"


def _halve(model: onnx.ModelProto) -> None:
    """Store kernels as 16-bit floats, widened again by a Cast that the runtime runs once at load."""
    casts = []
    for tensor in model.graph.initializer:
        # Biases stay as they are: they are small, and 8-bit arithmetic adds them up in 32 bits.
        if tensor.data_type != onnx.TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        name = tensor.name
        half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), name + _HALF)
        tensor.CopyFrom(half)
        casts.append(onnx.helper.make_node("Cast", [name + _HALF], [name], to=onnx.TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *nodes])


def to_onnx(
    module: nn.Module, arguments: tuple[Tensor, ...], inputs: list[str], outputs: list[str]
) -> onnx.ModelProto:
    """The graph of `module`, whose first axis of every input and output is a batch of any size.

    Parameters
    ----------
    module
        Called with all `arguments`; the ones after the first are variadic.
    arguments
        Examples, batch of two or more.
    inputs, outputs
        Their names in the graph.
    """
    batch = torch.export.Dim("batch", min=1, max=1024)
    shapes = tuple({0: batch} for _ in arguments)
    program = torch.onnx.export(
        module.eval(),
        arguments,
        input_names=inputs,
        output_names=outputs,
        # A variadic forward takes its shapes as one nested tuple.
        dynamic_shapes=shapes if len(arguments) == 1 else (shapes[0], shapes[1:]),
        opset_version=_OPSET,
        dynamo=True,
        optimize=False,
        verbose=False,
    )
    assert program is not None
    # Not the exporter's whole optimiser: it merges tensors that happen to be equal, and a name is lost.
    onnxscript.optimizer.fold_constants(program.model)
    # ONNX Runtime does this by itself when it loads, but not with 8-bit numbers in between.
    onnxscript.rewriter.rewrite(program.model, pattern_rewrite_rules=[fuse_pad_into_conv_rule])
    onnxscript.optimizer.remove_unused_nodes(program.model)
    return _stripped(program.model_proto)


def _stripped(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without the exporter's notes (stack traces, intermediate shapes): an eighth of the file."""
    graph = model.graph
    del graph.value_info[:], model.metadata_props[:]
    for item in (graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        del item.metadata_props[:]
        item.doc_string = ""
    return model
