"""Networks of others in ONNX files, as subjects: who has the weights gets the row.

    sam:ENCODER.onnx,DECODER.onnx   box, points and the mask before: SAM, MobileSAM, EfficientSAM, SAM 2
    clicks:FILE.onnx                clicks alone: RITM and its kin
    one-shot:FILE.onnx              a mask from the crop of a box: box or salient networks

docs/bench.md says which inputs each needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from iog.bench.adapters.clicker import Clicker
from iog.bench.adapters.one_shot import OneShot
from iog.bench.adapters.sam import Sam
from iog.errors import ModelError
from iog.evaluation.subjects import Subject

__all__ = ["Clicker", "OneShot", "Sam", "adapter_of"]


class _Kind(NamedTuple):
    make: Callable[..., Subject]
    files: int


_KINDS: Mapping[str, _Kind] = {
    "sam": _Kind(Sam.opened, 2),
    "clicks": _Kind(Clicker.opened, 1),
    "one-shot": _Kind(OneShot.opened, 1),
}


def adapter_of(model: str, name: str, threads: int | None) -> tuple[Subject, str] | None:
    """The subject that a `KIND:FILE` is, and the hash of its files; None for any other text.

    Raises
    ------
    ModelError
        If a file is missing, no ONNX, or lacks an input that its kind has.
    """
    kind, colon, rest = model.partition(":")
    if not colon or kind not in _KINDS or Path(model).exists():
        return None
    make, count = _KINDS[kind]
    files = [Path(part) for part in rest.split(",")]
    if len(files) != count or not rest:
        wanted = "ENCODER.onnx,DECODER.onnx" if count == 2 else "FILE.onnx"
        raise ModelError(f"{model!r}: write {kind}:{wanted}")
    for file in files:
        if not file.is_file():
            raise ModelError(f"{file} is missing")
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return make(*files, name, threads), digest.hexdigest()
