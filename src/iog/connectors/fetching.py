"""Photos that a tool names by an address: from the tool's own host and one folder, and from nowhere else.

Whoever can write a task could otherwise let this machine fetch addresses that only it can reach, or read its
files.
"""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs, quote, urljoin, urlsplit

from iog.connectors.prompts import bytes_of_text, key_of_text
from iog.errors import DataError, ImageError
from iog.serving.guard import MAXIMUM_BODY

TIMEOUT = 10.0
"""Seconds without an answer."""
LONGEST = 60.0
"""Seconds for a whole file."""
FRESH = 600
"""Seconds after which an address is asked again."""
ACCESS = 240
"""Seconds for which an access token is used; Label Studio's hold five minutes."""

_LOCAL_FILES = "/data/local-files/"
_SAFE = "%/:?#[]@!$&'()*+,;=~-._"
_CLOUD = ("s3", "gs", "azure-blob")


class Fetcher:
    """Reads photos for one tool.

    Parameters
    ----------
    host
        The tool's address, http or https.
    token
        Its API key: a personal access token or a legacy token; None takes the latest one that `hear` got.
    root
        The folder that the tool's local files are in; None reads none.

    Raises
    ------
    DataError
        If the address is none, or the folder is missing.
    """

    def __init__(self, host: str, token: str | None = None, root: Path | None = None) -> None:
        self._host = host.rstrip("/")
        self._token = token
        self._heard: str | None = None
        self._access: tuple[str, str, float] | None = None
        self._lock = threading.Lock()
        if _origin(host) is None:
            raise DataError(f"{host} is not an address of a tool; give one like http://localhost:8080")
        if root is not None and not root.is_dir():
            raise DataError(f"{root} is not a folder; give the one that Label Studio's local files are in")
        self._root = None if root is None else root.resolve()
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _SameHost(self._host))

    def hear(self, token: str) -> None:
        """The tool has sent a token of its own; it is only ever sent back to the tool's host."""
        self._heard = token

    def source(self, address: str, task: object = None) -> tuple[Hashable, Callable[[], bytes]]:
        """A key for what is kept of it, and a function that gives the bytes of a photo's file.

        Parameters
        ----------
        address
            As a task states it: a path on the tool's host or its full address, a data URI, an address in a
            cloud storage, which the tool is asked to hand on.
        task
            The task's id, which the tool needs for a cloud storage.

        Raises
        ------
        ImageError
            If it is somewhere else; by the function, if it cannot be read.
        """
        if address.startswith("data:"):
            return ("text", key_of_text(address)), lambda: bytes_of_text(address)
        address = quote(address, safe=_SAFE) if _is_clean(address) else ""
        parts = _split(address)
        if parts is None or not address:
            raise ImageError(f"{_short(address)} is not an address of a photo")
        local = self._local_file(address)
        if local is not None:
            stat = local.stat()
            return ("file", str(local), stat.st_mtime_ns, stat.st_size), lambda: _read_file(local)
        if parts.scheme in _CLOUD and str(task).isdecimal():
            encoded = base64.urlsafe_b64encode(address.encode()).decode()
            url = f"{self._host}/tasks/{task}/resolve/?fileuri={encoded}"
        elif not parts.scheme and not parts.netloc and address.startswith("/"):
            url = urljoin(self._host + "/", address.lstrip("/"))
        else:
            url = address
        if _origin(url) is None or _origin(url) != _origin(self._host):
            raise ImageError(
                f"photos are fetched from {self._host} alone, and {_short(address)} is elsewhere; upload the "
                "photo to Label Studio, or start with --label-studio ADDRESS"
            )
        return ("url", url, int(time.time() // FRESH)), lambda: self._fetch(url)

    def _local_file(self, address: str) -> Path | None:
        """The file of an address of Label Studio's local storage, if a folder was given for them."""
        parts = urlsplit(address)
        if self._root is None or not parts.path.startswith(_LOCAL_FILES):
            return None
        if parts.netloc and _origin(address) != _origin(self._host):
            return None
        named = parse_qs(parts.query).get("d", [""])[0]
        try:
            path = (self._root / named.lstrip("/\\")).resolve()
            inside = path.is_relative_to(self._root) and path.is_file()
        except (OSError, ValueError):
            inside = False
        if not inside:
            raise ImageError(f"there is no file {_short(named)!r} in the folder given with --root")
        return path

    def _fetch(self, url: str) -> bytes:
        request = urllib.request.Request(url, headers={"User-Agent": "iog", **self._authorization()})
        end = time.monotonic() + LONGEST
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return _limited(answer, end)
        except urllib.error.HTTPError as error:
            hint = (
                "; give a personal access token with --label-studio-token" if error.code in (401, 403) else ""
            )
            raise ImageError(
                f"{self._host} answers {error.code} for {_short(urlsplit(url).path)}{hint}"
            ) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise ImageError(f"{_short(url)} cannot be fetched: {reason}") from None

    def _authorization(self) -> dict[str, str]:
        token = self._token or self._heard
        if not token or not token.isascii() or not token.isprintable():
            return {}
        if token.count(".") != 2:
            return {"Authorization": f"Token {token}"}
        return {"Authorization": f"Bearer {self._access_token(token)}"}

    def _access_token(self, personal: str) -> str:
        """What a personal access token, a JWT, is exchanged for."""
        with self._lock:
            if self._access and self._access[0] == personal and time.monotonic() < self._access[2]:
                return self._access[1]
            request = urllib.request.Request(
                f"{self._host}/api/token/refresh",
                json.dumps({"refresh": personal}).encode(),
                {"Content-Type": "application/json"},
            )
            try:
                with self._opener.open(request, timeout=TIMEOUT) as answer:
                    access = str(json.loads(answer.read(1 << 16))["access"])
            except (OSError, ValueError, LookupError, TypeError) as error:
                raise ImageError(f"{self._host} does not take the token that it was given: {error}") from None
            self._access = personal, access, time.monotonic() + ACCESS
            return access


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a tool to itself alone: its photo, and our token, are nobody else's business."""

    def __init__(self, host: str) -> None:
        self._origin = _origin(host)

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if _origin(newurl) != self._origin:
            raise ValueError("the tool redirects elsewhere; turn pre-signed URLs off in its cloud storage")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for anything that is not http or https."""
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    with suppress(ValueError):
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme]
    return None


def _is_clean(address: str) -> bool:
    """Without characters that parsers read in different ways."""
    odd = any(c < " " or c in "\\\x7f" or "\ud800" <= c <= "\udfff" for c in address)
    return len(address) < 1 << 14 and not odd


def _split(url: str) -> Any:
    with suppress(ValueError):
        return urlsplit(url)
    return None


def _limited(answer: IO[bytes], end: float) -> bytes:
    parts, size = [], 0
    while part := answer.read(1 << 16):
        size += len(part)
        if size > MAXIMUM_BODY:
            raise ValueError(f"it has over {MAXIMUM_BODY >> 20} MB")
        if time.monotonic() > end:
            raise ValueError(f"it took over {LONGEST:.0f} seconds")
        parts.append(part)
    return b"".join(parts)


def _read_file(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAXIMUM_BODY:
            raise ImageError(f"{path.name} has over {MAXIMUM_BODY >> 20} MB")
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path.name} cannot be read: {error.strerror}") from None


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "…"
