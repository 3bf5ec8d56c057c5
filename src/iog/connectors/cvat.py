"""CVAT: this server in the place of nuclio, whose dashboard lists CVAT's functions and passes its calls on.

So masks come without a container to build. `iog.connectors.nuclio` makes a function for those who run nuclio.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Request, Response

from iog.connectors.core import Core
from iog.connectors.nuclio import ANNOTATIONS, DESCRIPTION, FUNCTION, answer
from iog.connectors.objects import UnknownError
from iog.connectors.settings import ServeSettings
from iog.serving.guard import plain_refusal as refusal

__all__ = ["instructions", "refusal", "router"]

_Asked = Annotated[dict[str, Any], Body()]


def router(core: Core, settings: ServeSettings) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    def mask(body: dict[str, Any]) -> Response:
        return Response(answer(core, body, settings.answer), media_type="application/json")

    @routes.get("/health")
    def health() -> dict[str, Any]:
        return {"status": "ok", "model": core.version}

    @routes.get("/api/functions")
    def functions(request: Request) -> dict[str, Any]:
        return {FUNCTION: _described(request)}

    @routes.get("/api/functions/{name}")
    def function(request: Request, name: str) -> dict[str, Any]:
        _check(name)
        return _described(request)

    @routes.post("/api/function_invocations")
    def through_the_dashboard(
        body: _Asked, x_nuclio_function_name: Annotated[str, Header()] = ""
    ) -> Response:
        _check(x_nuclio_function_name)
        return mask(body)

    @routes.post("/")
    def directly(body: _Asked) -> Response:
        return mask(body)

    return routes


def _check(name: str) -> None:
    if name != FUNCTION:
        raise UnknownError(f"there is no function {name!r} here; this server has {FUNCTION!r}")


def _described(request: Request) -> dict[str, Any]:
    """A function as nuclio's dashboard describes it."""
    return {
        "metadata": {"name": FUNCTION, "namespace": "nuclio", "annotations": ANNOTATIONS},
        "spec": {"description": DESCRIPTION},
        "status": {"state": "ready", "httpPort": request.url.port or 80},
    }


def instructions(address: str, token: str | None, settings: ServeSettings) -> list[str]:
    """What to paste where."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    named = f"iog:{token}@{host}" if token else host
    reach = (
        f"   Its containers must reach {address}."
        if token
        else f"   Its containers do not reach {address}: start with --host 0.0.0.0 --token SECRET first."
    )
    return [
        "1. CVAT's docker-compose.override.yml, then: docker compose up -d",
        "   services:",
        *(
            line
            for service in ("cvat_server", "cvat_worker_annotation")
            for line in (
                f"     {service}:",
                "       environment:",
                "         CVAT_SERVERLESS: 1",
                f"         CVAT_NUCLIO_HOST: '{named}'",
                f"         CVAT_NUCLIO_PORT: {port}",
                "         CVAT_NUCLIO_INVOKE_METHOD: dashboard",
            )
        ),
        reach,
        "2. A job, the magic wand at the left, Interactors, IOG, Interact.",
        "3. Draw a box, click near the object's middle; more clicks correct, the right button is background.",
        "With nuclio itself: iog serve cvat --write FOLDER. For app.cvat.ai: docs/connectors.md.",
    ]
