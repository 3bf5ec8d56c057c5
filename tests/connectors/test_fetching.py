"""No address outside the tool's host, no file outside the folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import iog
from iog.connectors.fetching import Fetcher

SEEN: list[tuple[str, str]] = []


class _Tool(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        SEEN.append((self.path, self.headers.get("Authorization", "")))
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.2:9/secret")
            self.end_headers()
        elif self.path.startswith("/here"):
            self.send_response(302)
            self.send_header("Location", "/data/a%20b.png")
            self.end_headers()
        else:
            self._send(401 if self.path == "/closed" else 200, b"picture")

    def do_POST(self) -> None:
        SEEN.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self._send(200, b'{"access": "short-lived"}')

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def tool() -> Iterator[str]:
    SEEN.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Tool)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _get(fetcher: Fetcher, address: str, task: object = None) -> bytes:
    return fetcher.source(address, task)[1]()


def test_photos_of_the_tool(tool: str) -> None:
    fetcher = Fetcher(tool)
    assert _get(fetcher, "/data/upload/1/a b é.png") == b"picture"
    assert _get(fetcher, f"{tool}/data/a.png?x=1") == b"picture"
    assert _get(fetcher, "/here") == b"picture"
    assert [path for path, _ in SEEN] == [
        "/data/upload/1/a%20b%20%C3%A9.png",
        "/data/a.png?x=1",
        "/here",
        "/data/a%20b.png",
    ]
    assert {authorization for _, authorization in SEEN} == {""}


def test_its_token_goes_to_the_tool_alone(tool: str) -> None:
    fetcher = Fetcher(tool)
    fetcher.hear("legacy")
    _get(fetcher, "/a.png")
    personal = Fetcher(tool, token="aaa.bbb.ccc")
    personal.hear("never used")
    _get(personal, "/b.png")
    _get(personal, "/c.png")
    assert SEEN == [
        ("/a.png", "Token legacy"),
        ("/api/token/refresh", '{"refresh": "aaa.bbb.ccc"}'),
        ("/b.png", "Bearer short-lived"),
        ("/c.png", "Bearer short-lived"),
    ]


def test_cloud_storages_are_asked_of_the_tool(tool: str) -> None:
    assert _get(Fetcher(tool), "s3://bucket/a.png", task=7) == b"picture"
    assert SEEN[0][0] == "/tasks/7/resolve/?fileuri=czM6Ly9idWNrZXQvYS5wbmc="


def test_the_key_of_a_photo_in_the_task_itself_is_short(tool: str) -> None:
    """Keys stay as long as the photo is kept, and the limit of what is kept does not count them."""
    fetcher = Fetcher(tool)
    texts = ["data:image/png;base64," + letter * (1 << 16) for letter in "AB"]
    first, second = (fetcher.source(text)[0] for text in texts)
    assert first != second and first == fetcher.source(texts[0])[0]
    assert len(repr(first)) < 1000
    assert fetcher.source("data:\ud800")[0] != first


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://127.0.0.1/x.png",
        "http://127.0.0.1:9/x.png",
        "//evil.example/x.png",
        "/\\evil.example/x.png",
        "http:///x.png",
        "http://[::1",
        "file:///etc/passwd",
        "/data/x.png\r\nHost: evil.example",
        "s3://bucket/a.png",
        "relative.png",
        "",
    ],
)
def test_no_other_address(tool: str, address: str) -> None:
    fetcher = Fetcher(tool, token="secret")
    for one in (address, address.replace("127.0.0.1:9", f"{tool[7:]}@127.0.0.2:9")):
        with pytest.raises(iog.ImageError):
            _get(fetcher, one)
    assert SEEN == []


def test_the_tool_cannot_send_elsewhere(tool: str) -> None:
    with pytest.raises(iog.ImageError, match="redirects elsewhere"):
        _get(Fetcher(tool, token="secret"), "/away")
    with pytest.raises(iog.ImageError, match="401 for /closed; give a personal access token"):
        _get(Fetcher(tool), "/closed")


def test_files_below_the_folder_alone(tmp_path: Path, tool: str) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "a.png").write_bytes(b"a")
    fetcher = Fetcher(tool, root=root)
    local = "/data/local-files/?d="
    assert _get(fetcher, f"{local}sub/a.png") == _get(fetcher, f"{tool}{local}/sub/a.png") == b"a"
    if hasattr(Path, "symlink_to"):
        (root / "link.png").symlink_to(tmp_path / "secret.png")
    for wrong in (
        "../secret.png",
        "sub/../../secret.png",
        "..%2fsecret.png",
        "link.png",
        "sub",
        "no.png",
        "",
    ):
        with pytest.raises(iog.ImageError, match="no file"):
            _get(fetcher, local + wrong)
    with pytest.raises(iog.ImageError):
        _get(fetcher, f"{local}{tmp_path / 'secret.png'}")
    with pytest.raises(iog.ImageError):
        _get(fetcher, f"http://evil.example{local}sub/a.png")
    assert SEEN == []
    assert _get(Fetcher(tool), f"{local}sub/a.png") == b"picture"  # without a folder the tool is asked


def test_settings_that_cannot_be() -> None:
    for host in ("localhost:8080", "ftp://x", "http://", "http://x:99999999"):
        with pytest.raises(iog.DataError, match="not an address"):
            Fetcher(host)
    with pytest.raises(iog.DataError, match="not a folder"):
        Fetcher("http://localhost:8080", root=Path("/nonexistent"))
