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


def require_fsspec(url: str) -> None:
    """Raise `DataError` that says how to install fsspec when it is missing."""
    try:
        import_module("fsspec")
    except ImportError as error:
        raise DataError(f"{url} needs fsspec: pip install 'iog[scale]' ({error})") from error


def require_ray() -> None:
    """Raise `DataError` that says how to install Ray when it is missing."""
    try:
        import_module("ray")
    except ImportError as error:
        raise DataError(f"--ray needs Ray: pip install 'iog[scale]' ({error})") from error
