"""`iog eval`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from tqdm import tqdm


@click.command("eval")
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder with SPLIT.jsonl, photos and masks (layout: docs/data.md).",
)
@click.option("--split", default="val", show_default=True, help="Which list of photos.")
@click.option("--sets", help="Only these sets, separated by commas.")
@click.option("--clicks", default=4, show_default=True, type=click.IntRange(3, 50), help="Clicks per object.")
@click.option("--jitter", default=0.0, show_default=True, help="Corner error, standard deviation / box side.")
@click.option(
    "--inside-depth",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Inside click anywhere at least this deep: 1 the deepest pixel, 0.5 the inner half.",
)
@click.option("--limit", type=click.IntRange(1), help="Measure only so many objects, spread over the list.")
@click.option("--seed", default=0, show_default=True)
@click.option(
    "--model",
    default="lite",
    show_default=True,
    help="A name from `iog models`, a checkpoint (.pth, .pt), or NAME.encoder.onnx from `iog convert`.",
)
@click.option(
    "--engine", type=click.Choice(["onnx", "torch"]), help="[default: torch for checkpoints, else onnx]"
)
@click.option("--out", type=click.Path(path_type=Path), help="Write one JSON line per object.")
def evaluate(
    data: Path,
    split: str,
    sets: str | None,
    clicks: int,
    jitter: float,
    inside_depth: float,
    limit: int | None,
    seed: int,
    model: str,
    engine: Any,
    out: Path | None,
) -> None:
    """Measure a model with the robot user: mean IoU by number of clicks, at image resolution.

    The protocol is IOG's (corners of the tight box, inside click at the deepest pixel, corrections at the
    deepest error), with a fixed threshold and void pixels left out. Objects that cover at least 0.5 % of
    their photo have rows of their own. Models that take no corrections (the published IOG without
    refinement) are measured with --clicks 3.
    """
    import numpy as np

    from iog import robot
    from iog.datasets import PhotoDataset
    from iog.errors import DataError, ModelError
    from iog.evaluation import protocol, tables
    from iog.formats import write_json_lines
    from iog.segmenter import Segmenter

    objects = PhotoDataset(data, split, groups=sets.split(",") if sets else None)
    if len(objects) == 0:
        raise DataError(f"{data}/{split}.jsonl has no objects" + (f" of the sets {sets}" if sets else ""))
    count = min(limit or len(objects), len(objects))
    indices = np.linspace(0, len(objects) - 1, count).astype(int).tolist()
    segmenter = Segmenter(model, engine=engine)
    if clicks > 3 and not segmenter.takes_corrections:
        raise ModelError(f"{segmenter.model} takes no corrections; measure it with --clicks 3")
    measured = protocol.evaluate(
        segmenter,
        objects,
        clicks=clicks,
        jitter=jitter,
        inside_depth=inside_depth,
        seed=seed,
        indices=indices,
    )
    results = list(tqdm(measured, total=count, unit="object", disable=None, dynamic_ncols=True))
    if out is not None:
        write_json_lines(out, (result.to_json() for result in results))
    click.echo(
        f"model {segmenter.model}, weights {segmenter.engine.info.weights_sha256[:12]}, {split}, "
        f"robot user {robot.VERSION}, jitter {jitter:g}, inside depth {inside_depth:g}, seed {seed}"
    )
    click.echo(tables.markdown(results))
