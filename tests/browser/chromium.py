"""Find a Chromium for the browser tests, or install one: `python tests/browser/chromium.py`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """The system's Chromium, or else the one that Playwright installed."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    try:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Exception:  # not installed, or a driver that does not run here: no browser tests either way
        return None
    return path if Path(path).is_file() else None


def install() -> None:
    """By the system's packages where we may, or else by Playwright; each may fail."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]):
            _try(command, quiet)
    if find() is None:
        _try([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))


def _try(command: list[str], environment: dict[str, str]) -> None:
    print("no Chromium yet:", " ".join(command), flush=True)
    try:
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, timeout=900, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error)


if __name__ == "__main__":
    if find() is None:
        install()
    print(f"browser tests use {find() or 'NOTHING: THEY WILL BE SKIPPED; install Chromium'}")
