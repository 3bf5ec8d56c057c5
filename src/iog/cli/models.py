"""`iog models`."""

from __future__ import annotations

import click


@click.command()
def models() -> None:
    """List the bundled models."""
    from iog import zoo
    from iog.segmenter import Segmenter

    for model in zoo.MODELS.values():
        segmenter = Segmenter(model.name)
        megabytes = sum(path.stat().st_size for path in model.files) / 1e6
        click.echo(f"{model.name}  {model.summary}")
        click.echo(f"  crop     {segmenter.prompting.view}")
        click.echo(f"  files    {megabytes:.1f} MB in {model.files[0].parent}")
        calibrated = "calibrated" if segmenter.calibration else "not calibrated (iog calibrate)"
        click.echo(f"  confidence is {calibrated}")
        click.echo(f"  weights  sha256 {segmenter.engine.info.weights_sha256[:16]}")
