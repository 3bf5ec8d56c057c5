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
    help="Folder of the data set (layouts: docs/datasets.md).",
)
@click.option("--dataset", default="photos", show_default=True, help="A name from `iog data list`.")
@click.option("--split", help="Which part of the data set. [default: its first, val for photos]")
@click.option("--sets", help="Only these sets (groups of the data set), separated by commas.")
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
    "--model", default="lite", show_default=True, help="A name from `iog models`, or an exported model."
)
@click.option("--engine", type=click.Choice(["onnx", "torch"]), default="onnx", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Write one JSON line per object.")
def evaluate(
    data: Path,
    dataset: str,
    split: str | None,
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
    their photo have rows of their own.
    """
    import numpy as np

    from iog import robot
    from iog.datasets import ObjectDataset, PhotoDataset, known
    from iog.errors import DataError
    from iog.evaluation import protocol, tables
    from iog.formats import write_json_lines
    from iog.segmenter import Segmenter

    groups = sets.split(",") if sets else None
    objects: ObjectDataset
    if dataset == "photos":
        split = split or "val"
        part, place = split, f"{data}/{split}.jsonl"
        objects = PhotoDataset(data, split, groups=groups)
        chosen = list(range(len(objects)))
    else:
        objects = known.open_objects(dataset, data, split)
        splits = known.OBJECTS[dataset].splits
        part = f"{dataset} {split or splits[0]}" if splits else dataset
        place = f"{part} in {data}"
        chosen = [i for i, group in enumerate(objects.groups) if groups is None or group in groups]
    if not chosen:
        raise DataError(f"{place} has no objects" + (f" of the sets {sets}" if sets else ""))
    count = min(limit or len(chosen), len(chosen))
    indices = [chosen[i] for i in np.linspace(0, len(chosen) - 1, count).astype(int)]
    segmenter = Segmenter(model, engine=engine)
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
    if not results:
        raise DataError(f"{place}: every mask is empty")
    if len(results) < count:
        click.echo(f"{count - len(results)} objects have an empty mask and were left out", err=True)
    if out is not None:
        write_json_lines(out, (result.to_json() for result in results))
    click.echo(
        f"model {segmenter.model}, weights {segmenter.engine.info.weights_sha256[:12]}, {part}, "
        f"robot user {robot.VERSION}, jitter {jitter:g}, inside depth {inside_depth:g}, seed {seed}"
    )
    click.echo(tables.markdown(results))
