"""An engine that notes how long its heavy half took, while something else is measured."""

from __future__ import annotations

import time
from typing import Any

from iog.description import Info
from iog.engines import Engine, Features


class Stopwatch:
    """Hands every call on to `engine`; `encode_milliseconds` has what each `encode` took."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.info: Info = engine.info
        self.encode_milliseconds: list[float] = []

    def encode(self, *args: Any, **kwargs: Any) -> Features:
        started = time.perf_counter()
        features = self._engine.encode(*args, **kwargs)
        self.encode_milliseconds.append(1000 * (time.perf_counter() - started))
        return features

    def decode(self, *args: Any, **kwargs: Any) -> Any:
        return self._engine.decode(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)
