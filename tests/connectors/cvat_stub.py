"""The part of CVAT's server that its own SDK and agents talk to: one task, a queue of requests."""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from PIL import Image

DAY = "2026-01-01T00:00:00Z"


class Stub:
    """What the server knows, and what it was told."""

    def __init__(self, photos: list[Path], labels: list[str], requests: list[dict[str, Any]]) -> None:
        self.photos, self.labels = photos, labels
        self.waiting = [{"ar_id": f"r{n}", "ar_params": {"task": 1, **r}} for n, r in enumerate(requests)]
        self.function: dict[str, Any] = {}
        self.done: dict[str, Any] = {}
        self.failed: dict[str, str] = {}
        self.stored: dict[str, Any] = {}

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> object:
        """JSON, or bytes of a file."""
        if path == "/api/server/about":
            return {"name": "CVAT", "description": "", "version": "2.80.0", "logo_url": "", "subtitle": ""}
        if path == "/api/functions" and method == "POST":
            # What the server fills in where a client says nothing.
            rest = {"min_neg_points": -1, "startswith_box": False, "startswith_box_optional": False}
            self.function = {**rest, **body, "id": 7}
            for label in self.function.get("labels_v2", []):
                label.setdefault("type", "any")
            return self.function
        if path == "/api/functions/7":
            return self.function
        if path.endswith("/requests/acquire"):
            wanted = "batch" if self.function["kind"] == "detector" else "interactive"
            serve = self.waiting and body["request_category"] == wanted
            return {"ar_assignment": self.waiting.pop(0) if serve else None}
        if found := re.fullmatch(
            r"/api/functions/queues/function:7/requests/(r\d+)/(complete|fail|update)", path
        ):
            if found[2] == "complete":
                self.done[found[1]] = body
            elif found[2] == "fail":
                self.failed[found[1]] = body["exc_info"]
            return {}
        if path == "/api/tasks/1":
            return self._task()
        if path == "/api/labels":
            results = [
                {"id": 40 + n, "name": name, "type": "any", "attributes": [], "sublabels": [], "task_id": 1}
                for n, name in enumerate(self.labels)
            ]
            return {"count": len(results), "next": None, "previous": None, "results": results}
        if path == "/api/tasks/1/data/meta":
            return self._meta()
        if path == "/api/tasks/1/data":
            if query["type"] == ["frame"]:
                return self.photos[int(query["number"][0])].read_bytes()
            return self._chunk()
        if path == "/api/tasks/1/annotations":
            self.stored = body
            return {"version": 1, "tags": [], "shapes": [], "tracks": []}
        raise LookupError(path)

    def _task(self) -> dict[str, Any]:
        return {
            "url": "/api/tasks/1",
            "id": 1,
            "name": "cups",
            "jobs": {"count": 1, "completed": 0, "validation": 0, "url": "/api/jobs"},
            "labels": {"url": "/api/labels"},
            "created_date": DAY,
            "updated_date": DAY,
            "size": len(self.photos),
            "mode": "annotation",
            "dimension": "2d",
            "data_chunk_size": 100,
            "data_original_chunk_type": "imageset",
            "data_compressed_chunk_type": "imageset",
            "organization": None,
        }

    def _meta(self) -> dict[str, Any]:
        frames = []
        for photo in self.photos:
            width, height = Image.open(photo).size
            frames.append({"name": photo.name, "width": width, "height": height, "related_files": 0})
        return {
            "frames": frames,
            "deleted_frames": [],
            "chunk_size": 100,
            "size": len(frames),
            "image_quality": 70,
            "start_frame": 0,
            "stop_frame": len(frames) - 1,
            "frame_filter": "",
            "chunks_updated_date": DAY,
        }

    def _chunk(self) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as chunk:
            for number, photo in enumerate(self.photos):
                chunk.writestr(f"{number:06d}{photo.suffix}", photo.read_bytes())
        return file.getvalue()


@contextmanager
def running(stub: Stub) -> Iterator[int]:
    """The stub as a server; its port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length)
            where = urlsplit(unquote(self.path))
            try:
                found = stub.answer(
                    self.command,
                    where.path.rstrip("/"),
                    parse_qs(where.query),
                    json.loads(sent) if sent else None,
                )
                status = 200
            except LookupError as error:
                found, status = {"detail": f"unknown: {error}"}, 404
            binary = isinstance(found, bytes)
            content = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/octet-stream" if binary else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_HEAD = _serve  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
