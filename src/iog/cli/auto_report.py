"""`iog auto report`."""

from __future__ import annotations

import click

from iog.errors import DataError
from iog.wording import counted


@click.command()
@click.argument("out")
@click.option("--images", required=True, help="Folder or URL of the photos, as for the run.")
@click.option("--to", "target", help="File to write. [default: OUT/report.html]")
@click.option(
    "--classes",
    default=20,
    show_default=True,
    type=click.IntRange(0),
    help="Classes that get pictures: those with the most masks.",
)
@click.option(
    "--each", default=6, show_default=True, type=click.IntRange(1), help="Pictures of each kind for a class."
)
@click.option("--seed", default=0, show_default=True, help="Seed of the random ones.")
def report(out: str, images: str, target: str | None, classes: int, each: int, seed: int) -> None:
    """Show what a run of `iog auto` made: one HTML page that needs no other file.

    Counts, histograms of confidence and size, and for each class masks that were picked at random, the least
    and the most confident ones.
    """
    from iog.auto.report import count, page
    from iog.auto.store import finished
    from iog.places import place_of

    run = finished(place_of(out))
    photos = place_of(images)
    counts = count(run.records(), each, seed)
    if not counts.classes:
        raise DataError(f"{out} has no masks to show")
    text = page(counts, run.settings, run.failures, photos, classes, _names(out))
    target = target or f"{out.rstrip('/')}/report.html"
    folder, _, name = target.rpartition("/")
    with place_of(folder or ".").writing(name, "w") as file:
        file.write(text)
    masks = sum(sample.count for sample in counts.classes.values())
    click.echo(f"{counted(masks, 'masks')} -> {target}")


def _names(out: str) -> dict[str, str]:
    """Names of ImageNet's classes, where the run has them."""
    from iog.datasets.pixel_imagenet import read_label_file
    from iog.places import local_copy, place_of

    if not place_of(out).exists("label.json"):
        return {}
    with local_copy(f"{out.rstrip('/')}/label.json") as path:
        return {label.wnid: label.name for label in read_label_file(path).values()}
