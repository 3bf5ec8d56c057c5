"""Optional dependencies."""

from __future__ import annotations

from importlib import import_module

from iog.errors import DataError, IogError, ModelError


def require_torch(purpose: str) -> None:
    """Raise `ModelError` that says how to install PyTorch when it is missing."""
    require("torch", f"{purpose} needs PyTorch", "train", ModelError)


def require_pyarrow(purpose: str) -> None:
    """Raise `DataError` that says how to install PyArrow when it is missing."""
    require("pyarrow.parquet", f"{purpose} needs PyArrow", "scale")


def require_fsspec(url: str) -> None:
    """Raise `DataError` that says how to install fsspec when it is missing."""
    require("fsspec", f"{url} needs fsspec", "scale")


def require_ray() -> None:
    """Raise `DataError` that says how to install Ray when it is missing."""
    require("ray", "a run on a cluster needs Ray", "scale")


def require(module: str, need: str, extra: str, error: type[IogError] = DataError) -> None:
    """Raise `error` with the words of `need` and the extra to install when `module` cannot be imported."""
    try:
        import_module(module)
    except ImportError as missing:
        raise error(f"{need}: pip install 'iog[{extra}]' ({missing})") from missing
