"""ONNX Runtime: the default engine. Needs no PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from iog.description import Info, info_from_json
from iog.engines.base import Features
from iog.errors import ModelError


class OnnxEngine:
    """Runs the encoder and decoder graphs of a model.

    Parameters
    ----------
    encoder, decoder
        The two ONNX files of one model.
    threads
        Threads for one inference; None lets ONNX Runtime take one per physical core.

    Raises
    ------
    ModelError
        If a file is missing, truncated or foreign, or the two do not belong together.
    """

    def __init__(self, encoder: Path, decoder: Path, *, threads: int | None = None) -> None:
        self._encoder, self.info = _open(encoder, threads)
        self._decoder, decoder_info = _open(decoder, threads)
        # The weights alone would not do: graphs of the published networks have a fixed size too.
        if decoder_info != self.info:
            raise ModelError(f"{encoder.name} and {decoder.name} come from different models")
        (self._input,) = (node.name for node in self._encoder.get_inputs())
        self._names = [node.name for node in self._decoder.get_inputs()]

    def encode(self, inputs: npt.NDArray[Any]) -> Features:
        return tuple(self._encoder.run(None, {self._input: inputs}))

    def decode(
        self, features: Features, click_maps: npt.NDArray[np.float32] | None
    ) -> npt.NDArray[np.float32]:
        arrays = features if click_maps is None else (click_maps, *features)
        inputs = dict(zip(self._names, arrays, strict=True))
        probability: npt.NDArray[np.float32] = self._decoder.run(None, inputs)[0]
        return probability


def _open(path: Path, threads: int | None) -> tuple[Any, Info]:
    if not path.is_file():
        raise ModelError(f"model file {path} is missing; reinstall iog or check the path")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors reach the user as exceptions, not as log lines
    # Threads that wait by spinning take the core from whoever works next: the rest of us, or a browser.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if threads is not None:
        options.intra_op_num_threads = threads
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exception classes have no common base
        raise ModelError(f"{path} is not a readable ONNX file (truncated or foreign)") from error
    description = session.get_modelmeta().custom_metadata_map.get("iog")
    return session, info_from_json(description, path)
