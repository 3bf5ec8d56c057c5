"""What holds for every connector."""

from __future__ import annotations

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from click.testing import CliRunner

from iog.cli import main
from iog.connectors.core import Core
from iog.connectors.server import make_app
from iog.connectors.table import PLUGS
from iog.serving import guard
from tests.connectors.conftest import Connect

TOKEN = "correct-horse-battery"
every = pytest.mark.parametrize("name", sorted(PLUGS))


def _basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"iog:{password}".encode()).decode()}


def test_the_address_with_the_token_leads_to_this_server(connect: Connect, stub: Core) -> None:
    client = connect("http", stub, token=TOKEN)
    for path, place in {"//evil.example/": "/evil.example/", "/%0d%0aX-A:b": "/%0D%0AX-A%3Ab"}.items():
        answer = client.get(f"http://testserver{path}?token={TOKEN}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, place)


@every
def test_only_with_the_token(connect: Connect, stub: Core, name: str) -> None:
    client = connect(name, stub, token=TOKEN)
    wrong: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": f"Basic {TOKEN}"},
        _basic(TOKEN + "x"),
        {"Token": "é"},
    ]
    for headers in wrong:
        answer = client.get("/health", headers={k: v.encode() for k, v in headers.items()})
        assert "--token" in answer.text and TOKEN not in answer.text
    for headers in ({"Authorization": f"Bearer {TOKEN}"}, _basic(TOKEN), {"Token": TOKEN}):
        answer = client.get("/health", headers=headers)
        assert answer.status_code == 200 and "--token" not in answer.text


@every
def test_foreign_hosts_and_pages_are_refused(connect: Connect, stub: Core, name: str) -> None:
    client = connect(name, stub)
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        assert "error" in client.get("/health", headers=headers).text
    assert "error" not in client.get("/health", headers={"Host": "localhost:9090"}).text


@every
def test_large_bodies_are_refused(connect: Connect, stub: Core, name: str) -> None:
    client = connect(name, stub)
    answer = client.post("/", content=b"", headers={"Content-Length": str(1 << 40)})
    assert "at most 256 MB" in answer.text


def test_a_body_that_grows_too_large_is_cut_off(stub: Core) -> None:
    from fastapi.testclient import TestClient

    app: Any = guard.Guard(make_app("http", stub), None, maximum_body=1 << 20)
    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    answer = client.post("/v1/photos", content=(bytes(1 << 18) for _ in range(5)))  # without a length
    assert answer.status_code == 413 and "at most 1 MB" in answer.json()["error"]


@pytest.mark.parametrize("declared", [True, False], ids=["length", "chunks"])
def test_large_bodies_at_once_are_told_to_wait(declared: bool) -> None:
    """Each was held in memory, however many came."""
    size = 2 << 20
    answers: list[dict[str, Any]] = []

    async def one(app: Any, length: int, go: asyncio.Event) -> int:
        parts = [{"type": "http.request", "body": bytes(length), "more_body": False}]
        sent: list[dict[str, Any]] = []

        async def receive() -> Any:
            return parts.pop()

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"host", b"127.0.0.1")]
        headers += [(b"content-length", str(length).encode())] if declared else []
        scope = {"type": "http", "headers": headers, "scheme": "http", "path": "/", "query_string": b""}
        scope["go"] = go
        await app(scope, receive, send)
        answers.extend(sent)
        return int(sent[0]["status"])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if (await receive())["type"] == "http.request":
            await scope["go"].wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def play() -> list[int]:
        guarded = guard.Guard(app, None, maximum_at_once=2 * size)
        go, now = asyncio.Event(), asyncio.Event()
        now.set()
        first = [asyncio.create_task(one(guarded, size, go)) for _ in range(2)]
        await asyncio.sleep(0.01)
        during = [await one(guarded, size, now), await one(guarded, 1000, now)]
        go.set()
        return [*during, *await asyncio.gather(*first), await one(guarded, size, now)]

    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(asyncio.run, play()).result() == [503, 200, 200, 200, 200]
    assert (b"retry-after", b"5") in answers[0]["headers"]
    assert b"try again" in answers[1]["body"]


async def _never() -> Any:
    await asyncio.sleep(60)


def test_a_client_that_pauses_within_a_body_is_cut_off(stub: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_TIMEOUT", 0.05)
    got: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        got.append((await receive())["type"])

    async def send(_: Any) -> None: ...

    scope = {
        "type": "http",
        "headers": [(b"host", b"127.0.0.1")],
        "scheme": "http",
        "path": "/",
        "query_string": b"",
    }
    # In a thread of its own: the browser's tests leave an event loop running in this one.
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, guard.Guard(app, None)(scope, _never, send)).result()
    assert got == ["http.disconnect"]


@every
def test_other_machines_only_with_a_long_token(name: str) -> None:
    result = CliRunner().invoke(main, ["serve", name, "--host", "0.0.0.0"])
    assert result.exit_code == 2 and "--token" in result.output
    result = CliRunner().invoke(main, ["serve", name, "--token", "short"])
    assert result.exit_code == 2 and "16" in result.output


@every
def test_what_to_paste_is_said(name: str) -> None:
    from iog.connectors.settings import ServeSettings

    address = "http://127.0.0.1:8721"
    with_token = "\n".join(PLUGS[name].instructions(address, TOKEN, ServeSettings()))
    assert address in with_token and TOKEN in with_token
    assert TOKEN not in "\n".join(PLUGS[name].instructions(address, None, ServeSettings()))
