"""The known models as plain data, and where their files lie."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from iog.calibration import Calibration, read_calibration
from iog.engines.base import Engine
from iog.engines.own import open_own
from iog.errors import ModelError
from iog.extras import require_torch
from iog.factories import reference_of

FOLDER = Path(__file__).parent

EngineName = Literal["onnx", "torch"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)


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
        return FOLDER / self.encoder, FOLDER / self.decoder


MODELS = {
    model.name: model
    for model in (
        Model(
            name="lite",
            summary="EfficientNet-lite2 encoder, IOG's coarse-to-fine decoder; photos, any object",
            encoder="lite.encoder.onnx",
            decoder="lite.decoder.onnx",
            encoder_sha256="b3625f6b4ea9abe364a48981c6f03bd776b01978b6a73b335124a65213d12bc2",
            decoder_sha256="461b272df11d39ebd5724029b41d74c5e719d01bf829915b80d9d314a5f2e679",
        ),
    )
}


def open_model(
    model: str | Path = "lite", *, engine: EngineName | None = None, threads: int | None = None
) -> Engine:
    """The engine that runs a model.

    Parameters
    ----------
    model
        A name from `MODELS`; the path of an encoder that `iog convert` wrote (`NAME.encoder.onnx`, with
        `NAME.decoder.onnx` next to it); the path of a checkpoint, ours or a published one; or one's own,
        `package.module:factory`, with `=FILE` behind it where a file has its weights.
    engine
        "onnx" for ONNX Runtime, "torch" for PyTorch; None for what the file needs: PyTorch for checkpoints,
        else ONNX Runtime. Exported published models run with ONNX Runtime only.
    threads
        Threads for one inference with ONNX Runtime; None takes one per physical core.

    Raises
    ------
    ModelError
        If there is no such model, its files are missing, truncated, changed or foreign, or PyTorch is not
        installed.
    """
    if engine not in (None, *ENGINES):
        raise ModelError(f"unknown engine {engine!r}; choose {' or '.join(ENGINES)}")
    reference = reference_of(model)
    if reference is not None:
        return open_own(reference)
    if _is_checkpoint(model):
        if engine == "onnx":
            raise ModelError(
                f"{model} is a checkpoint, which the onnx engine cannot run; iog convert it first"
            )
        require_torch(f"running the checkpoint {model}")
        from iog.engines.torch import TorchEngine

        return TorchEngine.from_checkpoint(model)
    encoder, decoder = files_of(model)
    if engine == "torch":
        require_torch("the torch engine")
        from iog.engines.torch import TorchEngine

        return TorchEngine.from_files(encoder, decoder)
    from iog.engines.onnx import OnnxEngine

    return OnnxEngine(encoder, decoder, threads=threads)


def bundled(model: str | Path) -> Model | None:
    """The bundled model of a name, before which "iog-" may stand; None if there is none."""
    return MODELS.get(str(model).removeprefix("iog-"))


def _is_checkpoint(model: str | Path) -> bool:
    """Whether `model` names a file that is no ONNX, or would, were it there."""
    path = Path(model)
    ends_as_one = path.suffix in (".pt", ".pth")
    return ends_as_one or (bundled(model) is None and path.suffix != ".onnx" and path.is_file())


def files_of(model: str | Path) -> tuple[Path, Path]:
    """Encoder and decoder of a model, see `open_model`; those of a bundled model are checked.

    Raises
    ------
    ModelError
        If there is no such model, or a bundled file is missing or damaged.
    """
    known = bundled(model)
    if known is not None:
        encoder, decoder = known.files
        _check_hash(encoder, known.encoder_sha256)
        _check_hash(decoder, known.decoder_sha256)
        return encoder, decoder
    path = Path(model)
    if not path.name.endswith(".encoder.onnx"):
        raise ModelError(
            f"unknown model {str(model)!r}; choose one of {', '.join(MODELS)}, "
            "or give the path of a NAME.encoder.onnx or of a checkpoint (.pth, .pt)"
        )
    return path, path.with_name(path.name.removesuffix(".encoder.onnx") + ".decoder.onnx")


def calibration_file(model: str | Path) -> Path:
    """Path of a model's calibration, see `open_model`; the file may be missing."""
    known, own = bundled(model), reference_of(model)
    if own is not None:
        path = own.file or Path(own.factory.replace(":", "-"))
    else:
        path = Path(model) if known is None else known.files[0]
    stem = path.name.removesuffix(".encoder.onnx") if path.suffix == ".onnx" else path.stem
    return path.with_name(f"{stem}.calibration.json")


def open_calibration(model: str | Path, weights_sha256: str) -> Calibration | None:
    """The calibration next to a model; None if it is missing or for other weights.

    Raises
    ------
    ModelError
        If the file is something else.
    """
    path = calibration_file(model)
    found = read_calibration(path) if path.is_file() else None
    return found if found is not None and found.weights_sha256 == weights_sha256 else None


def _check_hash(path: Path, expected: str) -> None:
    if not path.is_file():
        raise ModelError(f"model file {path} is missing; reinstall iog")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise ModelError(f"model file {path} is damaged (its hash is not the released one); reinstall iog")
