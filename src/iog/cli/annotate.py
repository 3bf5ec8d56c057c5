"""`iog annotate`."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Collection, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from iog.cli.annotate_models import models
from iog.errors import DataError
from iog.serving.listening import listen, share_freed_memory
from iog.wording import counted

if TYPE_CHECKING:
    import uvicorn

PROJECT = "annotations.iog"


class _PhotosOrModels(click.Command):
    """`iog annotate models PROJECT` is a command of its own; a folder of that name is ./models."""

    commands: ClassVar[Mapping[str, click.Command]] = {"models": models}

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args and args[0] in self.commands:
            return self.commands[args[0]].make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command(cls=_PhotosOrModels)
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    help=f"The project file. [default: {PROJECT} next to the photos]",
)
@click.option(
    "--port", default=8720, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one."
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
@click.option(
    "--learn",
    is_flag=True,
    help="Learn from accepted objects while you label (needs the `train` extra).",
)
@click.option(
    "--learn-every",
    default=5,
    show_default=True,
    type=click.IntRange(1),
    help="Accepted objects of a label before it learns; it learns again when they have doubled.",
)
def annotate(
    photos: tuple[Path, ...],
    project: Path | None,
    port: int,
    host: str,
    no_browser: bool,
    model: str,
    learn: bool,
    learn_every: int,
) -> None:
    """Outline objects in the browser, three clicks each (needs the `annotate` extra).

    PHOTOS is a folder, a photo, or several photos. They are never changed. Every click is saved at once in
    the project file; start again with the same photos to resume.

    iog annotate models PROJECT lists what the project has learned, and changes or exports it.
    """
    folder, names = folder_of(photos)
    path = project or folder / PROJECT
    serve(
        folder,
        path,
        names=names,
        port=port,
        host=host,
        browser=not no_browser,
        model=model,
        learn=learn,
        learn_every=learn_every,
    )


def tell_unnamed(count: int) -> None:
    """Say on standard error how many photos of a folder are left out for their names."""
    if count:
        what = counted(count, "photos")
        click.echo(f"note: {what} left out: the name is not text in UTF-8; rename the file", err=True)


def folder_of(photos: tuple[Path, ...]) -> tuple[Path, list[str] | None]:
    """A folder with all its photos (None), or the folder around single photos, with their names.

    The project lies in that folder, for every command that takes the same photos.
    """
    if len(photos) == 1 and not photos[0].is_file():
        return photos[0], None
    wrong = next((photo for photo in photos if not photo.is_file()), None)
    if wrong is not None:
        raise DataError(f"{wrong} is not a photo; give one folder, or only photos")
    places = [photo.resolve() for photo in photos]
    folder = Path(os.path.commonpath([photo.parent for photo in places]))
    return folder, [photo.relative_to(folder).as_posix() for photo in places]


def serve(
    photos: Path,
    project: Path,
    *,
    port: int,
    names: Collection[str] | None = None,
    host: str = "127.0.0.1",
    browser: bool = True,
    model: str = "lite",
    only_check: bool = False,
    learn: bool = False,
    learn_every: int = 5,
) -> None:
    """Serve the page until Ctrl+C, or (`only_check`) until it has answered once.

    Raises
    ------
    DataError
        If a package is missing, the address is taken, the folder is unusable, nothing can be learned
        (`learn`), or there was no answer.
    """
    if any(find_spec(name) is None for name in ("fastapi", "uvicorn", "psutil")):
        raise DataError("the annotator needs a web server: pip install 'iog[annotate]'")
    from iog.annotator.server import make_app
    from iog.annotator.workbench import Workbench
    from iog.learning.learner import Learner
    from iog.learning.routes import add_learning
    from iog.serving.guard import LOOPBACK
    from iog.serving.web import web_server

    share_freed_memory()
    listener = listen(host, port)
    bench = Workbench(photos, project, model, names)
    try:
        learner = Learner(bench, model, every=learn_every)
        if learn:
            learner.switch(True)
    except BaseException:
        bench.close()
        raise
    bench.read_ahead()
    token = None if host in LOOPBACK else secrets.token_urlsafe(24)
    name = socket.gethostname() if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    address = f"http://{name}:{listener.getsockname()[1]}/"
    if token is not None:
        address += f"?token={token}"
        click.echo(
            f"Reachable from other machines at {host}; the address contains the token. Do not share it."
        )
    app = make_app(bench, token, [lambda app: add_learning(app, learner)])
    server = web_server(app)
    if only_check:
        answered = _stop_after_answer(server, f"{address}api/health")
        server.run(sockets=[listener])
        if not answered.is_set():
            raise DataError("the annotator did not answer")
        return
    tell_unnamed(bench.photos.unnamed)
    click.echo(f"Annotator: {address}  (Ctrl+C stops it; the work is in {bench.store.path})")
    if browser:
        # Beside the server: some browsers block until their window is closed.
        threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
    server.run(sockets=[listener])


def _stop_after_answer(server: uvicorn.Server, address: str) -> threading.Event:
    """Ask until the server answers, a minute at most, then stop it; the event says whether it did."""
    answered = threading.Event()

    def ask() -> None:
        for _ in range(120):
            with suppress(OSError), urllib.request.urlopen(address, timeout=5):
                answered.set()
                break
            time.sleep(0.5)
        server.should_exit = True

    threading.Thread(target=ask, daemon=True).start()
    return answered
