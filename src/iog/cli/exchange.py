"""`iog export` and `iog import`: a project's objects out and in, without the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from iog.cli.annotate import PROJECT
from iog.errors import DataError

_photos = click.argument("photos", type=click.Path(path_type=Path))
_project = click.option(
    "--project", type=click.Path(path_type=Path), help=f"The project file. [default: PHOTOS/{PROJECT}]"
)


@click.command("export")
@_photos
@_project
@click.option(
    "--format",
    "format_",
    type=click.Choice(
        ["coco", "coco-rle", "yolo", "voc", "labelme", "png", "png-photo", "parquet", "timings"]
    ),
    default="coco",
    show_default=True,
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write into.")
@click.option(
    "--tolerance",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 50),
    help="Pixels by which a polygon may stray from the mask.",
)
@click.option("--drafts", is_flag=True, help="Also objects that nobody has accepted.")
def export(
    photos: Path, project: Path | None, format_: Any, out: Path, tolerance: float, drafts: bool
) -> None:
    """Write what was made in `iog annotate PHOTOS`: the accepted objects, or the timings of each step."""
    from iog.annotator import exchange
    from iog.annotator.photos import Photos
    from iog.annotator.store import Store

    path = project or photos / PROJECT
    if not path.is_file():
        raise DataError(f"{path} does not exist; `iog annotate {photos}` makes it")
    store = Store(path)
    count = exchange.export(store, Photos(photos, store), format_, out, tolerance=tolerance, drafts=drafts)
    for note in exchange.losses(store, format_):
        click.echo(note, err=True)
    click.echo(f"{count} objects -> {out}")


@click.command("import")
@_photos
@click.argument("source", type=click.Path(path_type=Path))
@_project
@click.option(
    "--format",
    "format_",
    type=click.Choice(["coco", "yolo", "voc", "labelme", "png", "parquet", "csv"]),
    help="What SOURCE holds. [default: found out from its files]",
)
def import_(photos: Path, source: Path, project: Path | None, format_: Any) -> None:
    """Add objects and boxes from another tool to `iog annotate PHOTOS`.

    SOURCE is COCO's JSON, a CSV or Parquet table of boxes (columns image, x0, y0, x1, y1 and perhaps
    category), our own Parquet, or the folder of a YOLO, VOC, LabelMe or PNG data set; also as a ZIP file.
    Masks become accepted objects; boxes wait for an inside click, or for "masks for all boxes" in the page.
    """
    from iog.annotator import exchange
    from iog.annotator.photos import Photos
    from iog.annotator.store import Store

    store = Store(project or photos / PROJECT)
    report = exchange.import_path(store, Photos(photos, store), source, format_)
    for note in report.notes:
        click.echo(note, err=True)
    click.echo(f"{report.objects} objects added to {store.path}")
