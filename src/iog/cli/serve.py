"""`iog serve`."""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from iog.connectors.settings import ANSWERS, Answer, ServeSettings, Shapes
from iog.errors import DataError

LEAST_TOKEN = 16
"""Characters of a token."""


@click.group()
def serve() -> None:
    """Masks for other tools: Label Studio, X-AnyLabeling, CVAT, programs of your own (`serve` extra)."""


def _options(port: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The options of every connector."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @click.option(
            "--host",
            default="127.0.0.1",
            show_default=True,
            help="Address to listen on. Any but this machine's own needs --token.",
        )
        @click.option(
            "--port",
            default=port,
            show_default=True,
            type=click.IntRange(0, 65535),
            help="0 picks a free one.",
        )
        @click.option(
            "--model",
            default="lite",
            show_default=True,
            help="A name from `iog models`, an exported model or a checkpoint.",
        )
        @click.option("--token", help="Secret that every client must send. [default: none]")
        @click.option(
            "--cache",
            default=512,
            show_default=True,
            type=click.IntRange(0, 1 << 20),
            help="Memory for recent photos, in MB.",
        )
        @click.option(
            "--max-megapixels",
            default=178,
            show_default=True,
            type=click.IntRange(1, 178),
            help="Larger photos are refused.",
        )
        @wraps(command)
        def call(**values: Any) -> None:
            command(**values)

        return call

    return decorate


def run(
    name: str,
    settings: ServeSettings,
    *,
    host: str,
    port: int,
    model: str,
    token: str | None,
    cache: int,
    max_megapixels: int,
) -> None:
    """Serve one connector until Ctrl+C.

    Raises
    ------
    DataError
        If a package is missing, the address is taken, or it needs a token.
    ModelError
        If the model cannot be loaded, or takes extreme points.
    """
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        raise DataError("iog serve needs a web server: pip install 'iog[serve]'")
    from iog.connectors.core import Core
    from iog.connectors.server import make_app
    from iog.connectors.table import PLUGS
    from iog.segmenter import Segmenter
    from iog.serving.guard import LOOPBACK
    from iog.serving.listening import listen, share_freed_memory
    from iog.serving.web import web_server

    _check_token(host, token, host in LOOPBACK)
    share_freed_memory()
    core = Core(Segmenter(model), cache_bytes=cache << 20, maximum_pixels=max_megapixels * 1_000_000)
    app = make_app(name, core, settings, token=token)  # says what is wrong before anything is printed
    listener = listen(host, port)
    seen = socket.gethostname() if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    address = f"http://{seen}:{listener.getsockname()[1]}"
    click.echo(f"iog answers with {core.version} at {address}  (Ctrl+C stops it)")
    for line in PLUGS[name].instructions(address, token, settings):
        click.echo(line)
    web_server(app).run(sockets=[listener])


def _check_token(host: str, token: str | None, loopback: bool) -> None:
    if token is None and not loopback:
        raise DataError(
            f"other machines can reach {host}, so give a secret that clients must know: "
            f"--token {secrets.token_urlsafe(24)}"
        )
    # It stands in addresses and in a cookie, where other signs have a meaning.
    if token is not None and not re.fullmatch(f"[A-Za-z0-9._~-]{{{LEAST_TOKEN},}}", token):
        raise DataError(f"--token needs {LEAST_TOKEN} characters at least: letters, digits and . _ ~ -")


_shapes = click.option(
    "--shapes",
    default="mask",
    show_default=True,
    type=click.Choice(["mask", "polygon"]),
    help="Answer if the labelling config takes both.",
)


@serve.command("label-studio")
@_options(9090)
@click.option(
    "--label-studio",
    "tool_url",
    default="http://localhost:8080",
    show_default=True,
    help="Address of Label Studio; photos are fetched only from there.",
)
@click.option(
    "--label-studio-token",
    "tool_token",
    envvar="LABEL_STUDIO_API_KEY",
    help="A personal access token, to fetch photos. [default: the one that Label Studio sends]",
)
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    help="The folder of its local files (LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT), to read them from.",
)
@_shapes
def label_studio(
    tool_url: str, tool_token: str | None, root: Path | None, shapes: Shapes, **values: Any
) -> None:
    """The ML backend of Label Studio: smart boxes and points, pre-annotation of boxes."""
    settings = ServeSettings(tool_url=tool_url, tool_token=tool_token, root=root, shapes=shapes)
    run("label-studio", settings, **values)


@serve.command("x-anylabeling")
@_options(8000)
def x_anylabeling(**values: Any) -> None:
    """The remote server of X-AnyLabeling: boxes and points, polygons and turned boxes."""
    run("x-anylabeling", ServeSettings(), **values)


@serve.command("cvat")
@_options(8070)
@click.option(
    "--answer",
    default="mask",
    show_default=True,
    type=click.Choice(ANSWERS),
    help="All pixels, for every release; or run lengths with the confidence, far smaller, for newer ones.",
)
@click.option(
    "--write",
    "folder",
    type=click.Path(path_type=Path),
    help="Serve nothing; write a folder from which nuclio builds a function.",
)
def cvat(answer: Answer, folder: Path | None, **values: Any) -> None:
    """An interactor of CVAT: this server in nuclio's place, or a function for nuclio."""
    if folder is None:
        run("cvat", ServeSettings(answer=answer), **values)
        return
    from iog.connectors.nuclio import write_function

    write_function(folder, values["model"], answer)
    click.echo(f"{folder} holds a function for nuclio. Next:")
    click.echo(f"    nuctl deploy --project-name cvat --path {folder} --platform local")


@serve.command("http")
@_options(8721)
def http(**values: Any) -> None:
    """An HTTP API for programs of your own; its description is the page that it serves."""
    run("http", ServeSettings(), **values)
