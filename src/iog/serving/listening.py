"""The socket of a server, and the memory of its threads."""

from __future__ import annotations

import ctypes
import errno
import socket
import sys
from contextlib import suppress

from iog.errors import DataError

_M_MMAP_THRESHOLD = -3
_LARGE = 12 << 20  # Pillow's decoders take 16 MB at a time
_M_ARENA_MAX = -8  # from glibc's malloc.h


def share_freed_memory() -> None:
    """Let all threads take from one pool, and give large pieces back at once, where the C library is glibc.

    It otherwise keeps one pool for each thread, and with large photos each of them grows to what its thread
    once needed: some 100 MB more in all, for nothing. It also learns to keep pieces as large as a decoder's.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            library = ctypes.CDLL("libc.so.6")
            library.mallopt(_M_ARENA_MAX, 1)
            library.mallopt(_M_MMAP_THRESHOLD, _LARGE)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on the address; port 0 takes a free one.

    Raises
    ------
    DataError
        If the address is taken or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only where TCP is named does asyncio send at once; otherwise some answers wait 40 ms for a nod.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)  # from now on a client waits instead of being turned away
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            advice = "another program has this port; --port 0 takes a free one"
        elif error.errno == errno.EACCES:
            advice = "ports below 1024 are the system's; choose a higher one"
        else:
            advice = (
                f"this machine has no such address ({error.strerror}); 127.0.0.1 serves this machine alone"
            )
        raise DataError(f"cannot listen on {host} port {port}: {advice}") from None
    return listener
