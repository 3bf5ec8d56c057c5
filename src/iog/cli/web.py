"""`iog web`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--out", default="site", show_default=True, type=click.Path(path_type=Path), help="Folder to write."
)
@click.option(
    "--model",
    default="lite",
    show_default=True,
    help="A name from `iog models`, or the NAME.encoder.onnx of a lite model.",
)
@click.option("--serve", is_flag=True, help="Also serve it on this machine, until Ctrl+C.")
@click.option(
    "--port",
    default=8730,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port for --serve; 0 picks a free one.",
)
def web(out: Path, model: str, serve: bool, port: int) -> None:
    """Write the annotator as a static site: photos, work and the model stay in the visitor's browser.

    Any static host can serve the folder, under any path. After the first visit the page works offline.
    """
    from iog.site import write_site
    from iog.site.host import host

    write_site(out, model)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    click.echo(f"{out.absolute()}: {size / 1e6:.1f} MB, for any static host")
    if not serve:
        return
    with host(out, port) as server:
        click.echo(f"http://127.0.0.1:{server.server_address[1]}/  (Ctrl+C ends)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("ended")
