"""The known models as plain data, and where their files lie."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from iog.engines.base import Engine
from iog.errors import ModelError
from iog.extras import require_torch

FOLDER = Path(__file__).parent

EngineName = Literal["onnx", "torch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that ships with the package."""

    name: str
    summary: str
    encoder: str
    decoder: str
    encoder_sha256: str
    decoder_sha256: str

    @property
    def files(self) -> tuple[Path, Path]:
        """Encoder and decoder."""
        return FOLDER / self.encoder, FOLDER / self.decoder


MODELS = {
    model.name: model
    for model in (
        Model(
            name="lite",
            summary="EfficientNet-lite2 encoder, IOG's coarse-to-fine decoder; photos, any object",
            encoder="lite.encoder.onnx",
            decoder="lite.decoder.onnx",
            encoder_sha256="fdd7ea57394d6cd92557c2c7d4b6e31f34dd3b4fe7701790cdfe3cafd7b4acba",
            decoder_sha256="27f42f50854f33eb333b31999d5d84da5915455e2f03897d7009bd2408843ac2",
        ),
    )
}


def open_model(
    model: str | Path = "lite", *, engine: EngineName = "onnx", threads: int | None = None
) -> Engine:
    """The engine that runs a model.

    Parameters
    ----------
    model
        A name from `MODELS`, or the path of an encoder that `iog export` wrote (`NAME.encoder.onnx`, with
        `NAME.decoder.onnx` beside it).
    engine
        "onnx" for ONNX Runtime, "torch" for PyTorch.
    threads
        Threads for one inference with ONNX Runtime; None takes one per physical core.

    Raises
    ------
    ModelError
        If there is no such model, its files are missing, truncated, changed or foreign, or PyTorch is not
        installed.
    """
    encoder, decoder = files_of(model)
    if engine == "onnx":
        from iog.engines.onnx import OnnxEngine

        return OnnxEngine(encoder, decoder, threads=threads)
    if engine != "torch":
        raise ModelError(f"unknown engine {engine!r}; choose onnx or torch")
    require_torch("the torch engine")
    from iog.engines.torch import TorchEngine

    return TorchEngine.from_files(encoder, decoder)


def files_of(model: str | Path) -> tuple[Path, Path]:
    """Encoder and decoder of a model, see `open_model`; those of a bundled model are checked.

    Raises
    ------
    ModelError
        If there is no such model, or a bundled file is missing or damaged.
    """
    known = MODELS.get(str(model))
    if known is not None:
        encoder, decoder = known.files
        _check_hash(encoder, known.encoder_sha256)
        _check_hash(decoder, known.decoder_sha256)
        return encoder, decoder
    path = Path(model)
    if not path.name.endswith(".encoder.onnx"):
        raise ModelError(
            f"unknown model {str(model)!r}; choose one of {', '.join(MODELS)}, "
            "or give the path of a NAME.encoder.onnx"
        )
    return path, path.with_name(path.name.removesuffix(".encoder.onnx") + ".decoder.onnx")


def _check_hash(path: Path, expected: str) -> None:
    if not path.is_file():
        raise ModelError(f"model file {path} is missing; reinstall iog")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise ModelError(f"model file {path} is damaged (its hash is not the released one); reinstall iog")
