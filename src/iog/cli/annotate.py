"""`iog annotate`."""

from __future__ import annotations

import secrets
import socket
import threading
import webbrowser
from importlib.util import find_spec
from pathlib import Path

import click

from iog.errors import DataError

PROJECT = "annotations.iog"


@click.command()
@click.argument("photos", type=click.Path(path_type=Path))
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    help=f"The file that keeps the work. [default: PHOTOS/{PROJECT}]",
)
@click.option(
    "--port", default=8720, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. Other machines can only connect with the token that is printed then.",
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option(
    "--model", default="lite", show_default=True, help="A name from `iog models`, or an exported model."
)
def annotate(photos: Path, project: Path | None, port: int, host: str, no_browser: bool, model: str) -> None:
    """Outline objects in the folder PHOTOS in the browser, three clicks each (needs the `annotate` extra).

    Photos are never changed. Every click is saved at once in the project file; start again with the same
    folder to go on.
    """
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        raise DataError("the annotator needs a web server: pip install 'iog[annotate]'")
    import uvicorn

    from iog.annotator.guard import LOOPBACK
    from iog.annotator.server import make_app
    from iog.annotator.workbench import Workbench

    listener = _listen(host, port)
    bench = Workbench(photos, project or photos / PROJECT, model)
    token = None if host in LOOPBACK else secrets.token_urlsafe(24)
    name = socket.gethostname() if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    address = f"http://{name}:{listener.getsockname()[1]}/"
    if token is not None:
        address += f"?token={token}"
        click.echo(f"Reachable from other machines at {host}; the address holds the token. Do not share it.")
    click.echo(f"Annotator: {address}  (Ctrl+C stops it; the work is in {bench.store.path})")
    if not no_browser:
        # Beside the server: some browsers block until their window is closed.
        threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
    config = uvicorn.Config(make_app(bench, token), log_level="warning", server_header=False)
    uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)  # from now on a browser waits instead of being turned away
    except OSError as error:
        listener.close()
        raise DataError(f"cannot listen on {host} port {port}: {error.strerror}; try --port 0") from None
    return listener
