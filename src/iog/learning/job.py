"""One run of the process that learns, as the server sees it: started, paused while a person works, ended."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from iog.errors import DataError

FAILED = "the learning process ended early; see {} next to the project"


class Job:
    """The process, running in a folder of its own.

    Parameters
    ----------
    folder
        Made anew; what an earlier run left there is thrown away, and it is ended if it still runs.
    description
        What `iog.learning.worker` reads as job.json.
    """

    def __init__(self, folder: Path, description: Mapping[str, Any]) -> None:
        self.folder = folder
        clear(folder)
        folder.mkdir(parents=True)
        (folder / "job.json").write_text(json.dumps(description), encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        # A process group of its own: Ctrl+C is for the server, which ends us in order. Should the server be
        # killed while we are stopped, POSIX wakes and hangs up such a group; otherwise we see that our
        # input is closed.
        group: dict[str, Any] = {} if sys.platform == "win32" else {"process_group": 0}
        with (folder / "log.txt").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "iog.learning.worker", str(folder)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
                **group,
            )
        self._handle = psutil.Process(self._process.pid)
        self._paused = False
        with suppress(psutil.NoSuchProcess):
            told = {"pid": self._process.pid, "started": self._handle.create_time()}
            (folder / "process.json").write_text(json.dumps(told), encoding="utf-8")

    @property
    def paused(self) -> bool:
        """Whether the process stands still."""
        return self._paused

    @property
    def ended(self) -> bool:
        """Whether the process is done, or broke off."""
        return self._process.poll() is not None

    @property
    def share(self) -> float:
        """How much of the work is done, 0 to 1."""
        try:
            data = json.loads((self.folder / "progress.json").read_text(encoding="utf-8"))
            return float(data["share"])
        except (OSError, ValueError, KeyError):
            return 0.0

    def pause(self) -> None:
        """Stand still at once."""
        if not self._paused:
            self._paused = True
            with suppress(psutil.Error):
                self._handle.suspend()

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            with suppress(psutil.Error):
                self._handle.resume()

    def stop(self) -> None:
        """End the process, and throw away what it did."""
        _end(self._handle)
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        clear(self.folder)

    def result(self) -> dict[str, Any]:
        """What the process found; it has ended.

        Raises
        ------
        DataError
            If it could not learn, with its reason, or broke off.
        """
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            result: dict[str, Any] = json.loads((self.folder / "result.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise DataError(FAILED.format(f"{self.folder.parent.name}/log.txt")) from None
        if "error" in result:
            raise DataError(str(result["error"]))
        return result


def clear(folder: Path) -> None:
    """End what still runs in a job's folder, and remove it."""
    try:
        told = json.loads((folder / "process.json").read_text(encoding="utf-8"))
        process = psutil.Process(int(told["pid"]))
        if process.create_time() == told["started"]:  # numbers of processes are used again
            _end(process)
            process.wait(10)
    except (OSError, ValueError, KeyError, psutil.Error):
        pass
    shutil.rmtree(folder, ignore_errors=True)


def _end(process: psutil.Process) -> None:
    with suppress(psutil.Error):
        process.kill()
