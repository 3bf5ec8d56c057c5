"""Firefox by its own protocol, Marionette: what needs neither a driver nor a patched browser.

https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SLOWEST = 90  # seconds


class Firefox:
    """A headless Firefox with one tab."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=SLOWEST)
        self._buffer = b""
        self._last = 0
        self._receive()  # its greeting
        self.call("WebDriver:NewSession", capabilities={"alwaysMatch": {"timeouts": {"script": 60_000}}})

    def call(self, command: str, **parameters: Any) -> Any:
        self._last += 1
        message = json.dumps([0, self._last, command, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _, _, error, result = self._receive()
        assert error is None, f"{command}: {error}"
        return result

    def evaluate(self, expression: str) -> Any:
        script = (
            f"const done = arguments[0]; (async () => ({expression}))().then(done, (e) => done(String(e)))"
        )
        return self.call("WebDriver:ExecuteAsyncScript", script=script, args=[])["value"]

    def wait(self, expression: str) -> None:
        """Until it is true."""
        end = time.monotonic() + SLOWEST
        while self.evaluate(f"Boolean({expression})") is not True:
            assert time.monotonic() < end, expression
            time.sleep(0.2)

    def visit(self, address: str) -> None:
        self.call("WebDriver:Navigate", url=address)

    def press(self, x: float, y: float) -> None:
        """A click of the mouse in the window."""
        move = {"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y)}
        actions = [move, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}
        self.call("WebDriver:PerformActions", actions=[mouse])

    def _receive(self) -> Any:
        while b":" not in self._buffer:
            self._buffer += self._socket.recv(1 << 16)
        length, _, rest = self._buffer.partition(b":")
        while len(rest) < int(length):
            rest += self._socket.recv(1 << 20)
        self._buffer = rest[int(length) :]
        return json.loads(rest[: int(length)])


@contextmanager
def firefox(program: str, profile: Path) -> Iterator[Firefox]:
    """A browser with a profile of its own; it is ended afterwards."""
    profile.mkdir(exist_ok=True)
    (profile / "user.js").write_text('user_pref("marionette.port", 0);\n', encoding="utf-8")
    command = [
        program,
        "--headless",
        "--marionette",
        "--profile",
        str(profile),
        "--width",
        "1200",
        "--height",
        "800",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        told = profile / "MarionetteActivePort"
        end = time.monotonic() + SLOWEST
        while not (told.is_file() and told.read_text().strip()):
            assert process.poll() is None and time.monotonic() < end, "Firefox does not start"
            time.sleep(0.2)
        yield Firefox(int(told.read_text()))
    finally:
        process.kill()
        process.wait(20)
