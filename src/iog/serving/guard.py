"""Who may talk to the server: the checks of every request, before any route sees it.

A page in the same browser must not read or change anything: requests under a foreign host name (DNS
rebinding) or from a foreign origin are refused. Beyond this machine a token is needed as well.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from binascii import Error as Base64Error
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, quote

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
COOKIE = "iog-token"
MAXIMUM_BODY = 256 << 20
"""Bytes of an uploaded file; other requests are far smaller."""
MAXIMUM_AT_ONCE = 2 * MAXIMUM_BODY
"""Bytes of all bodies that are not answered yet; small ones do not count, so that clicks pass meanwhile."""
SMALL = 1 << 20
"""Bytes of a small body."""
BODY_TIMEOUT = 30.0
"""Seconds that a client may pause within a body."""
ENTER = "open the address that the server printed at its start: it holds the token"

Refusal = Callable[[int, str], tuple[int, bytes]]
"""Status and JSON body of a refusal, of the status and the sentence that are meant."""


def plain_refusal(status: int, reason: str) -> tuple[int, bytes]:
    """The sentence as `error`."""
    return status, json.dumps({"error": reason}).encode()


_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class _RefusedError(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return [(b"retry-after", b"5")] if self.status == 503 else []


class Guard:
    """ASGI middleware: host, origin, token, size of the body and of all at once, security headers.

    Parameters
    ----------
    app
        What it guards.
    token
        None when only this machine can connect: then the host must be a loopback name. Otherwise every
        request needs the token, once as `?token=`, then as the cookie that this sets, or in a header:
        `Authorization` (Bearer, or Basic with any user and the token as password) or `Token`.
    refusal
        How the protocol tells an error.
    maximum_body
        Bytes of a request.
    maximum_at_once
        Bytes of all large requests that are not answered yet.
    enter
        What to do without the token.
    """

    def __init__(
        self,
        app: App,
        token: str | None,
        *,
        refusal: Refusal = plain_refusal,
        maximum_body: int = MAXIMUM_BODY,
        maximum_at_once: int = MAXIMUM_AT_ONCE,
        enter: str = ENTER,
    ) -> None:
        self._app, self._token = app, token
        self._refusal, self._maximum, self._how_to_enter = refusal, maximum_body, enter
        self._at_once, self._held = maximum_at_once, 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            self._check_origin(scope, headers)
            if self._token is not None and self._offered_in_address(scope):
                await _enter(scope, send, self._token)
                return
            self._check_token(headers)
            length = headers.get("content-length", "0")
            if not length.isdecimal() or int(length) > self._maximum:
                raise _RefusedError(413, f"a file may have at most {self._maximum >> 20} MB")
            held = self._hold(int(length))
        except _RefusedError as refused:
            await _answer(send, *self._refusal(refused.status, str(refused)), refused.headers)
            return

        received, whole = 0, False
        cut: _RefusedError | None = None  # why the rest of a body is not read

        async def receive_limited() -> Message:
            nonlocal received, held, whole, cut
            try:
                message = await asyncio.wait_for(receive(), None if whole else BODY_TIMEOUT)
            except TimeoutError:
                cut = _RefusedError(408, "the rest of the request did not come in time")
                return {"type": "http.disconnect"}
            whole = not message.get("more_body", False)
            received += len(message.get("body", b""))
            if received > self._maximum:  # sent in chunks, without a length
                cut = _RefusedError(413, f"a file may have at most {self._maximum >> 20} MB")
                return {"type": "http.disconnect"}
            if received > held:
                try:
                    held += self._hold(received, held)
                except _RefusedError as refused:
                    cut = refused
                    return {"type": "http.disconnect"}
            return message

        async def send_guarded(message: Message) -> None:
            if cut is not None:  # whatever the application says of a body that broke off
                if message["type"] == "http.response.start":
                    await _answer(send, *self._refusal(cut.status, str(cut)), cut.headers)
                return
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        try:
            await self._app(scope, receive_limited, send_guarded)
        finally:
            self._held -= held

    def _hold(self, size: int, before: int = 0) -> int:
        """Count a body of which `before` bytes are counted; gives how many more are now."""
        more = size - before if size > SMALL else 0
        if more and self._held + more > self._at_once:
            raise _RefusedError(503, "too many large files are being sent at once; try again in a moment")
        self._held += more
        return more

    def _check_origin(self, scope: Message, headers: dict[str, str]) -> None:
        host = headers.get("host", "")
        if self._token is None and _name(host) not in LOOPBACK:
            raise _RefusedError(403, f"the host name {host!r} is not this server's; use http://127.0.0.1")
        origin = headers.get("origin")
        if origin is not None and origin != f"{scope['scheme']}://{host}":
            raise _RefusedError(403, f"pages of {origin} may not use this server")
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and not _is_visit(
            scope, headers
        ):
            raise _RefusedError(403, "another page may not use this server")

    def _check_token(self, headers: dict[str, str]) -> None:
        if self._token is None:
            return
        if not any(_same(value, self._token) for value in _offered(headers)):
            raise _RefusedError(401, self._how_to_enter)

    def _offered_in_address(self, scope: Message) -> bool:
        offered = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        return self._token is not None and any(_same(value, self._token) for value in offered)


def _offered(headers: dict[str, str]) -> Iterator[str]:
    """What a request gives as token."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield value
    elif scheme.lower() == "basic":
        with suppress(Base64Error, ValueError):
            yield base64.b64decode(value, validate=True).decode().partition(":")[2]
    if "token" in headers:
        yield headers["token"]
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return
    if COOKIE in cookies:
        yield cookies[COOKIE].value


def _is_visit(scope: Message, headers: dict[str, str]) -> bool:
    """A person followed a link to the page itself; it carries nothing out and changes nothing."""
    return scope["path"] == "/" and headers.get("sec-fetch-mode") == "navigate"


def _same(offered: str, token: str) -> bool:
    return hmac.compare_digest(offered.encode("utf-8", "surrogateescape"), token.encode())


def _name(host: str) -> str:
    """The name in a Host header, without the port: "[::1]:8000" -> "::1"."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


async def _enter(scope: Message, send: Send, token: str) -> None:
    """Keep the token in a cookie that scripts cannot read, and out of the address bar."""
    # One slash at the start: two would name another host. What a header cannot hold is escaped.
    place = quote("/" + scope["path"].lstrip("/\\"))
    cookie = f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/".encode()
    await _answer(send, 303, b"", [(b"location", place.encode()), (b"set-cookie", cookie)])


async def _answer(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    start = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*start, *(headers or []), *_HEADERS],
        }
    )
    await send({"type": "http.response.body", "body": body})
