"""`iog train RECIPE`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from iog.extras import require_torch
from iog.factories import named
from iog.rivals import RIVALS

Command = TypeVar("Command", bound=Callable[..., Any])

RECIPES = ("lite", "packed", "dextr-lite", "finetune", "iog", "iog-refinement", *RIVALS)


class _Recipes(click.Group):
    """Recipes are imported when one is named: they need PyTorch."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(RECIPES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _recipe(cmd_name) if cmd_name in RECIPES else None


@click.group(cls=_Recipes)
def train() -> None:
    """Train a network with a recipe (needs the `train` extra).

    Several processes share a run under torchrun:

    \b
    torchrun --nproc-per-node 4 -m iog train lite --data DATA --out RUN
    """


def _recipe(name: str) -> click.Command:
    require_torch("training")
    from iog.cli.settings import from_options, options_of, told_as_options
    from iog.training.dextr import DextrLiteRecipe
    from iog.training.finetune import FinetuneRecipe
    from iog.training.lite import LiteRecipe
    from iog.training.packed import PackedRecipe
    from iog.training.published import IOGRecipe, IOGRefinementRecipe

    recipes: dict[str, type[LiteRecipe] | type[IOGRecipe]] = {
        "lite": LiteRecipe,
        "packed": PackedRecipe,
        "dextr-lite": DextrLiteRecipe,
        "finetune": FinetuneRecipe,
        "iog": IOGRecipe,
        "iog-refinement": IOGRefinementRecipe,
    }
    recipe_class = named(RIVALS[name]) if name in RIVALS else recipes[name]
    summary = (recipe_class.__doc__ or "").splitlines()[0]

    @click.command(name, short_help=summary, help=f"{summary}\n\n{_HELP}")
    @options_of(recipe_class)
    @_own_network(None if name in RIVALS else recipe_class)
    @click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the run.")
    @click.option(
        "--validate-every", default=500, show_default=True, help="Steps between validations; 0 for none."
    )
    @click.option(
        "--validate-objects", default=200, show_default=True, help="Objects in a validation; 0 for none."
    )
    @click.option(
        "--checkpoint-every",
        default=250,
        show_default=True,
        help="Steps between checkpoints; 0 for one at the end.",
    )
    @click.option(
        "--keep-every", default=0, show_default=True, help="Steps between weights that are kept; 0 for none."
    )
    @click.option("--stop-after", type=int, help="Stop at this step; the same command resumes.")
    @click.option("--minutes", type=float, help="Stop after this many minutes; the same command resumes.")
    @told_as_options(recipe_class)
    def command(
        out: Path,
        validate_every: int,
        validate_objects: int,
        checkpoint_every: int,
        keep_every: int,
        stop_after: int | None,
        minutes: float | None,
        factory: str | None = None,
        **options: Any,
    ) -> None:
        from dataclasses import asdict, replace

        import cv2

        from iog.errors import DataError
        from iog.training.loop import train as run
        from iog.training.validation import Validation

        recipe = from_options(recipe_class(), options)
        if factory is not None:
            from iog.networks.own import own_network

            recipe = replace(recipe, network=own_network(factory).config)
        # OpenCV's own threads would fight with PyTorch's over small crops.
        cv2.setNumThreads(1)
        validation = None
        if validate_objects:
            try:
                objects = recipe.validation_objects()
            except DataError as error:
                recipe.open_objects()  # if that is what is wrong, it says so itself
                raise DataError(f"{error}; to train without validation, add --validate-objects 0") from error
            if objects is not None:
                validation = Validation(objects, size=recipe.validation_size, count=validate_objects)
        run(
            recipe,
            out,
            settings=asdict(recipe),
            validate=validation,
            validate_every=validate_every,
            checkpoint_every=checkpoint_every,
            keep_every=keep_every,
            stop_after=stop_after,
            minutes=minutes,
        )
        final = out / "final.pt"
        if final.exists():
            named = final if factory is None else f"{factory}={final}"
            click.echo(f"averaged weights: {named}, usable as --model; for use without PyTorch:")
            stem = "" if factory is None else f" --out {final.with_suffix('')}"
            click.echo(f"  iog convert {named} --to onnx{stem}")

    return command


def _own_network(recipe_class: type | None) -> Callable[[Command], Command]:
    """The option that brings one's own network, for recipes whose encoder sees the photo alone."""
    from iog.training.lite import LiteRecipe

    if recipe_class is None or not issubclass(recipe_class, LiteRecipe):
        return lambda command: command
    return click.option(
        "--network",
        "factory",
        metavar="PACKAGE.MODULE:FACTORY",
        help="Train the network that this factory makes (docs/own-network.md); options of lite's "
        "network have no effect.",
    )


_HELP = """Run again with the same --out to resume exactly. Watch it with: tensorboard --logdir OUT"""
