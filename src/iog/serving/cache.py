"""Values that are worth keeping, within a budget of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Cache(Generic[Value]):
    """The values used last, up to `budget` bytes; the `least` newest are kept even if they are larger."""

    def __init__(self, budget: int, size: Callable[[Value], int], least: int = 1) -> None:
        self._budget, self._size, self._least = budget, size, least
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}

    @property
    def used(self) -> int:
        """Bytes of what is kept now."""
        return self._used

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self._used = 0

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of `key`, made if need be; two threads never make the same one."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            try:
                with self._lock:
                    if key in self._values:
                        self._values.move_to_end(key)
                        return self._values[key]
                value = make()
                with self._lock:
                    if key in self._values:  # made again by one who came after the lock was gone
                        self._used -= self._size(self._values.pop(key))
                    self._values[key] = value
                    self._used += self._size(value)
                    while self._used > self._budget and len(self._values) > self._least:
                        self._used -= self._size(self._values.popitem(last=False)[1])
                return value
            finally:
                with self._lock:
                    self._making.pop(key, None)
