"""`iog auto --project`: masks for the boxes of an annotator's project, with what it learned."""

from __future__ import annotations

from pathlib import Path

import click
from tqdm import tqdm

from iog.errors import DataError, ImageError
from iog.wording import counted

_SHOWN = 5
"""How many of the most doubtful masks are listed."""


@click.command()
@click.argument("path", metavar="PROJECT", type=click.Path(path_type=Path))
@click.option(
    "--images",
    type=click.Path(path_type=Path),
    help="Folder of the photos. [default: the one that PROJECT is in]",
)
@click.option("--model", default="lite", show_default=True, help="Model for labels without a learned one.")
@click.pass_context
def project(context: click.Context, path: Path, images: Path | None, model: str) -> None:
    """Make masks for all boxes in a project of the annotator.

    Each label uses the model that the project has learned for it (iog annotate --learn). The masks are
    drafts; a person's work never changes. iog import adds boxes to a project. Stop it whenever you like: the
    same command resumes.

    \b
    iog import photos/ boxes.csv
    iog auto --project photos/annotations.iog

    Exit status: 0 done, 1 done but some photos cannot be read, 2 bad input or usage.
    """
    from iog.annotator.store.rows import DOUBTFUL
    from iog.annotator.workbench import Workbench
    from iog.learning.shelf import Shelf
    from iog.learning.using import in_use

    if not path.is_file():
        raise DataError(f"{path} is not a project file; iog annotate PHOTOS makes one")
    models = in_use(Shelf(path))
    if models.problem is not None:
        raise DataError(models.problem)
    folder = images or path.absolute().parent
    bench = Workbench(folder, path, model)
    made: list[tuple[float, str, str]] = []
    failed: list[str] = []
    try:
        bench.use(models.by_label)
        waiting = {
            photo.id: boxes for photo in bench.store.photos_with_objects() if (boxes := bench.boxes(photo.id))
        }
        with tqdm(total=sum(map(len, waiting.values())), unit="mask", disable=None) as bar:
            for photo, boxes in waiting.items():
                name = bench.store.photo(photo).path
                try:
                    bench.masks_for_boxes(photo)
                except ImageError as error:
                    failed.append(str(error))
                found = [bench.store.one(box.id) for box in boxes]
                made += [(o.confidence or 0.0, name, o.label) for o in found if o.mask is not None]
                bar.update(len(boxes))
    finally:
        bench.close()
    counts = {label: segmenter.model for label, segmenter in models.by_label.items()}
    used = "".join(f"; {label} with model {name!r}" for label, name in counts.items())
    asked = counted(sum(map(len, waiting.values())), "boxes")
    click.echo(f"{counted(len(made), 'masks')} of {asked} in {counted(len(waiting), 'photos')}{used}")
    for sentence in failed:
        click.echo(f"  {sentence}")
    doubtful = sorted(one for one in made if one[0] < DOUBTFUL)
    if made:
        where = f"iog annotate {folder} --project {path}"
        click.echo(
            f"{len(doubtful)} are under {DOUBTFUL:.0%} sure; look at these first (Show: Doubtful): {where}"
        )
    for confidence, name, label in doubtful[:_SHOWN]:
        click.echo(f"  {confidence:.0%} {label} in {name}")
    context.exit(1 if failed else 0)
