"""`iog annotate models`: what a project has learned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from iog.errors import DataError

if TYPE_CHECKING:
    from iog.learning.shelf import Shelf


@click.command()
@click.argument("project", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--use",
    type=(str, int),
    metavar="LABEL NUMBER",
    help="Use a model for a label; 0: the first one.",
)
@click.option("--back", metavar="LABEL", help="Use the model that the label used before.")
@click.option("--rename", type=(int, str), metavar="NUMBER NAME", help="Give a model another name.")
@click.option("--delete", type=int, metavar="NUMBER", help="Delete a model.")
@click.option(
    "--export",
    type=(int, click.Path(path_type=Path)),
    metavar="NUMBER OUT",
    help="Write OUT.encoder.onnx, OUT.decoder.onnx and OUT.calibration.json, for --model OUT.encoder.onnx.",
)
@click.option(
    "--carry",
    type=(click.Path(path_type=Path, dir_okay=False), int),
    metavar="OTHER NUMBER",
    help="Copy a model of another project here, and use it for its label.",
)
def models(
    project: Path,
    use: tuple[str, int] | None,
    back: str | None,
    rename: tuple[int, str] | None,
    delete: int | None,
    export: tuple[int, Path] | None,
    carry: tuple[Path, int] | None,
) -> None:
    """List the models that PROJECT has learned, and change or export them.

    They lie in a folder beside the project file, and never change accepted masks. A running annotator
    notices changes made here.

    \b
    iog annotate models photos/annotations.iog
    iog annotate models photos/annotations.iog --back leaf
    iog annotate models photos/annotations.iog --export 2 leaves
    iog annotate models new.iog --carry photos/annotations.iog 2
    """
    if sum(wish is not None for wish in (use, back, rename, delete, export, carry)) > 1:
        raise click.UsageError("give only one of these options at a time")
    shelf = _shelf(project)
    if use is not None:
        shelf.use(*use)
    if back is not None:
        shelf.go_back(back)
    if rename is not None:
        shelf.rename(*rename)
    if delete is not None:
        shelf.delete(delete)
    if carry is not None:
        shelf.carry(_shelf(carry[0]), carry[1])
    if export is not None:
        for path in shelf.export(*export):
            click.echo(path)
        return
    click.echo("\n".join(_listed(shelf)))


def _shelf(project: Path) -> Shelf:
    from iog.learning.shelf import Shelf

    if not project.is_file():
        raise DataError(f"{project} does not exist; name the project file of iog annotate")
    return Shelf(project)


def _listed(shelf: Shelf) -> list[str]:
    used = shelf.labels()
    found = shelf.models()
    if not found:
        return [f"{shelf.project.name} has learned no model yet: iog annotate --learn"]
    lines = []
    for model in found:
        lines.append(
            f"{model.number}  {model.name}{'  (in use)' if used.get(model.label) == model.number else ''}"
        )
        lines.append(f"   label {model.label!r}, learned from {model.objects} objects")
        lines.append(
            f"   clicks per object {model.before:.1f} -> {model.after:.1f} on {model.held} objects that it "
            f"had not seen (saved {model.low:.1f} to {model.high:.1f}, 95 %)"
        )
    return lines
