"""Optional dependencies."""

from __future__ import annotations

from importlib import import_module

from iog.errors import DataError, ModelError


def require_torch(purpose: str) -> None:
    """Raise `ModelError` that says how to install PyTorch when it is missing."""
    try:
        import_module("torch")
    except ImportError as error:
        raise ModelError(f"{purpose} needs PyTorch: pip install 'iog[train]' ({error})") from error


def require_pyarrow(purpose: str) -> None:
    """Raise `DataError` that says how to install PyArrow when it is missing."""
    try:
        import_module("pyarrow.parquet")
    except ImportError as error:
        raise DataError(f"{purpose} needs PyArrow: pip install 'iog[scale]' ({error})") from error
