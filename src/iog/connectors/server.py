"""One connector as a guarded web application."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from iog._version import __version__
from iog.connectors.core import Core
from iog.connectors.log import warn
from iog.connectors.objects import UnknownError
from iog.connectors.settings import ServeSettings
from iog.connectors.table import PLUGS
from iog.errors import ImageError, IogError
from iog.serving.guard import App, Guard

TOKEN_NEEDED = "this server asks for the token with which it was started (--token)"


class _Escaped(JSONResponse):
    """JSON in ASCII: what a tool sent is sent back, half characters and all, that UTF-8 has none for."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def make_app(
    name: str, core: Core, settings: ServeSettings | None = None, *, token: str | None = None
) -> App:
    """The application of the connector `name`.

    Parameters
    ----------
    name
        A key of `iog.connectors.table.PLUGS`.
    core
        Answers the clicks.
    settings
        What is known of the tool.
    token
        Asked of every request; None when only this machine can connect.
    """
    plug = PLUGS[name]
    refusal = plug.refusal
    described = "/api/openapi.json" if name == "http" else None
    app = FastAPI(
        title="iog",
        version=__version__,
        openapi_url=described,
        docs_url=None,
        redoc_url=None,
        default_response_class=JSONResponse if name == "http" else _Escaped,
    )
    app.include_router(plug.router(core, settings or ServeSettings()))

    def refused(status: int, reason: str) -> Response:
        warn(f"refused ({status}): {reason}")  # some tools show their user the number alone
        code, body = refusal(status, reason)
        return Response(body, code, media_type="application/json")

    @app.exception_handler(IogError)
    def mistake(request: Request, error: IogError) -> Response:
        if isinstance(error, ImageError) and _kind(request) == "multipart/form-data":
            return refused(422, "send the photo's bytes alone, not a form (curl: --data-binary @photo.jpg)")
        if isinstance(error, ImageError) and "content-encoding" in request.headers:
            return refused(422, "send the photo's file as it is, without Content-Encoding")
        return refused(404 if isinstance(error, UnknownError) else 422, str(error))

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        if first["type"] == "model_attributes_type" and _kind(request) != "application/json":
            return refused(422, "send JSON with the header Content-Type: application/json")
        place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
        said = str(first["msg"]).removeprefix("Value error, ")
        return refused(422, f"{place}: {said}" if place else said)

    @app.exception_handler(HTTPException)
    def no_such(_: Request, error: HTTPException) -> Response:
        return refused(error.status_code, str(error.detail))

    @app.exception_handler(ClientDisconnect)
    def broken_off(_: Request, error: ClientDisconnect) -> Response:
        return refused(400, "the request was cut off")

    return Guard(app, token, refusal=refusal, enter=TOKEN_NEEDED)


def _kind(request: Request) -> str:
    """The type of the body that a request names."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
