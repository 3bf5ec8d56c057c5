"""`iog auto`: boxes to masks, ImageNet, and a report of what came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from tqdm import tqdm

from iog.auto.inputs import KINDS
from iog.box_methods import METHODS
from iog.cli.auto_project import project
from iog.cli.auto_report import report
from iog.cli.settings import told_as_options
from iog.errors import DataError
from iog.segmenter import BATCH
from iog.wording import counted

if TYPE_CHECKING:
    from iog.auto.plan import Item
    from iog.auto.runner import Summary
    from iog.auto.store import FailureRow, MaskStore

_SHOWN = 5
"""How many failures are listed; failures.jsonl has all."""

_STOPPED = 130
"""Exit status after Ctrl+C, as shells have it; 1 would say that the run has ended."""

Command = TypeVar("Command", bound=Callable[..., Any])


class _BoxesOrCommand(click.Group):
    """`iog auto BOXES ...` is `iog auto masks BOXES ...`, `iog auto --project X` is `iog auto project X`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0].partition("=")[0] == "--project":
            _, given, value = args[0].partition("=")
            args = ["project", *([value] if given else []), *args[1:]]
        elif args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["masks", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_BoxesOrCommand, no_args_is_help=True)
def auto() -> None:
    """Turn the boxes of a dataset into masks.

    \b
    iog auto instances.json --images photos/ --out masks/
    iog auto imagenet --root ILSVRC --out pixel-imagenet
    iog auto report masks/ --images photos/
    iog auto --project photos/annotations.iog

    BOXES FILE is short for `masks`, whose options `iog auto masks --help` lists.
    """


def _options(command: Command) -> Command:
    """What both ways to make masks have in common."""
    for option in reversed(
        (
            click.option(
                "--method",
                type=click.Choice(METHODS),
                default="two-stage",
                show_default=True,
                help="Methods A to E of IOG's extension to boxes. two-stage: infer an inside click from the "
                "mask of the box alone. box: the box alone. centre, sim: the centre of the box as inside "
                "click. crop: no clicks at all.",
            ),
            click.option(
                "--model",
                default="lite",
                show_default=True,
                help="A name from `iog models`, an exported model or a checkpoint.",
            ),
            click.option("--first", help="Model of two-stage's first stage. [default: the same as --model]"),
            click.option(
                "--shard-size",
                default=1000,
                show_default=True,
                type=click.IntRange(1),
                help="Boxes in a shard.",
            ),
            click.option(
                "--batch",
                default=BATCH,
                show_default=True,
                type=click.IntRange(1),
                help="Boxes in one run of the network: 1 is fastest on CPUs; use more on a GPU.",
            ),
            click.option("--threads", type=click.IntRange(1), help="Threads in all. [default: all cores]"),
            click.option(
                "--review-below",
                type=click.FloatRange(0, 1),
                help="Also write OUT/review.iog, an annotator project in which masks with less "
                "confidence are drafts.",
            ),
            click.option(
                "--ray",
                metavar="ADDRESS",
                help="Share the work with a Ray cluster: HOST:PORT, or auto. Photos and OUT must be the same "
                "place on all machines: a mounted folder, or a URL such as s3://bucket/folder.",
            ),
            click.option(
                "--workers", type=click.IntRange(1), help="Workers on the cluster. [default: one per core]"
            ),
            click.option(
                "--gpus", type=click.FloatRange(0), default=0.0, help="Share of a GPU for each worker."
            ),
        )
    ):
        command = option(command)
    return command


@auto.command()
@click.argument("boxes")
@click.option(
    "--images",
    required=True,
    help="Folder of the photos that BOXES names, or a URL such as s3://bucket/photos.",
)
@click.option("--out", required=True, help="Output folder or URL; made if missing.")
@click.option(
    "--input",
    "kind",
    type=click.Choice(KINDS),
    help="Format of BOXES. [default: recognised]",
)
@click.option("--strict", is_flag=True, help="Stop if anything in BOXES would be left out.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(["coco", "yolo", "png", "parquet"]),
    help="What to write besides the shards; repeatable, also after the run. [default: coco]",
)
@_options
@click.pass_context
@told_as_options()
def masks(
    context: click.Context,
    /,
    boxes: str,
    images: str,
    out: str,
    kind: Any,
    strict: bool,
    formats: tuple[Any, ...],
    **options: Any,
) -> None:
    """Turn the boxes that BOXES lists into masks.

    BOXES is a COCO .json, a .csv of Open Images, a .csv or .parquet with the columns image, x0, y0, x1, y1
    and optionally category, or a folder of VOC or ImageNet .xml, of YOLO .txt or of LabelMe .json files.
    Masks and outlines count as their boxes.

    The work is cut into shards. Stop it whenever you like: the same command resumes, and the
    result is the same byte for byte. Photos and boxes that cannot be used are listed in OUT/failures.jsonl.

    \b
    iog auto instances.json --images photos/ --out masks/
    iog auto labels/ --images photos/ --out masks/ --format yolo --format png
    iog auto boxes.parquet --images s3://data/photos --out s3://data/masks --ray auto

    Exit status: 0 done, 1 done but some boxes have no mask, 2 bad input or usage, 130 stopped by Ctrl+C.
    """
    from iog.auto.inputs import read_boxes
    from iog.auto.outputs import check_format, write_output
    from iog.formats.account import Account
    from iog.formats.records import Class
    from iog.places import local_copy, place_of

    formats = tuple(dict.fromkeys(formats)) or ("coco",)
    # Everything that can be wrong is found before the first mask is computed.
    for format_ in formats:
        check_format(format_)
    unlisted: list[str] = []
    account = Account(log=unlisted)
    classes: list[Class] = []

    def finish(store: MaskStore) -> None:
        for format_ in formats:
            click.echo(f"writing {format_}", err=True)
            write_output(format_, store, classes)

    with _stoppable(context):
        with local_copy(boxes) as path:
            items = read_boxes(path, place_of(images), kind, account, classes)
        account.check(strict, "made")
        click.echo("\n".join(account.lines()), err=True)
        status = _run(items, unlisted, images, out, finish, **options)
    context.exit(status)


@auto.command()
@click.option(
    "--root", required=True, type=click.Path(path_type=Path), help="The folder ILSVRC, or the one around it."
)
@click.option("--out", required=True, help="Output folder or URL; made if missing.")
@click.option("--split", type=click.Choice(["train", "val"]), default="train", show_default=True)
@_options
@click.pass_context
@told_as_options()
def imagenet(context: click.Context, /, root: Path, out: str, split: str, **options: Any) -> None:
    """Make Pixel-ImageNet: a mask of every box of ImageNet-LOC.

    Writes the released layout into OUT: for each photo a PNG of instance numbers (WNID/WNID_N.png), and
    label.json; also parquet/ with a row for each mask. docs/pixel-imagenet.md says how to read them.
    """
    from iog.auto.inputs import read_boxes
    from iog.auto.outputs import check_format, write_output, write_pngs
    from iog.datasets.imagenet import annotated_photos
    from iog.datasets.pixel_imagenet import labels_of, synset_names, write_labels
    from iog.formats.account import Account
    from iog.places import Folder

    check_format("parquet")
    annotations, photos = annotated_photos(root, split)
    names = synset_names(root)
    unlisted: list[str] = []

    def finish(store: MaskStore) -> None:
        click.echo("writing masks, labels and parquet", err=True)
        write_pngs(store, "")
        with store.place.writing("label.json", "w") as file:
            write_labels(file, labels_of(store.all_records(), names))
        write_output("parquet", store)

    with _stoppable(context):
        items = read_boxes(annotations, Folder(photos), "imagenet", Account(log=unlisted))
        status = _run(items, unlisted, str(photos), out, finish, **options)
    context.exit(status)


auto.add_command(report)
auto.add_command(project)


@contextmanager
def _stoppable(context: click.Context) -> Iterator[None]:
    """Ctrl+C ends the command with a status of its own."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("stopped; the same command resumes after the last finished shard", err=True)
        context.exit(_STOPPED)


def _run(
    items: list[Item],
    unlisted: list[str],
    images: str,
    out: str,
    finish: Callable[[MaskStore], None],
    *,
    method: Any,
    model: str,
    first: str | None,
    shard_size: int,
    batch: int,
    threads: int | None,
    review_below: float | None,
    ray: str | None,
    workers: int | None,
    gpus: float,
) -> int:
    """Make the masks, say what came of them; returns the exit status."""
    from iog.auto.cluster import Cluster, Models
    from iog.auto.plan import Plan
    from iog.auto.runner import run, usable_cores
    from iog.places import Folder, place_of

    photos, place = place_of(images), place_of(out)
    if isinstance(place, Folder) and place.path.exists() and not place.path.is_dir():
        raise DataError(f"{out} is not a folder")
    if ray is None and (workers is not None or gpus):
        raise click.UsageError("--workers and --gpus are for a cluster: give --ray too")
    if first is not None and method != "two-stage":
        raise click.UsageError("--first is for --method two-stage")
    if review_below is not None and not (isinstance(place, Folder) and isinstance(photos, Folder)):
        raise DataError("--review-below needs photos and OUT in folders of this machine")
    models = Models(model, method, first, torch=gpus > 0)
    boxes = models.open()
    work = None if ray is None else Cluster(ray, workers, gpus).work(models, photos)
    plan = Plan.of(items, boxes, shard_size, batch)
    bar = _Bar(len(items))

    def finished(store: MaskStore) -> None:
        bar.close()
        finish(store)
        if review_below is not None and isinstance(photos, Folder):
            from iog.annotator.review import NAME, write_queue

            queue = Path(out) / NAME
            # What a person did in an earlier one stays, and its drafts may have been chosen by another limit.
            which = "of an earlier run" if queue.exists() else f"under {review_below:g}"
            count = write_queue(queue, photos.path, store.all_records(), review_below)
            click.echo(
                f"{counted(count, 'masks')} {which} to review: iog annotate {images} --project {queue}"
            )

    try:
        summary = run(
            boxes,
            plan,
            photos,
            place,
            work=work,
            workers=threads or usable_cores(),
            unlisted=unlisted,
            finish=finished,
            progress=bar,
        )
    finally:
        bar.close()
    click.echo("\n".join(_report(summary, out)))
    return 1 if summary.failures else 0


class _Bar:
    """Masks a second and the time left; what an earlier run did counts as done, not as speed."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._bar: tqdm[Any] | None = None

    def __call__(self, boxes: int) -> None:
        """`run`'s progress: first what was done before, then what is new."""
        if self._bar is None:
            self._bar = tqdm(
                total=self._total,
                initial=boxes,
                unit="mask",
                disable=None,
                dynamic_ncols=True,
                smoothing=0.05,
            )
        else:
            self._bar.update(boxes)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()


def _report(summary: Summary, out: str) -> list[str]:
    text = f"{counted(summary.masks, 'masks')} of {counted(summary.boxes, 'boxes')} -> {out}"
    if summary.resumed:
        text += f" ({counted(summary.resumed, 'boxes')} done before)"
    if not summary.failures:
        return [text]
    causes = {
        "photo": "for a photo that cannot be read",
        "box": "for an impossible box",
        "listing": "could not be listed",
    }
    counts = ", ".join(f"{count} {causes[kind]}" for kind, count in summary.kinds.most_common())
    lines = [text, f"{len(summary.failures)} failed: {counts}; all are in {out.rstrip('/')}/failures.jsonl"]
    for failure in _of_every_kind(summary.failures)[:_SHOWN]:
        name = "" if failure["id"] is None else f"box {failure['id']} of {failure['image']}: "
        lines.append(f"  {name}{failure['error']}")
    if len(summary.failures) > _SHOWN:
        lines.append(f"  and {len(summary.failures) - _SHOWN} more")
    return lines


def _of_every_kind(failures: list[FailureRow]) -> list[FailureRow]:
    """The first failure of each kind, then the second ones: a thousand of one kind hide none of another."""
    seen: Counter[str] = Counter()
    ranks = []
    for failure in failures:
        ranks.append(seen[failure["kind"]])
        seen[failure["kind"]] += 1
    order = sorted(range(len(failures)), key=lambda place: (ranks[place], place))
    return [failures[place] for place in order]
