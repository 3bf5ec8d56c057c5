"""`iog reproduce`."""

from __future__ import annotations

from pathlib import Path

import click

from iog.cli.settings import told_as_options
from iog.cli.types import ParamType
from iog.evaluation.paper import TABLES


class _Named(ParamType[tuple[str, Path]]):
    """NAME=PATH."""

    name = "name=path"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        """Parse the text of an option."""
        name, equals, path = str(value).partition("=")
        if not (name and equals and path):
            self.fail(f"{value!r} is not NAME=PATH", param, ctx)
        return name, Path(path)


@click.command()
@click.argument(
    "table",
    type=click.Choice(list(TABLES)),
)
@click.option("--data", type=_Named(), multiple=True, help="A dataset, such as voc=FOLDER.")
@click.option("--weights", type=_Named(), multiple=True, help="A checkpoint, such as iog-resnet101=FILE.pth.")
@click.option("--model", default="lite", show_default=True, help="Model measured as well (`iog models`).")
@click.option("--limit", type=click.IntRange(1), help="Measure at most this many objects of each dataset.")
@click.option("--smoke", is_flag=True, help="Run on the sample photos; the figures mean nothing.")
@told_as_options()
def reproduce(
    table: str,
    data: tuple[tuple[str, Path], ...],
    weights: tuple[tuple[str, Path], ...],
    model: str,
    limit: int | None,
    smoke: bool,
) -> None:
    """Print a table of the paper row by row: its figure, ours, or what is missing and how to get it.

    Give datasets and checkpoints by name; the list below the table says which are missing.
    docs/evaluation.md explains what is measured.
    """
    from iog.errors import ModelError
    from iog.evaluation import reproduce as tables
    from iog.evaluation.figures import open_data
    from iog.segmenter import Segmenter

    tables.check_names(dict(data), dict(weights))
    for name, file in weights:
        if not file.is_file():
            raise ModelError(f"--weights {name}: {file} is missing")
    opened = {name: open_data(name, folder) for name, folder in data}
    click.echo(
        tables.reproduce(
            table, Segmenter(model), data=opened, weights=dict(weights), limit=limit, smoke=smoke
        )
    )
