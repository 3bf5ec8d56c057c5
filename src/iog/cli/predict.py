"""`iog predict`: one photo, or a batch of clicks."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from tqdm import tqdm

from iog.cli.types import ParamType
from iog.clicks import AnyClicks, Clicks, ExtremeClicks, PointClicks, clicks_from_json
from iog.errors import DataError, IogError
from iog.wording import counted
from iog.zoo import ENGINES

if TYPE_CHECKING:
    from iog.output import Format
    from iog.prediction import Prediction
    from iog.segmenter import Segmenter


class PointType(ParamType[tuple[float, float]]):
    """A pixel written as x,y."""

    name = "x,y"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """Parse "12,34"."""
        if isinstance(value, tuple):
            return value
        try:
            x, y = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a pixel; write x,y without a space, for example 120,85", param, ctx)
        return x, y


class LineType(ParamType[tuple[tuple[float, float], ...]]):
    """A pixel written as x,y, or several along a stroke, as x,y:x,y."""

    name = "x,y:x,y"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[tuple[float, float], ...]:
        """Parse "12,34" or "12,34:20,40"."""
        if isinstance(value, tuple):
            return value
        return tuple(POINT.convert(part, param, ctx) for part in str(value).split(":"))


POINT = PointType()
LINE = LineType()


@click.command(no_args_is_help=True)
@click.argument("photo", required=False, type=click.Path(path_type=Path))
@click.option(
    "--corners",
    nargs=2,
    type=POINT,
    metavar="X,Y X,Y",
    help="Two opposite corners of a box around the object.",
)
@click.option("--inside", type=POINT, metavar="X,Y", help="A pixel near the centre of the object.")
@click.option(
    "--add",
    multiple=True,
    type=LINE,
    metavar="X,Y",
    help="Correction: this pixel belongs to it; or a stroke, X,Y:X,Y:... (docs/start.md).",
)
@click.option("--remove", multiple=True, type=LINE, metavar="X,Y", help="Correction: this pixel does not.")
@click.option(
    "--extreme",
    nargs=4,
    type=POINT,
    metavar="X,Y X,Y X,Y X,Y",
    help="Leftmost, topmost, rightmost and bottommost pixel of the object in any order, for DEXTR.",
)
@click.option(
    "--clicks",
    "clicks_file",
    type=click.Path(path_type=Path),
    help="Read the clicks from a JSON file instead.",
)
@click.option(
    "--batch",
    type=click.Path(path_type=Path),
    help='A file with one JSON object a line: {"image": PATH, "corners": [[x, y], [x, y]]}, and optionally '
    '"inside": [x, y], "corrections": [[x, y, true]], "label": "cup". For DEXTR: {"image": PATH, '
    '"extreme_points": [[x, y], ...]}. Paths are relative to the file.',
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where to write: a mask file; with --batch a folder (png) or a file (coco, polygon).",
)
@click.option(
    "--overlay", type=click.Path(path_type=Path), help="Also draw the mask and clicks on the photo."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["png", "coco", "polygon"]),
    help="png: 255 object, 0 rest. coco: JSON with run lengths. polygon: outlines with holes as JSON. "
    "[default: coco for a .json file, else png]",
)
@click.option(
    "--model",
    default="lite",
    show_default=True,
    help="A name from `iog models`, a checkpoint (.pth, .pt), or NAME.encoder.onnx from `iog convert`.",
)
@click.option("--engine", type=click.Choice(ENGINES), help="[default: torch for checkpoints, else onnx]")
@click.option("--threads", type=click.IntRange(1), help="Threads for one inference. [default: all cores]")
def predict(
    photo: Path | None,
    corners: tuple[tuple[float, float], tuple[float, float]] | None,
    inside: tuple[float, float] | None,
    add: tuple[tuple[tuple[float, float], ...], ...],
    remove: tuple[tuple[tuple[float, float], ...], ...],
    extreme: tuple[tuple[float, float], ...] | None,
    clicks_file: Path | None,
    batch: Path | None,
    out: Path | None,
    overlay: Path | None,
    format_: Format | None,
    model: str,
    engine: Any,
    threads: int | None,
) -> None:
    """Turn clicks on PHOTO into a mask.

    Pixels count from 0 at the top left. --inside is optional; it helps most if the box holds several
    objects. Additions are applied before removals; for another order use --clicks.

    Of the published models, only the refinement of IOG takes corrections, and DEXTR takes --extreme instead
    of --corners and --inside. For models that take only clicks, give --add and --remove alone.

    \b
    iog predict cat.jpg --corners 143,20 450,290 --inside 290,150 --out mask.png --overlay check.png
    iog predict cat.jpg --clicks cat.json --add 420,200 --out cat.coco.json --format coco
    iog predict --batch clicks.jsonl --out masks/
    iog predict cat.jpg --model IOG_PASCAL_SBD.pth --clicks cat.json --out mask.png
    iog predict cat.jpg --model itis.pt --add 290,150 --remove 40,40 --out mask.png
    iog predict cat.jpg --model dextr.pth --extreme 143,99 200,20 450,180 310,290 --out mask.png
    """
    given = corners, inside, add, remove, extreme, clicks_file
    if batch is not None:
        if photo is not None or any(given) or overlay is not None:
            raise click.UsageError("--batch takes photos and clicks from its file alone")
        if out is None:
            raise click.UsageError("--batch needs --out")
        # Everything that can be wrong with the input is found before the first mask is computed.
        lines = _read_batch(batch)
        segmenter = _opened(model, engine, threads, _agreed(batch, lines))
        sys.exit(_predict_batch(segmenter, batch.parent, lines, out, format_ or _format_of(out, folder=True)))
    if photo is None:
        raise click.UsageError("name a PHOTO, or use --batch")
    if out is None and overlay is None:
        raise click.UsageError("nothing to write: give --out, --overlay, or both")
    clicks = _clicks(photo, corners, inside, add, remove, extreme, clicks_file)
    for path in (out, overlay):
        if path is not None and not path.absolute().parent.is_dir():
            raise DataError(f"folder {path.absolute().parent} does not exist; make it first")
    segmenter = _opened(model, engine, threads, type(clicks))
    _predict_one(segmenter, photo, clicks, out, overlay, format_)


def _opened(model: str, engine: Any, threads: int | None, kind: type[AnyClicks]) -> Segmenter:
    from iog.segmenter import Segmenter

    segmenter = Segmenter(model, engine=engine, threads=threads)
    segmenter.require(kind)
    return segmenter


def _clicks(
    photo: Path,
    corners: tuple[tuple[float, float], tuple[float, float]] | None,
    inside: tuple[float, float] | None,
    add: tuple[tuple[tuple[float, float], ...], ...],
    remove: tuple[tuple[tuple[float, float], ...], ...],
    extreme: tuple[tuple[float, float], ...] | None,
    clicks_file: Path | None,
) -> AnyClicks:
    if extreme:
        if corners or inside or add or remove or clicks_file:
            raise click.UsageError("--extreme is the whole prompt: leave the other clicks out")
        return ExtremeClicks.of(extreme)
    if clicks_file is not None:
        if corners or inside:
            raise click.UsageError("give --clicks, or --corners and --inside, not both")
        read = clicks_from_json(_load_json(clicks_file))
        if isinstance(read, ExtremeClicks):
            if add or remove:
                raise click.UsageError("extreme points take no corrections: leave --add and --remove out")
            return read
        clicks: Clicks | PointClicks = read
    elif corners is None and inside is None and (add or remove):
        from iog.images import read_image

        height, width = read_image(photo).shape[:2]
        clicks = PointClicks((width, height))
    elif corners is None:
        raise click.UsageError("where is the object? Give --corners X,Y X,Y (or --clicks FILE.json)")
    else:
        clicks = Clicks.of(corners, inside)
    for lines, foreground in ((add, True), (remove, False)):
        for line in lines:
            clicks = clicks.with_stroke(line, foreground)
    return clicks


def _predict_one(
    segmenter: Segmenter,
    photo: Path,
    clicks: AnyClicks,
    out: Path | None,
    overlay: Path | None,
    format_: Format | None,
) -> None:
    from iog import output
    from iog.files import check_no_input, write_json
    from iog.images import read_image, write_mask, write_picture
    from iog.overlay import draw_overlay

    for path in (out, overlay):
        check_no_input(path, [photo])
    if out is not None and overlay is not None and out.resolve() == overlay.resolve():
        raise DataError(f"--out and --overlay are both {out}; name two files")
    image = read_image(photo)
    prediction = segmenter.segment(image, clicks)
    if out is not None:
        match format_ or _format_of(out):
            case "png":
                write_mask(out, prediction.mask)
            case "coco":
                document = output.CocoDocument()
                document.add(photo.name, prediction)
                document.write(out)
            case "polygon":
                write_json(out, output.polygon_document(photo.name, prediction))
    if overlay is not None:
        write_picture(overlay, draw_overlay(image, prediction))
    written = ", ".join(str(path) for path in (out, overlay) if path is not None)
    click.echo(
        f"{photo.name}: {counted(int(prediction.mask.sum()), 'pixels')}, "
        f"confidence {prediction.confidence:.2f} -> {written}"
    )


def _format_of(out: Path, *, folder: bool = False) -> Format:
    if out.suffix.lower() == ".json":
        return "coco"
    if out.suffix.lower() in (".jsonl", ".ndjson"):
        return "polygon"
    if not folder and out.suffix.lower() != ".png":
        raise click.UsageError(
            f"cannot tell the format of {out.name}: end it in .png or .json, or give --format"
        )
    return "png"


class _Line(NamedTuple):
    """A line of a batch: what is asked, or why it is unusable."""

    number: int
    image: str
    clicks: AnyClicks | IogError
    label: str


def _read_batch(batch: Path) -> list[_Line]:
    """Each line that is not blank."""
    if not batch.is_file():
        raise DataError(f"{batch} does not exist")
    lines: list[_Line] = []
    for number, line in enumerate(batch.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except ValueError as error:
            raise DataError(f"{batch}, line {number} is not JSON: {error}") from None
        if not isinstance(data, dict) or not isinstance(data.get("image"), str):
            raise DataError(f'{batch}, line {number}: expected an object with "image" and "corners"')
        try:
            clicks: AnyClicks | IogError = clicks_from_json(data)
        except IogError as error:
            clicks = error
        lines.append(_Line(number, data["image"], clicks, str(data.get("label") or "object")))
    if not lines:
        raise DataError(f"{batch} has no lines")
    return lines


def _agreed(batch: Path, lines: list[_Line]) -> type[AnyClicks]:
    """The kind of clicks of all lines; one model cannot answer several."""
    kinds: set[type[AnyClicks]] = {
        type(line.clicks) for line in lines if not isinstance(line.clicks, IogError)
    }
    if len(kinds) > 1:
        raise DataError(
            f"{batch} has lines with corners, with extreme points or with points alone; make a file of each"
        )
    return kinds.pop() if kinds else Clicks


def _predict_batch(
    segmenter: Segmenter,
    folder: Path,
    lines: list[_Line],
    out: Path,
    format_: Format,
) -> int:
    """Write all masks and a record of each line; returns the exit status."""
    from iog import output
    from iog.files import check_no_input, write_json_lines
    from iog.images import write_mask

    check_no_input(out, [folder / line.image for line in lines])
    if format_ == "png":
        out.mkdir(parents=True, exist_ok=True)
    elif not out.absolute().parent.is_dir():
        raise DataError(f"folder {out.absolute().parent} does not exist; make it first")
    records: list[dict[str, Any]] = []
    document = output.CocoDocument()
    failed = 0
    progress = tqdm(lines, unit="object", disable=None, dynamic_ncols=True)
    for (number, image, _, label), result in zip(
        progress, _predictions(segmenter, folder, lines), strict=True
    ):
        record: dict[str, Any] = {"line": number, "image": image}
        if isinstance(result, IogError):
            failed += 1
            record["error"] = str(result)
            tqdm.write(f"line {number}: {result}", file=sys.stderr)
        else:
            record["confidence"] = round(result.confidence, 4)
            if format_ == "png":
                record["mask"] = f"{number:06d}_{Path(image).stem}.png"
                write_mask(out / record["mask"], result.mask)
            elif format_ == "polygon":
                record |= output.polygon_document(image, result)
            else:
                document.add(image, result, label)
        records.append(record)
    if format_ == "coco":
        document.write(out)
    else:
        listing = out / "predictions.jsonl" if format_ == "png" else out
        write_json_lines(listing, records)
    click.echo(
        f"{counted(len(lines) - failed, 'masks')} -> {out}"
        + (f"; {failed} failed (listed above)" if failed else "")
    )
    return 1 if failed else 0


def _predictions(segmenter: Segmenter, folder: Path, lines: list[_Line]) -> Iterator[Prediction | IogError]:
    """Answers line by line; neighbouring lines on one photo share its decoding."""
    from iog.images import read_image

    name, image = None, None
    for _, image_name, clicks, _ in lines:
        try:
            if isinstance(clicks, IogError):
                raise clicks
            if image_name != name:
                name, image = None, read_image(folder / image_name)
                name = image_name
            assert image is not None
            yield segmenter.segment(image, clicks)
        except IogError as error:
            yield error


def _load_json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path} does not exist") from None
    except ValueError as error:
        raise DataError(f"{path} is not JSON: {error}") from None
