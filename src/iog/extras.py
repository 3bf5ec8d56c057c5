"""Optional dependencies."""

from __future__ import annotations

from importlib import import_module

from iog.errors import ModelError


def require_torch(purpose: str) -> None:
    """Raise `ModelError` that says how to install PyTorch when it is missing."""
    try:
        import_module("torch")
    except ImportError as error:
        raise ModelError(f"{purpose} needs PyTorch: pip install 'iog[train]' ({error})") from error
