"""`iog data`."""

from __future__ import annotations

from pathlib import Path

import click
from tqdm import tqdm


@click.group()
def data() -> None:
    """Know and check data sets of objects (layouts: docs/datasets.md)."""


@data.command("list")
def list_() -> None:
    """List the known data sets: their splits, and where to get them."""
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
    """Read the whole data set NAME at PATH and say what it holds and what is wrong with it.

    Exit status: 0 whole, 1 something is broken or empty (it is listed), 2 not that data set at all.
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


def _progress(count: int, unit: str) -> tqdm[int]:
    return tqdm(range(count), unit=unit, disable=None, dynamic_ncols=True)
