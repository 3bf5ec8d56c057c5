"""`iog convert`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import click

from iog.errors import DataError, ModelError
from iog.extras import require_torch
from iog.factories import reference_of

if TYPE_CHECKING:
    from iog.description import Info
    from iog.networks.base import Network
    from iog.networks.export import Question

Target = Literal["checkpoint", "onnx"]


@click.command(no_args_is_help=True)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder and name: writes OUT.pt, or OUT.encoder.onnx and OUT.decoder.onnx. "
    "[default: FILE without its ending]",
)
@click.option(
    "--to",
    "targets",
    multiple=True,
    type=click.Choice(get_args(Target)),
    help="What to write; may be given twice. [default: onnx with --out, else nothing]",
)
@click.option(
    "--size", type=int, help="Side of the crop in pixels, a multiple of 32. [default: the model's own]"
)
@click.option(
    "--margin",
    type=click.FloatRange(0, 1),
    help="Context around the box / box side, of a lite network. [default: the model's own]",
)
@click.option(
    "--int8",
    "photos",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write faster ONNX files of a lite network, with 8-bit numbers. Their ranges are measured on this "
    "folder of training photos (docs/datasets.md).",
)
def convert(
    file: Path,
    out: Path | None,
    targets: tuple[Target, ...],
    size: int | None,
    margin: float | None,
    photos: Path | None,
) -> None:
    """Identify a checkpoint, and convert it.

    FILE is a published checkpoint (IOG, its refinement, DEXTR; the kind is recognised) or one of ours (`iog
    train`, `iog convert`), or PACKAGE.MODULE:FACTORY=CHECKPOINT (docs/own-network.md).
    ONNX files answer any number of objects at once and run without PyTorch; our
    checkpoint carries its whole configuration.

    \b
    iog convert IOG_PASCAL_SBD.pth
    iog convert IOG_PASCAL_SBD.pth --to onnx --out models/iog
    iog convert runs/lite/final.pt --to onnx --int8 DATA --out models/mine
    iog predict photo.jpg --model models/iog.encoder.onnx --corners ...
    """
    require_torch("converting")
    if size is not None and (size < 64 or size % 32):
        raise click.BadParameter("must be a multiple of 32, at least 64", param_hint="--size")
    own = reference_of(file)
    # One's own network need not have a file.
    source = file if own is None else own.file
    if source is None and out is None:
        raise click.UsageError(f"name what to write for {file}: give --out")
    stem = out or (source or file).with_suffix("")
    targets = targets or (("onnx",) if out is not None else ())
    checkpoint = stem.with_name(f"{stem.name}.pt")
    if photos is not None and "onnx" not in targets:
        raise click.BadParameter("is a way to write ONNX files: add --to onnx", param_hint="--int8")
    if targets and not stem.absolute().parent.is_dir():
        raise DataError(f"folder {stem.absolute().parent} does not exist; make it first")
    if "checkpoint" in targets and source is not None and checkpoint.resolve() == source.resolve():
        raise ModelError(f"{checkpoint} would replace the file that is read; give another --out")
    from iog.networks.checkpoints import load_with_record
    from iog.networks.describe import info_of

    network, record = load_with_record(file)
    info = _changed(info_of(network, record, file), stem.name, size, margin)
    click.echo(f"{file}: {network.config.summary}")
    click.echo(f"  parameters  {sum(p.numel() for p in network.parameters()):,}")
    click.echo(f"  weights     sha256 {info.weights_sha256[:16]}")
    if source is not None:
        _echo_file(source)
    questions = [] if photos is None else _questions(network, info, photos)
    written: list[Path] = []
    if "checkpoint" in targets:
        written.append(_write_checkpoint(network, info, checkpoint))
    if "onnx" in targets:
        written += _write_onnx(network, info, stem, questions)
    for path in written:
        _echo_file(path)
    if not written:
        click.echo("nothing is written without --to or --out")


def _changed(info: Info, name: str, size: int | None, margin: float | None) -> Info:
    """The description with the name and crop that the user asked for; published networks keep their names."""
    from iog.description import ModelInfo

    if isinstance(info, ModelInfo):
        return replace(
            info,
            name=name,
            size=info.size if size is None else size,
            margin=info.margin if margin is None else margin,
        )
    if margin is not None:
        raise ModelError(f"the margin of {info.name} is fixed ({info.settings.margin} pixels); drop --margin")
    settings = info.settings if size is None else replace(info.settings, size=size)
    return replace(info, settings=settings)


def _write_checkpoint(network: Network, info: Info, path: Path) -> Path:
    from iog.description import info_to_json
    from iog.networks import checkpoints

    checkpoints.save(path, network, description=info_to_json(info))
    return path


def _write_onnx(network: Network, info: Info, stem: Path, questions: Sequence[Question]) -> tuple[Path, Path]:
    from iog.networks.families import part

    paths: tuple[Path, Path] = part(info.kind, "export")(network, stem, info, questions)
    return paths


def _questions(network: Network, info: Info, photos: Path) -> list[Question]:
    """What the network is asked about objects in `photos`."""
    from iog.datasets import PhotoDataset
    from iog.engines.torch import TorchEngine
    from iog.evaluation.listening import questions

    if info.kind != "lite" or info.guidance != "inside-outside":
        raise ModelError(f"--int8 is for lite networks that take IOG's clicks, not {info.name}: drop it")
    return questions(TorchEngine(network, info), PhotoDataset(photos, "train"))


def _echo_file(path: Path) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    click.echo(f"{path}  {path.stat().st_size / 1e6:.1f} MB  sha256 {digest}")
