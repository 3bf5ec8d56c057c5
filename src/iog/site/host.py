"""A small static host for a site, to look at it on this machine."""

from __future__ import annotations

import functools
import http.server
from pathlib import Path
from typing import Any

from iog.serving.listening import listen


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files with the types and headers that the page needs."""

    protocol_version = "HTTP/1.1"
    extensions_map = {  # noqa: RUF012
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".webmanifest": "application/manifest+json",
        # Not "Content-Encoding: gzip": the page unpacks it.
        ".gz": "application/octet-stream",
    }
    isolated = True
    """Whether the page is cross-origin isolated, so that WebAssembly may use threads."""

    def end_headers(self) -> None:
        """After the answer's own headers."""
        if self.isolated:
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None: ...


class _Plain(Handler):
    isolated = False


def host(
    folder: Path, port: int, address: str = "127.0.0.1", *, isolated: bool = True
) -> http.server.ThreadingHTTPServer:
    """A server of the folder's files that listens already; `serve_forever` runs it.

    Parameters
    ----------
    folder
        What is served.
    port
        0 takes a free one.
    address
        To listen on.
    isolated
        Send the headers with which WebAssembly may use threads.

    Raises
    ------
    DataError
        If the address is taken.
    """
    handler = functools.partial(Handler if isolated else _Plain, directory=str(folder))
    listener = listen(address, port)
    server = http.server.ThreadingHTTPServer(listener.getsockname()[:2], handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.daemon_threads = True
    return server
