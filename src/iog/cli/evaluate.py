"""`iog eval`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from iog.cli.settings import told_as_options
from iog.evaluation.settings import BY, PROTOCOLS
from iog.zoo import ENGINES


def _shares(context: click.Context, option: click.Parameter, text: str | None) -> tuple[float, ...]:
    try:
        shares = tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise click.BadParameter(f"{text!r}: give shares of the box side, as 0.03,0.06") from None
    if any(not 0 < share < 1 for share in shares):
        raise click.BadParameter(f"{text}: shares are above 0 and below 1")
    return shares


@click.command("eval")
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of the dataset (layouts: docs/datasets.md).",
)
@click.option("--dataset", default="photos", show_default=True, help="A name from `iog data list`.")
@click.option("--split", help="Split of the dataset. [default: its first, val for photos]")
@click.option("--sets", help="Only these sets (groups of the dataset), separated by commas.")
@click.option(
    "--protocol",
    type=click.Choice(PROTOCOLS),
    default="iog",
    show_default=True,
    help="iog: mean IoU by clicks. ritm: clicks to 80, 85, 90, 95 % and failures. all: both in one table.",
)
@click.option("--clicks", type=click.IntRange(3, 50), help="Clicks per object  [default: 4; ritm, all: 20]")
@click.option(
    "--jitter",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Corner error, standard deviation / box side.",
)
@click.option(
    "--inside-depth",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Inside click anywhere at least this deep: 1 the deepest pixel, 0.5 the inner half.",
)
@click.option(
    "--correction-depth",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="The same for corrections, within the error.",
)
@click.option(
    "--boundary-ratio",
    default=0.02,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True),
    help="Width of the boundary region / diagonal of the photo.",
)
@click.option(
    "--sweep-thresholds", is_flag=True, help="Add IoU at thresholds 0.1 to 0.9, as the published test chose."
)
@click.option(
    "--stretch-to-full-range",
    is_flag=True,
    help="Quirk of the published test: stretch each mask's values to 0..1 first (published models).",
)
@click.option(
    "--limit", type=click.IntRange(1), help="Measure at most this many objects, spread over the list."
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of the robot user.")
@click.option(
    "--model",
    default="lite",
    show_default=True,
    help="A name from `iog models`, a checkpoint (.pth, .pt), or NAME.encoder.onnx from `iog convert`.",
)
@click.option("--engine", type=click.Choice(ENGINES), help="[default: torch for checkpoints, else onnx]")
@click.option("--out", type=click.Path(path_type=Path), help="Write one JSON line per object.")
@click.option("--resume", is_flag=True, help="Resume --out: skip the objects that it has.")
@click.option("--replay", type=click.Path(path_type=Path), help="Repeat the clicks of this result file.")
@click.option(
    "--by",
    type=click.Choice(BY),
    multiple=True,
    default=["group"],
    show_default=True,
    help="Rows of the table; may be given several times.",
)
@click.option(
    "--pairs",
    is_flag=True,
    help="Instead: pairs of objects whose boxes overlap, with the box of one and the click on the other.",
)
@click.option(
    "--corner-errors",
    metavar="SHARE,SHARE",
    callback=_shares,
    help="Instead: the cost of corner errors of these shares of the box side, such as 0.03,0.06.",
)
@click.option(
    "--corrections",
    type=click.Choice(["clicks", "strokes"]),
    default="clicks",
    show_default=True,
    help="strokes: instead, compare strokes with clicks, one, two and three of them after the third click.",
)
@click.option("--gallery", type=click.Path(path_type=Path), help="Folder for pictures of the worst objects.")
@click.option(
    "--worst", default=24, show_default=True, type=click.IntRange(1), help="Number of worst objects."
)
@click.option(
    "--trained-on",
    type=click.Path(path_type=Path),
    help="Folder of training photos: report which photos of this dataset are among them.",
)
@click.option(
    "--table",
    "documents",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Document in which the tables replace the figures between its markers (docs/evaluation.md); "
    "may be given several times.",
)
@told_as_options()
def evaluate(
    data: Path,
    dataset: str,
    split: str | None,
    sets: str | None,
    protocol: Any,
    clicks: int | None,
    jitter: float,
    inside_depth: float,
    correction_depth: float,
    boundary_ratio: float,
    sweep_thresholds: bool,
    stretch_to_full_range: bool,
    limit: int | None,
    seed: int,
    model: str,
    engine: Any,
    documents: tuple[Path, ...],
    pairs: bool,
    corner_errors: tuple[float, ...],
    corrections: str,
    **output: Any,
) -> None:
    """Measure a model with the robot user: mean IoU by number of clicks, at image resolution.

    The clicks are IOG's (corners of the tight box, inside click at the deepest pixel, corrections at the
    deepest error), with a fixed threshold and void pixels left out. Objects that cover at least 0.5 % of
    their photo have rows of their own. Models that take no corrections (the published IOG without
    refinement) are measured with --clicks 3. docs/evaluation.md explains the protocols.
    """
    from iog.cli.sets import open_objects
    from iog.datasets import known
    from iog.datasets.listing import spread
    from iog.errors import DataError
    from iog.evaluation.protocol import check_measurable
    from iog.evaluation.run import Output, run
    from iog.evaluation.settings import Settings
    from iog.segmenter import Segmenter

    objects = open_objects(dataset, data, split)
    wanted = set(sets.split(",")) if sets else set(objects.groups)
    if unknown := sorted(wanted - set(objects.groups)):
        raise DataError(
            f"--sets: {data} has no objects of {', '.join(unknown)}; "
            f"it has {', '.join(sorted(set(objects.groups))) or 'none at all'}"
        )
    chosen = [i for i, group in enumerate(objects.groups) if group in wanted]
    if not chosen:
        raise DataError(f"{data} has no objects")
    indices = [chosen[i] for i in spread(len(chosen), limit)]
    segmenter = Segmenter(model, engine=engine)
    clicks = clicks or (4 if protocol == "iog" else 20)
    settings = Settings(
        protocol=protocol,
        clicks=clicks,
        jitter=jitter,
        inside_depth=inside_depth,
        correction_depth=correction_depth,
        seed=seed,
        boundary_ratio=boundary_ratio,
        sweep_thresholds=sweep_thresholds,
        stretch_to_full_range=stretch_to_full_range,
    )
    check_measurable(segmenter, settings)
    name = known.title(dataset, split)
    if corrections == "strokes":
        places = [(document, f"{name.replace(' ', '-')}-strokes") for document in documents]
        click.echo(_strokes(segmenter, objects, indices, settings, places))
        return
    if pairs or corner_errors:
        click.echo(_ambiguity(segmenter, objects, indices, settings, pairs, corner_errors))
        return
    # Figures of a less perfect hand have a place of their own in the document.
    hand = "" if (jitter, inside_depth, correction_depth) == (0, 1, 1) else "-jitter"
    quoted = tuple((document, name.replace(" ", "-") + hand) for document in documents)
    click.echo(name)
    for part in run(segmenter, objects, indices, settings, Output(**output, quoted=quoted)):
        click.echo(part + "\n")


def _strokes(
    segmenter: Any, objects: Any, indices: list[int], settings: Any, places: list[tuple[Path, str]]
) -> str:
    """The table of `--corrections strokes`, also put into documents."""
    from tqdm import tqdm

    from iog import robot
    from iog.errors import DataError
    from iog.evaluation import quoting, strokes

    for document, name in places:
        quoting.check_quotable(document, name)
    watched = tqdm(indices, unit="object", disable=None, dynamic_ncols=True)
    results = list(strokes.measure_strokes(segmenter, objects, watched, settings))
    if not results:
        raise DataError("three clicks leave nothing wrong with these objects; measure more of them")
    info = segmenter.engine.info
    told = (
        f"model {info.name}, weights {info.weights_sha256[:12]}, robot user {robot.VERSION}, "
        f"jitter {settings.jitter:g}, inside depth {settings.inside_depth:g}, "
        f"correction depth {settings.correction_depth:g}, seed {settings.seed}; "
        f"{len(indices)} of {len(objects)} objects"
    )
    table = f"{told}\n\n{strokes.strokes_table(results)}"
    for document, name in places:
        quoting.quote(document, name, table)
    return table


def _ambiguity(
    segmenter: Any, objects: Any, indices: list[int], settings: Any, pairs: bool, errors: tuple[float, ...]
) -> str:
    """The tables of `--pairs` and `--corner-errors`."""
    from tqdm import tqdm

    from iog.errors import DataError
    from iog.evaluation import ambiguity

    tables = []
    if pairs:
        chosen = ambiguity.pairs(objects, indices)
        watched = tqdm(chosen, unit="pair", disable=None, dynamic_ncols=True)
        results = list(ambiguity.measure_pairs(segmenter, objects, watched))
        if not results:
            raise DataError("none of these objects shares a photo with another whose box overlaps its own")
        tables.append(ambiguity.pairs_table(results))
    if errors:
        tables.append(ambiguity.corners_table(segmenter, objects, indices, errors, settings))
    return "\n\n".join(tables)
