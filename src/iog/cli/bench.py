"""`iog bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from iog.bench.settings import BenchSettings
from iog.cli.settings import from_options, options_of, told_as_options

_METHODS = click.option(
    "--methods",
    default="all",
    show_default=True,
    help="Names separated by commas; classical, all, none, or bundled models (`iog models`).",
)
_MODELS = click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME=FILE",
    help="Another network, with its own prompt; repeatable. FILE may be "
    "sam:ENCODER.onnx,DECODER.onnx, clicks:FILE.onnx, one-shot:FILE.onnx or strokes:FILE (docs/bench.md).",
)
_OUT = click.option("--out", required=True, type=click.Path(path_type=Path), help="The results folder.")
_THREADS = click.option(
    "--threads", type=click.IntRange(1), help="Threads of networks. [default: one per core]"
)


@click.group()
def bench() -> None:
    """Compare iog with other methods, in one results folder.

    \b
    iog bench accuracy --data PHOTOS --out RESULTS    IoU, click by click
    iog bench speed --out RESULTS                     milliseconds on this machine
    iog bench report RESULTS                          tables, plots, one page
    """


@bench.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder of the dataset.")
@_METHODS
@_MODELS
@_OUT
@_THREADS
@click.option(
    "--costs/--no-costs",
    default=True,
    show_default=True,
    help="Measure what networks cost, too: parameters, arithmetic, memory.",
)
@click.option(
    "--table",
    "documents",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Document in which the table replaces the figures `bench` (docs/evaluation.md).",
)
@options_of(BenchSettings)
@told_as_options(BenchSettings)
def accuracy(
    data: Path,
    methods: str,
    models: tuple[str, ...],
    out: Path,
    threads: int | None,
    costs: bool,
    documents: tuple[Path, ...],
    **options: Any,
) -> None:
    """Measure every method on the same objects with the same robot user.

    Run again with the same --out to resume or to add methods: it measures what is missing or was measured
    with other weights or libraries. At the end it prints a table of all methods in the folder.
    """
    from iog.bench import accuracy as measuring
    from iog.bench.costs import measure_costs
    from iog.bench.subjects import opened
    from iog.bench.summary import summary
    from iog.evaluation.quoting import check_quotable, quote
    from iog.evaluation.tables import markdown

    for document in documents:
        check_quotable(document, "bench")

    settings = from_options(BenchSettings(), options)
    limits = {"seconds": settings.seconds, "megabytes": settings.megabytes}
    with opened(_names(methods), _pairs(models), threads=threads, **limits) as subjects:  # type: ignore[arg-type]
        for line in measuring.run(out, data, subjects, settings, threads):
            click.echo(line)
        if costs:
            for line in measure_costs(out, subjects, _pairs(models), threads):
                click.echo(line)
    table = summary(out)
    click.echo(f"\n{table.markdown()}")
    for document in documents:
        quote(document, "bench", f"{table.note}\n\n{markdown(table.header, table.rows)}")


@bench.command()
@_METHODS
@_MODELS
@_OUT
@_THREADS
@click.option("--rounds", default=15, show_default=True, type=click.IntRange(1))
@click.option(
    "--megapixels",
    default="0.3,1,3,12,24,50",
    show_default=True,
    help="Sizes of the photo that networks see.",
)
def speed(
    methods: str, models: tuple[str, ...], out: Path, threads: int | None, rounds: int, megapixels: str
) -> None:
    """Measure milliseconds, memory and arithmetic on a sample photo; run nothing else meanwhile."""
    from iog.bench import speed as measuring

    try:
        sizes = [float(size) for size in megapixels.split(",")]
    except ValueError:
        raise click.BadParameter(
            f"{megapixels!r} is not a list of numbers", param_hint="--megapixels"
        ) from None
    for line in measuring.run(out, _names(methods), _pairs(models), sizes, rounds, threads):
        click.echo(line)


@bench.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the dataset, for the gallery.")
@click.option(
    "--pictures",
    default=2,
    show_default=True,
    help="Number of best, median and worst objects of each method.",
)
def report(folder: Path, data: Path | None, pictures: int) -> None:
    """Make tables, plots, the gallery and one self-contained page of a results FOLDER."""
    from iog.bench.report import write_report

    click.echo(f"{write_report(folder, data, pictures)}: open it in a browser")


def _names(methods: str) -> list[str]:
    return [] if methods == "none" else [name.strip() for name in methods.split(",") if name.strip()]


def _pairs(models: tuple[str, ...]) -> list[tuple[str, str]]:
    found = []
    for text in models:
        name, equals, file = text.partition("=")
        if not (equals and name and file) or not name.replace("-", "").replace("_", "").isalnum():
            raise click.BadParameter(f"{text!r} is not NAME=FILE", param_hint="--model")
        found.append((name, file))
    return found
