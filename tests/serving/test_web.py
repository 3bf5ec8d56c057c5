from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest

from iog.serving.listening import listen

pytest.importorskip("uvicorn", reason="the servers need the `serve` extra")
from iog.serving import web


async def _app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


@contextmanager
def _served() -> Iterator[tuple[str, int]]:
    listener = listen("127.0.0.1", 0)
    server = web.web_server(_app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join()


def _opened(address: tuple[str, int], text: bytes) -> socket.socket:
    connection = socket.create_connection(address, timeout=5)
    connection.sendall(text)
    return connection


def _heard(connection: socket.socket) -> bytes:
    """One answer, or nothing where the connection was closed."""
    heard = b""
    with suppress(ConnectionResetError):
        while not heard.endswith(b"ok") and (part := connection.recv(1000)):
            heard += part
    return heard


def test_a_head_that_does_not_come_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "HEADER_TIMEOUT", 0.05)
    with _served() as address:
        for begun in (b"", b"GET / HTTP/1.1\r\nHost: x\r\n"):
            with _opened(address, begun) as connection:
                assert _heard(connection) == b"", "closed without an answer"
        with _opened(address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
            assert _heard(connection).endswith(b"ok")
            connection.sendall(b"GET /")  # the next one's
            assert _heard(connection) == b""


def test_idle_connections_make_room_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MOST_IDLE", 3)
    with _served() as address, ExitStack() as stack:
        whole = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        known = stack.enter_context(_opened(address, whole))
        assert _heard(known).endswith(b"ok")
        waiting = [stack.enter_context(_opened(address, b"GET /")) for _ in range(4)]
        assert _heard(waiting[0]) == b"", "the one that waited longest"
        known.sendall(whole)
        assert _heard(known).endswith(b"ok")
