"""The tools themselves, in environments of their own, and `iog serve` as a process."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef0123456789abcdef01234567"
"""Of Label Studio's user."""


def program(variable: str, name: str, package: str) -> str:
    """The path of a tool's program, which `make tools` installs; skips where it is not installed."""
    made = ROOT / ".venv" / "tools" / name / ("Scripts" if os.name == "nt" else "bin") / name
    found = os.environ.get(variable) or (str(made) if made.exists() else shutil.which(name))
    if found is None or not Path(found).exists():
        pytest.skip(
            f"{package} NOT TESTED: `make tools`; or python -m venv TOOL && TOOL/bin/pip install {package}, "
            f"then set {variable} to TOOL/bin/{name}"
        )
    return found


def interpreter(variable: str, name: str, package: str) -> str:
    """The Python of the environment in which a tool's program is; skips where it is not installed."""
    folder = Path(program(variable, name, package)).parent
    return str(next(p for p in (folder / "python", folder / "python.exe") if p.exists()))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(
    command: list[str], address: str, log: Path, seconds: float, **environment: str
) -> Iterator[None]:
    """A server, from its first answer to the end of the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environment}
        )
    try:
        end = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(address, timeout=5):
                    break
            except urllib.error.HTTPError:  # it wants a token
                break
            except OSError:
                pass
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"{command[0]} does not answer: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.3)
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


@contextmanager
def serving(name: str, log: Path, *options: str) -> Iterator[str]:
    """`iog serve NAME`; its address."""
    address = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "iog", "serve", name, "--port", address.rpartition(":")[2], *options]
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    with running(command, f"{address}/health", log, 60, PYTHONPATH=path):
        yield address


@contextmanager
def label_studio(folder: Path) -> Iterator[tuple[str, Any]]:
    """Label Studio itself: its address, and a client of its API.

    A running one can be named instead by IOG_LABEL_STUDIO_ADDRESS, with KEY as its user's token.
    """
    import httpx

    address = os.environ.get("IOG_LABEL_STUDIO_ADDRESS")
    headers = {"Authorization": f"Token {KEY}"}
    if address is not None:
        yield address, httpx.Client(base_url=address, headers=headers, timeout=60)
        return
    found = program("IOG_LABEL_STUDIO", "label-studio", "label-studio")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    user = ["--username", "a@b.example", "--password", "a-password-1", "--user-token", KEY]
    command = [found, "start", "--no-browser", "--init", "--port", str(port), *user]
    settings = {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data"),
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "ML_BLOCK_LOCAL_IP": "false",
        "SSRF_PROTECTION_ENABLED": "false",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "PYTHONPATH": "",
    }
    with running(command, f"{address}/health", folder / "label-studio.log", 600, **settings):
        yield address, httpx.Client(base_url=address, headers=headers, timeout=60)
