"""`iog export`."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from iog.errors import DataError, ModelError
from iog.extras import require_torch


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder and name: writes OUT.encoder.onnx and OUT.decoder.onnx.",
)
@click.option("--size", default=320, show_default=True, help="Side of the crop in pixels, a multiple of 32.")
@click.option("--margin", default=0.15, show_default=True, help="Context around the box / box side.")
def export(checkpoint: Path, out: Path, size: int, margin: float) -> None:
    """Turn a CHECKPOINT of `iog train lite` into ONNX files that every command takes as --model.

    \b
    iog export runs/lite/final.pt --out models/mine
    iog predict photo.jpg --model models/mine.encoder.onnx --corners ...
    """
    require_torch("exporting")
    if size < 64 or size % 32:
        raise click.BadParameter("must be a multiple of 32, at least 64", param_hint="--size")
    if not out.absolute().parent.is_dir():
        raise DataError(f"folder {out.absolute().parent} does not exist; make it first")
    from iog.networks import checkpoints
    from iog.networks.export import export as write
    from iog.networks.lite import Lite

    content = checkpoints.read(checkpoint)
    # A finished run holds the averaged weights alone; an unfinished one beside those in training.
    state = checkpoints.averaged_state(content)
    network = checkpoints.network_of({**content, "state_dict": state}, checkpoint)
    if not isinstance(network, Lite):
        raise ModelError(f"{checkpoint} holds {network.config.name}; this command exports lite networks")
    trained = {**content.get("settings", {}), "steps": content.get("step")}
    trained.pop("data", None)  # a path on the machine that trained
    for path in write(network, out, name=out.name, size=size, margin=margin, trained=trained):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        click.echo(f"{path}  {path.stat().st_size / 1e6:.1f} MB  sha256 {digest}")
