"""The one way to start a web server: connections that ask nothing are not kept."""

from __future__ import annotations

import asyncio
import importlib
from contextlib import suppress

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from iog.serving.guard import App

HEADER_TIMEOUT = 10.0
"""Seconds in which the head of a request must have come."""
MOST_IDLE = 256
"""Connections without a request that are kept; fewer where the system allows few open files."""


def web_server(app: App) -> uvicorn.Server:
    """A server of the application, to be run on a socket of `iog.serving.listening.listen`."""
    config = uvicorn.Config(
        app,
        http=_Impatient,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=65,
        backlog=32,  # so many are accepted before any is closed: they need fewer files than a process has
        h11_max_incomplete_event_size=64 << 10,
    )
    return uvicorn.Server(config)


class _Impatient(H11Protocol):
    """Closes connections on which no request comes: who has no token could otherwise use up all files."""

    _late: asyncio.TimerHandle | None = None
    _since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        idle = [c for c in self.connections if isinstance(c, _Impatient) and c is not self and c._idle]
        if len(idle) >= _most_idle():
            # Whoever has asked before is spared the longest.
            min(idle, key=lambda one: (one.cycle is not None, one._since)).transport.abort()
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._idle:
            self._wait()
        else:
            self._wait_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    @property
    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEADER_TIMEOUT, self._give_up)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if self._idle:
            self.transport.close()


def _most_idle() -> int:
    with suppress(ImportError):  # not on Windows
        resource = importlib.import_module("resource")
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if files > 0:
            return min(MOST_IDLE, int(files) // 4)
    return MOST_IDLE
