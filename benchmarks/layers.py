"""Where the network's time goes, and what other ways to run it take: python benchmarks/layers.py

ONNX Runtime's own profile on one thread: the least time of each layer over the rounds, summed by kind.
The peak is that of a product of two large 8-bit matrices, on the same thread in the same run. Then ways
to run it, in turn in each round, processor time: an encode and two decodes a box, as `iog auto` does.
Needs the package onnx; OpenVINO joins where it is installed.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from iog import zoo
from iog.evaluation.tables import markdown

SIDE = 1024
"""Rows and columns of the matrices that tell the peak."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    arguments = parser.parse_args()
    folder = Path(zoo.__file__).parent
    with tempfile.TemporaryDirectory() as name:
        peak = peak_rate(Path(name), arguments.rounds)
        rows = []
        for half in ("encoder", "decoder"):
            rows += layers(folder / f"lite.{half}.onnx", Path(name), arguments.rounds, peak)
    print(f"ONNX Runtime {onnxruntime.__version__}, {instructions()}, one thread.")
    print(f"A product of {SIDE} x {SIDE} matrices of 8 bits: {peak:.0f} billion multiplications a second.\n")
    header = ["half", "layers", "number", "ms", "million multiplications", "share of the 8-bit peak"]
    print(markdown(header, rows))
    print(
        "\n"
        + markdown(
            ["an encode and two decodes, one thread", "least ms a box", "median"],
            ways(folder, arguments.rounds),
        )
    )


def ways(folder: Path, rounds: int) -> list[list[str]]:
    """Processor milliseconds a box of each way to run the two halves."""
    paths = [folder / f"lite.{half}.onnx" for half in ("encoder", "decoder")]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    encoder, decoder = (
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]) for path in paths
    )
    random = np.random.default_rng(0)
    size = json.loads(encoder.get_modelmeta().custom_metadata_map["iog"])["size"]
    crops = random.integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    maps = random.random((2, 5, size, size), dtype=np.float32)
    levels = [one.name for one in encoder.get_outputs()]

    def boxes(count: int) -> None:
        features = encoder.run(None, {"crop": crops[:count]})
        for _ in range(2):
            decoder.run(None, {"click_maps": maps[:count], **dict(zip(levels, features, strict=True))})

    def bound() -> None:
        binding = encoder.io_binding()
        binding.bind_cpu_input("crop", crops[:1])
        for name in levels:
            binding.bind_output(name)
        encoder.run_with_iobinding(binding)
        features = dict(zip(levels, binding.get_outputs(), strict=True))
        for _ in range(2):
            answer = decoder.io_binding()
            answer.bind_cpu_input("click_maps", maps[:1])
            for name, value in features.items():
                answer.bind_ortvalue_input(name, value)
            answer.bind_output(decoder.get_outputs()[0].name)
            decoder.run_with_iobinding(answer)

    steps: dict[str, tuple[int, Callable[[], None]]] = {
        "ONNX Runtime, a box at a time (ours)": (1, lambda: boxes(1)),
        "two boxes at a time": (2, lambda: boxes(2)),
        "IO binding, features stay in ONNX Runtime": (1, bound),
    }
    with suppress(ImportError):
        steps["OpenVINO"] = 1, open_vino(paths, crops[:1], maps[:1])
    spent: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, (count, step) in steps.items():
            started = time.process_time()
            step()
            spent[name].append(1e3 * (time.process_time() - started) / count)
    return [[name, f"{min(all_):.1f}", f"{statistics.median(all_):.1f}"] for name, all_ in spent.items()]


def open_vino(paths: list[Path], crop: Any, maps: Any) -> Callable[[], None]:
    """The same by OpenVINO on one thread; ImportError where it is not installed."""
    openvino: Any = import_module("openvino")
    core = openvino.Core()
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": 1}
    encoder, decoder = (core.compile_model(core.read_model(path), "CPU", settings) for path in paths)
    encode, decode = encoder.create_infer_request(), decoder.create_infer_request()
    levels = [one.get_any_name() for one in encoder.outputs]

    def run() -> None:
        features = encode.infer({"crop": crop})
        inputs = {name: features[name] for name in levels}
        for _ in range(2):
            decode.infer({"click_maps": maps, **inputs})

    return run


def layers(path: Path, folder: Path, rounds: int, peak: float) -> list[list[str]]:
    """A row for each kind of layer of one graph."""
    optimised = folder / path.name
    times, shapes = profiled(path, folder, rounds, optimised)
    nodes = {node.name: node for node in onnx.load(optimised).graph.node}
    weights = {one.name: one.dims for one in onnx.load(optimised).graph.initializer}
    seconds: dict[str, float] = defaultdict(float)
    products: dict[str, float] = defaultdict(float)
    numbers: dict[str, int] = defaultdict(int)
    for name, spent in times.items():
        kind, count = described(nodes.get(name), weights, shapes[name])
        seconds[kind] += spent
        products[kind] += count
        numbers[kind] += 1
    whole = sum(seconds.values())
    half = path.name.split(".")[1]
    rows = [
        [
            half,
            kind,
            str(numbers[kind]),
            f"{1e3 * spent:.1f} ({spent / whole:.0%})",
            f"{products[kind] / 1e6:.0f}" if products[kind] else "",
            f"{products[kind] / spent / 1e9 / peak:.0%}" if products[kind] else "",
        ]
        for kind, spent in sorted(seconds.items(), key=lambda item: -item[1])
    ]
    total = sum(products.values())
    share = f"{total / whole / 1e9 / peak:.0%}"
    return [*rows, [half, "all", str(len(times)), f"{1e3 * whole:.1f}", f"{total / 1e6:.0f}", share]]


def described(node: Any, weights: dict[str, Any], shape: list[int]) -> tuple[str, float]:
    """The kind of a layer, and how many multiplications it does for an output of this shape."""
    if node is None or "Conv" not in node.op_type:
        return "no convolution", 0
    kernel = next(weights[name] for name in node.input if len(weights.get(name, ())) == 4)
    group = next((one.i for one in node.attribute if one.name == "group"), 1)
    count = math.prod(shape) * math.prod(kernel) / kernel[0]
    bits = "8 bits" if node.op_type == "QLinearConv" else "floats"
    if group > 1:
        return f"convolutions, a channel each, {bits}", count
    return f"convolutions, {'1 x 1' if max(kernel[2:]) == 1 else 'wider'}, {bits}", count


def peak_rate(folder: Path, rounds: int) -> float:
    """Billions of 8-bit multiplications a second."""
    path = folder / "peak.onnx"
    kernel = np.random.default_rng(0).integers(-64, 64, (SIDE, SIDE)).astype(np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["y"], name="product")],
        "peak",
        [helper.make_tensor_value_info("a", TensorProto.UINT8, [SIDE, SIDE])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [SIDE, SIDE])],
        [onnx.numpy_helper.from_array(kernel, "b")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    times, _ = profiled(path, folder, rounds, folder / "peak.optimised.onnx")
    return float(SIDE**3 / sum(times.values()) / 1e9)


def profiled(
    path: Path, folder: Path, rounds: int, optimised: Path
) -> tuple[dict[str, float], dict[str, list[int]]]:
    """The least seconds of each node, by its name, and its output's shape."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_profiling = True
    options.profile_file_prefix = str(folder / path.stem)
    options.optimized_model_filepath = str(optimised)
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    random = np.random.default_rng(0)
    inputs = {}
    for one in session.get_inputs():
        shape = [side if isinstance(side, int) else 1 for side in one.shape]
        floats = random.random(shape, dtype=np.float32)
        inputs[one.name] = floats if "float" in one.type else (255 * floats).astype(np.uint8)
    for _ in range(rounds):
        session.run(None, inputs)
    times: dict[str, float] = {}
    shapes: dict[str, list[int]] = {}
    for event in json.loads(Path(session.end_profiling()).read_text()):
        name, end = event["name"], "_kernel_time"
        if event.get("cat") == "Node" and name.endswith(end):
            name = name.removesuffix(end)
            times[name] = min(event["dur"] / 1e6, times.get(name, math.inf))
            (shapes[name],) = list(event["args"]["output_type_shape"][0].values())[:1]
    return times, shapes


def instructions() -> str:
    """What of 8-bit instructions the processor says that it has."""
    information = Path("/proc/cpuinfo")
    found = information.read_text().split() if information.exists() else []
    named = {"avx_vnni": "AVX VNNI", "avx512_vnni": "AVX-512 VNNI", "amx_int8": "AMX"}
    return ", ".join(text for flag, text in named.items() if flag in found) or "no 8-bit instructions known"


if __name__ == "__main__":
    main()
