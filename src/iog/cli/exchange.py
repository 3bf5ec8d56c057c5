"""`iog export` and `iog import`: a project's objects out and in, without the page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from iog.cli.annotate import PROJECT, folder_of, tell_unnamed
from iog.errors import DataError
from iog.formats.table import ReadName, WriteName
from iog.wording import counted

if TYPE_CHECKING:
    from iog.formats.account import Account

_photos = click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path))
_project = click.option(
    "--project",
    type=click.Path(path_type=Path),
    help=f"The project file. [default: {PROJECT} next to the photos]",
)


@click.command("export")
@_photos
@_project
@click.option(
    "--format",
    "format_",
    type=click.Choice([*get_args(WriteName), "timings"]),
    default="coco",
    show_default=True,
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write into.")
@click.option(
    "--tolerance",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 50),
    help="Greatest distance of a polygon from the mask, in pixels.",
)
@click.option("--drafts", is_flag=True, help="Also objects that nobody has accepted.")
@click.option("--label", "labels", multiple=True, help="Only objects with this label; repeatable.")
@click.option("--photo", "only", multiple=True, help="Only this photo, by its path; repeatable.")
@click.option("--done", is_flag=True, help="Only photos marked done.")
@click.option(
    "--val",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1, max_open=True),
    help="Share of the photos that becomes val, the others train.",
)
@click.option("--strict", is_flag=True, help="Write nothing if anything would be left out.")
def export(
    photos: tuple[Path, ...],
    project: Path | None,
    format_: Any,
    out: Path,
    tolerance: float,
    drafts: bool,
    labels: tuple[str, ...],
    only: tuple[str, ...],
    done: bool,
    val: float,
    strict: bool,
) -> None:
    """Export the accepted objects of `iog annotate PHOTOS`, or the timings of each step.

    PHOTOS are the same as there: a folder, or photos, which alone are exported then.

    Photos that are marked done and have no objects are written too. An older export in the folder is
    replaced as a whole. With --val, YOLO gets train.txt and val.txt, other formats a folder for each part.
    """
    from iog.annotator import exchange
    from iog.annotator.photos import Photos
    from iog.annotator.store import Store

    folder, names = folder_of(photos)
    path = project or folder / PROJECT
    if not path.is_file():
        raise DataError(f"{path} does not exist; `iog annotate {' '.join(map(str, photos))}` makes it")
    store = Store(path)
    choice = exchange.Choice(drafts=drafts, labels=labels, photos=(*only, *(names or ())), done=done, val=val)
    account = exchange.export(
        store, Photos(folder, store), format_, out, tolerance=tolerance, choice=choice, strict=strict
    )
    _finish(account)
    click.echo(f"{counted(account.objects, 'objects')} -> {out}")


@click.command("import")
@_photos
@click.argument("source", type=click.Path(path_type=Path))
@_project
@click.option(
    "--format",
    "format_",
    type=click.Choice(get_args(ReadName)),
    help="Format of SOURCE. [default: recognised from its files]",
)
@click.option(
    "--on-duplicate",
    type=click.Choice(["skip", "replace", "add"]),
    default="skip",
    show_default=True,
    help="What to do with objects whose label and box the photo already has.",
)
@click.option("--strict", is_flag=True, help="Add nothing if anything would be left out, changed or guessed.")
def import_(
    photos: tuple[Path, ...],
    source: Path,
    project: Path | None,
    format_: Any,
    on_duplicate: Any,
    strict: bool,
) -> None:
    """Add objects and boxes from another tool to `iog annotate PHOTOS`.

    PHOTOS are the same as there: a folder, or photos, which alone get something then.
    SOURCE is a file or folder of COCO, YOLO, VOC, LabelMe, PNG, CSV or Parquet; also as a ZIP file. Masks
    become accepted objects; boxes wait for an inside click, or for "masks for all boxes" in the page. The
    table that is printed says what was read, made and left out. Exit status 1: nothing could be used.
    """
    from iog.annotator import exchange
    from iog.annotator.photos import Photos
    from iog.annotator.store import Store

    folder, names = folder_of(photos)
    path = project or folder / PROJECT
    new = not path.exists()
    store = Store(path)
    account = None
    try:
        found = Photos(folder, store, names)
        tell_unnamed(found.unnamed)
        account = exchange.import_path(
            store, found, source, format_, strict=strict, on_duplicate=on_duplicate
        )
    finally:
        if new and (account is None or account.useless):  # no project comes of nothing
            store.close()
            path.unlink()
    _finish(account)
    click.echo(f"{counted(account.objects, 'objects')} added to {store.path}")


def _finish(account: Account) -> None:
    """Print the account; exit with status 1 if nothing came of something."""
    for line in account.lines():
        click.echo(line, err=True)
    if account.useless:
        click.echo("Error: nothing could be used; the lines above say why", err=True)
        sys.exit(1)
