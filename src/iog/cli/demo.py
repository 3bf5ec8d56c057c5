"""`iog demo`."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import click


@click.command()
@click.option(
    "--out", default="demo", show_default=True, type=click.Path(path_type=Path), help="Output folder."
)
@click.option(
    "--page",
    is_flag=True,
    help="Then open the annotator on the sample photos (needs the `annotate` extra). Without a screen, or "
    "with CI or IOG_NO_BROWSER set, it is started, tried once and stopped.",
)
@click.option(
    "--port", default=8720, show_default=True, type=click.IntRange(0, 65535), help="Port of the page."
)
def demo(out: Path, page: bool, port: int) -> None:
    """Segment the bundled sample photos from stored clicks.

    Writes NAME.mask.png (255 the object, 0 the rest) and NAME.overlay.png for each, the photos into photos/,
    and the clicks into clicks.jsonl, for `iog predict --batch`.
    """
    from iog.files import write_json_lines
    from iog.images import read_image, write_mask, write_picture
    from iog.overlay import draw_overlay
    from iog.samples import samples
    from iog.segmenter import Segmenter

    folder = out / "photos"
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    segmenter = Segmenter()
    click.echo(f"{'photo':<15} {'object':<10} {'milliseconds':>12} {'confidence':>10}")
    for photo, name, clicks in samples():
        shutil.copyfile(photo, folder / photo.name)
        lines.append({"image": f"{folder.name}/{photo.name}", "label": name, **clicks.to_json()})
        image = read_image(photo)
        started = time.perf_counter()
        prediction = segmenter.segment(image, clicks)
        mask = prediction.mask
        milliseconds = 1000 * (time.perf_counter() - started)
        write_mask(out / f"{photo.stem}.mask.png", mask)
        write_picture(out / f"{photo.stem}.overlay.png", draw_overlay(image, prediction))
        click.echo(f"{photo.name:<15} {name:<10} {milliseconds:>12.0f} {prediction.confidence:>10.2f}")
    write_json_lines(out / "clicks.jsonl", lines)
    click.echo(
        f"masks and overlays are in {out.absolute()}; start with {out.absolute() / 'coffee.overlay.png'}"
    )
    if page:
        _show_page(folder, port)


def _show_page(folder: Path, port: int) -> None:
    from iog.cli.annotate import PROJECT, serve

    seen = _has_screen()
    serve(folder, folder / PROJECT, port=port if seen else 0, only_check=not seen)
    if not seen:
        click.echo(f"the annotator runs; there is no screen to show it on: iog annotate {folder}")


def _has_screen() -> bool:
    """Whether a person can be expected to see a browser's window."""
    if os.environ.get("CI") or os.environ.get("IOG_NO_BROWSER"):
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
