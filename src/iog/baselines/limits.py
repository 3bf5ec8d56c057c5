"""A method in a process of its own, ended when it takes too much time or memory.

Seconds are those of the processor, so that other work on the machine decides nothing; where the system
cannot count them (Windows), and as a last resort, the clock's count `PATIENCE` times over. Memory is limited
where the system can (Linux); elsewhere only a method that dies of it is noticed.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from iog.baselines import METHODS
from iog.baselines.task import Answer, Task, UnanswerableError

PATIENCE = 30


class LimitError(Exception):
    """A method took more time or memory than it was given, or died; the message says which."""


class Limited:
    """Runs one method within limits; call it with a task. Use as a context.

    Parameters
    ----------
    name
        A key of `iog.baselines.METHODS`.
    seconds
        Processor time for one answer.
    megabytes
        Memory that an answer may take beyond what the process had before.
    """

    def __init__(self, name: str, *, seconds: float, megabytes: int) -> None:
        METHODS[name].load()  # says here, once, if the library is missing
        self._name, self._seconds, self._megabytes = name, seconds, megabytes
        self._process: Any = None
        self._pipe: Connection | None = None

    def __call__(self, task: Task) -> Answer:
        """The method's answer.

        Raises
        ------
        UnanswerableError
            If the method cannot work on the task.
        LimitError
            If it took too much or died.
        """
        if self._process is None or not self._process.is_alive():
            self._start()
        assert self._pipe is not None
        self._pipe.send(task)
        if not self._pipe.poll(PATIENCE * self._seconds):
            self.close()
            raise LimitError(f"over the time limit of {self._seconds:g} s")
        try:
            kind, value = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            self.close()
            if code == -getattr(signal, "SIGPROF", 0):
                raise LimitError(f"over the time limit of {self._seconds:g} s") from None
            raise LimitError(f"its process died with status {code}") from None
        if kind == "answer":
            answer: Answer = value
            return answer
        if kind == "memory":
            raise LimitError(f"over the memory limit of {self._megabytes} MB")
        raise UnanswerableError(value)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            assert self._pipe is not None
            self._pipe.close()
            self._process = self._pipe = None

    def __enter__(self) -> Limited:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> None:
        self.close()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._name, self._seconds, self._megabytes), daemon=True
        )
        self._process.start()
        theirs.close()


def _serve(pipe: Connection, name: str, seconds: float, megabytes: int) -> None:
    import cv2

    cv2.setNumThreads(1)
    method = METHODS[name].load()
    _limit_memory(megabytes)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    with contextlib.suppress(EOFError, OSError):
        while True:
            task = pipe.recv()
            # Without a handler the signal ends the process, also in the middle of a library's loop.
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_PROF, seconds)
            reply: tuple[str, Any]
            try:
                reply = "answer", method(task)
            except UnanswerableError as error:
                reply = "unanswerable", str(error)
            except MemoryError:
                reply = "memory", ""
            except Exception as error:  # a library's own failure is a result of the benchmark
                reply = "unanswerable", f"{type(error).__name__}: {error}"
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_PROF, 0)
            pipe.send(reply)


def _limit_memory(megabytes: int) -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource
        from pathlib import Path

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
