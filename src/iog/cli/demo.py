"""`iog demo`."""

from __future__ import annotations

import time
from pathlib import Path

import click


@click.command()
@click.option(
    "--out", default="demo", show_default=True, type=click.Path(path_type=Path), help="Folder to fill."
)
def demo(out: Path) -> None:
    """Segment the bundled sample photos from stored clicks.

    Writes NAME.mask.png (255 the object, 0 the rest) and NAME.overlay.png for each.
    """
    from iog.formats import write_mask, write_picture
    from iog.images import read_image
    from iog.overlay import draw_overlay
    from iog.samples import samples
    from iog.segmenter import Segmenter

    out.mkdir(parents=True, exist_ok=True)
    segmenter = Segmenter()
    click.echo(f"{'photo':<15} {'object':<10} {'milliseconds':>12} {'confidence':>10}")
    for photo, name, clicks in samples():
        image = read_image(photo)
        started = time.perf_counter()
        prediction = segmenter.segment(image, clicks)
        mask = prediction.mask
        milliseconds = 1000 * (time.perf_counter() - started)
        write_mask(out / f"{photo.stem}.mask.png", mask)
        write_picture(out / f"{photo.stem}.overlay.png", draw_overlay(image, prediction))
        click.echo(f"{photo.name:<15} {name:<10} {milliseconds:>12.0f} {prediction.confidence:>10.2f}")
    click.echo(
        f"masks and overlays are in {out.absolute()}; start with {out.absolute() / 'coffee.overlay.png'}"
    )
