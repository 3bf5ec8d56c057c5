"""`iog data`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click
from tqdm import tqdm

from iog.formats.table import ReadName, WriteName
from iog.wording import counted


@click.group()
def data() -> None:
    """List, check, convert and pack datasets (layouts: docs/datasets.md)."""


@data.command("list")
def list_() -> None:
    """List the known datasets: their splits, and where to get them."""
    from iog.datasets import known

    for title, sets in (("with masks", known.OBJECTS), ("boxes alone", known.BOXES)):
        click.echo(f"{title}:")
        for name, entry in sets.items():
            click.echo(f"  {name:<18} {entry.summary}")
            if entry.splits:
                click.echo(f"  {'':<18} splits {', '.join(entry.splits)}")
            click.echo(f"  {'':<18} {entry.source}")


@data.command()
@click.argument("name")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--split", help="Which part of the set. [default: the first that `iog data list` names]")
@click.pass_context
def check(context: click.Context, name: str, path: Path, split: str | None) -> None:
    """Read all of dataset NAME at PATH, and report its content and problems.

    Exit status: 0 no problem, 1 broken files or empty masks (listed), 2 PATH is not that dataset.
    """
    from iog.datasets import known
    from iog.datasets.checking import Report, check_boxes, check_objects

    report = Report()
    if name in known.BOXES:
        boxes = known.open_boxes(name, path, split, broken=report.broken)
        check_boxes(boxes, report, _progress(len(boxes), "box"))
    else:
        objects = known.open_objects(name, path, split, broken=report.broken)
        check_objects(objects, report, _progress(len(objects), "object"))
    click.echo("\n".join(report.lines()))
    if report.objects == 0:
        click.echo("nothing to read")
    context.exit(0 if report.whole else 1)


@data.command("convert")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--to", required=True, type=click.Choice(get_args(WriteName)), help="The format to write.")
@click.option(
    "--from",
    "name",
    type=click.Choice(get_args(ReadName)),
    help="Format of SOURCE. [default: recognised from its files]",
)
@click.option(
    "--images",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of the photos: needed where SOURCE states no sizes, and checked where it does.",
)
@click.option(
    "--tolerance",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 50),
    help="Greatest distance of a polygon from the mask, in pixels.",
)
@click.option(
    "--strict", is_flag=True, help="Write nothing if anything would be left out, changed or guessed."
)
@click.pass_context
def convert_labels(
    context: click.Context,
    source: Path,
    target: Path,
    to: Any,
    name: Any,
    images: Path | None,
    tolerance: float,
    strict: bool,
) -> None:
    """Write the labels of SOURCE in another format into the folder TARGET.

    \b
    iog data convert instances.json yolo/ --to yolo
    iog data convert yolo/ coco/ --to coco --images photos/

    The table that is printed says what was read, made and left out. docs/formats.md says what each format
    keeps. Exit status 1: nothing was made of what is there.
    """
    from iog.formats.convert import NothingMadeError, convert

    try:
        account = convert(source, target, to, name=name, photos=images, tolerance=tolerance, strict=strict)
    except NothingMadeError as error:
        click.echo(f"Error: {error}", err=True)
        context.exit(1)
    for line in account.lines():
        click.echo(line, err=True)
    click.echo(f"{counted(account.objects, 'objects')} -> {target}")


@data.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the parts.")
@click.option("--dataset", default="photos", show_default=True, help="A name from `iog data list`.")
@click.option("--split", help="Which part of the set. [default: train for photos, else its first]")
@click.option("--sets", help="Only these sets (groups of the dataset), separated by commas.")
@click.option("--limit", type=click.IntRange(1), help="At most this many objects, spread over the list.")
@click.option(
    "--side",
    default=320,
    show_default=True,
    type=click.IntRange(32),
    help="A crop has the pixels of a square of this side.",
)
@click.option(
    "--margin",
    default=0.35,
    show_default=True,
    type=click.FloatRange(0),
    help="Context around the box, as a share of its side.",
)
@click.option(
    "--quality", default=80, show_default=True, type=click.IntRange(1, 100), help="WebP quality of the crops."
)
@click.option(
    "--part-mib",
    default=40.0,
    show_default=True,
    type=click.FloatRange(0.01),
    help="Greatest size of a part, in MiB.",
)
def pack(
    path: Path,
    out: Path,
    dataset: str,
    split: str | None,
    sets: str | None,
    limit: int | None,
    **settings: Any,
) -> None:
    """Pack the objects of the dataset at PATH for `iog train packed`: a crop of each, in a few files.

    \b
    iog data pack PHOTOS --out PACK              the training photos
    iog data pack PHOTOS --split val --out PACK  what is measured while training
    """
    from iog.cli.sets import open_objects
    from iog.datasets import known
    from iog.datasets.listing import spread
    from iog.datasets.pack import PackSettings, write_pack

    split = split or known.training_split(dataset)
    objects = open_objects(dataset, path, split)
    wanted = set(sets.split(",")) if sets else set(objects.groups)
    chosen = [i for i, group in enumerate(objects.groups) if group in wanted]
    indices = [chosen[i] for i in spread(len(chosen), limit)]
    watched = tqdm(indices, unit="object", disable=None, dynamic_ncols=True)
    found = write_pack(objects, watched, out, split or dataset, PackSettings(**settings))
    for part in found.parts:
        click.echo(str(part))
    left_out = f", {found.left_out} left out (empty or too small)" if found.left_out else ""
    each = found.size / found.objects / 1024
    click.echo(
        f"{counted(found.objects, 'objects')}{left_out}, {found.size / 2**20:.1f} MiB, {each:.1f} KiB each"
    )


def _progress(count: int, unit: str) -> tqdm[int]:
    return tqdm(range(count), unit=unit, disable=None, dynamic_ncols=True)
