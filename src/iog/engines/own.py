"""Models that users bring by the name of a factory: a PyTorch network, or an engine of whatever kind."""

from __future__ import annotations

from iog.engines.base import Engine
from iog.errors import ModelError
from iog.extras import require_torch
from iog.factories import Reference


def open_own(reference: Reference) -> Engine:
    """The engine that a factory's model is, or that runs it (docs/own-network.md).

    Raises
    ------
    ModelError
        If there is no such factory, it makes something else, or its file does not fit.
    """
    made = reference.make()
    if hasattr(made, "info"):
        if reference.file is not None:
            raise ModelError(
                f"{reference.factory} made an engine, which brings its own weights: drop ={reference.file}"
            )
        engine: Engine = made
        return engine
    require_torch(f"running {reference.factory}")
    from iog.engines.torch import TorchEngine

    return TorchEngine.from_own(made, reference)
