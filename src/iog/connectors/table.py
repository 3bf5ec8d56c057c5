"""The tools that can ask for masks: the only list of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from iog.connectors.settings import ServeSettings
from iog.serving.guard import Refusal


@dataclass(frozen=True, slots=True)
class Plug:
    """A connector: a module with `router(core, settings)`, `refusal` and `instructions`."""

    name: str
    """What follows `iog serve`."""
    module: str
    port: int
    summary: str

    def router(self, core: Any, settings: ServeSettings) -> Any:
        """Its routes, a FastAPI router."""
        return self._load().router(core, settings)

    @property
    def refusal(self) -> Refusal:
        """How its protocol tells an error."""
        found: Refusal = self._load().refusal
        return found

    @property
    def instructions(self) -> Callable[[str, str | None, ServeSettings], list[str]]:
        """Lines that say what to paste where, of the server's address and token."""
        found: Callable[[str, str | None, ServeSettings], list[str]] = self._load().instructions
        return found

    def _load(self) -> Any:
        return import_module(f"iog.connectors.{self.module}")


_LISTED = (
    Plug("label-studio", "label_studio", 9090, "the ML backend of Label Studio"),
    Plug("x-anylabeling", "x_anylabeling", 8000, "the remote server of X-AnyLabeling"),
    Plug("cvat", "cvat", 8070, "an interactor of CVAT"),
    Plug("http", "http", 8721, "an HTTP API for programs of your own"),
)

PLUGS = {plug.name: plug for plug in _LISTED}
