"""`iog auto`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

from iog.errors import DataError, ModelError

if TYPE_CHECKING:
    from iog.auto.runner import Summary
    from iog.auto.store import Store

_SHOWN = 5
"""How many failures are listed; failures.jsonl has all."""


@click.command(no_args_is_help=True)
@click.argument("boxes", type=click.Path(path_type=Path))
@click.option(
    "--images", required=True, type=click.Path(path_type=Path), help="Folder of the photos that BOXES names."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Output folder; made if missing.")
@click.option(
    "--input",
    "kind",
    type=click.Choice(["coco", "voc", "yolo", "imagenet", "open-images", "table"]),
    help="What BOXES is. [default: it is looked at]",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(["coco", "yolo", "png", "parquet"]),
    help="What to write beside the shards; may be given more than once, also after the run. [default: coco]",
)
@click.option(
    "--method",
    type=click.Choice(["two-stage", "box", "centre"]),
    default="two-stage",
    show_default=True,
    help="two-stage: infer an inside click from the mask of the box alone. box: the box alone. "
    "centre: the centre of the box as inside click.",
)
@click.option(
    "--shard-size", default=1000, show_default=True, type=click.IntRange(1), help="Boxes in a shard."
)
@click.option(
    "--model", default="lite", show_default=True, help="A name from `iog models`, or an exported model."
)
@click.option("--threads", type=click.IntRange(1), help="Threads in all. [default: all cores]")
@click.pass_context
def auto(
    context: click.Context,
    boxes: Path,
    images: Path,
    out: Path,
    kind: Any,
    formats: tuple[Any, ...],
    method: Any,
    shard_size: int,
    model: str,
    threads: int | None,
) -> None:
    """Turn the boxes that BOXES lists into masks.

    BOXES is a COCO .json, a .csv of Open Images, a .csv or .parquet with the columns image, x0, y0, x1, y1
    and perhaps category, or a folder of VOC or ImageNet .xml or of YOLO .txt files.

    The work is cut into shards. Stop it whenever you like: the same command goes on where it was, and the
    result is the same to the byte. Photos and boxes that cannot be used are listed in OUT/failures.jsonl.

    \b
    iog auto instances.json --images photos/ --out masks/
    iog auto labels/ --images photos/ --out masks/ --format yolo --format png

    Exit status: 0 done, 1 done but some boxes have no mask, 2 bad input or usage.
    """
    from iog.auto.inputs import read_boxes
    from iog.auto.outputs import check_format, write_output
    from iog.auto.plan import Plan
    from iog.auto.runner import run, usable_cores
    from iog.prompting import LitePrompting
    from iog.segmenter import Segmenter

    formats = tuple(dict.fromkeys(formats)) or ("coco",)
    # Everything that can be wrong is found before the first mask is computed.
    for format_ in formats:
        check_format(format_)
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is not a folder")
    unlisted: list[str] = []
    items = read_boxes(boxes, images, kind, unlisted)
    segmenter = Segmenter(model, threads=1)
    if not isinstance(segmenter.prompting, LitePrompting):
        raise ModelError(f"iog auto runs lite models; {segmenter.model} sees its clicks before the encoder")
    plan = Plan.of(items, segmenter, method, shard_size)
    bar = _Bar(len(items))

    def finish(store: Store) -> None:
        bar.close()
        for format_ in formats:
            click.echo(f"writing {format_}", err=True)
            write_output(format_, store)

    try:
        summary = run(
            segmenter,
            plan,
            images,
            out,
            workers=threads or usable_cores(),
            unlisted=unlisted,
            finish=finish,
            progress=bar,
        )
    finally:
        bar.close()
    click.echo("\n".join(_report(summary, out)))
    context.exit(1 if summary.failures else 0)


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


def _report(summary: Summary, out: Path) -> list[str]:
    text = f"{summary.masks} masks of {summary.boxes} boxes -> {out}"
    if summary.resumed:
        text += f" ({summary.resumed} boxes were done before)"
    if not summary.failures:
        return [text]
    causes = {
        "photo": "photo cannot be read",
        "box": "box is impossible",
        "listing": "could not be listed",
    }
    counts = ", ".join(f"{count} {causes[kind]}" for kind, count in summary.kinds.most_common())
    lines = [text, f"{len(summary.failures)} failed: {counts}; all are in {out / 'failures.jsonl'}"]
    for failure in summary.failures[:_SHOWN]:
        name = "" if failure["id"] is None else f"box {failure['id']} of {failure['image']}: "
        lines.append(f"  {name}{failure['error']}")
    if len(summary.failures) > _SHOWN:
        lines.append(f"  and {len(summary.failures) - _SHOWN} more")
    return lines
