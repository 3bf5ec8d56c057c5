"""Files of tensors: opened without executing code, and put into networks."""

from __future__ import annotations

import hashlib
import pickletools
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from iog.errors import ModelError

_WRAPPERS = ("state_dict", "model", "model_state_dict")
"""Under which keys training scripts put the tensors when they save more beside them."""


def tensors_of(content: object, source: object) -> dict[str, Tensor]:
    """The flat tensors in what `open_file` returned: unwrapped, without `module.` prefixes.

    Raises
    ------
    ModelError
        If the content is anything else than a dict of tensors.
    """
    if isinstance(content, Mapping):
        for wrapper in _WRAPPERS:
            if isinstance(content.get(wrapper), Mapping):
                content = content[wrapper]
                break
    if not isinstance(content, Mapping) or not content:
        raise ModelError(f"{source} holds no tensors with names; iog reads state dicts of PyTorch networks")
    tensors: dict[str, Tensor] = {}
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise ModelError(
                f"{source} holds {type(value).__name__} under {key!r} where a tensor was expected; "
                "save the network's state_dict alone"
            )
        tensors[key] = value
    while all(key.startswith("module.") for key in tensors):
        tensors = {key.removeprefix("module."): value for key, value in tensors.items()}
    return tensors


def open_file(path: str | Path) -> Any:
    """What a PyTorch file holds, tensors on the CPU. Nothing in it is executed.

    Raises
    ------
    ModelError
        Says what the file is instead: missing, empty, a web page, a program, damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError(f"checkpoint {path} does not exist")
    with path.open("rb") as file:
        start = file.read(256)
    head = start.lstrip().lower()
    if not head:
        raise ModelError(f"{path} is empty; download or copy it again")
    if head.startswith((b"<!doctype", b"<html")):
        raise ModelError(f"{path} is a web page, not a checkpoint; download the file itself with a browser")
    if path.suffix.lower() == ".onnx":
        raise ModelError(
            f"{path} is an ONNX file, which cannot be converted: give the checkpoint that it was made from"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # whatever they say, the sentence below says it better
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a file that it cannot parse
        text = str(error)
        if "TorchScript" in text:
            raise ModelError(
                f"{path} is a TorchScript program, not a checkpoint; save the network's state_dict"
            ) from error
        if "unsupported global" in text.lower() or _names_a_global(start):
            raise ModelError(
                f"{path} holds Python objects besides tensors, which could run code when loaded; "
                "save the network's state_dict alone"
            ) from error
        raise ModelError(
            f"{path} is truncated or no PyTorch checkpoint; compare its size with the original's "
            "and copy it again"
        ) from error


def _names_a_global(start: bytes) -> bool:
    """Whether a file begins as a pickle that imports something; nothing in it is executed."""
    if not start.startswith(b"\x80"):
        return False
    try:
        return any(
            code.name in ("GLOBAL", "STACK_GLOBAL", "INST") for code, _, _ in pickletools.genops(start)
        )
    except ValueError:  # not a pickle, or cut off before it names anything
        return False


def load_tensors(network: nn.Module, tensors: Mapping[str, Tensor], source: object) -> None:
    """`load_state_dict` that does without `num_batches_tracked` and says in one sentence what does not fit.

    Raises
    ------
    ModelError
        Names `source`, and the first tensor that is missing, surplus or of another shape.
    """
    expected = network.state_dict()
    needed = {key for key in expected if not key.endswith("num_batches_tracked")}
    missing = [key for key in expected if key in needed and key not in tensors]
    surplus = [key for key in tensors if key not in expected]
    misfits = [key for key in expected if key in tensors and tensors[key].shape != expected[key].shape]
    if missing:
        raise ModelError(f"{source}: {len(missing)} tensors are missing, the first is {missing[0]}")
    if surplus:
        raise ModelError(f"{source}: {len(surplus)} tensors are unknown, the first is {surplus[0]}")
    if misfits:
        key = misfits[0]
        raise ModelError(
            f"{source}: tensor {key} has shape {tuple(tensors[key].shape)}, "
            f"expected {tuple(expected[key].shape)}"
        )
    network.load_state_dict(dict(tensors), strict=False)


def tensors_hash(network: nn.Module) -> str:
    """SHA-256 over the names and bytes of all tensors, in the order of their names."""
    digest = hashlib.sha256()
    for key, value in sorted(network.state_dict().items()):
        digest.update(key.encode() + value.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
