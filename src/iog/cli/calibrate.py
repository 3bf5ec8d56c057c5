"""`iog calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from iog.zoo import ENGINES


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of photos with masks that the model was not trained on (layouts: docs/datasets.md).",
)
@click.option("--dataset", default="photos", show_default=True, help="A name from `iog data list`.")
@click.option("--split", help="Split of the dataset. [default: its first, val for photos]")
@click.option(
    "--limit", type=click.IntRange(1), help="Measure at most this many objects, spread over the list."
)
@click.option(
    "--model", default="lite", show_default=True, help="A name from `iog models`, a checkpoint or a file."
)
@click.option("--engine", type=click.Choice(ENGINES), help="[default: torch for checkpoints, else onnx]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to write. [default: next to the model, where iog finds it]",
)
@click.option("--plot", type=click.Path(path_type=Path), help="Reliability plot to write, an .svg.")
@click.option("--threads", type=click.IntRange(1), help="Threads for one inference. [default: all cores]")
def calibrate(
    data: Path,
    dataset: str,
    split: str | None,
    limit: int | None,
    model: str,
    engine: Any,
    out: Path | None,
    plot: Path | None,
    threads: int | None,
) -> None:
    """Calibrate a model: make its confidence the IoU that such masks really have.

    Measures all kinds of prompts on photos with true masks, prints how far confidence and IoU are apart (on
    photos that the curves were not fitted on), and writes the curves to a file beside the model. They hold
    for its weights alone: calibrate again after each training.
    """
    from iog import zoo
    from iog.cli.sets import open_objects
    from iog.datasets import known
    from iog.datasets.listing import spread
    from iog.errors import DataError
    from iog.evaluation import calibrate as measuring
    from iog.evaluation.tables import markdown
    from iog.files import write_text
    from iog.segmenter import Segmenter

    objects = open_objects(dataset, data, split)
    if len(objects) == 0:
        raise DataError(f"{data} has no objects")
    indices = spread(len(objects), limit)
    segmenter = Segmenter(model, engine=engine, threads=threads)
    found = measuring.measure(segmenter, objects, indices)
    measured = list(tqdm(found, total=len(indices), unit="object", disable=None, dynamic_ncols=True))
    named = known.title(dataset, split)
    calibration = measuring.calibrate(measured, segmenter.engine.info.weights_sha256, {"data": named})
    click.echo(f"{named}, model {segmenter.model}, weights {calibration.weights_sha256[:12]}")
    click.echo(markdown(measuring.HEADER, measuring.report(calibration)))
    path = out or zoo.calibration_file(model)
    calibration.write(path)
    click.echo(f"\nwritten to {path}")
    if plot is not None:
        prompts = [prompt for prompt in measuring.PLOTTED if prompt in calibration.curves]
        write_text(plot, measuring.reliability_plot(calibration, prompts))
        click.echo(f"plot: {plot}")
